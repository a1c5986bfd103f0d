"""What to serve where the model that was asked for cannot be served well."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.facts import Model, Problem
from recommender.models.rows import by_exact_id
from recommender.rules.question import Question
from recommender.rules.ranking import Verdict, decide
from recommender.rules.situation import Group

# The rule of a problem which says that the model itself can run nowhere here.
NOTHING_HOLDS_IT = "model.does-not-fit"


def served(verdict: Verdict, devices: Sequence[Group]) -> bool:
    """Whether something serves the model well, and on the accelerators if there are any."""
    if not verdict.ranking:
        return False
    best = verdict.ranking[0]
    makeshift = best.score < 0 and best.fit.build == "gguf"
    return not devices or (bool(best.trial.group.members) and not makeshift)


def instead(
    question: Question, verdict: Verdict, devices: Sequence[Group]
) -> tuple[Question, Verdict, tuple[Problem, ...]]:
    """The answer for another build, or for a proposed model, where that is a better one."""
    for other, problem in _others(question, verdict):
        again = replace(question, model=other)
        found = decide(again, devices)
        if served(found, devices) or (found.ranking and not verdict.ranking):
            return again, found, (problem,)
    return question, verdict, ()


def _others(question: Question, verdict: Verdict) -> Iterator[tuple[Model | None, Problem]]:
    model, words = question.model, question.words
    if model is None:
        return
    # Who has a GGUF file wants that file; weights of the other formats come from a hub.
    remade = model.base and model.base != model.id and model.format != "gguf"
    base = by_exact_id(str(model.base)) if remade else None
    if base is not None:
        text = words.key("model.base-instead", model=model.id, base=base.id)
        yield base, Problem(what=text, rule="model.base-instead")
    if not verdict.ranking:
        text = words.key(NOTHING_HOLDS_IT, model=model.id)
        yield None, Problem(what=text, fix=words.key("fix.fit.memory"), rule=NOTHING_HOLDS_IT)
