"""What several targets share."""

from collections.abc import Callable, Iterator

from recommender.errors import InputError, visible
from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch.shell import posix
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
    if plan.chosen and plan.chosen.note:
        lines.append(plan.chosen.note)
    return tuple(visible(line) for line in (*lines, *plan.notes, *_brought(plan)))


def _brought(plan: Plan) -> Iterator[str]:
    """What a machine with a network fetches for one that has none."""
    if plan.fetch:
        yield "There is no network here. On a machine of the same kind that has one:"
        yield from (f"  {posix(line)}" for line in plan.fetch)
        yield "Then copy the folder beside this file."


def comments(plan: Plan, sign: str = "#") -> str:
    """The headline as comment lines, each ended."""
    return "".join(f"{sign} {line}\n" for line in headline(plan))


def secrets(plan: Plan) -> dict[str, str]:
    """Variables without which the server must not start, with what each holds."""
    key = {plan.key.env: "the key that the server asks for"} if plan.key else {}
    admin = {plan.admin_env: "the password of its administrator"} if plan.admin_env else {}
    return key | admin


def prepared(plan: Plan, line: Callable[[Command], str]) -> list[str]:
    """The commands of a shell that prepare the model; what they make, they make once."""
    lines = [line(command) for command in plan.prepare]
    if plan.makes is None:
        return lines
    file = line(Command(argv=(plan.makes,)))
    return [f"if [ ! -e {file} ]; then", *(f"  {text}" for text in lines), "fi"]


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
