"""Which program stands before the servers of a fleet, and the lines that start it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from recommender.errors import InputError, printable
from recommender.facts.codec import decode
from recommender.facts.command import Command
from recommender.facts.gateway import Backend, Gateway, GatewayFile, GatewayKind, GatewayLine
from recommender.facts.noun import noun
from recommender.knowledge import Knowledge
from recommender.launch.shell import posix
from recommender.launch.variables import KEY, NAMES, mark, marked, plain
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.words import Words, replace_names

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104  # where it was asked for
FACTS = frozenset(("exposed", "host", "key", "model", "model.json", "port", "secret"))
"""What lines, files and conditions of knowledge/gateways.yaml may name."""
OF_A_SERVER = frozenset(("server", "url", "url.json", "urls", "version"))
"""The same, for lines of each server and those that name all of them."""


@noun
class _Asked:
    """What a gateway is for, and what knowledge tells of the frameworks behind it."""

    backends: tuple[Backend, ...]
    orchestrator: str | None
    exposed: bool
    ready: Mapping[str, str]
    titles: Mapping[str, str]

    @property
    def frameworks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(backend.framework for backend in self.backends))

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(backend.model for backend in self.backends))

    @property
    def key(self) -> str | None:
        """The variable with the key of the servers, where they have one."""
        return next((backend.key_env for backend in self.backends if backend.key_env), None)

    @property
    def servers(self) -> tuple[tuple[Backend, str], ...]:
        return tuple((backend, url) for backend in self.backends for url in backend.urls)


def kinds(known: Knowledge) -> tuple[GatewayKind, ...]:
    """Every gateway that is known, the preferred first."""
    rows = json.loads(known.read("gateways.json"))["gateways"]
    return tuple(decode(GatewayKind, row) for row in rows)


def gateway(
    backends: Sequence[Backend],
    known: Knowledge,
    words: Words,
    *,
    orchestrator: str | None = None,
    exposed: bool = False,
) -> Gateway | None:
    """What stands before these servers; None where one server is all there is.

    It is the own one of their framework where that suffices, else one that takes them all. It
    binds the loopback unless it is ``exposed``.

    Raises:
        InputError: no gateway that is known takes these servers.
    """
    asked = _asked(backends, known, orchestrator=orchestrator, exposed=exposed)
    if len(asked.servers) < 2:  # noqa: PLR2004  # one server needs nothing before it
        return None
    every = kinds(known)
    chosen = next((kind for kind in every if _against(kind, asked) is None), None)
    if chosen is None:
        names = ", ".join(map(printable, asked.models))
        message = f"no gateway is known that takes the models {names}; name them without a star"
        raise InputError(message)
    return _gateway(chosen, every, asked, words)


def _asked(
    backends: Sequence[Backend], known: Knowledge, *, orchestrator: str | None, exposed: bool
) -> _Asked:
    heads = (*known.heads, *known.challenger_heads)
    ready = {head.id: head.exposure.ready for head in heads if head.exposure}
    return _Asked(
        backends=tuple(backends),
        orchestrator=orchestrator,
        exposed=exposed,
        ready=ready,
        titles=known.titles,
    )


def _against(kind: GatewayKind, asked: _Asked) -> str | None:
    """The first thing that speaks against a gateway: servers, names, models, keys or guarded."""
    keys = {backend.key_env for backend in asked.backends}
    if not all(_takes(kind, framework, asked) for framework in asked.frameworks):
        return "servers"
    if kind.names and not all(re.fullmatch(kind.names, name) for name in asked.models):
        return "names"
    if len(asked.models) > 1 and not kind.by_name:
        return "models"
    if kind.keys in {"passed", "shared"} and len(keys) > 1:
        return "keys"
    if kind.keys == "passed" and asked.exposed and not asked.key:
        return "guarded"
    return None


def _takes(kind: GatewayKind, framework: str, asked: _Asked) -> bool:
    if kind.takes:
        return framework in kind.takes
    return kind.ready is None or asked.ready.get(framework) == kind.ready


def _gateway(
    kind: GatewayKind, every: Iterable[GatewayKind], asked: _Asked, words: Words
) -> Gateway:
    facts = _facts(kind, asked)
    file = kind.file
    return Gateway(
        id=kind.id,
        name=kind.name,
        reasons=tuple(_reasons(kind, every, asked, words)),
        install=tuple(_lines(kind.install, facts, asked)),
        file_name=file.name if file else None,
        file=_file(file, facts, asked) if file else None,
        serve=tuple(_lines(kind.serve, facts, asked)),
        check=tuple(_check(facts, asked)),
        key_env=facts["key.env"],
        notes=tuple(_notes(kind, facts, asked, words)),
        source=kind.source,
        checked=kind.checked,
    )


def _reasons(
    kind: GatewayKind, every: Iterable[GatewayKind], asked: _Asked, words: Words
) -> Iterator[str]:
    """Why this one, and why not one of the frameworks' own."""
    titles = [asked.titles.get(name, name) for name in asked.frameworks]
    if kind.of:
        yield words.key("gateway.own", name=kind.name, framework=titles[0])
    for other in every:
        against = _against(other, asked)
        if against and other.of in asked.frameworks:
            yield words.key(f"gateway.not.{against}", name=other.name)
    if not kind.of:
        yield words.key("gateway.any", name=kind.name, frameworks=titles)
    told = {"count": len(asked.servers), "models": len(asked.models), "model": asked.models[0]}
    yield words.key(f"gateway.{'many' if len(asked.models) > 1 else 'one'}", **told)


def _facts(kind: GatewayKind, asked: _Asked) -> dict[str, Any]:
    """What lines may name; a variable is marked, so that it is written as one."""
    key = _key(kind, asked)
    return {
        "version": kind.version,
        "host": kind.host or (EVERYWHERE if asked.exposed else LOOPBACK),
        "address": kind.host or LOOPBACK,
        "port": kind.port,
        "exposed": asked.exposed,
        "key": marked(key) if key else None,
        "key.env": key,
    }


def _key(kind: GatewayKind, asked: _Asked) -> str | None:
    """The variable with the key that clients send, None where they need none."""
    if kind.keys == "own" or not (asked.key or asked.exposed):
        return None
    return kind.key_env or asked.key or KEY


def _of_server(backend: Backend, url: str) -> dict[str, Any]:
    base = url.rstrip("/")
    return {
        "url": base,
        "url.json": json.dumps(base),
        "server": urlsplit(base).hostname or base,
        "model": backend.model,
        "model.json": json.dumps(backend.model, ensure_ascii=False),
    }


def _lines(lines: Iterable[GatewayLine], facts: Mapping[str, Any], asked: _Asked) -> Iterator[str]:
    known = Situation(values=facts, situations={})
    for line in lines:
        if holds(line.when, known) is True:
            servers = asked.servers if line.each else asked.servers[:1]
            for backend, url in servers:
                yield _line(line, {**facts, **_of_server(backend, url)}, asked)


def _line(line: GatewayLine, facts: Mapping[str, Any], asked: _Asked) -> str:
    known = Situation(values=facts, situations={})
    steps = [step for step in line.steps if holds(step.when, known) is True]
    env = {name: value for step in steps for name, value in step.env.items()}
    argv: list[str] = []
    for step in steps:
        for word in (*step.args.split(), *((step.word,) if step.word else ())):
            argv += _urls(asked) if word == "{urls}" else [_fill(word, facts)]
    text = posix(Command(argv=tuple(argv), env=env), _variable)
    return f"{text} &" if line.beside else text


def _urls(asked: _Asked) -> list[str]:
    return [_clean(url.rstrip("/")) for _, url in asked.servers]


def _variable(name: str) -> str:
    """An address is for people to replace; a key is read when the line is run."""
    return name if name in NAMES else f'"${name}"'


def _fill(template: str, facts: Mapping[str, Any], text: Callable[[str], str] = str) -> str:
    def value(name: str) -> str:
        found = facts[name]
        return found if name == "key" else text(_clean(str(found)))

    return replace_names(mark(template), value)


def _clean(text: str) -> str:
    """What a user typed holds no mark of a variable."""
    return text.replace("\0", "")


def _check(facts: Mapping[str, Any], asked: _Asked) -> Iterator[str]:
    """Lines that ask for the list of models, and for one word of each."""
    base = f"http://{mark(facts['address'])}:{facts['port']}/v1"
    header = ("-H", f"Authorization: Bearer {facts['key']}") if facts["key"] else ()
    yield posix(Command(argv=("curl", f"{base}/models", *header)), _variable)
    for model in asked.models:
        body = {"model": _clean(model), "messages": [{"role": "user", "content": "Hi"}]}
        data = json.dumps({**body, "max_tokens": 1}, ensure_ascii=False)
        typed = ("-H", "Content-Type: application/json", "-d", data)
        argv = ("curl", f"{base}/chat/completions", *header, *typed)
        yield posix(Command(argv=argv), _variable)


def _notes(
    kind: GatewayKind, facts: Mapping[str, Any], asked: _Asked, words: Words
) -> Iterator[str]:
    known = Situation(values=facts, situations={})
    if facts["key.env"]:
        yield words.key("gateway.key", name=facts["key.env"])
    if kind.file and (names := _secrets(asked)):
        yield words.key("gateway.secrets", keys=names)
    for line in kind.joins:
        for backend, url in asked.servers:
            told = {**facts, **_of_server(backend, url)}
            shown = _line(line, told, asked)
            yield words.key("gateway.joins", server=told["server"], line=shown)
    for note in kind.notes:
        if holds(note.when, known) is True:
            yield words.text(note.text, facts.get)


def _secrets(asked: _Asked) -> list[str]:
    return list(dict.fromkeys(item.key_env for item in asked.backends if item.key_env))


def _file(file: GatewayFile, facts: Mapping[str, Any], asked: _Asked) -> str:
    from recommender.targets.documents import yaml_of

    rows = [
        _filled(file.row, {**_of_server(backend, url), "secret": _secret(file, backend)})
        for backend, url in asked.servers
    ]
    guarded = file.guarded if facts["key"] else {}
    return yaml_of({file.rows: rows, **file.rest, **guarded})


def _secret(file: GatewayFile, backend: Backend) -> str:
    if backend.key_env is None:
        return file.open
    return replace_names(file.secret, {"key": backend.key_env}.__getitem__)


def _filled(value: Any, facts: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, facts) for key, item in value.items()}
    return plain(_fill(value, facts)) if isinstance(value, str) else value
