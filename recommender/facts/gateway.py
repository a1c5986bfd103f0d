"""What stands before several servers, so that clients need one address."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from recommender.facts.noun import noun
from recommender.facts.platform import Step
from recommender.facts.sentence import Condition, Text


@noun
class Backend:
    """Servers of one model: ``urls`` are the base addresses of its copies, without a path.

    ``framework`` is the id of what serves, ``model`` the name by which clients call the model,
    ``key_env`` the environment variable with the key that the servers ask for.
    """

    framework: str
    model: str
    urls: tuple[str, ...]
    key_env: str | None = None


@noun
class Gateway:
    """One program before several servers: why it, how it is installed, started and asked.

    ``install``, ``serve`` and ``check`` are lines for a POSIX shell, to be run in this order on the
    machine of the gateway. ``file`` is the text of the configuration that ``serve`` reads under
    ``file_name``. Keys stand nowhere in them: they name the environment variables that hold them,
    ``key_env`` the one with the key that clients send.
    """

    id: str
    name: str
    reasons: tuple[str, ...]
    install: tuple[str, ...]
    file_name: str | None = None
    file: str | None = None
    serve: tuple[str, ...]
    check: tuple[str, ...]
    key_env: str | None = None
    notes: tuple[str, ...] = ()
    source: str
    checked: str


@noun
class GatewayLine:
    """One line of a gateway: its words, which may name ``{host}``, ``{port}``, ``{urls}``, ...

    A line for ``each`` server stands once for every address. What runs ``beside`` the next lines is
    left running while they are run.
    """

    steps: tuple[Step, ...]
    each: bool = False
    beside: bool = False
    when: Condition = field(default_factory=dict)


@noun
class GatewayFile:
    """The file that a gateway reads: a ``row`` for each server in the list called ``rows``.

    ``secret`` is how a row refers to the variable ``{key}``, ``open`` what stands there where a
    server asks for no key. ``rest`` stands beside the rows, ``guarded`` where clients need a key.
    """

    name: str
    rows: str
    row: Mapping[str, Any]
    secret: str
    open: str
    rest: Mapping[str, Any] = field(default_factory=dict)
    guarded: Mapping[str, Any] = field(default_factory=dict)


@noun
class GatewayNote:
    """What has to be known of a gateway, where ``when`` holds."""

    text: Text
    when: Condition = field(default_factory=dict)
    source: str | None = None


@noun
class GatewayKind:
    """A gateway as knowledge/gateways.yaml tells of it; the head of the file explains the fields.

    ``of`` is the framework whose own it is, ``takes`` the frameworks behind it (empty: any
    OpenAI-compatible server whose path ``ready`` answers 200). ``by_name`` says whether it chooses
    servers by the model's name, ``keys`` whose key clients send: ``passed`` on to servers that
    check it, ``shared`` with them and checked here too, ``each`` server's told here and another one
    for clients, ``own`` users. ``names`` is a pattern of the models' names that it takes, ``host``
    the address that it binds where the loopback would not do, ``in_pods`` whether its lines can run
    in a container, ``alive`` the path that answers 200 without a key once it runs.
    """

    id: str
    name: str
    of: str | None = None
    takes: tuple[str, ...] = ()
    by_name: bool
    balances: bool
    health: str
    ready: str | None = None
    keys: str
    key_env: str | None = None
    names: str | None = None
    license: str
    version: str
    package: str
    host: str | None = None
    port: int
    alive: str | None = None
    in_pods: bool = False
    serve: tuple[GatewayLine, ...]
    joins: tuple[GatewayLine, ...] = ()
    file: GatewayFile | None = None
    notes: tuple[GatewayNote, ...] = ()
    source: str
    checked: str


@noun
class GatewayPods:
    """The ``image`` in which a cluster runs a gateway as ``user``; ``install`` brings a package."""

    image: str
    user: int
    install: str
    source: str
    checked: str


@noun
class Gateways:
    """The document knowledge/gateways.yaml: the preferred gateway first."""

    install: tuple[GatewayLine, ...]
    pods: GatewayPods
    notes: tuple[GatewayNote, ...] = ()
    gateways: tuple[GatewayKind, ...]
