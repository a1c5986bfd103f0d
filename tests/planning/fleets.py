"""Made-up fleets and wishes for the tests of plans."""

from dataclasses import replace
from typing import Any

from recommender.devices.described import describe
from recommender.facts import Candidate, Fit, Machine, Model, Workload
from recommender.facts.fleet_plan import Demand
from recommender.fleet.pools import Kind
from recommender.models.catalogue import by_id
from recommender.planning.units import Unit


def machine(gpus: str = "", ram_gib: float = 512) -> Machine:
    """A Linux machine with these devices, or with a processor alone."""
    return describe((gpus,) if gpus else (), ram_gib=ram_gib, os="linux", arch="x86_64")


def kind(name: str, count: int, gpus: str = "", ram_gib: float = 512) -> Kind:
    """So many machines NAME-1, NAME-2, ..."""
    nodes = [f"{name}-{number}" for number in range(1, count + 1)]
    return Kind(machine=machine(gpus, ram_gib), source="jsonl", nodes=nodes)


def demand(name: str, model: str, users: int, **wishes: Any) -> Demand:
    """A demand of production; ``replicas`` and ``tokens_per_s`` are its own."""
    own = {key: wishes.pop(key) for key in ("replicas", "tokens_per_s") if key in wishes}
    workload = Workload(use_case="production", concurrency=users)
    found = by_id(model)
    assert found is not None
    return Demand(name=name, model=found, workload=replace(workload, **wishes), **own)


def unit(at: int, pool: int, devices: int, users: int, **facts: Any) -> Unit:
    """One kind of server of the demand ``at``, of which no more is known than these figures."""
    fit = Fit(fits=True, concurrent_requests=users, build=facts.pop("build", "own"))
    candidate = Candidate(
        rank=1,
        framework="vllm",
        platform="cuda",
        support="supported",
        score=facts.pop("score", 80.0),
        fit=fit,
    )
    return Unit(
        demand=at,
        pool=pool,
        machine=Machine(),
        candidate=candidate,
        fit=fit,
        devices=devices,
        users=users,
        memory_gib=facts.pop("memory_gib", devices * 80.0),
        **facts,
    )


def wish(users: int, replicas: int = 1) -> Demand:
    """A demand whose model does not matter."""
    workload = Workload(concurrency=users)
    return Demand(name="any", model=Model(id="any"), workload=workload, replicas=replicas)
