"""The Python API: the same answers as the command line, from nouns to nouns.

Every function raises ``InputError`` with one clear sentence for input that has no meaning. Nothing
here writes, starts or prints anything.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from recommender.cli import inputs
from recommender.cli.asking import Meant
from recommender.cli.planning import NothingPlannedError, Wanted, placed, plan
from recommender.errors import InputError
from recommender.facts import Answer, Machine, Model, Problem, Workload
from recommender.facts.plan import Plan
from recommender.facts.why_not import WhyNot
from recommender.knowledge import load

__all__ = [
    "Answer",
    "InputError",
    "Machine",
    "Model",
    "NothingPlannedError",
    "Plan",
    "WhyNot",
    "Workload",
    "describe_machine",
    "find_model",
    "plan_launch",
    "probe_machine",
    "read_machine",
    "recommend",
    "to_json",
    "why_not",
    "write_launch",
]

Lang: TypeAlias = Literal["en", "zh"]
Rules: TypeAlias = Literal["current", "article"]


def probe_machine(*, evidence: bool = False) -> Machine:
    """This machine, within 5 seconds whatever hangs; with ``evidence`` it says where it read."""
    from recommender.probe import probe

    return probe(evidence=evidence)


def describe_machine(
    *gpus: str,
    ram_gib: float | None = None,
    os: str | None = None,
    arch: str | None = None,
    cpu: str | None = None,
    driver: str | None = None,
    nodes: int = 1,
) -> Machine:
    """A machine that is not here, as ``--gpu`` and its like describe one.

    Args:
        gpus: a kind of device each, as ``"H100 80GB:8"``; none leaves the machine without.
        ram_gib: main memory in GiB.
        os: ``"linux"``, ``"ubuntu 22.04"``, ``"windows 11"``, ``"macos"``.
        arch: ``"x86_64"`` or ``"aarch64"``.
        cpu: the processor, as ``"EPYC 9654"``.
        driver: version of the accelerators' driver.
        nodes: how many such machines there are.

    Raises:
        InputError: nothing is called that.
    """
    described = inputs.Described(
        gpus=gpus or ("none",),
        ram_gib=ram_gib,
        os=os,
        arch=arch,
        cpu=cpu,
        driver=driver,
        nodes=nodes,
    )
    return inputs.machine(None, described)


def read_machine(text: str) -> Machine:
    """The machine of a JSON text that ``llmpick probe --json`` or ``to_json`` wrote.

    Raises:
        InputError: it is no such text; fields that are unknown become problems of the machine.
    """
    from recommender import schema

    return schema.read_machine(text, "text")


def find_model(
    name: str,
    *,
    quant: str | None = None,
    fmt: str | None = None,
    hub: bool = False,
    region: str | None = None,
    offline: bool = False,
) -> Model:
    """A model by repository, name, tag or path; what is not known of it is None.

    ``hub`` reads the headers of a repository over the network (needs ``llmpick[hub]``), with
    ``region="CN"`` from ModelScope.

    Raises:
        InputError: nothing is called that, or its files cannot be read.
    """
    from recommender.models.sources import read

    return read(name, hub=hub, region=region, quant=quant, fmt=fmt, offline=offline)[0]


def recommend(
    machine: Machine | None = None,
    workload: Workload | None = None,
    model: Model | str | None = None,
    *,
    include: Iterable[str] = (),
    rules: Rules = "current",
    lang: Lang = "en",
) -> Answer:
    """The ranking of the frameworks, as ``llmpick recommend --json`` has it.

    Args:
        machine: None probes this one.
        workload: None is one user with a model of their own.
        model: as ``find_model`` found it, or its name; None has one proposed.
        include: challengers to rank, too; ``"challengers"`` means all.
        rules: ``"article"`` goes by the article alone.
        lang: of sentences.

    Raises:
        InputError: a word of the workload, a model or a challenger is unknown.
    """
    return _question(machine, workload, model, rules, lang, tuple(include)).answer()


def why_not(
    framework: str,
    machine: Machine | None = None,
    workload: Workload | None = None,
    model: Model | str | None = None,
    *,
    rules: Rules = "current",
    lang: Lang = "en",
) -> WhyNot:
    """Why a framework does not run or lead, and the smallest change that would help.

    Raises:
        InputError: there is no such framework, or as ``recommend``.
    """
    from recommender.cli import look_commands

    named = load().framework(framework)
    return look_commands.why_not(named, _question(machine, workload, model, rules, lang))


def plan_launch(  # noqa: PLR0913  # one parameter is one option
    framework: str,
    machine: Machine | None = None,
    workload: Workload | None = None,
    model: Model | str | None = None,
    *,
    target: str | None = None,
    port: int | None = None,
    expose: bool = False,
    served_name: str | None = None,
    name: str | None = None,
    for_version: str | None = None,
    image: str | None = None,
    rules: Rules = "current",
    lang: Lang = "en",
) -> Plan:
    """How a framework is started: what ``llmpick launch --json`` has.

    Args:
        framework: id, name or alias.
        machine: None plans for this one.
        workload: None is one user with a model of their own.
        model: as ``find_model`` found it, or its name; None has one proposed.
        target: ``"docker"``, ``"kubernetes"``, ...; None is a shell script.
        port: of the server, where not the framework's own.
        expose: whether other machines reach it; it then asks for an API key.
        served_name: the model's name in the API.
        name: of the service, pod or job.
        for_version: the version of the framework whose options are meant.
        image: an image of one's own.
        rules: as ``recommend``.
        lang: of notes.

    Raises:
        InputError: a word has no meaning.
        NothingPlannedError: the framework cannot run there; its arguments say why.
    """
    wanted = Wanted(
        to=target,
        port=port,
        expose=expose,
        served_name=served_name,
        name=name,
        for_version=for_version,
        image=image,
    )
    named = placed(model, wanted) if isinstance(model, str) else model
    return plan(_question(machine, workload, named, rules, lang), framework, wanted).plan


def write_launch(plan: Plan, target: str = "shell") -> str:
    """The script or manifest of a plan that was made for that target.

    Raises:
        InputError: there is no such target, or it cannot hold this plan.
    """
    from recommender.targets.registry import target as named

    return named(target).write(plan)


def to_json(value: Answer | Machine | Model | Plan | WhyNot | Workload) -> str:
    """The JSON of a noun, on one line; a plan's variables are written ``${HEAD_IP}``."""
    from recommender.render.document import as_json
    from recommender.targets.neutral import document

    return as_json(document(value) if isinstance(value, Plan) else value, indent=False)


def _question(
    machine: Machine | None,
    workload: Workload | None,
    model: Model | str | None,
    rules: str,
    lang: str,
    include: Sequence[str] = (),
) -> Meant:
    """What is asked, checked as the options of the command line are."""
    inputs.one_of("rules", rules, ("current", "article"))
    known = load()
    work = inputs.workload(known, workload or Workload())
    found, problems = _model(model, work)
    measurements, broken = inputs.measurements()
    return Meant(
        machine=machine or probe_machine(),
        workload=work,
        model=found,
        problems=(*problems, *broken),
        rules=rules,
        include=inputs.included(known, include, rules),
        lang=inputs.language(lang),
        measurements=measurements,
    )


def _model(
    model: Model | str | None, workload: Workload
) -> tuple[Model | None, tuple[Problem, ...]]:
    if not isinstance(model, str):
        return model, ()
    return inputs.model(model, None, None, region=workload.region, offline=workload.offline)
