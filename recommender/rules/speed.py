"""How fast a candidate answers, as ranges with what they rest on; unknown stays unknown."""

from math import ceil

from recommender.devices.catalogue import Spec, find
from recommender.facts import Accelerator, Speed
from recommender.rules.candidates import Scored
from recommender.rules.question import Question
from recommender.rules.rates import Rates
from recommender.rules.roofline import Rated, Run, decode, output, prefill, run_of

Range = tuple[float, float]


def speed(scored: Scored, question: Question) -> Speed:
    """Tokens a second for one user, for all of them, and of a prompt.

    Every request is taken to hold half of the context on average, and prompts to be as long as
    their answers.
    """
    rates = question.rates
    run = _run(scored, question)
    alone = decode(run, rates) if run else None
    if run is None:
        return Speed()
    # The stages of a pipeline work for as many groups of requests at a time.
    copies = scored.fit.data_parallel * scored.fit.pipeline_parallel
    requests = _requests(scored)
    each = ceil(requests / min(copies, requests))
    many = _together(run, rates, each, alone) if requests > 1 else None
    prompt = prefill(run, rates, max(run.context, 1.0))
    basis = alone or many or prompt
    if basis is None:
        return Speed()
    return Speed(
        decode_tokens_per_s=_range(alone),
        prefill_tokens_per_s=_range(prompt),
        basis="measured",
        together_tokens_per_s=_range(many, requests / each),
        requests=requests,
        engine=run.engine,
        device=rates.device_class(run.device),
        runs=basis.rate.runs,
    )


def _together(run: Run, rates: Rates, each: int, alone: Rated | None) -> Rated | None:
    """What all requests of a copy get; one after the other they get what one gets alone."""
    many = output(run, rates, each, prompt=1.0, answer=1.0)
    if many is None or alone is None:
        return many
    return max(many, alone, key=lambda rated: rated.value)


def _run(scored: Scored, question: Question) -> Run | None:
    fit, group = scored.fit, scored.trial.group
    engine = question.rates.engine(scored.trial.framework.id)
    device = spec_of(group.first) if group.members else None
    # How fast weights come from main memory, or over a network, is not known.
    if not fit.fits or fit.weights_gib is None or fit.offload or fit.nodes > 1:
        return None
    if engine is None or device is None:
        return None
    return run_of(
        scored.model,
        fit.quantization,
        fit.weights_gib,
        engine=engine,
        device=device,
        tensor=fit.tensor_parallel,
        host=question.machine.cpu.model,
        context=(fit.context_tokens or 0) / 2,
        link=group.link,
        read_gib=question.table.active_gib(scored.model, fit.quantization or ""),
    )


def spec_of(device: Accelerator) -> Spec | None:
    """The row of the table that is this device, by its name and the nearest memory.

    A part of a device has a part of its bandwidth, which its name does not say.
    """
    if not device.name or device.partition is not None:
        return None
    rows = find(device.name).rows
    size = device.memory_gib
    if size is None or len(rows) < 2:  # noqa: PLR2004  # nothing to choose from
        return rows[0] if rows else None
    return min(rows, key=lambda row: abs((row.memory_gib or size) - size))


def _requests(scored: Scored) -> int:
    room = scored.fit.concurrent_requests
    wished = scored.workload.concurrency
    return max(min(wished, room or wished), 1)


def _range(rated: Rated | None, copies: float = 1.0) -> Range | None:
    if rated is None:
        return None
    low, high = rated.bounds
    return round(low * copies, 1), round(high * copies, 1)
