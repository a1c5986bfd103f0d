"""What neuron-ls prints: JSON, or a table whose columns differ from release to release."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recommender.facts.machine import Problem
from recommender.probe import asking
from recommender.probe.answers import size, word
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Findings
from recommender.probe.files import clean, integer
from recommender.probe.neuron.seen import Seen, joined, numbers, part
from recommender.probe.normal import BYTES_PER_GIB, gib
from recommender.probe.tables import bus_id, json_in, records

TOOL = Tool(
    vendor="aws",
    label="AWS Neuron",
    program="neuron-ls",
    rules="probe.neuron",
    nodes=r"neuron\d+",
    places=("opt/aws/neuron/bin/neuron-ls",),
    questions=(("-j",),),
    install="Install the driver and the tools (sudo apt-get install aws-neuronx-dkms "
    "aws-neuronx-tools).",
    start="Start a container with --device=/dev/neuron0 (one for each device).",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/neuron*).",
)
_TYPE = re.compile(r"^[^\w\n]*instance-type:\s*(\S+)", re.MULTILINE)
_CONFIG = re.compile(r"^[ \t]*logical-neuroncore-config:\s*(\d{1,4})", re.MULTILINE)
# Beyond any size in bytes; larger ones are no facts, and overflow where they are divided.
_TOO_LARGE = 1 << 60
_INSTANCE_ID = re.compile(r"\bi-[0-9a-f]{8,}\b")


def understood(text: str) -> Findings:
    """Devices in an answer of any release, or why there are none."""
    answer = json_in(text) if '"neuron_device"' in text else None
    text = bounded(text)
    kind, config = _TYPE.search(text), _CONFIG.search(text)
    header = {
        "instance_type": word(kind[1]) if kind else None,
        "logical_nc_config": int(config[1]) if config else None,
    }
    entries = answer if isinstance(answer, list) else [answer]
    told = [_entry(entry, header) for entry in entries if isinstance(entry, Mapping)]
    seen = [one for one in told if one] or list(_table(text, header))
    if not seen:
        return Findings(problems=asking.complaint(TOOL, _INSTANCE_ID.sub("", text)))
    sizeless = (one for one in seen if one.part.facts.get("memory_gib") is None)
    return replace(joined(seen), problems=tuple(_sizeless(one.number) for one in sizeless))


def _entry(entry: Mapping[str, Any], header: Mapping[str, Any]) -> Seen | None:
    """A device of the JSON list; older releases leave out some of the keys."""
    number = _whole(entry.get("neuron_device"))
    if number is None:
        return None
    facts = {
        "bus_id": bus_id(str(entry.get("bdf"))),
        "memory_gib": gib(_count(entry.get("memory_size")), BYTES_PER_GIB),
        "numa_node": _node(_whole(entry.get("numa_node"))),
    }
    config = _whole(entry.get("logical_neuroncore_config"))
    details = {
        "instance_type": word(str(entry.get("instance_type"))) or header["instance_type"],
        "nc_count": _count(entry.get("nc_count")),
        "logical_nc_config": config or header["logical_nc_config"],
    }
    return Seen(
        number=number,
        part=part("neuron-ls -j", number, facts, details),
        connected=numbers(entry.get("connected_to")),
    )


def _table(text: str, header: Mapping[str, Any]) -> Iterator[Seen]:
    """Devices of a table, by what its columns are headed; the headings take two lines."""
    columns: list[str] = []
    for record in records(text):
        rows = [row for row in record if len(row) > 1]
        if rows and "NEURON" in rows[0]:
            columns = [" ".join(cells).strip() for cells in zip(*rows, strict=False)]
            continue
        for cells in rows if columns else ():
            one = _row(dict(zip(columns, cells, strict=False)), header)
            if one:
                yield one


def _row(row: Mapping[str, str], header: Mapping[str, Any]) -> Seen | None:
    """A line of a table; lines of a device's further processes have no number."""
    number = integer(row.get("NEURON DEVICE") or row.get("LOGICAL ID"))
    if number is None or number < 0:
        return None
    channels = [size(cell) for name, cell in row.items() if name.startswith("MEMORY CHANNEL")]
    facts = {
        "bus_id": bus_id(row.get("PCI BDF")),
        "memory_gib": size(row.get("NEURON MEMORY")) or sum(filter(None, channels)) or None,
        "numa_node": _node(integer(row.get("NUMA NODE"))),
    }
    details = {**header, "nc_count": integer(row.get("NEURON CORES"))}
    return Seen(
        number=number,
        part=part("neuron-ls", number, facts, details),
        connected=numbers(row.get("CONNECTED DEVICES")),
    )


def _node(number: int | None) -> int | None:
    return number if number is not None and number >= 0 else None


def _sizeless(number: int) -> Problem:
    what = f"neuron-ls does not tell how much memory AWS Neuron device {number} has."
    return TOOL.problem(
        "memory", what, "Update the tools (sudo apt-get install aws-neuronx-tools)."
    )


def _count(value: object) -> int | None:
    number = _whole(value)
    return number if number is not None and number > 0 else None


def _whole(value: object) -> int | None:
    """A number that JSON has as such or as a text."""
    number = value if isinstance(value, int) else integer(clean(str(value)))
    known = number is not None and not isinstance(value, bool) and abs(number) < _TOO_LARGE
    return number if known else None
