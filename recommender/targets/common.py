"""What several targets share."""

from collections.abc import Iterator

from recommender.errors import InputError, visible
from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch.variables import variables

LORA_PATH = "where the LoRA adapter lies, which is /adapters/NAME for one in ./adapters"
"""What a container is told, which sees that folder of the machine."""
HUB_TOKEN = "HF_TOKEN"  # noqa: S105  # a variable's name


def headline(plan: Plan) -> tuple[str, ...]:
    """What a file says about itself, one sentence a line, without comment signs."""
    lines = [f"{plan.title} {plan.version} serves {plan.model}, as llmpick plans it."]
    if plan.key:
        lines.append(f"The API key is read from {plan.key.env}; whoever asks has to know it.")
    if plan.unguarded:
        lines.append(plan.unguarded)
    return tuple(visible(line) for line in (*lines, *plan.notes))


def comments(plan: Plan, sign: str = "#") -> str:
    """The headline as comment lines, each ended."""
    return "".join(f"{sign} {line}\n" for line in headline(plan))


def gated(plan: Plan) -> bool:
    """Whether what is downloaded may ask for a token of the hub."""
    boxes = [process.container for process in plan.processes if process.container]
    from_hub = not boxes or any(HUB_TOKEN in box.passed for box in boxes)
    return from_hub and not plan.model.startswith(("/", "./", "../", "~"))


def refuse(plan: Plan, target: str, why: str, instead: str) -> InputError:
    """The error that says why a target cannot serve this plan, and the nearest that can."""
    return InputError(f"{plan.title} cannot be written for {target}: {why}; {instead}")


def launched_as_one(plan: Plan) -> bool:
    """Whether one command on one machine starts the processes of all of them."""
    return plan.nodes > 1 and not plan.of("worker")


def refuse_launcher(plan: Plan, target: str) -> None:
    """Refuse a plan whose ranks a launcher starts on machines that this target does not reach.

    Raises:
        InputError: a launcher starts them.
    """
    if launched_as_one(plan):
        why = "a launcher starts the processes of all machines by itself"
        raise refuse(plan, target, why, "take --target slurm")


def used(process: Process) -> tuple[str, ...]:
    """The variables that a process needs to be told, each once, in order."""
    return tuple(dict.fromkeys(name for word in _words(process) for name in variables(word)))


def _words(process: Process) -> Iterator[str]:
    yield from process.argv
    yield from process.env.values()
    if process.container:
        yield process.container.gpus or ""
    if process.shell:
        yield process.shell.raw or ""


def command(process: Process) -> Command:
    """A process of the machine itself as a command."""
    return process.shell or Command(argv=process.argv, env=process.env)
