"""What any of Intel's tools printed, as parts of GPUs, versions and failures."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from recommender.facts.machine import Problem
from recommender.facts.noun import noun
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Read
from recommender.probe.intel import discovery, problems, runtimes, summary
from recommender.probe.intel.fields import Fields, part
from recommender.probe.parts import Part

_SECONDS = 3.0
# Number, name, address, memory, EUs: the same in all releases that can dump properties.
_PROPERTIES = "1,2,11,16,19"
_PROGRAMS = (
    ("xpu-smi", ("usr/bin/xpu-smi", "opt/xpu-smi/bin/xpu-smi")),
    ("xpumcli", ("usr/bin/xpumcli", "opt/xpum/bin/xpumcli")),
)
_MOST_ASKED = 16


@noun
class Told:
    """What tools told: parts of GPUs in their order, versions, and what they could not do."""

    gpus: tuple[Part, ...] = ()
    software: Mapping[str, Read] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def at(self, address: str) -> tuple[Part, ...]:
        """What was told of the GPU at an address on the bus."""
        return tuple(gpu for gpu in self.gpus if gpu.facts.get("bus_id") == address)


def read(text: str) -> Told:
    """One output of any tool in any form; empty where it is none of them."""
    short = bounded(text)
    records = (*_documents(text), *_records(short))
    gpus = tuple(part(fields, source) for fields, source in _whole(tuple(_merged(records))))
    gpus = gpus or runtimes.sycl(short) or runtimes.opencl(short)
    versions = summary.versions(short, "xpu-smi")
    known = bool(gpus) or "versions.xpu-smi" in versions
    return Told(
        gpus=gpus,
        software={**runtimes.version(short), **versions} if known else {},
        problems=() if gpus else problems.said(short),
    )


def asked(context: Context, without_size: Sequence[str]) -> Told:
    """What Intel's tool tells here.

    Args:
        context: where to look for the tool.
        without_size: addresses of cards whose memory is still unknown; the tool is asked for the
            details of those that its lists do not have.

    """
    from recommender.probe.tools import ask, find

    end = time.monotonic() + _SECONDS
    programs = (find(context, name, *places) for name, places in _PROGRAMS)
    program = next(filter(None, programs), None)
    questions = (("discovery", "--dump", _PROPERTIES), ("discovery",), ("-v",))
    found = _joined(ask(context, program, *questions, seconds=_SECONDS))
    missing = [address for address in without_size if not _sized(found.at(address))]
    if program is None or not missing:
        return found
    details = [("discovery", "-d", address) for address in missing[:_MOST_ASKED]]
    left = max(0.1, end - time.monotonic())
    more = _joined(ask(context, program, *details, seconds=left))
    return Told(
        gpus=(*found.gpus, *more.gpus),
        software={**more.software, **found.software},
        problems=found.problems,
    )


def _joined(answers: Sequence[str | None]) -> Told:
    every = [read(answer) for answer in answers if answer]
    gpus = tuple(gpu for told in every for gpu in told.gpus)
    return Told(
        gpus=gpus,
        software={name: one for told in every for name, one in told.software.items()},
        problems=() if gpus else tuple(dict.fromkeys(p for told in every for p in told.problems)),
    )


def _sized(parts: Sequence[Part]) -> bool:
    return any(part.facts.get("memory_gib") is not None for part in parts)


def _documents(text: str) -> Iterator[tuple[Fields, str]]:
    for document in discovery.documents(text):
        for fields in discovery.described(document):
            yield fields, "xpu-smi discovery -j"


def _records(text: str) -> Iterator[tuple[Fields, str]]:
    for fields in discovery.table(text):
        yield fields, "xpu-smi discovery"
    for fields in summary.table(text):
        yield fields, "xpu-smi"
    for fields in discovery.listed(text):
        yield fields, "xpu-smi --list-gpus"
    for fields in discovery.rows(text):
        yield fields, "xpu-smi discovery --dump"


def _whole(records: Sequence[tuple[Fields, str]]) -> Iterator[tuple[Fields, str]]:
    """GPUs alone, and whole: beside its card a virtual function is a share of it for a guest."""
    kinds = [
        fields.get("function_type") or fields.get("device_function_type") for fields, _ in records
    ]
    for (fields, source), kind in zip(records, kinds, strict=True):
        share = kind == "virtual" and "physical" in kinds
        if "GPU" in fields.get("device_type", "GPU").upper() and not share:
            yield fields, source


def _merged(records: Sequence[tuple[Fields, str]]) -> Iterator[tuple[Fields, str]]:
    """One record a GPU: a list and the details of the same one may stand in one text."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    for place, (fields, source) in enumerate(records):
        key = fields.get("pci_bdf_address") or fields.get("device_id") or f"no {place}"
        known, _ = found.setdefault(key, ({}, source))
        known.update({name: text for name, text in fields.items() if name not in known})
    yield from found.values()
