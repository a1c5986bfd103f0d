"""From the options of ``launch`` to the plan, which others write, show or start."""

from dataclasses import replace

from recommender.cli import files, opened
from recommender.cli.asking import Asked, Meant, meant
from recommender.errors import InputError
from recommender.facts import Machine
from recommender.facts.noun import noun
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.targets.registry import Target, target
from recommender.words import Words

# Work for which a plain language model is no help, and where such a model has others beside it.
_OTHER_KINDS = frozenset(("embedding", "rerank", "vision", "asr", "tts", "image"))
_BESIDE: dict[str, set[str]] = {"embeddings": {"embedding"}, "rag": {"embedding", "rerank"}}


class NothingPlannedError(Exception):
    """Nothing can be started as asked; ``args`` are lines that say why and what would work."""


@noun
class Wanted:
    """The options of the server beside the question, as they were typed."""

    to: str | None = None
    port: int | None = None
    expose: bool = False
    served_name: str | None = None
    name: str | None = None
    for_version: str | None = None
    image: str | None = None


@noun
class Planned:
    """A plan, what writes it and what was asked."""

    plan: Plan
    target: Target
    question: Meant


def planned(
    asked: Asked, framework: str, wanted: Wanted, machine: Machine | None = None
) -> Planned:
    """The plan by which ``framework`` serves what is asked.

    ``machine`` is the one that the options mean, where it is known already.

    Raises:
        InputError: an option has no meaning.
        NothingPlannedError: the framework cannot run there.
    """
    named = placed(asked.model, wanted)
    return plan(meant(replace(asked, model=named), machine), framework, wanted)


def placed(model: str | None, wanted: Wanted) -> str | None:
    """The name of a model as the machine that serves it knows it."""
    elsewhere = wanted.to is not None and target(wanted.to).cluster
    return files.placed(model, elsewhere=elsewhere)


def plan(question: Meant, framework: str, wanted: Wanted) -> Planned:
    """The plan by which ``framework`` answers a question.

    Raises:
        InputError: what is wanted of the server has no meaning.
        NothingPlannedError: the framework cannot run there.
    """
    named = load().framework(framework)
    chosen = target(wanted.to or _usual(question))
    opening = _opening(wanted, chosen, named.id, question.workload.install)
    words = load().speak(question.lang)
    _check_proposed(question, words)
    found = _plan(named.id, question, chosen, opening, words)
    return Planned(plan=found, target=chosen, question=question)


def _opening(wanted: Wanted, chosen: Target, framework: str, install: str | None) -> Opening:
    from recommender.launching import opening

    usual = opening(chosen, framework)
    version = opened.version(wanted.for_version)
    image = opened.image(wanted.image, chosen, install)
    return replace(
        usual,
        methods=("docker",) if image else usual.methods,
        name=opened.name(wanted.name),
        served_name=opened.served_name(wanted.served_name),
        port=opened.port(wanted.port),
        version=version or usual.version,
        brings=version is not None and not chosen.pinned,
        exposed=wanted.expose or usual.exposed,
        guarded=wanted.expose or usual.guarded,
        image=image,
        known_image=chosen.image(),
        spans=image is not None and chosen.grouped,
    )


def _usual(question: Meant) -> str:
    return "powershell" if question.machine.os.family == "windows" else "shell"


def _check_proposed(question: Meant, words: Words) -> None:
    """What is proposed is a language model, or one for embeddings where that is the use case."""
    workload = question.workload
    beside = _BESIDE.get(workload.use_case, set())
    kinds = (_OTHER_KINDS & set(workload.features)) - beside
    if workload.use_case == "multimodal":
        kinds |= {"vision"}
    if question.model is not None or not kinds:
        return
    key = "launch.name-embedding" if kinds == {"embedding"} else "launch.name-model"
    raise NothingPlannedError(words.key(key, kinds=sorted(kinds)))


def _plan(framework: str, question: Meant, chosen: Target, opening: Opening, words: Words) -> Plan:
    from recommender.launch.pinning import NoVersionError
    from recommender.launch.served_name import NoNameError
    from recommender.launching import NothingRunsError, launching, suited

    machine, workload = suited(chosen, question.machine, question.workload)
    if opening.image:
        workload = replace(workload, install="docker")
    try:
        return launching(
            framework, machine, workload, question.model, opening, words, rules=question.rules
        )
    except LookupError as error:
        key = "launch.no-image" if opening.image else "launch.no-way"
        message = words.key(
            key, title=load().titles[framework], target=chosen.name, ways=str(error)
        )
        raise InputError(message) from error
    except (NoNameError, NoVersionError) as error:
        raise InputError(str(error)) from error
    except NothingRunsError as error:
        raise NothingPlannedError(*_why(error, framework, question, words, chosen)) from error


def _why(
    error: Exception, framework: str, question: Meant, words: Words, chosen: Target
) -> list[str]:
    """Why nothing is written, and the nearest thing that works."""
    reasons = getattr(error, "reasons", ())
    lines = [words.key("launch.cannot", title=load().titles[framework])]
    for reason in reasons:
        lines.append(f"  {reason.text}")
        lines += [f"    {words.key('launch.fix', fix=reason.fix)}"] if reason.fix else []
    single = load().kubernetes.groups.single(framework) if chosen.grouped else None
    if single and question.machine.nodes > 1:
        said = [words.text(text, lambda _: None) for text in (single.text, single.instead)]
        lines.append(f"  {words.key('launch.one-machine', why=said[0], instead=said[1])}")
    best = next(iter(question.answer().ranking), None)
    if best:
        lines.append(words.key("launch.instead", framework=best.framework))
    return lines
