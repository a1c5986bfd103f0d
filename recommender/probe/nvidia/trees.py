"""``nvidia-smi -q`` in its two forms, text and XML, as one kind of tree.

Both tell the same facts under the same names: ``<fb_memory_usage><total>`` is "FB Memory Usage",
"Total" below it. What differs by form or release is left to the reader of the tree.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any

from recommender.facts.noun import noun
from recommender.probe.nvidia.words import MOST_GPUS

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PLACE = r"[0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]"
_GPU = re.compile(rf"GPU ({_PLACE})")
_FIELD = re.compile(r"(\s+)([^:]+)(?::(.*))?")
_DOCUMENT = re.compile(r"<nvidia_smi_log\b.*?(?:</nvidia_smi_log>|\Z)", re.DOTALL)
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_DEEPEST = 8


@noun
class Node:
    """One name with its value or with what stands below it."""

    name: str
    value: str = ""
    below: list["Node"] = field(default_factory=list)

    def get(self, *path: str) -> str | None:
        """The value at the end of a path of names; a name may end in a star."""
        found = self.node(*path)
        return found.value if found is not None and found.value else None

    def node(self, *path: str) -> "Node | None":
        """The first node at the end of a path."""
        if not path:
            return self
        fitting = (one.node(*path[1:]) for one in self.below if _is(one.name, path[0]))
        return next((one for one in fitting if one is not None), None)

    def every(self, name: str) -> "Iterator[Node]":
        """All nodes of a name directly below."""
        return (one for one in self.below if _is(one.name, name))


def of_xml(text: str) -> Iterator[Node]:
    """The GPUs of ``nvidia-smi -q -x``, also where the text breaks off."""
    import xml.etree.ElementTree as ET

    document = _DOCUMENT.search(text)
    # From the root on, so no document type and with it no entity is ever read.
    parser: ET.XMLPullParser[Any] = ET.XMLPullParser(["start"])
    parser.feed(document[0] if document else "")
    roots: list[Element] = []
    with suppress(ET.ParseError):
        events: Iterator[Any] = parser.read_events()
        for _, element in events:
            if element.tag == "gpu":
                roots.append(element)
    return (_node(element, 0) for element in roots[:MOST_GPUS])


def of_text(text: str) -> Iterator[Node]:
    """The GPUs of ``nvidia-smi -q``, whose lines are indented below what they belong to."""
    found: list[Node] = []
    # The nodes that the next line may stand below, with how far they are indented.
    open_: list[tuple[int, Node]] = []
    for line in text.splitlines():
        gpu = _GPU.fullmatch(line.strip())
        if gpu:
            found.append(Node(name="gpu", value=gpu[1]))
            open_ = [(len(line) - len(line.lstrip()), found[-1])]
        elif open_ and line.strip():
            _below(line, open_)
    return iter(found[:MOST_GPUS])


def _below(line: str, open_: list[tuple[int, Node]]) -> None:
    field_ = _FIELD.fullmatch(line)
    indent = len(field_[1]) if field_ else 0
    while open_ and open_[-1][0] >= indent:
        open_.pop()
    if field_ and open_ and len(open_) <= _DEEPEST:
        node = Node(name=_name(field_[2]), value=(field_[3] or "").strip())
        open_[-1][1].below.append(node)
        open_.append((indent, node))


def _node(element: "Element", depth: int) -> Node:
    below = [_node(one, depth + 1) for one in element] if depth < _DEEPEST else []
    text = (element.get("id") or element.text or "").strip()
    return Node(name=_name(element.tag), value=text, below=below)


def _name(text: str) -> str:
    return _NOT_A_WORD.sub("_", text.strip().lower()).strip("_")


def _is(name: str, pattern: str) -> bool:
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
