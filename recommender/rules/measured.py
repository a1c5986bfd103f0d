"""What ``llmpick verify`` measured of a candidate, in place of what is predicted of it."""

from collections.abc import Iterable, Sequence

from recommender.facts import Accelerator, Fit, Machine, Model, Speed
from recommender.facts.measurement import Measurement, Range
from recommender.facts.noun import changed
from recommender.rules.candidates import Scored
from recommender.rules.speed import spec_of


def with_measurements(
    predicted: Speed, scored: Scored, machine: Machine, every: Sequence[Measurement]
) -> Speed:
    """``predicted`` with the figures of those measurements that are of this very candidate.

    They are of it where the framework, the model, its quantization, the kind of device and the
    number of devices are the same. What all users get together is taken only from measurements
    with as many of them.
    """
    found = [one for one in every if _is_of(one, scored, machine)]
    if not found:
        return predicted
    requests = scored.workload.concurrency
    alike = [one for one in found if one.timing.requests == requests]
    shown = {
        "decode_tokens_per_s": _over(one.timing.decode_tokens_per_s for one in found),
        "together_tokens_per_s": _over(one.timing.together_tokens_per_s for one in alike),
    }
    known = {name: value for name, value in shown.items() if value is not None}
    if not known:
        return predicted
    return changed(
        predicted,
        **known,
        basis="measured",
        requests=requests if "together_tokens_per_s" in known else predicted.requests,
        verified=tuple(known),
        verified_on=max(one.at for one in found)[:10],
    )


def _is_of(one: Measurement, scored: Scored, machine: Machine) -> bool:
    fit = scored.fit
    if one.framework != scored.trial.framework.id or fit.nodes > 1 or fit.quantization is None:
        return False
    if one.quantization != fit.quantization or one.devices != devices_of(fit, scored):
        return False
    return _same_model(one, scored.model, fit) and _same_device(one, scored, machine)


def devices_of(fit: Fit, scored: Scored) -> int:
    """How many accelerators serve: those that have a part of the model; 0 on the processor."""
    return (len(fit.per_device) or 1) if scored.trial.group.members else 0


def _same_model(one: Measurement, model: Model, fit: Fit) -> bool:
    theirs = _names(one.model, one.base)
    return bool(theirs & _names(model.id, model.base, fit.model))


def _names(*names: str | None) -> set[str]:
    """Names as they are compared: a file without its folder, for paths differ between machines."""
    found = {name.casefold() for name in names if name}
    return {name.rpartition("/")[2] if name.endswith(".gguf") else name for name in found}


def _same_device(one: Measurement, scored: Scored, machine: Machine) -> bool:
    if not scored.trial.group.members:
        return one.device == machine.cpu.model
    first = scored.trial.group.first
    theirs = Accelerator(name=one.device, memory_gib=one.device_memory_gib)
    return _kind(theirs) == _kind(first)


def _kind(device: Accelerator) -> str | None:
    """A device by its row in the table, which spells it in one way; else by its own name."""
    spec = spec_of(device)
    return f"{spec.name} {spec.memory_gib}" if spec else device.name


def _over(ranges: Iterable[Range | None]) -> Range | None:
    """The range that holds all ranges."""
    known = [one for one in ranges if one is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None
