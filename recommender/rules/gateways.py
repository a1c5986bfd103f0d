"""Which program can stand before several servers, and what speaks against each."""

import re
from collections.abc import Iterable, Mapping

from recommender.facts.gateway import Backend, GatewayKind
from recommender.facts.noun import noun


@noun
class Asked:
    """What a gateway is for: its servers, who starts it, whether others reach it.

    ``ready`` is the path of each framework that answers 200 once a server takes requests.
    """

    backends: tuple[Backend, ...]
    orchestrator: str | None = None
    exposed: bool = False
    ready: Mapping[str, str]

    @property
    def frameworks(self) -> tuple[str, ...]:
        """What serves, by id."""
        return tuple(dict.fromkeys(backend.framework for backend in self.backends))

    @property
    def models(self) -> tuple[str, ...]:
        """The names by which clients call the models."""
        return tuple(dict.fromkeys(backend.model for backend in self.backends))

    @property
    def keys(self) -> tuple[str, ...]:
        """The variables with the keys that servers ask for."""
        named = (backend.key_env for backend in self.backends)
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def servers(self) -> tuple[tuple[Backend, str], ...]:
        """The address of every server, and whose copy it is."""
        return tuple((backend, url) for backend in self.backends for url in backend.urls)

    @property
    def in_pods(self) -> bool:
        """Whether it runs inside of the cluster that runs the servers."""
        return self.orchestrator == "kubernetes"


def chosen(kinds: Iterable[GatewayKind], asked: Asked) -> GatewayKind | None:
    """The first gateway against which nothing speaks."""
    return next((kind for kind in kinds if against(kind, asked) is None), None)


def against(kind: GatewayKind, asked: Asked) -> str | None:
    """The first thing that speaks against a gateway: servers, pods, names, models, keys, guarded.

    It is part of the key of a sentence in words.yaml.
    """
    tests = {
        "servers": all(_takes(kind, framework, asked) for framework in asked.frameworks),
        "pods": kind.in_pods or not asked.in_pods,
        "names": not kind.names or all(re.fullmatch(kind.names, name) for name in asked.models),
        "models": kind.by_name or len(asked.models) == 1,
        "keys": kind.keys not in {"passed", "shared"} or _one_key(asked),
        "guarded": kind.keys != "passed" or bool(asked.keys) or not asked.exposed,
    }
    return next((name for name, passed in tests.items() if not passed), None)


def _takes(kind: GatewayKind, framework: str, asked: Asked) -> bool:
    if kind.takes:
        return framework in kind.takes
    return kind.ready is None or asked.ready.get(framework) == kind.ready


def _one_key(asked: Asked) -> bool:
    return len({backend.key_env for backend in asked.backends}) == 1
