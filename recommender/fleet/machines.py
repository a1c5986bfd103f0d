"""Machines as ``llmpick probe --json`` writes them; one like an earlier one is recognized cheaply.

Decoding and checking a machine takes a millisecond. Equal machines are equal text but for what is
each one's own, so a line is first looked up without that.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts import Accelerator, Machine, Problem
from recommender.facts.codec import encode
from recommender.fleet.records import Node

SOURCE = "jsonl"
# Texts that are remembered, some hundred bytes each.
_MOST_TEXTS = 20_000
_STRING = rb'"[ !#-\[\]-~]{0,200}"'
_NUMBER = rb"\d{1,8}(?:\.\d{1,9})?"
_SIMPLE = rb"(?:%s|%s|null|true|false)" % (_STRING, _NUMBER)
_MEMBER = rb"%s: ?%s" % (_STRING, _SIMPLE)
# A machine's own values. A quote inside of a string has a backslash before it, so none of these
# begins there; what is written in an unusual way is not left out, and decoded.
_OWN = re.compile(
    rb'"(?:available_gib|group_used_gib|disk_free_gib|used_gib)": ?(?:%s|null)' % _NUMBER
    + rb'|"(?:bus_id)": ?(?:%s|null)' % _STRING
    + rb'|"details": ?\{(?:%s(?:, ?%s)*+)?\}' % (_MEMBER, _MEMBER)
)
_NAMED = re.compile(rb'\{ ?"name": ?(%s|null),' % _STRING)
# What pdsh, the one-line output of ansible, and kubectl logs --prefix put before each line.
_HOST = re.compile(
    rb"(?:([\w.-]{1,253})(?:: | \| [A-Z]+ \| rc=0 \| \(stdout\) )"
    rb"|\[pod/([\w.-]{1,253})/[\w.-]{1,253}\] )(?=\{)"
)
_DIGITS = re.compile(r"[0-9a-f]*\d[0-9a-f.:]*")


class Reader:
    """Reads lines and decoded values, and remembers which texts are which kind of machine."""

    def __init__(self) -> None:
        """A reader that has seen no machine yet."""
        self._known: dict[bytes, Node] = {}

    def line(self, raw: bytes) -> Node | Any:
        """The machine of a line that was seen before but for its own values, else the line decoded.

        Raises:
            InputError: the line is no JSON; the message says why.
        """
        digest, name = _recognized(raw)
        known = self._known.get(digest)
        if known is not None:
            return known._replace(name=name)
        host, value = decoded(raw)
        if not isinstance(value, dict):
            return value
        if host and value.get("name") is None:
            value["name"] = host
        return value

    def machine(self, value: Any, raw: bytes = b"") -> Node:
        """The machine that a decoded value describes; its line, where it stood on one.

        Raises:
            InputError: it describes none.
        """
        from recommender.schema import machine_of

        try:
            machine, unknown = machine_of(value)
            node = node_of(machine, unknown)
        except RecursionError as error:
            message = "is nested too deeply"
            raise InputError(message) from error
        if raw:
            digest, name = _recognized(raw)
            if name == node.name:
                if len(self._known) >= _MOST_TEXTS:
                    self._known.clear()
                self._known[digest] = node
        return node


def decoded(raw: bytes) -> tuple[str | None, Any]:
    """The host that stands before the JSON of a line, and its value.

    Raises:
        InputError: the line is no JSON.
    """
    found = _HOST.match(raw)
    try:
        text = raw[found.end() :].decode() if found else raw.decode()
        return _before(found), json.loads(text, parse_constant=_constant)
    except UnicodeDecodeError as error:
        message = "is not UTF-8 text"
        raise InputError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"is not valid JSON ({printable(error)})"
        raise InputError(message) from error


def _before(found: re.Match[bytes] | None) -> str | None:
    """The name of the host or pod that stands before the JSON."""
    return (found[1] or found[2]).decode() if found else None


def _constant(name: str) -> Any:
    message = f"{name} is not a number of JSON"
    raise ValueError(message)


def _recognized(raw: bytes) -> tuple[bytes, str | None]:
    """What stands for a line without the machine's own values, and the machine's name."""
    host = _HOST.match(raw)
    rest = raw[host.end() :] if host else raw
    named = _NAMED.match(rest)
    before = _before(host)
    name = before.encode() if before else None
    if named:
        rest = rest[named.end() :]
        name = named[1][1:-1] if named[1] != b"null" else name
    text = _OWN.sub(b"", rest)
    digest = blake2b(text, digest_size=16, person=b"named" if named else b"").digest()
    return digest, name.decode() if name else None


def node_of(machine: Machine, unknown: Sequence[str] = ()) -> Node:
    """A machine that was probed without what is its own; ``unknown`` fields are told of."""
    shared = replace(
        machine,
        name=None,
        memory=replace(machine.memory, available_gib=None, group_used_gib=None),
        disk_free_gib=None,
        accelerators=tuple(map(_device, machine.accelerators)),
        problems=(*machine.problems, *_ignored(unknown)),
        evidence={},
    )
    return Node(
        name=machine.name or None,
        kind=_kind(encode(shared)),
        machine=shared,
        source=SOURCE,
        apart=_broken(machine),
    )


def _ignored(unknown: Sequence[str]) -> list[Problem]:
    """Fields that are not of a machine: this llmpick may be older than the one that wrote them."""
    return [
        Problem(what=f"the field '{printable(name)}' is unknown and was ignored")
        for name in unknown[:20]
    ]


def _device(device: Accelerator) -> Accelerator:
    return replace(device, used_gib=None, bus_id=None, details={})


def _kind(document: Mapping[str, Any]) -> bytes:
    """What stands for all that decides.

    The memory that a kernel reports differs by a few MiB between equal machines, and so do the
    numbers and addresses in what a probe has to say about them.
    """
    total = document["memory"]["total_gib"]
    rounded = None if total is None else round(total, 0 if total >= 64 else 1)  # noqa: PLR2004
    problems = [_DIGITS.sub("", item["what"]) for item in document["problems"]]
    memory = {**document["memory"], "total_gib": rounded}
    told = json.dumps({**document, "memory": memory, "problems": problems})
    return blake2b(told.encode(), digest_size=16).digest()


def _broken(machine: Machine) -> str | None:
    """That none of its accelerators can compute, because their driver does not hold them."""
    devices = [device for device in machine.accelerators if not device.integrated]
    unbound = [device for device in devices if device.driver_bound is False]
    if not unbound or not all(device.unusable for device in devices):
        return None
    names = dict.fromkeys(device.name or device.vendor or "?" for device in unbound)
    return f"no driver holds its accelerators: {printable(', '.join(names))}"
