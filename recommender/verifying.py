"""What a running server reached, beside what llmpick predicts, and as a measurement to keep."""

from collections.abc import Iterator

from recommender import __version__
from recommender.facts import Candidate, Machine, Model, Problem
from recommender.facts.measurement import Measurement, Verification
from recommender.facts.noun import noun
from recommender.predicting import Predicted, predicting
from recommender.rules.grouping import groups
from recommender.serving.verifying import Found
from recommender.words import Words


@noun
class Served:
    """What is known besides of what serves: the model, the machine, the devices that serve."""

    model: Model | None = None
    machine: Machine | None = None
    devices: int | None = None


@noun
class Placed:
    """What serves: devices of a name, or with a ``count`` of 0 the processor."""

    name: str | None = None
    memory_gib: float | None = None
    count: int | None = None


def verification(found: Found, served: Served, url: str, words: Words) -> Verification:
    """The answer, with a problem for everything that keeps it from being compared or kept."""
    predicted = _predicted(found, served, words.lang)
    placed = _placed(served, predicted.candidate)
    quantization = _quantization(served, predicted.candidate)
    return Verification(
        llmpick_version=__version__,
        url=url,
        models=found.models,
        model=found.model,
        endpoint=found.endpoint,
        framework=found.server.framework,
        framework_version=found.server.version,
        weights=served.model.id if served.model else None,
        quantization=quantization,
        device=placed.name,
        device_memory_gib=placed.memory_gib,
        devices=placed.count,
        timing=found.timing,
        predicted=predicted.prediction,
        problems=tuple(_problems(found, served, predicted, quantization, words)),
    )


def measurement(told: Verification, model: Model | None, at: str) -> Measurement | None:
    """The line to keep, None where it would match nothing: an unknown framework, model or device.

    ``at`` is the time in UTC (ISO 8601).
    """
    known = told.framework and told.quantization and told.device
    if not known or model is None or told.devices is None:
        return None
    return Measurement(
        llmpick_version=told.llmpick_version,
        at=at,
        framework=told.framework or "",
        framework_version=told.framework_version,
        model=model.id,
        base=model.base,
        quantization=told.quantization,
        device=told.device or "",
        device_memory_gib=told.device_memory_gib,
        devices=told.devices,
        timing=told.timing,
    )


def _predicted(found: Found, served: Served, lang: str) -> Predicted:
    if not (found.server.framework and served.model and served.machine):
        return Predicted()
    return predicting(served.machine, served.model, found.server.framework, found.timing, lang)


def _quantization(served: Served, candidate: Candidate | None) -> str | None:
    """What the server, the model's name or its files say, else what its repository would be in."""
    known, fit = served.model.quantization if served.model else None, candidate and candidate.fit
    if fit and fit.build == "gguf" and served.model and served.model.format != "gguf":
        return None  # some GGUF file of that model, and nobody says which
    return known or (fit.quantization if fit and fit.build == "own" else None)


def _placed(served: Served, candidate: Candidate | None) -> Placed:
    """What llmpick would place the model on; where it does not know, all devices of one kind."""
    machine = served.machine
    if machine is None:
        return Placed()
    found = groups(machine)
    processor = candidate.device is None if candidate else not found
    if processor or served.devices == 0:
        return Placed(name=machine.cpu.model, count=0)
    alike = (one for one in found if candidate and one.first.name == candidate.device)
    group = next(alike, found[0])
    parts = len(candidate.fit.per_device) if candidate and candidate.fit else len(group.members)
    count = served.devices or max(parts, 1)
    return Placed(name=group.first.name, memory_gib=group.first.memory_gib, count=count)


def _problems(
    found: Found, served: Served, predicted: Predicted, quantization: str | None, words: Words
) -> Iterator[Problem]:
    lacks = {
        "framework": not found.server.framework,
        "model": served.model is None,
        "machine": served.machine is None,
        "quantization": served.model is not None and not quantization,
        "pieces": found.timing.decode_tokens_per_s is None,
    }
    for name, lacking in lacks.items():
        if lacking:
            rule = f"verify.no-{name}"
            yield Problem(what=words.key(rule), fix=words.key(f"fix.{rule}"), rule=rule)
    if predicted.why:
        rule = "verify.cannot-run"
        yield Problem(what=words.key(rule, why=predicted.why), rule=rule)
