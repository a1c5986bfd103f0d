"""What knowledge says of schedulers, and of the devices of a plan in their words."""

from collections.abc import Iterable
from functools import cache

from recommender.devices.catalogue import find
from recommender.facts.codec import decode
from recommender.facts.plan import Hardware, Plan, Process
from recommender.facts.scheduler import Called, Schedulers
from recommender.knowledge import document


@cache
def schedulers() -> Schedulers:
    """The document knowledge/schedulers.yaml."""
    return decode(Schedulers, document("schedulers"))


def called(hardware: Hardware, table: Iterable[Called]) -> str | None:
    """What ``table`` calls the devices of these machines, None where it knows no name of them."""
    rows = find(hardware.name).rows if hardware.name else ()
    names = [row.name for row in rows if hardware.vendor == row.vendor]
    known = {name: entry.called for entry in table for name in entry.names}
    return next((known[name] for name in names if name in known), None)


def cores_of(plan: Plan) -> int:
    """The fewest processor cores with which a server on one machine does not wait for them."""
    return plan.devices + schedulers().cores.beside


def program(process: Process, plan: Plan) -> tuple[str, ...] | None:
    """The words of a process in its container, where the scheduler leaves out those of the image.

    None where the image starts a program by itself that is not known.
    """
    box = process.container
    if box is None:
        return process.argv
    if box.entrypoint:
        return (box.entrypoint, *process.argv)
    image = plan.known_image or box.image
    name = image.partition("@")[0].rpartition(":")[0]
    for row in schedulers().images:
        if row.image == name:
            return (*row.words, *(process.argv or row.empty))
    alone = not process.argv or process.argv[0].startswith("-") or process.argv[0] == plan.model
    return None if alone else process.argv
