"""Every file has the shape of its nouns: no unknown key, no missing one, no wrong type."""

from collections.abc import Iterator
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from recommender import facts
from recommender.errors import printable
from recommender.facts import checkup, gateway, scheduler
from recommender.facts.cluster import (
    ClusterDevice,
    Kubernetes,
    NodeLabel,
    PodGroups,
    Probing,
    SingleMachine,
)
from recommender.facts.framework import RegistryName
from recommender.facts.release import Feed, Tracked
from recommender.facts.visible import Visible
from recommender.lint.loaded import Loaded
from recommender.rules.rates import Rate
from recommender.serving.recognition import Sign

_STRICT = (
    *(facts.Framework, facts.Platform, facts.Method, facts.Requirement, facts.Notice),
    *(facts.Rule, facts.Line, facts.Step, facts.Article, facts.Cell, facts.Text),
    *(facts.Quantization, facts.Budget, facts.KvQuantized, facts.Package, facts.Capability),
    *(facts.Exposure, Rate, Sign, facts.Standing, facts.Upkeep, facts.Conflict, RegistryName),
    *(checkup.Family, checkup.Remedy, checkup.Remedies),
    *(Kubernetes, PodGroups, SingleMachine, ClusterDevice, NodeLabel, Probing, Visible),
    *(scheduler.Schedulers, scheduler.Slurm, scheduler.Ray, scheduler.Skypilot),
    *(gateway.Gateways, gateway.GatewayKind, gateway.GatewayLine, gateway.GatewayFile),
    *(
        gateway.GatewayNote,
        gateway.GatewayPods,
        scheduler.Called,
        scheduler.Started,
        scheduler.Background,
        scheduler.Cores,
    ),
    *(Feed, Tracked),
)
_COMMON = (
    ("requirements", facts.Requirement),
    ("abilities", facts.Requirement),
    ("notices", facts.Notice),
    ("choices", facts.Notice),
    ("problems", facts.Notice),
)


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about keys and types."""
    for noun in _STRICT:
        noun.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[union-attr]
    for document in knowledge.frameworks:
        yield from _shape(facts.Framework, document, f"frameworks/{document.get('id')}")
    core = knowledge.core
    for name in ("recommendations", "workload", "corrections"):
        for rule in core[name].get("rules", []):
            yield from _shape(facts.Rule, rule, f"{name}: {rule.get('rule')}")
    for part, noun in _COMMON:
        for item in core["common"].get(part, []):
            yield from _shape(noun, item, f"common: {item.get('rule')}")
    for item in knowledge.conflicts.get("conflicts", []):
        yield from _shape(facts.Conflict, item, f"conflicts: {item.get('id')}")
    yield from _shape(checkup.Remedies, knowledge.remedies, "remedies")
    yield from _shape(Kubernetes, knowledge.clusters.get("kubernetes"), "clusters: kubernetes")
    yield from _shape(gateway.Gateways, knowledge.gateways, "gateways")
    yield from _shape(scheduler.Schedulers, knowledge.schedulers, "schedulers")
    yield from _rows(knowledge)


def _rows(knowledge: Loaded) -> Iterator[str]:
    """Sentences about tables."""
    for row in knowledge.speeds.get("rates", []):
        where = f"speed: {row.get('quantity')}, {row.get('engine')}, {row.get('device')}"
        yield from _shape(Rate, row, where)
    for row in knowledge.hosts.get("visible", []):
        yield from _shape(Visible, row, f"hosts: visible, {row.get('vendor')}")
    for row in knowledge.releases.get("releases", []):
        yield from _shape(Tracked, row, f"releases: {row.get('framework')}")
    for row in knowledge.servers.get("servers", []):
        yield from _shape(Sign, row, f"servers: {row.get('framework')}")


def _shape(noun: Any, value: Any, where: str) -> Iterator[str]:
    try:
        TypeAdapter(noun).validate_python(value)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            field = ".".join(str(part) for part in item["loc"])
            shown = printable(repr(item.get("input")), 60)
            yield f"{where}: {field} is {shown}: {item['msg']}"
