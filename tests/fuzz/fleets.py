"""Targets of ``llmpick fleet``: whatever tells of many machines."""

import json
from collections.abc import Iterator
from functools import partial
from io import BytesIO, StringIO

from recommender.facts import Workload
from recommender.fleet.answering import answered
from recommender.fleet.pools import FORMS, Pools, gathered
from recommender.fleet.wishes import Wish
from recommender.knowledge import load
from tests.fleet.nodes import A100, GPUS, SLURM, gfd, listed, node, one_line
from tests.fuzz import seeds
from tests.fuzz.properties import Once, numbers, quickly, refused, shown
from tests.fuzz.target import NASTY, Target

# Each takes some 20 ms to rank; the reading is what is fuzzed.
_MOST_KINDS = 3
_seen = Once()


def _read(form: str, data: bytes) -> None:
    found: list[Pools] = []
    with quickly():
        refused(lambda: found.append(gathered(BytesIO(data), form)))
        for pools in found:
            _shown(pools)


def _shown(pools: Pools) -> None:
    """What was read is ranked and shown."""
    from rich.console import Console

    from recommender.render import forms
    from recommender.render.document import as_json
    from recommender.render.fleet import show

    told = [*pools.set_apart[:50], *pools.unreadable[:50]]
    if _seen(repr((list(pools.kinds.values())[:_MOST_KINDS], told))):
        return
    pools.kinds = dict(list(pools.kinds.items())[:_MOST_KINDS])
    known = load()
    for lang in ("en", "zh"):
        fleet = answered(pools, Wish(workload=Workload(), lang=lang))
        console = Console(file=StringIO(), width=80, highlight=False, markup=False, emoji=False)
        show(fleet, None, known.titles, known.speak(lang), console)
        shown(console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO
    text = as_json(fleet, indent=False)
    shown(text)
    numbers(text)
    shown(forms.as_csv(fleet))
    shown(forms.as_markdown(fleet))


def _seeds(form: str) -> Iterator[bytes]:
    nodes = (
        node(labels=A100, resources=GPUS),
        node("n2", {**gfd("Tesla-T4", 1, 15360)}, {"nvidia.com/gpu": "1"}),
        node(
            "n3", {"amd.com/gpu.product-name": "MI300X"}, {"amd.com/gpu": "8"}, unschedulable=True
        ),
        node("n4", taints=({"key": "gpu", "value": "x", "effect": "NoSchedule"},)),
        node("n5", {"nvidia.com/mig-1g.10gb.count": "7"}, {"nvidia.com/mig-1g.10gb": "7"}),
    )
    if form in {"auto", "kubernetes"}:
        yield listed(*nodes)
        yield listed(*nodes, indent=None)
        yield from (json.dumps(item).encode() for item in nodes)
    if form in {"auto", "slurm"}:
        yield SLURM.encode()
        yield (one_line() + one_line(SLURM.replace("gpu01", "gpu02"))).encode()
        yield SLURM.replace("IDLE", "DOWN*+DRAIN").encode()
        yield from seeds.texts("fleet/test_slurm.py")
    if form in {"auto", "jsonl"}:
        machines = [json.dumps(json.loads(text)) for text in seeds.expected()]
        yield "\n".join(machines[:6]).encode()
        yield "".join(f"[server-{at}] {text}\n" for at, text in enumerate(machines[6:10])).encode()
        yield f"server-1: {machines[0]}\n{machines[1]}".encode()
        yield b'{"machine": ' + machines[2].encode() + b"}"
        yield from seeds.texts("fleet/test_pools.py", "cli/test_fleet.py")


def _target(form: str) -> Target:
    return Target(
        name=f"fleet-{form}", check=partial(_read, form), seeds=partial(_seeds, form), words=NASTY
    )


TARGETS = tuple(map(_target, ("auto", *FORMS)))
