"""What the servers are for: the wish, not the machine."""

from recommender.facts.noun import noun


@noun
class Workload:
    """One use. ``concurrency`` counts requests in flight, ``context_tokens`` is per request.

    ``allow`` widens what may be proposed: plugin, source, experimental, wsl2, no-wsl2.
    """

    use_case: str = "personal"
    concurrency: int = 1
    priority: str | None = None
    context_tokens: int = 8192
    features: tuple[str, ...] = ()
    install: str | None = None
    offline: bool = False
    lifecycle: str | None = None
    allow: tuple[str, ...] = ()
    nvidia_only: bool = False
    region: str | None = None
    orchestrator: str | None = None
    managed: str | None = None
