"""What stands before the servers of a fleet: which program, why, and the lines that start it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from recommender.errors import InputError, printable
from recommender.facts.codec import decode
from recommender.facts.command import Command
from recommender.facts.gateway import Backend, Gateway, GatewayKind, GatewayLine, Gateways
from recommender.facts.noun import noun
from recommender.knowledge import Knowledge
from recommender.launch.shell import posix
from recommender.launch.variables import KEY, NAMES, mark, marked
from recommender.rules.conditions import holds
from recommender.rules.gateways import Asked, against, chosen
from recommender.rules.situation import Situation
from recommender.words import Words, replace_names

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104  # where it was asked for
FACTS = frozenset(
    (
        *("bin", "exposed", "folder", "framework", "host", "key", "model", "model.json"),
        *("orchestrator", "package", "port", "secret", "server", "url", "url.json", "urls"),
        "version",
    )
)
"""What lines, files, conditions and sentences of knowledge/gateways.yaml may name."""


@noun
class Opened:
    """A gateway that was chosen, what it is for, and the facts that its lines may name."""

    kind: GatewayKind
    known: Gateways
    asked: Asked
    facts: Mapping[str, Any]

    @property
    def key_env(self) -> str | None:
        """The variable with the key that clients send, None where they need none."""
        found: str | None = self.facts["key.env"]
        return found


def gateway(
    backends: Sequence[Backend],
    known: Knowledge,
    words: Words,
    *,
    orchestrator: str | None = None,
    exposed: bool = False,
    port: int | None = None,
) -> Gateway | None:
    """What stands before these servers; None where one server is all there is.

    It is the own one of their framework where that suffices, else one that takes them all. It
    binds the loopback unless it is ``exposed``; in Kubernetes it is a pod with a Service.

    Raises:
        InputError: no gateway that is known takes these servers.
    """
    told = gateways(known)
    heads = (*known.heads, *known.challenger_heads)
    asked = Asked(
        backends=tuple(backends),
        orchestrator=orchestrator,
        exposed=exposed,
        ready={head.id: head.exposure.ready for head in heads if head.exposure},
    )
    if len(asked.servers) < 2:  # noqa: PLR2004  # one server needs nothing before it
        return None
    kind = chosen(told.gateways, asked)
    if kind is None:
        names = ", ".join(map(printable, asked.models))
        message = f"no gateway is known that takes the models {names}; name them without a star"
        raise InputError(message)
    opened = Opened(kind=kind, known=told, asked=asked, facts=_facts(kind, asked, port))
    return _gateway(opened, known, words)


def gateways(known: Knowledge) -> Gateways:
    """The document knowledge/gateways.yaml."""
    return decode(Gateways, json.loads(known.read("gateways.json")))


def _gateway(opened: Opened, known: Knowledge, words: Words) -> Gateway:
    from recommender.targets import gateway_files

    kind = opened.kind
    name, text = gateway_files.written(opened)
    return Gateway(
        id=kind.id,
        name=kind.name,
        reasons=tuple(_reasons(opened, known, words)),
        install=() if opened.asked.in_pods else tuple(lines(opened.known.install, opened)),
        file_name=name,
        file=text,
        serve=tuple(gateway_files.applied(opened) if opened.asked.in_pods else served(opened)),
        check=tuple(_check(opened)),
        key_env=opened.key_env,
        notes=tuple(_notes(opened, words)),
        source=kind.source,
        checked=kind.checked,
    )


def _reasons(opened: Opened, known: Knowledge, words: Words) -> Iterator[str]:
    """Why this one, and why not one of the frameworks' own."""
    kind, asked = opened.kind, opened.asked
    titles = [known.titles.get(name, name) for name in asked.frameworks]
    if kind.of:
        yield words.key("gateway.own", name=kind.name, framework=titles[0])
    for other in opened.known.gateways:
        found = against(other, asked)
        if found and other.of in asked.frameworks:
            yield words.key(f"gateway.not.{found}", name=other.name)
    if not kind.of:
        yield words.key("gateway.any", name=kind.name, frameworks=titles)
    told = {"count": len(asked.servers), "models": len(asked.models), "model": asked.models[0]}
    yield words.key(f"gateway.{'many' if len(asked.models) > 1 else 'one'}", **told)


def _facts(kind: GatewayKind, asked: Asked, port: int | None) -> dict[str, Any]:
    """What lines may name; a variable is marked, so that it is written as one."""
    key = _key(kind, asked)
    folder = f".venv-{kind.id}"
    package = replace_names(kind.package, {"version": kind.version}.__getitem__)
    return {
        "bin": "" if asked.in_pods else f"{folder}/bin/",
        "exposed": asked.exposed,
        "folder": folder,
        "framework": asked.frameworks[0] if len(asked.frameworks) == 1 else None,
        "host": kind.host or (EVERYWHERE if asked.exposed or asked.in_pods else LOOPBACK),
        "key": marked(key) if key else None,
        "key.env": key,
        "orchestrator": asked.orchestrator,
        "package": package,
        "port": port or kind.port,
    }


def _key(kind: GatewayKind, asked: Asked) -> str | None:
    if kind.keys == "own" or not (asked.keys or asked.exposed):
        return None
    return kind.key_env or next(iter(asked.keys), KEY)


def of_server(backend: Backend, url: str) -> dict[str, Any]:
    """The facts of one server."""
    base, model = _clean(url.rstrip("/")), _clean(backend.model)
    return {
        "url": base,
        "url.json": json.dumps(base),
        "server": urlsplit(base).hostname or base,
        "model": model,
        "model.json": json.dumps(model, ensure_ascii=False),
    }


def served(opened: Opened) -> Iterator[str]:
    """The lines that start it."""
    return lines(opened.kind.serve, opened)


def lines(found: Iterable[GatewayLine], opened: Opened) -> Iterator[str]:
    """Those lines whose condition holds, for a POSIX shell."""
    known = Situation(values=opened.facts, situations={})
    for line in found:
        if holds(line.when, known) is True:
            servers = opened.asked.servers if line.each else opened.asked.servers[:1]
            for backend, url in servers:
                yield _line(line, {**opened.facts, **of_server(backend, url)}, opened.asked)


def _line(line: GatewayLine, facts: Mapping[str, Any], asked: Asked) -> str:
    known = Situation(values=facts, situations={})
    steps = [step for step in line.steps if holds(step.when, known) is True]
    env = {name: value for step in steps for name, value in step.env.items()}
    argv: list[str] = []
    for step in steps:
        for word in (*step.args.split(), *((step.word,) if step.word else ())):
            argv += _urls(asked) if word == "{urls}" else [fill(word, facts)]
    text = shell(*argv, env=env)
    return f"{text} &" if line.beside else text


def _urls(asked: Asked) -> list[str]:
    return [_clean(url.rstrip("/")) for _, url in asked.servers]


def shell(*argv: str, env: Mapping[str, str] | None = None) -> str:
    """One line for a POSIX shell, which reads keys from its environment."""
    return posix(Command(argv=argv, env=env or {}), _variable)


def _variable(name: str) -> str:
    """An address is for people to replace; a key is read when the line is run."""
    return name if name in NAMES else f'"${name}"'


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """``template`` with each ``{name}`` replaced by its fact, which is never read again."""

    def value(name: str) -> str:
        found = str(facts[name])
        return found if name == "key" else _clean(found)

    return replace_names(mark(template), value)


def _clean(text: str) -> str:
    """What a user typed holds no mark of a variable."""
    return text.replace("\0", "")


def _check(opened: Opened) -> Iterator[str]:
    """Lines that ask for the list of models, and for one word of each."""
    facts = opened.facts
    address = mark(opened.kind.host) if opened.kind.host else LOOPBACK
    base = f"http://{address}:{facts['port']}/v1"
    header = ("-H", f"Authorization: Bearer {facts['key']}") if facts["key"] else ()
    yield shell("curl", f"{base}/models", *header)
    for model in opened.asked.models:
        body = {"model": _clean(model), "messages": [{"role": "user", "content": "Hi"}]}
        data = json.dumps({**body, "max_tokens": 1}, ensure_ascii=False)
        typed = ("-H", "Content-Type: application/json", "-d", data)
        yield shell("curl", f"{base}/chat/completions", *header, *typed)


def _notes(opened: Opened, words: Words) -> Iterator[str]:
    kind, facts = opened.kind, opened.facts
    known = Situation(values=facts, situations={})
    if opened.key_env:
        yield words.key("gateway.key", name=opened.key_env)
    if kind.file and opened.asked.keys:
        yield words.key("gateway.secrets", keys=opened.asked.keys)
    for line in kind.joins:
        for backend, url in opened.asked.servers:
            told = {**facts, **of_server(backend, url)}
            shown = _line(line, told, opened.asked)
            yield words.key("gateway.joins", server=told["server"], line=shown)
    for note in (*kind.notes, *opened.known.notes):
        if holds(note.when, known) is True:
            yield words.text(note.text, facts.get)
