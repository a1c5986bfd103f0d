"""Plans to write targets from."""

from recommender.devices.described import describe
from recommender.facts import Machine, Model, Workload
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launching import launching
from recommender.models.rows import of_row, rows
from recommender.words import Words

MODELS = {row["id"]: of_row(row) for row in rows()}
WORDS = Words(table=load().words)


def machine(gpu: str, nodes: int = 1, os: str | None = None) -> Machine:
    """A described machine."""
    return describe([gpu], ram_gib=None, os=os, arch=None, cpu=None, driver=None, nodes=nodes)


def plan(framework: str, gpu: str, model: str | Model, **wish: object) -> Plan:
    """The plan for a model on a described machine.

    ``nodes``, ``os`` and ``workload`` describe the work; the rest are fields of ``Opening``.
    """
    nodes, system = wish.pop("nodes", 1), wish.pop("os", None)
    workload = wish.pop("workload", Workload())
    assert isinstance(nodes, int)
    assert isinstance(workload, Workload)
    assert system is None or isinstance(system, str)
    named = MODELS[model] if isinstance(model, str) else model
    opening = Opening(**wish)  # type: ignore[arg-type]  # the caller's fields
    return launching(framework, machine(gpu, nodes, system), workload, named, opening, WORDS)
