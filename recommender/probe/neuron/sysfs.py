"""Neuron devices in the files of their driver."""

import re
from collections.abc import Iterator

from recommender.probe import visible
from recommender.probe.context import Context
from recommender.probe.files import Files, integer
from recommender.probe.neuron.seen import Seen, family, numbers, part
from recommender.probe.normal import BYTES_PER_GIB, gib

_FOLDER = "sys/devices/virtual/neuron_device"
_DEVICE = re.compile(r"neuron(\d{1,5})")
# These pair two physical cores into a logical one unless they are told otherwise.
_PAIRED = {"trn2", "trn3"}
_PAIRING = ("NEURON_LOGICAL_NC_CONFIG", "NEURON_RT_VIRTUAL_CORE_SIZE")


def devices(context: Context) -> Iterator[Seen]:
    """All devices of the driver. It tells neither their memory nor their places on the bus."""
    for name in context.files.names(_FOLDER):
        match = _DEVICE.fullmatch(name)
        if match:
            yield _device(context, f"{_FOLDER}/{name}", int(match[1]))


def uncorrected(files: Files, number: int) -> bool:
    """Whether a device had memory errors that could not be corrected."""
    name = f"{_FOLDER}/neuron{number}/stats/hardware/mem_ecc_uncorrected/total"
    return (files.integer(name) or 0) > 0


def _device(context: Context, folder: str, number: int) -> Seen:
    files = context.files
    told = files.line(f"{folder}/info/architecture/instance_type")
    # Drivers of before 2.25 let only root read the number of cores.
    cores = _visible_cores(context, family(told), files.integer(f"{folder}/core_count"))
    facts = {
        "name": files.line(f"{folder}/info/architecture/device_name"),
        "used_gib": gib(_used(files, folder), BYTES_PER_GIB),
    }
    known = {name: value for name, value in facts.items() if value is not None}
    return Seen(
        number=number,
        part=part(f"/{folder}", number, known, {"instance_type": told, "nc_count": cores}),
        connected=numbers(files.line(f"{folder}/connected_devices")),
    )


def _visible_cores(context: Context, chip: str | None, physical: int | None) -> int | None:
    """The cores that programs see, of those that the chip has."""
    if not physical or chip not in _PAIRED:
        return physical or None
    paired = integer(visible.chosen(context.env, *_PAIRING).value) or 2
    return physical // paired if paired > 0 else None


def _used(files: Files, folder: str) -> int | None:
    """Bytes of the device's memory that are taken now, on all of its cores."""
    cores = [name for name in files.names(folder) if name.startswith("neuron_core")]
    place = "stats/memory_usage/device_mem/present"
    taken = [files.integer(f"{folder}/{core}/{place}") for core in cores]
    known = [amount for amount in taken if amount is not None and amount >= 0]
    return sum(known) if known else None
