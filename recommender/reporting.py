"""A whole report: the answer, and the files that start its first frameworks."""

from recommender.errors import InputError
from recommender.facts import Answer, Machine, Model
from recommender.facts.report import Report, Written
from recommender.facts.why_not import Step
from recommender.knowledge import load
from recommender.launch.served_name import NoNameError
from recommender.launching import NothingRunsError, launching, opening, suited
from recommender.pipeline import why_not
from recommender.rules.instead import given_up
from recommender.targets.registry import TARGETS, Target
from recommender.words import Words

# Whoever does not take the first takes one of these; more would make the page heavy.
_FIRST = 3


def report(answer: Answer, lang: str, *, proposed: bool) -> Report:
    """The answer with what each target writes for its first frameworks, and what others lack.

    Args:
        answer: in the language ``lang``.
        lang: of the notes in the files.
        proposed: whether nobody named a model, so that each framework proposes its own.
    """
    model = None if proposed or given_up(answer) else answer.model
    words = Words(table=load().words, lang=lang)
    names = [item.framework for item in answer.ranking[:_FIRST]]
    return Report(
        lang=lang,
        answer=answer,
        files={name: _files(name, answer, model, words) for name in names},
        changes={
            item.framework: _change(item.framework, answer, model, lang) for item in answer.rejected
        },
    )


def _change(name: str, answer: Answer, model: Model | None, lang: str) -> tuple[Step, ...]:
    machine, workload = answer.machine, answer.workload
    found = why_not(name, machine, workload, model, rules=answer.rules, lang=lang)
    return found.change or ()


def _files(name: str, answer: Answer, model: Model | None, words: Words) -> tuple[Written, ...]:
    return tuple(
        Written(target=target.name, text=_text(target, name, answer, model, words))
        for target in TARGETS.values()
    )


def _text(
    target: Target, name: str, answer: Answer, model: Model | None, words: Words
) -> str | None:
    machine, workload = suited(target, answer.machine, answer.workload)
    wished = opening(target, name)
    try:
        plan = launching(name, machine, workload, model, wished, words, rules=answer.rules)
        if not _meant(target, machine, wsl2=plan.wsl2):
            return None
        text = target.write(plan)
        return load().translator.file(text) if words.lang == "zh" else text
    except (InputError, LookupError, NoNameError, NothingRunsError):
        return None


def _meant(target: Target, machine: Machine, *, wsl2: bool) -> bool:
    """Whether the lines are for a shell that the machine has."""
    windows = machine.os.family == "windows" and not wsl2
    return {"powershell": windows, "shell": not windows}.get(target.name, True)
