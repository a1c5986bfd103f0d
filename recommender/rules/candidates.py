"""From a trial that can run to a scored candidate, or to a refusal by memory or format."""

from collections.abc import Iterator

from recommender.devices.catalogue import series_of
from recommender.facts import (
    Accelerator,
    Fit,
    Model,
    Reason,
    Workload,
)
from recommender.facts.noun import changed, noun
from recommender.models.rows import ladder
from recommender.rules import score
from recommender.rules.bounds import bound_facts
from recommender.rules.builds import (
    Build,
    alternative,
    builds,
    smaller,
)
from recommender.rules.conditions import holds
from recommender.rules.eligibility import Trial, checked, told, with_model
from recommender.rules.layouts import Job
from recommender.rules.memory import usable_gib
from recommender.rules.placement import place
from recommender.rules.question import Question
from recommender.rules.refusals import format_refusal, memory_refusal
from recommender.rules.registry import parser_facts, registry_facts
from recommender.rules.situation import (
    Group,
    Situation,
    device_facts,
    fit_facts,
    model_facts,
)
from recommender.words import Words

# A proposed model leaves a processor fast enough to talk to, and main memory to others.
_CPU_SHARE, _CPU_MOST_GIB = 0.25, 6.0


@noun
class Scored:
    """A candidate before it has a rank."""

    trial: Trial
    model: Model
    workload: Workload
    facts: Situation
    fit: Fit
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def score(self) -> float:
        """The sum of the points of the reasons."""
        return score.total(self.reasons)


def candidate(question: Question, trial: Trial) -> Scored | tuple[Reason, ...]:
    """A scored candidate, or the reasons why no build of the model can be loaded."""
    if question.model is None:
        return _with_proposal(question, trial)
    return _with_model(question, trial, question.model)


def _with_model(question: Question, trial: Trial, model: Model) -> Scored | tuple[Reason, ...]:
    found = _placed(question, trial, model)
    if isinstance(found, tuple):
        return found
    return _scored(question, trial, model, _with_alternative(question, trial, model, found))


def _placed(
    question: Question, trial: Trial, model: Model, *, exact: bool = False
) -> Fit | tuple[Reason, ...]:
    """The preferred placement of a build of the model, or why there is none.

    ``exact`` takes no shorter context and no build that costs visible quality.
    """
    placed: list[tuple[Build, Fit]] = []
    for build in builds(model, trial.platform, trial.facts, question.table):
        fit = place(_job(question, trial, model, build), exact=exact)
        if _cannot_be_bettered(fit, model, question.workload):
            return fit
        placed.append((build, fit))
    if not placed:
        return (format_refusal(question, trial, model),)
    fits = [fit for _, fit in placed if fit.fits is not False]
    if fits:
        return _preferred(fits, question.workload)
    worse = () if exact else smaller(model, trial.platform, trial.facts, question.table)
    for build in worse:
        fit = place(_job(question, trial, model, build))
        if fit.fits:
            return fit
    build, fit = placed[-1]
    return (memory_refusal(question, trial, build, fit),)


def _with_alternative(question: Question, trial: Trial, model: Model, fit: Fit) -> Fit:
    """The fit with the quantized build that would hold more, where requests have to wait."""
    requests = fit.concurrent_requests
    if requests is None or requests >= question.workload.concurrency or fit.build != "own":
        return fit
    other = alternative(model, trial.platform, trial.facts, question.table)
    if other is None or model.quantization == other.quantization:
        return fit
    placed = place(_job(question, trial, model, other), exact=True)
    if (placed.concurrent_requests or 0) <= requests:
        return fit
    values = {"model": other.model, "quantization": other.quantization}
    said = question.words.key("fit.more-room", requests=placed.concurrent_requests, **values)
    return changed(fit, alternative=said)


def _cannot_be_bettered(fit: Fit, model: Model, workload: Workload) -> bool:
    """Whether no later build is preferred: on the devices, room enough, the whole context."""
    wished = min(workload.context_tokens, model.context or workload.context_tokens)
    whole = fit.context_tokens == wished and fit.offload is None
    return bool(fit.fits) and whole and _holds(fit, _enough(fit, workload))


def _enough(fit: Fit, workload: Workload) -> int:
    """With room for how many requests a build is not exchanged for a smaller one.

    What was asked for stays where it serves several users, and so does quality that was asked for.
    """
    if fit.build == "own" or workload.priority == "quality":
        return _several(workload)
    return max(_half(workload), _several(workload))


def _half(workload: Workload) -> int:
    """Requests seldom fill the whole context: room for half of the users is enough."""
    return (workload.concurrency + 1) // 2


def _several(workload: Workload) -> int:
    """At least two users where several come."""
    return min(workload.concurrency, 2)


def _holds(fit: Fit, requests: int) -> bool:
    return fit.concurrent_requests is None or fit.concurrent_requests >= requests


def _preferred(fits: list[Fit], workload: Workload) -> Fit:
    """The first build in the widest context that has room enough, else the one that has the most.

    Among builds that serve at least two users where several come; else the first that lies on the
    devices alone, else the first.
    """
    on_device = [fit for fit in fits if fit.offload is None]
    serving = [fit for fit in on_device if _holds(fit, _several(workload))]
    widest = max((fit.context_tokens or 0 for fit in serving), default=0)
    whole = [fit for fit in serving if (fit.context_tokens or 0) == widest]
    enough = [fit for fit in whole if _holds(fit, _enough(fit, workload))]
    most = sorted(whole, key=lambda fit: -(fit.concurrent_requests or 0))
    return (enough or most or on_device or fits)[0]


def _with_proposal(question: Question, trial: Trial) -> Scored | tuple[Reason, ...]:
    """The strongest model of the ladder that serves the wished users, else the smallest one."""
    best: tuple[Trial, Model, Fit] | None = None
    refusal: tuple[Reason, ...] = ()
    for model in ladder(question.ladder):
        about = with_model(trial, trial.facts.extend(model_facts(model)), question.words)
        if not about.runs:
            refusal = refusal or about.failed
            continue
        found = _placed(question, about, model, exact=best is not None)
        if isinstance(found, tuple):
            refusal = refusal or found
            break
        if best is not None and not _comfortable(question, trial, found):
            break
        best = about, model, found
    return refusal if best is None else _scored(question, *best)


def _comfortable(question: Question, trial: Trial, fit: Fit) -> bool:
    if fit.offload or (fit.concurrent_requests or 0) < _half(question.workload):
        return False
    if fit.context_tokens is not None and fit.context_tokens < question.workload.context_tokens:
        return False
    if trial.group.members:
        return True
    host = usable_gib(trial.group, question.machine) or 0.0
    return (fit.weights_gib or 0) <= min(_CPU_SHARE * host, _CPU_MOST_GIB)


def _job(question: Question, trial: Trial, model: Model, build: Build) -> Job:
    return Job(
        build=build,
        model=model,
        platform=trial.platform,
        group=trial.group,
        machine=question.machine,
        workload=question.workload,
        context=question.workload.context_tokens,
        facts=trial.facts,
        kv_share=_kv_share(trial, model),
        copies=not question.several_models,
        companions=_companions(trial),
        several=question.spans
        or trial.method is None
        or trial.platform.methods[trial.method].several,
    )


def _companions(trial: Trial) -> tuple[Accelerator, ...]:
    """Devices of another kind that the platform runs on and could spread the layers over."""
    if "layers" not in trial.platform.budget.split:
        return ()
    return tuple(device for device in trial.group.others if _runs_on(trial, device))


def _runs_on(trial: Trial, device: Accelerator) -> bool:
    alone = Group(members=(device,), series=series_of(device))
    facts = trial.facts.extend(device_facts(alone))
    needs = (need.needs for need in trial.platform.requires)
    driven = holds(trial.platform.device, facts) is True
    return driven and all(holds(need, facts) is not False for need in needs)


def _kv_share(trial: Trial, model: Model) -> float:
    """What remains of the KV cache's size where the command quantizes it."""
    quantized = trial.platform.budget.kv_quantized
    if quantized is None:
        return 1.0
    facts = trial.facts.extend(model_facts(model))
    return quantized.share if holds(quantized.when, facts) is True else 1.0


def _scored(question: Question, trial: Trial, model: Model, fit: Fit) -> Scored:
    parsers = question.knowledge.document["parsers"]["parsers"]
    values = model_facts(model) | registry_facts(trial.framework, model)
    values |= parser_facts(trial.framework, model, parsers)
    values |= {"model.given": question.model is not None}
    values |= fit_facts(fit, question.workload, len(trial.group.members), model)
    facts = trial.facts.extend(values | bound_facts(fit))
    return Scored(
        trial=trial,
        model=model,
        workload=question.workload,
        facts=facts,
        fit=fit,
        reasons=score.reasons(
            (*question.live_rules, *trial.framework.consider), facts, question.words
        ),
        warnings=_warnings(question, trial, facts),
    )


def _warnings(question: Question, trial: Trial, facts: Situation) -> tuple[Reason, ...]:
    words = question.words
    skipped = (_skipped(words, trial, reason) for reason in trial.skipped)
    unsure = (_unsure(words, trial),) if trial.unsure else ()
    general = told(question.live_notices, facts, words)
    return (*skipped, *general, *_own_warnings(trial, facts, words), *unsure)


def _own_warnings(trial: Trial, facts: Situation, words: Words) -> Iterator[Reason]:
    """What the platform and the way to install say; they rest on what the platform rests on."""
    platform = trial.platform
    method = platform.methods[trial.method] if trial.method else None
    for reason in told((*platform.notices, *(method.notices if method else ())), facts, words):
        day = reason.checked or checked(reason.layer, platform)
        known = (reason.source or platform.source, day)
        yield changed(reason, source=known[0], checked=known[1])


def _skipped(words: Words, trial: Trial, reason: Reason) -> Reason:
    """Why the commands do not take a way to install that would come first."""
    text = words.key("method.skipped", reason=reason.text, method=trial.method)
    return changed(reason, text=text)


def _unsure(words: Words, trial: Trial) -> Reason:
    names = [words.show_fact(name) for name in trial.unsure]
    return Reason(rule="unknown.facts", text=words.key("unknown.facts", names=names))
