"""The neutral plan of a candidate: processes, containers, keys and machines, for every target."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from recommender import __version__
from recommender.facts import Method, Platform
from recommender.facts.command import Command
from recommender.facts.exposure import Exposure
from recommender.facts.noun import changed, noun
from recommender.facts.plan import Key, Opening, Plan, Process
from recommender.facts.visible import Visible
from recommender.launch import choosing, container, image, keyed, machines, plan, served_name
from recommender.launch.commands import launch_facts, notes
from recommender.launch.variables import KEY
from recommender.rules.candidates import Scored
from recommender.rules.eligibility import usable_methods
from recommender.rules.situation import Situation
from recommender.words import Words

_THIS_MACHINE = "127.0.0.1"
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  # what the user asked to be reached from elsewhere
_SHELL = frozenset(("&&", "||", "|", ";", "&", ">", "<"))
_EVERYWHERE = {"everywhere": ("beside", "worker")}


@noun
class _Made:
    """What every part of one plan is made of."""

    scored: Scored
    platform: Platform
    method: Method
    facts: Situation
    opening: Opening
    exposure: Exposure | None


def plan_of(
    scored: Scored,
    opening: Opening,
    nodes: int,
    words: Words,
    visible: Sequence[Visible] = (),
) -> Plan:
    """The plan of a scored candidate.

    Args:
        scored: a candidate that can run.
        opening: what the user wants of the server beside the work itself.
        nodes: how many such machines there are.
        words: the language of the notes.
        visible: how each vendor's devices are hidden from a server that takes fewer than all.

    Raises:
        LookupError: the platform cannot be started in the way that ``opening`` names.
        NoNameError: its server cannot be given the name for the API.
    """
    name = _method(scored, opening, words)
    made = _made(scored, name, opening)
    platform, fit = made.platform, scored.fit
    served_name.check(made.method, platform, made.exposure, made.facts, words)
    key = _key(made)
    whole = image.in_processes(_processes(made, key), opening.image)
    processes = choosing.handed(whole, scored, machines.devices(scored), opening, visible)
    asked = tuple(filter(_only_asks, _checks(made)))
    together = _together(processes, fit.nodes, nodes)
    installs = plan.commands(made.method.install, platform, made.facts)
    return Plan(
        llmpick_version=__version__,
        framework=scored.trial.framework.id,
        title=scored.trial.framework.name,
        platform=platform.id,
        version=made.facts.fact("version"),
        method=name,
        model=_model(made),
        name=_name(made),
        hardware=machines.hardware(scored),
        nodes=together,
        replicas=max(nodes // together, 1),
        world_size=machines.devices(scored) * together // fit.nodes,
        exposed=opening.exposed,
        port=made.facts.fact("port"),
        ready=_ready(made, together),
        address=_address(asked),
        key=key,
        unguarded=_unguarded(made, words),
        admin_env=_admin(made),
        weights_gib=fit.weights_gib,
        memory_gib=machines.main_memory(scored),
        context_tokens=fit.context_tokens,
        nonroot=made.exposure.nonroot if made.exposure else None,
        user=made.exposure.user if made.exposure else None,
        home=made.exposure.home if made.exposure else None,
        drop_capabilities=made.exposure.drop_capabilities if made.exposure else None,
        install=image.in_commands(installs, opening.image),
        prepare=plan.commands(made.method.prepare, platform, made.facts),
        stop=tuple(_stops(processes)),
        processes=processes,
        check=tuple(keyed.asking(command, key) for command in asked),
        notes=notes(platform, made.method, made.facts, words),
        wsl2=bool(made.facts.fact("via.wsl2")),
        others=tuple(item for item in _usable(scored, opening, words) if item != name),
        known_image=platform.methods[name].image if opening.image else None,
        brings=_brings(made.method, processes),
        tensor_parallel=fit.tensor_parallel,
        pipeline_parallel=fit.pipeline_parallel,
        data_parallel=fit.data_parallel,
    )


def _brings(method: Method, processes: Sequence[Process]) -> str | None:
    """The program that a first start installs: a launcher such as mpirun may be there without."""
    server = next(process for process in processes if process.role == "server")
    if server.container or server.within or server.shell or not server.argv:
        return None
    return method.brings or server.argv[0]


def _method(scored: Scored, opening: Opening, words: Words) -> str:
    usable = _usable(scored, opening, words)
    if not opening.methods:
        return scored.trial.method or usable[0]
    for name in opening.methods:
        if name in usable:
            return name
    raise LookupError(", ".join(usable))


def _usable(scored: Scored, opening: Opening, words: Words) -> tuple[str, ...]:
    """The ways to install; with an image of the user's own those that start one."""
    found = usable_methods(scored.trial, words, 1 if opening.spans else scored.fit.nodes)
    known = scored.trial.platform.methods
    return tuple(name for name in found if known[name].image or not opening.image)


def _made(scored: Scored, name: str, opening: Opening) -> _Made:
    platform = scored.trial.platform
    method = platform.methods[name]
    method = changed(method, image=opening.image or method.image)
    return _Made(
        scored=scored,
        platform=platform,
        method=method,
        facts=launch_facts(scored, method, scored.facts).extend(_wished(opening)),
        opening=opening,
        exposure=platform.exposure or scored.trial.framework.exposure,
    )


def _wished(opening: Opening) -> dict[str, Any]:
    wished = {
        "port": opening.port,
        "version": opening.version,
        "served.name": opening.served_name,
        "exposed": opening.exposed,
        "spans": opening.spans or None,
        "host": _EVERY_ADDRESS if opening.exposed else None,
    }
    if opening.shares_network and not opening.exposed:
        wished["host"] = _THIS_MACHINE
    return {name: value for name, value in wished.items() if value is not None}


def _model(made: _Made) -> str:
    """What is served, by the name that the server itself pulls where it has one."""
    pulls = made.exposure.pulls if made.exposure else None
    if pulls and made.facts.fact("gguf.repo"):
        return plan.fill(pulls, made.facts)
    return made.scored.fit.model or made.scored.model.id


def _name(made: _Made) -> str:
    return made.opening.name or _label(made.scored.fit.model or made.scored.model.id)


def _label(model: str) -> str:
    """A name that every target takes: a DNS label (RFC 1123), at most 63 characters."""
    last = model.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1].casefold()
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in last)
    return "-".join(filter(None, kept.split("-")))[:52].strip("-") or "model"


def _together(processes: Sequence[Process], holding: int, nodes: int) -> int:
    """Machines that work together: those that hold one copy, or all where one hands out work."""
    several = any(process.role == "worker" for process in processes)
    return nodes if several and holding == 1 else holding


def _ready(made: _Made, together: int) -> str:
    exposure = made.exposure
    if exposure is None:
        return "/v1/models"
    copies = together > made.scored.fit.nodes
    return exposure.ready_of_proxy if copies and exposure.ready_of_proxy else exposure.ready


def _address(asked: Sequence[Command]) -> str:
    """The address that the first line asks, which may be a variable."""
    urls = (word for command in asked for word in command.argv if "://" in word)
    return next((url.split("://")[1].split(":")[0] for url in urls), _THIS_MACHINE)


def _processes(made: _Made, key: Key | None) -> Iterator[Process]:
    for line in made.method.serve:
        for command in plan.commands((line,), made.platform, made.facts):
            for role in _EVERYWHERE.get(line.role, (line.role,)):
                yield _opened(_process(role, command), made, key)
    for command in _checks(made):
        if not _only_asks(command):
            yield _process("load", command)


def _process(role: str, command: Command) -> Process:
    if command.raw is not None:
        return _of_shell(role, command)
    if container.is_run(command.argv):
        return container.run(role, command.argv)
    if container.is_exec(command.argv):
        return container.inside(role, command.argv)
    return Process(role=role, argv=command.argv, env=command.env)


def _of_shell(role: str, command: Command) -> Process:
    """Quoted words inside a running container need no shell of the machine."""
    words = tuple(shlex.split(command.raw or ""))
    if container.is_exec(words) and not command.values and _SHELL.isdisjoint(words):
        return container.inside(role, words)
    return Process(role=role, shell=command)


def _checks(made: _Made) -> tuple[Command, ...]:
    return plan.commands(made.method.check, made.platform, made.facts)


def _stops(processes: Sequence[Process]) -> Iterator[Command]:
    """What ends the server from another terminal, where a command of its own can."""
    boxes = (process.container for process in processes)
    for name in dict.fromkeys(box.name for box in boxes if box and box.name):
        yield Command(argv=("docker", "stop", name))


def _only_asks(command: Command) -> bool:
    """Whether a line only asks the server; the others make it load a model."""
    return command.argv[:1] == ("curl",)


def _key(made: _Made) -> Key | None:
    if not made.opening.guarded or made.exposure is None:
        return None
    if made.exposure.key_env:
        return Key(env=made.exposure.key_env)
    return Key(env=KEY, in_argv=True) if made.exposure.key_args else None


def _unguarded(made: _Made, words: Words) -> str | None:
    """What stays open to every machine that reaches the server, and what to put in front."""
    if not made.opening.exposed:
        return None
    if made.exposure is None:
        return words.key("note.no-key")
    return words.text(made.exposure.text, made.facts.fact) if made.exposure.text else None


def _admin(made: _Made) -> str | None:
    """Several machines reach each other through ports that nobody else is kept from."""
    reached = made.opening.exposed or (made.facts.fact("nodes") or 1) > 1
    return made.exposure.admin_env if made.exposure and reached else None


def _opened(process: Process, made: _Made, key: Key | None) -> Process:
    """A process with the key of the server, with the rights and the ports that were asked for."""
    box = process.container
    if box and box.name is None and process.role == "server":
        box = changed(box, name=f"llmpick-{_name(made)}")
        process = changed(process, container=box)
    if box and made.opening.exposed:
        ports = tuple(changed(port, address=None) for port in box.ports)
        process = changed(process, container=changed(box, ports=ports))
    if key is None or process.role != "server":
        return process
    return keyed.with_key(process, key, made.exposure)
