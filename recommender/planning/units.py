"""What one server of a model can be in a pool: some devices of a node, or several nodes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from recommender.facts import Accelerator, Answer, Candidate, Fit, Machine, Rejection
from recommender.facts.fleet_plan import Demand
from recommender.facts.noun import changed, noun
from recommender.fleet.pools import Kind
from recommender.fleet.wishes import Answering, Wish
from recommender.planning.pace import ceiling
from recommender.planning.parts import members, part, spanning
from recommender.rules.instead import makeshift

# Over how many nodes one server is tried; measured layouts of facts end at 16 machines.
SPANS = (2, 3, 4, 6, 8, 12, 16)


@noun
class Unit:
    """One server: ``devices`` of one node, or ``nodes`` whole ones.

    ``users`` is how many requests it holds at once, ``memory_gib`` the memory of all that it takes,
    by which servers on unlike devices are compared, ``ceiling`` how fast one can be (pace.py).
    ``machine`` is what it has of its node, ``fit`` that of the candidate.
    """

    demand: int
    pool: int
    machine: Machine
    candidate: Candidate
    fit: Fit
    devices: int
    nodes: int = 1
    users: int
    memory_gib: float
    ceiling: float | None = None

    def whole(self, devices: int) -> bool:
        """Whether it leaves no room on its nodes, which have so many devices each."""
        return self.nodes > 1 or not 0 < self.devices < devices


@noun
class Cell:
    """One demand in one pool: the servers that it can have there, or why it has none."""

    demand: int
    pool: int
    units: tuple[Unit, ...] = ()
    rejected: tuple[Rejection, ...] = ()


_Key = tuple[int, int]
_NOTHING = Machine()


def cells(
    demands: Sequence[Demand], kinds: Sequence[Kind], asking: Wish, answering: Answering
) -> list[Cell]:
    """What serves each demand in each pool.

    Args:
        demands: what is to be served.
        kinds: the pools.
        asking: how questions are put.
        answering: where they are answered.
    """
    keys = [(row, column) for row in range(len(demands)) for column in range(len(kinds))]
    whole = {(*key, 1): kinds[key[1]].machine for key in keys}
    first = _answers(whole, demands, asking, answering)
    poor = [key for key in keys if not serves(first[*key, 1], demands[key[0]])]
    spans = {
        (*key, span): spanning(kinds[key[1]].machine, span)
        for key in poor
        for span in SPANS
        if span <= len(kinds[key[1]].nodes)
    }
    wide = _answers(spans, demands, asking, answering)
    chosen = {key: _chosen(key, demands[key[0]], first, wide) for key in keys}
    smaller = {
        (*key, size): part(kinds[key[1]].machine, leader, size)
        for key, (span, answer) in chosen.items()
        if span == 1 and (leader := _leader(answer))
        for size in _sizes(kinds[key[1]].machine, leader)
    }
    parts: dict[_Key, list[tuple[Machine, Answer]]] = defaultdict(list)
    for at, answer in _answers(smaller, demands, asking, answering).items():
        parts[at[:2]].append((smaller[at], answer))
    return [
        _cell(key, demands[key[0]], kinds[key[1]].machine, chosen[key], parts[key]) for key in keys
    ]


def wished(asking: Wish, demand: Demand, machine: Machine) -> Wish:
    """The question what serves a demand on a machine."""
    return changed(
        asking,
        machine=machine,
        workload=demand.workload,
        model=demand.model,
        problems=(),
        exact=True,
    )


def _answers(
    machines: Mapping[tuple[int, int, int], Machine],
    demands: Sequence[Demand],
    asking: Wish,
    answering: Answering,
) -> dict[tuple[int, int, int], Answer]:
    wishes = (wished(asking, demands[key[0]], machine) for key, machine in machines.items())
    return dict(zip(machines, map(_slim, answering(wishes)), strict=True))


def _slim(answer: Answer) -> Answer:
    """An answer without what no plan needs: of many, the rest would fill the memory."""
    kept = (changed(one, launch=None, reasons=()) for one in answer.ranking)
    return changed(
        answer,
        machine=_NOTHING,
        ranking=tuple(kept),
        rejected=() if answer.ranking else answer.rejected,
    )


def _leader(answer: Answer) -> Candidate | None:
    return answer.ranking[0] if answer.ranking else None


def _held(candidate: Candidate | None, demand: Demand) -> Fit | None:
    """How it holds the model with the context that is asked for; None where that is not known."""
    fit = candidate.fit if candidate else None
    wanted = demand.workload.context_tokens
    wanted = min(wanted, demand.model.context or wanted)
    if fit is None or not fit.fits or not fit.concurrent_requests:
        return None
    return fit if (fit.context_tokens or 0) >= wanted else None


def serves(answer: Answer, demand: Demand) -> bool:
    """Whether what leads serves the demand, and not as a makeshift."""
    leader = _leader(answer)
    fit = _held(leader, demand)
    return leader is not None and fit is not None and not makeshift(leader.score, fit)


def _chosen(
    key: _Key,
    demand: Demand,
    first: Mapping[tuple[int, int, int], Answer],
    wide: Mapping[tuple[int, int, int], Answer],
) -> tuple[int, Answer]:
    """The fewest nodes that serve the demand well; one where none do."""
    for span in SPANS:
        answer = wide.get((*key, span))
        if answer and serves(answer, demand):
            return span, answer
    return 1, first[*key, 1]


def _sizes(machine: Machine, leader: Candidate) -> Iterator[int]:
    """Powers of two, as tensor parallelism divides heads, below all devices."""
    whole = len(members(machine, leader))
    if whole == len(machine.accelerators):
        yield from (2**power for power in range(max(whole - 1, 0).bit_length()))


def _cell(
    key: _Key,
    demand: Demand,
    machine: Machine,
    chosen: tuple[int, Answer],
    parts: Sequence[tuple[Machine, Answer]],
) -> Cell:
    span, answer = chosen
    leader = _leader(answer)
    fit = _held(leader, demand)
    if leader is None or fit is None:
        return Cell(demand=key[0], pool=key[1], rejected=answer.rejected)
    found: dict[int, Unit] = {}
    for smaller, other in parts:
        same = alike(other, leader, demand)
        if same and same.fit:
            unit = _unit(key, demand, smaller, leader, same, same.fit, 1)
            found[unit.devices] = unit
    whole = _unit(key, demand, spanning(machine, span), leader, leader, fit, span)
    found.setdefault(whole.devices, whole)
    return Cell(demand=key[0], pool=key[1], units=tuple(found.values()))


def alike(answer: Answer, leader: Candidate, demand: Demand) -> Candidate | None:
    """The same framework with the same build; for latency with as wide a tensor parallelism."""
    for one in answer.ranking:
        if one.framework == leader.framework and one.platform == leader.platform:
            return one if _held(one, demand) and _same(one, leader, demand) else None
    return None


def _same(one: Candidate, leader: Candidate, demand: Demand) -> bool:
    mine, wanted = one.fit, leader.fit
    if mine is None or wanted is None:
        return False
    slower = mine.tensor_parallel < wanted.tensor_parallel
    if demand.workload.priority == "latency" and slower:
        return False
    return (mine.build, mine.quantization) == (wanted.build, wanted.quantization)


def _unit(  # noqa: PLR0913, PLR0917  # one server
    key: _Key,
    demand: Demand,
    machine: Machine,
    leader: Candidate,
    one: Candidate,
    fit: Fit,
    span: int,
) -> Unit:
    devices = members(machine, leader)
    taken = _taken(fit, machine, len(devices)) if span == 1 else len(devices)
    return Unit(
        demand=key[0],
        pool=key[1],
        machine=machine,
        candidate=one,
        fit=fit,
        devices=taken,
        nodes=span,
        users=fit.concurrent_requests or 0,
        memory_gib=_memory(machine, devices[:taken]) * span,
        ceiling=ceiling(demand.model, fit, devices),
    )


def _taken(fit: Fit, machine: Machine, most: int) -> int:
    """Devices that are its own: a power of two, or all; all where a node has several kinds."""
    if most < len(machine.accelerators):
        return len(machine.accelerators)
    degrees = fit.tensor_parallel * fit.pipeline_parallel * fit.data_parallel
    used = max(degrees, len(fit.per_device), 1)
    return min(1 << (used - 1).bit_length(), most)


def _memory(machine: Machine, devices: Sequence[Accelerator]) -> float:
    if devices:
        return sum(device.memory_gib or 0 for device in devices)
    return machine.memory.total_gib or 0
