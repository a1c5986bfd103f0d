"""What each machine of a plan runs, in bash, where one script is started on all of them.

A script is a list of commands, each a text that may span lines: words of users hold line breaks,
so that a text is never split again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from recommender.facts.command import Command
from recommender.facts.plan import Plan, Process
from recommender.launch.shell import posix
from recommender.launch.variables import exported
from recommender.targets.common import used
from recommender.targets.schedulers import schedulers
from recommender.targets.waiting import asking

Start: TypeAlias = Callable[[Process], Command]


def variable(name: str) -> str:
    """A name of the plan as a variable of the shell."""
    return f'"${{{exported(name)}}}"'


def line(command: Command) -> str:
    """A command in which variables of the plan are variables of the shell."""
    return posix(command, variable)


def indented(commands: Sequence[str]) -> list[str]:
    """Commands as they stand inside of braces; only where they begin, words keep their lines."""
    return [f"  {command}" for command in commands]


def remarks(commands: Sequence[Command]) -> str:
    """Commands as comments."""
    texts = map(line, commands)
    return "".join(f"#   {part}\n" for text in texts for part in text.splitlines())


def checks(plan: Plan) -> str:
    """How the server is asked, as comments."""
    return remarks(plan.check)


def needs(plan: Plan) -> tuple[str, ...]:
    """The variables that some process of the plan has to be told, in alphabetical order."""
    return tuple(sorted({name for process in plan.processes for name in used(process)}))


def ranked(plan: Plan, start: Start) -> list[str]:
    """The commands of every machine, which NODE_RANK tells apart.

    Args:
        plan: what to start.
        start: the command of a process, where the scheduler has its own way.
    """
    workers = plan.of("worker")
    if plan.nodes == 1 or not workers:
        return first(plan, start)
    further = [*once_up(plan), *_worker(workers, start)]
    return [
        'if [ "$NODE_RANK" -eq 0 ]; then',
        *indented(first(plan, start)),
        "else",
        *indented(further),
        "fi",
    ]


def first(plan: Plan, start: Start) -> list[str]:
    """The commands of the machine that answers."""
    commands = [line(start(process)) for process in plan.of("before")]
    beside = [f"{line(start(process))} &" for process in plan.of("beside")]
    loads = [line(start(process)) for process in plan.of("load")]
    server = start(plan.server)
    if not beside and not loads:
        return [*commands, last(server)]
    return [
        *commands,
        "trap 'jobs -pr | xargs -r kill || :' EXIT",
        "trap 'exit 143' INT TERM",
        *_loaded(plan, server, [*beside, *loads]),
    ]


def _loaded(plan: Plan, server: Command, rest: Sequence[str]) -> Iterator[str]:
    """What asks the server, a model's loading for one, needs it up."""
    yield f"{line(server)} &"
    yield "server=$!"
    yield f"until {line(asking(plan))}; do"
    yield '  kill -0 "$server"; sleep 1'
    yield "done"
    yield from rest
    yield 'wait "$server"'


def once_up(plan: Plan) -> Iterator[str]:
    """A worker that looks for a server which hands out work ends where there is none yet."""
    if plan.of("beside"):
        yield f"until {line(asking(plan))}; do sleep 1; done"


def last(command: Command) -> str:
    """A command in the place of the shell, so that signals reach it."""
    if command.raw is not None:
        return line(command)
    named = (f"{name}={value}" for name, value in command.env.items())
    words = ("env", *named, *command.argv) if command.env else command.argv
    return f"exec {line(Command(argv=words))}"


def _worker(workers: Sequence[Process], start: Start) -> Iterator[str]:
    *others, final = map(start, workers)
    yield from map(line, others)
    if _returns(final):
        # Where the first process of a rank ends, the scheduler ends what it left running.
        yield line(final)
        yield "exec sleep infinity"
    else:
        yield last(final)


def _returns(command: Command) -> bool:
    background = schedulers().ray.background
    words = (*(word.rsplit("/", 1)[-1] for word in command.argv[:1]), *command.argv[1:])
    return words[: len(background.words)] == background.words and background.unless not in words


def port_of_workers(plan: Plan) -> int | None:
    """The port on which further machines listen, None where their commands name none."""
    for process in plan.of("worker"):
        for option, value in zip(process.argv, process.argv[1:], strict=False):
            if option in {"-p", "--port", "--server-port"} and value.isdecimal():
                return int(value)
    return None
