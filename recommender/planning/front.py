"""What stands before the servers of a plan, so that clients need one address."""

from collections.abc import Iterable

from recommender.facts.gateway import Backend, Gateway
from recommender.knowledge import load
from recommender.launch.gateways import gateway
from recommender.planning.manifests import File
from recommender.targets.registry import target
from recommender.words import Words


def front(files: Iterable[File], words: Words) -> Gateway | None:
    """The gateway of these servers; None where one server is all, or none has an address yet.

    Args:
        files: those that start the servers.
        words: the language.

    Raises:
        InputError: no gateway is known that takes them.
    """
    known = [one for one in files if one.urls]
    inside = any(target(one.target).devices for one in known)
    backends = [
        Backend(framework=one.framework, model=one.model, urls=one.urls, key_env=one.key_env)
        for one in known
    ]
    orchestrator = "kubernetes" if inside else None
    return gateway(backends, load(), words, orchestrator=orchestrator) if backends else None
