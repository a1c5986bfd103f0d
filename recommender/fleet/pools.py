"""Equal machines together; what no pool takes is kept with the reason."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from recommender.errors import InputError, printable
from recommender.facts import Machine
from recommender.facts.fleet import SetApart, Unreadable, Where
from recommender.facts.noun import changed, noun
from recommender.fleet import kubernetes, machines, slurm
from recommender.fleet.records import Item, Line, Node, Wrong
from recommender.fleet.sources import records
from recommender.fleet.where import common

if TYPE_CHECKING:
    from recommender.fleet.ray_cluster import Cluster

# Each kind is ranked, which takes some 20 ms: so many take three minutes of one processor.
MOST_KINDS = 10_000
# Of a file that is none of machines, the first lines tell enough.
MOST_UNREADABLE = 1000
FORMS = (machines.SOURCE, kubernetes.SOURCE, slurm.SOURCE)


@noun
class Kind:
    """Machines that are equal in all that decides, and who told of them."""

    machine: Machine
    source: str
    nodes: list[str]
    where: Where | None = None


class Pools:
    """What a stream told of, machine by machine."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.kinds: dict[bytes, Kind] = {}
        self.set_apart: list[SetApart] = []
        self.unreadable: list[Unreadable] = []
        self.unreadable_count = 0
        self._names: set[str] = set()

    def add(self, number: int, node: Node) -> None:
        """One machine of the line ``number``, which is its name where it has none."""
        name = node.name or f"line {number}"
        if node.repeats and name in self._names:
            return
        kind = self.kinds.get(node.kind)
        if reason := self._reason(name, node, kind):
            self.set_apart.append(SetApart(node=name, reason=reason))
        elif kind is None:
            self.kinds[node.kind] = Kind(
                machine=node.machine, source=node.source, nodes=[name], where=node.where
            )
        else:
            kind.nodes.append(name)
            if kind.where and node.where and kind.where != node.where:
                self.kinds[node.kind] = changed(kind, where=common(kind.where, node.where))
        self._names.add(name)

    def _reason(self, name: str, node: Node, kind: Kind | None) -> str | None:
        """Why no pool takes a machine."""
        if name in self._names:
            return "a machine of this name was read before; each needs its own"
        if node.apart is None and kind is None and len(self.kinds) >= MOST_KINDS:
            return f"{MOST_KINDS} kinds of machine were read before it; ask about fewer at a time"
        return node.apart

    def refuse(self, wrong: Wrong) -> None:
        """One line that tells of no machine."""
        self.unreadable_count += 1
        if len(self.unreadable) < MOST_UNREADABLE:
            self.unreadable.append(Unreadable(line=wrong.number, reason=wrong.reason))

    def largest_first(self) -> list[Kind]:
        """The kinds, those with most machines first, as they came where they have as many."""
        return sorted(self.kinds.values(), key=lambda kind: -len(kind.nodes))


def gathered(stream: BinaryIO, form: str = "auto") -> Pools:
    """All machines that a stream tells of.

    Args:
        stream: what the user's own tools wrote.
        form: ``jsonl``, ``kubernetes`` or ``slurm`` takes such records alone, ``auto`` any.

    Raises:
        InputError: there is nothing in the stream.
    """
    pools = Pools()
    for number, found in _nodes(records(stream), form):
        if isinstance(found, Node):
            pools.add(number, found)
        else:
            pools.refuse(found)
    return pools


def of_ray(cluster: "Cluster", seconds: float | None = None) -> Pools:
    """The nodes of a Ray cluster, each asked by the probe for at most so many seconds."""
    from recommender.fleet import ray_nodes

    pools = Pools()
    for number, node in enumerate(ray_nodes.nodes(cluster, seconds), start=1):
        pools.add(number, node)
    return pools


def _nodes(found: Iterable[Line | Item | Wrong], form: str) -> Iterator[tuple[int, Node | Wrong]]:
    reader = machines.Reader()
    for record in found:
        if isinstance(record, Wrong):
            yield record.number, record
            continue
        try:
            for node in _told(record, reader, form):
                yield record.number, node
        except InputError as error:
            yield record.number, Wrong(record.number, str(error))


def _told(record: Line | Item, reader: machines.Reader, form: str) -> Iterable[Node]:
    """The machines of a record.

    Raises:
        InputError: it tells of none, or is of another form than was named.
    """
    if isinstance(record, Item):
        return _read(record.value, form) or (reader.machine(record.value),)
    found = reader.line(record.raw) if form in {"auto", machines.SOURCE} else _value(record.raw)
    if isinstance(found, Node):
        return (found,)
    return _read(found, form) or (reader.machine(found, record.raw),)


def _value(raw: bytes) -> Any:
    return machines.decoded(raw)[1]


def _read(value: Any, form: str) -> Iterable[Node] | None:
    """The nodes of a scheduler; None where a machine of llmpick is meant."""
    members = value if isinstance(value, dict) else {}
    if form == kubernetes.SOURCE or (form == "auto" and kubernetes.is_node(members)):
        return (kubernetes.node(value),)
    if form == slurm.SOURCE or (form == "auto" and slurm.is_node(members)):
        return slurm.nodes(value)
    return None


def first_wrong(pools: Pools) -> str:
    """The first line that could not be read, as a sentence begins."""
    first = pools.unreadable[0]
    return f"line {first.line} {printable(first.reason, 300)}"
