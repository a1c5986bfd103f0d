"""The options that make up a question, shared by every command that answers one."""

import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from recommender.cli import inputs, options
from recommender.errors import printable
from recommender.facts import Answer, Machine, Model, Problem, Workload
from recommender.facts.noun import noun
from recommender.knowledge import Knowledge, load
from recommender.words import Words

if TYPE_CHECKING:
    from recommender.facts.measurement import Measurement
    from recommender.fleet.wishes import Wish


@noun
class Asked:
    """The options as they were typed; a field is an option, its default the option's."""

    machine: options.MachineFile = None
    gpu: options.Gpu = None
    ram: options.Ram = None
    os: options.OsName = None
    arch: options.Arch = None
    cpu: options.CpuName = None
    driver: options.Driver = None
    nodes: options.Nodes = None
    use_case: options.UseCase = "personal"
    concurrency: options.Concurrency = 1
    model: options.ModelName = None
    hub: options.Hub = False
    quant: options.Quant = None
    fmt: options.Format = None
    context: options.Context = 8192
    priority: options.Priority = None
    need: options.Need = None
    install: options.Install = None
    offline: options.Offline = False
    region: options.Region = None
    lifecycle: options.Lifecycle = None
    allow: options.Allow = None
    nvidia_only: options.NvidiaOnly = False
    orchestrator: options.Orchestrator = None
    managed: options.Managed = None
    rules: options.Rules = "current"
    include: options.Include = None
    knowledge: options.KnowledgeFolder = None
    lang: options.Lang = None


@noun
class Meant:
    """What the options mean: a machine, a workload, a model, and how to answer."""

    machine: Machine
    workload: Workload
    model: Model | None
    problems: tuple[Problem, ...]
    rules: str
    include: frozenset[str]
    lang: str
    measurements: "tuple[Measurement, ...]" = ()

    @property
    def wish(self) -> "Wish":
        """The same as a value that other processes can answer."""
        from recommender.fleet.wishes import Wish

        return Wish(
            machine=self.machine,
            workload=self.workload,
            model=self.model,
            rules=self.rules,
            lang=self.lang,
            include=tuple(self.include),
            problems=self.problems,
            measurements=self.measurements,
        )

    def answer(self, include: Collection[str] = (), *, turns: bool = False) -> Answer:
        """The answer, with more challengers or layers than were asked for, and with the turns."""
        from recommender.cli import clock
        from recommender.pipeline import recommend

        return recommend(
            self.machine,
            self.workload,
            self.model,
            rules=self.rules,
            lang=self.lang,
            include=self.include | set(include),
            problems=self.problems,
            measurements=self.measurements,
            turns=turns,
            today=clock.today(),
        )


def meant(asked: Asked, machine: Machine | None = None) -> Meant:
    """The options checked and read; this machine is probed where none was given.

    ``machine`` is the one that the options mean, where it is known already.

    Raises:
        InputError: an option has no meaning.
    """
    language = inputs.language(asked.lang)
    inputs.one_of("--rules", asked.rules, ("current", "article"))
    known = load()
    workload = _workload(known, asked)
    include = inputs.included(known, asked.include or (), asked.rules)
    named, problems = _model(asked, known.speak(language))
    measurements, broken = inputs.measurements()
    return Meant(
        machine=machine or inputs.machine(asked.machine, description(asked)),
        workload=workload,
        model=named,
        problems=(*problems, *broken),
        rules=asked.rules,
        include=include,
        lang=language,
        measurements=measurements,
    )


def described(asked: Asked) -> bool:
    """Whether the machine is given, so that this one is not looked at."""
    given = (asked.machine, asked.gpu, asked.ram, asked.os, asked.arch, asked.cpu)
    return any(word is not None for word in (*given, asked.driver, asked.nodes))


def _model(asked: Asked, words: Words) -> tuple[Model | None, tuple[Problem, ...]]:
    def read() -> tuple[Model | None, tuple[Problem, ...]]:
        return inputs.model(
            asked.model,
            asked.quant,
            asked.fmt,
            hub=asked.hub,
            region=asked.region,
            offline=asked.offline,
        )

    if not (asked.hub and asked.model):
        return read()
    from recommender.cli.progress import working

    with working(words.key("progress.hub", model=printable(asked.model))):
        return read()


def _workload(known: Knowledge, asked: Asked) -> Workload:
    wish = Workload(
        use_case=asked.use_case,
        concurrency=asked.concurrency,
        priority=asked.priority,
        context_tokens=asked.context,
        features=tuple(asked.need or ()),
        install=asked.install,
        offline=asked.offline,
        region=asked.region,
        lifecycle=asked.lifecycle,
        allow=tuple(asked.allow or ()),
        nvidia_only=asked.nvidia_only,
        orchestrator=asked.orchestrator,
        managed=asked.managed,
    )
    return inputs.workload(known, wish)


def description(asked: Asked) -> inputs.Described:
    """The options that describe a machine which is not here."""
    return inputs.Described(
        gpus=asked.gpu or (),
        ram_gib=asked.ram,
        os=asked.os,
        arch=asked.arch,
        cpu=asked.cpu,
        driver=asked.driver,
        nodes=asked.nodes,
    )


# The fields of ``Asked`` that describe one machine.
ONE_MACHINE = ("machine", "gpu", "ram", "os", "arch", "cpu", "driver", "nodes")


def asks(command: Callable[..., None], without: Collection[str] = ()) -> Callable[..., None]:
    """``command`` with an option for each field of ``Asked`` in place of its first parameter.

    A parameter of the command's own stands in for the option of its name; fields named in
    ``without`` are no options.
    """
    own = list(inspect.signature(command).parameters.values())[1:]
    taken = {*without, *(parameter.name for parameter in own)}
    shared = [
        _parameter(field.name, field.type, field.default)
        for field in fields(Asked)
        if field.name not in taken
    ]
    names = {parameter.name for parameter in shared}

    def wrapped(**values: Any) -> None:
        asked = Asked(**{name: values.pop(name) for name in names})
        command(asked, **values)

    wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
    wrapped.__signature__ = inspect.Signature(_ordered(own, shared))  # type: ignore[attr-defined]
    return wrapped


def _parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=hint)


def _ordered(
    own: Sequence[inspect.Parameter], shared: Sequence[inspect.Parameter]
) -> list[inspect.Parameter]:
    """Arguments first, then what makes up the question, then what is the command's own."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    kept = [parameter.replace(kind=keyword) for parameter in own]
    arguments = [item for item in kept if item.default is inspect.Parameter.empty]
    return [*arguments, *shared, *(item for item in kept if item not in arguments)]
