"""Huawei Ascend: npu-smi where it answers, device nodes and the bus where it does not."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from recommender.facts.machine import Link
from recommender.probe import visible
from recommender.probe.ascend import (
    chips,
    failures,
    fields,
    mapping,
    nodes,
    table,
    topology,
    versions,
)
from recommender.probe.context import Context, Findings
from recommender.probe.parts import Device

__all__ = ["probe", "understood"]

_SECONDS = 3.0
# No line of an answer is as long; a bound for texts that are none.
_LONG = re.compile(r"^(.{400}).+$", re.MULTILINE)
_PLACES = (
    "usr/local/sbin/npu-smi",
    "usr/local/bin/npu-smi",
    "usr/local/Ascend/driver/tools/npu-smi",
    "usr/bin/npu-smi",
)
_INFO, _MAP, _TOPOLOGY = ("info",), ("info", "-m"), ("info", "-t", "topo")
# ASCEND_VISIBLE_DEVICES is for the container's runtime: it decides which nodes a container gets.
_VISIBLE = "ASCEND_RT_VISIBLE_DEVICES"
# CANN reads up to the first other character, be it a blank; source: its manual.
_READ_OF_CHOICE = re.compile(r"[\d,]*")


def probe(context: Context) -> Findings:
    """All Ascend chips that have Huawei's driver, with what is wrong with them."""
    from recommender.probe import tools

    program = tools.find(context, "npu-smi", *_PLACES)
    answers = _answers(context, program)
    found = _told([answer for answer in answers if answer])
    if found.devices:
        found = _rest(context, found)
    else:
        found = replace(
            found,
            devices=nodes.devices(context),
            problems=failures.explained(context, program, answers),
        )
    found = replace(found, software={**versions.installed(context), **found.software})
    return _seen(context, found)


def understood(text: str) -> Findings:
    """What an answer of npu-smi, of any release, or a version file of the driver or CANN tells."""
    return _told([_bounded(text)])


def _answers(context: Context, program: str | None) -> list[str | None]:
    """One question after the other: Huawei's manual rules out npu-smi beside npu-smi."""
    if program is None:
        return []
    deadline = time.monotonic() + _SECONDS
    first = _asked(context, program, _INFO, deadline)
    count = len(table.read(first or ""))
    more = (_MAP, _TOPOLOGY)[: min(count, 2)]
    return [first, *(_asked(context, program, question, deadline) for question in more)]


def _asked(context: Context, program: str, question: Sequence[str], deadline: float) -> str | None:
    from recommender.probe import tools

    left = deadline - time.monotonic()
    able = replace(context, env={**context.env, **versions.libraries(context)})
    answer = tools.ask(able, program, question, seconds=left)[0] if left > 0 else None
    return _bounded(answer) if answer else answer


def _bounded(text: str) -> str:
    return _LONG.sub(r"\1", text)


def _told(texts: Sequence[str]) -> Findings:
    """All that several answers tell, each chip once."""
    read = (table.read, mapping.read, fields.read)
    told = chips.joined([form(text) for form in read for text in texts])
    matrices = [topology.read(text) for text in texts]
    told = told or chips.joined(matrices)
    whole = "\n".join(texts)
    complaints = failures.warned(whole) if told else failures.said(whole)
    return Findings(
        devices=told,
        links=_links(texts, len(told)),
        software={**fields.versions(whole), **versions.understood(whole)},
        problems=(*chips.problems(told), *complaints),
    )


def _links(texts: Sequence[str], count: int) -> tuple[Link, ...]:
    """Links of a matrix of as many chips as were told: both are in the driver's order."""
    fitting = (text for text in texts if len(topology.read(text)) == count)
    return next((links for links in map(topology.links, fitting) if links), ())


def _rest(context: Context, found: Findings) -> Findings:
    """The findings, and what is true of devices on the bus that the driver did not tell of."""
    lost, others = found.left(context.bound(nodes.PCI_VENDOR), lent=context.contained)
    return replace(
        found,
        devices=(*found.devices, *(nodes.lost(seen.bus_id) for seen in lost)),
        problems=(*found.problems, *(failures.not_offered(seen.bus_id) for seen in lost)),
        not_ours=tuple(seen.bus_id for seen in others),
    )


def _seen(context: Context, found: Findings) -> Findings:
    """The findings with what the environment hides from programs started here."""
    choice = visible.chosen(context.env, _VISIBLE)
    if not choice.value:
        # CANN takes an empty value for none.
        return found
    names = [(_number(device, place),) for place, device in enumerate(found.devices)]
    read = _READ_OF_CHOICE.match(choice.value)
    flags = visible.flags(replace(choice, value=read[0] if read else ""), names)
    return replace(
        found,
        devices=visible.marked(found.devices, flags, f"${_VISIBLE}"),
        problems=(*found.problems, *visible.problem(choice, flags, "probe.ascend.hidden")),
    )


def _number(device: Device, place: int) -> str:
    """The logic id, which counts the chips that this system was given."""
    return str(device.accelerator.details.get("logic_id", place))
