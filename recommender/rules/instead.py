"""What to serve where the model that was asked for cannot be served well."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.facts import Answer, Fit, Model, Problem
from recommender.models.rows import by_exact_id
from recommender.rules.question import Question
from recommender.rules.ranking import Verdict, decide
from recommender.rules.situation import Group

# The rule of a problem which says that the model itself can run nowhere here.
NOTHING_HOLDS_IT = "model.does-not-fit"
_TOO_LARGE = "fit.memory"
# Formats of as many bits differ a little, by what their scales take.
_AS_PRECISE = 0.9


def given_up(answer: Answer) -> bool:
    """Whether the model that was asked for can run nowhere here, so that another is answered."""
    return any(problem.rule == NOTHING_HOLDS_IT for problem in answer.problems)


def runs(answer: Answer) -> bool:
    """Whether something runs what was asked for."""
    return bool(answer.ranking) and not given_up(answer)


def served(verdict: Verdict, devices: Sequence[Group]) -> bool:
    """Whether something serves the model well, and on the accelerators if there are any."""
    if not verdict.ranking:
        return False
    best = verdict.ranking[0]
    poor = makeshift(best.score, best.fit)
    return not devices or (bool(best.trial.group.members) and not poor)


def makeshift(score: float, fit: Fit) -> bool:
    """Whether it runs, as a build for one person, on what it is not made for."""
    return score < 0 and fit.build == "gguf"


def instead(
    question: Question, verdict: Verdict, devices: Sequence[Group]
) -> tuple[Question, Verdict, tuple[Problem, ...]]:
    """The answer for what is nearest to the model and is served better.

    That is a build of as many bits, then the base, then a smaller build, then a proposed model.
    """
    why = _why(question, verdict)
    alike, smaller = _builds(question, why)
    for others in (alike, _base(question, why), smaller, _proposal(question, verdict)):
        found = [_answered(question, devices, *other) for other in others]
        better = [one for one in found if _is_better(*one[:2], verdict, devices)]
        if better:
            return max(better, key=lambda one: one[1].ranking[0].score)
    return question, verdict, ()


_Other = tuple[Model | None, Problem]


def _answered(
    question: Question, devices: Sequence[Group], model: Model | None, problem: Problem
) -> tuple[Question, Verdict, tuple[Problem, ...]]:
    again = replace(question, model=model, named=True)
    return again, decide(again, devices), (problem,)


def _is_better(
    question: Question, found: Verdict, verdict: Verdict, devices: Sequence[Group]
) -> bool:
    """Whether it is served at all, and a build as itself rather than by a file of another's."""
    model = question.model
    if model and model.base and found.ranking and found.ranking[0].fit.model != model.id:
        return False
    return served(found, devices) or bool(found.ranking and not verdict.ranking)


def _why(question: Question, verdict: Verdict) -> str:
    """Whether the model is too large here, or else in a format that nothing here computes."""
    rules = {reason.rule for refused in verdict.refused for reason in refused.reasons}
    key = "instead.too-large" if _TOO_LARGE in rules else "instead.format"
    return question.words.key(key, model=question.model.id if question.model else "")


def _builds(question: Question, why: str) -> tuple[list[_Other], list[_Other]]:
    """Repositories with other weights of the model: as precise as its own, and smaller."""
    model = question.model
    if model is None:
        return [], []
    precise = question.table.weights_gib(model, model.quantization or "bf16") or 0
    found: tuple[list[_Other], list[_Other]] = ([], [])
    for repository, quantization in model.quantized_repos.items():
        weights = question.table.weights_gib(model, quantization) or 0
        found[weights < precise * _AS_PRECISE].append(_build(question, why, model, repository))
    return found


def _build(question: Question, why: str, model: Model, repository: str) -> _Other:
    build = replace(
        model,
        id=repository,
        name=repository.rpartition("/")[2],
        base=model.id,
        quantization=model.quantized_repos[repository],
        weights_gib=None,
    )
    text = question.words.key("model.build-instead", why=why, build=repository)
    return build, Problem(what=text, rule="model.build-instead")


def _base(question: Question, why: str) -> Iterator[_Other]:
    """The model that it was made from; who has a GGUF file wants that file."""
    model = question.model
    if model is None or model.format == "gguf" or model.base in {None, model.id}:
        return
    base = by_exact_id(str(model.base))
    if base is not None:
        text = question.words.key("model.base-instead", why=why, base=base.id)
        yield base, Problem(what=text, rule="model.base-instead")


def _proposal(question: Question, verdict: Verdict) -> Iterator[_Other]:
    if question.model is not None and not verdict.ranking:
        text = question.words.key(NOTHING_HOLDS_IT, model=question.model.id)
        fix = question.words.key("fix.fit.memory")
        yield None, Problem(what=text, fix=fix, rule=NOTHING_HOLDS_IT)
