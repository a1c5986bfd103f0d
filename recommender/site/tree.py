"""YAML of a user as a tree that knows its lines, within bounds.

It is built of the parser's events, so that neither depth nor aliases can exhaust the machine, and a
key that stands twice is seen.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from recommender.errors import printable
from recommender.facts.noun import changed, noun

LARGEST = 256 * 1024
_DEEPEST, _MOST_NODES = 16, 50_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@noun
class Node:
    """A value and where it stands.

    ``value`` is a mapping of texts to nodes, a list of nodes, or a plain value; ``text`` is a plain
    value as it was written, ``size`` how many nodes it holds with itself.
    """

    file: str
    line: int
    value: Any
    text: str | None = None
    size: int = 1
    height: int = 0

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    @property
    def plain(self) -> Any:
        """The value with its nodes as plain values."""
        if isinstance(self.value, dict):
            return {key: node.plain for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value


class WrongFileError(Exception):
    """What is wrong in a file: ``place`` names the file, and the line where there is one."""

    def __init__(self, file: str, line: int, what: str) -> None:
        """Keep where and what; line 0 is the whole file."""
        super().__init__(f"{file}:{line}: {what}")
        self.file, self.line, self.what = file, line, what


def read(path: Path, name: str) -> Node:
    """The mapping that a file holds; ``name`` is what it is called in messages.

    Raises:
        WrongFileError: it cannot be read, is no YAML mapping, or is beyond the bounds.
    """
    text = _text(path, name)
    try:
        root = _Builder(name, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = printable(getattr(error, "problem", None) or getattr(error, "reason", error))
        what = f"this is not valid YAML ({said})"
        # What is missing at the end is missing after the last line.
        line = min(mark.line, text.count("\n")) + 1 if mark else 0
        raise WrongFileError(name, line, what) from error
    if not isinstance(root.value, dict):
        _refuse(root, "the file must hold keys with their values")
    return root


def _text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise WrongFileError(name, 0, f"the file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise WrongFileError(name, 0, "the file is not UTF-8 text") from error
    if len(data) > LARGEST:
        raise WrongFileError(name, 0, f"the file is longer than {LARGEST // 1024} KiB")
    return text


def _refuse(node: Node, what: str) -> NoReturn:
    raise WrongFileError(node.file, node.line, what)


class _Builder:
    """Nodes from events, counted while they are made."""

    def __init__(self, name: str, events: Iterator[Any]) -> None:
        self._name, self._events = name, events
        self._made = 0
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node:
        """The only document of the stream; an empty one is an empty mapping."""
        root = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    _refuse(self._node(event, None), "a second document begins here")
                root = self._next(0)
        return root or Node(file=self._name, line=1, value={})

    def _next(self, depth: int) -> Node:
        return self._of(next(self._events), depth)

    def _of(self, event: Any, depth: int) -> Node:
        here = self._node(event, None)
        if depth > _DEEPEST:
            _refuse(here, f"this is nested deeper than {_DEEPEST} levels")
        node = self._made_of(event, here, depth)
        alias = isinstance(event, yaml.AliasEvent)
        if alias and depth + node.height > _DEEPEST:
            _refuse(here, f"this is nested deeper than {_DEEPEST} levels")
        self._made += node.size if alias else 1
        if self._made > _MOST_NODES:
            _refuse(here, f"the file holds more than {_MOST_NODES} values")
        if event.anchor and not alias:
            self._anchors[event.anchor] = node
        return node

    def _made_of(self, event: Any, here: Node, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                _refuse(here, f"there is no anchor '{printable(event.anchor)}' before this alias")
            return self._anchors[event.anchor]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(here, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(here, depth)
        return self._node(event, _scalar(event), event.value)

    def _mapping(self, here: Node, depth: int) -> Node:
        found: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._of(event, depth + 1)
            if key.text is None:
                _refuse(key, "a key must be a plain word")
            if key.text in found:
                first = found[key.text].line
                _refuse(key, f"the key '{printable(key.text)}' stands twice, first in line {first}")
            # A value is found by the line of its key: a block of text begins below it.
            found[key.text] = changed(self._next(depth + 1), line=key.line)
        return _with(here, found, list(found.values()))

    def _sequence(self, here: Node, depth: int) -> Node:
        found: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._of(event, depth + 1))
        return _with(here, found, found)

    def _node(self, event: Any, value: Any, text: str | None = None) -> Node:
        return Node(file=self._name, line=event.start_mark.line + 1, value=value, text=text)


def _with(here: Node, value: Any, inner: Sequence[Node]) -> Node:
    size = 1 + sum(node.size for node in inner)
    height = 1 + max((node.height for node in inner), default=0)
    return changed(here, value=value, size=size, height=height)


_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_RESOLVER = yaml.resolver.Resolver()
_TYPES: Mapping[str, Any] = {
    "tag:yaml.org,2002:bool": _CONSTRUCTOR.construct_yaml_bool,
    "tag:yaml.org,2002:int": _CONSTRUCTOR.construct_yaml_int,
    "tag:yaml.org,2002:float": _CONSTRUCTOR.construct_yaml_float,
    "tag:yaml.org,2002:null": lambda _: None,
}
# A longer number is no size and no count of anything.
_LONGEST_NUMBER = 40


def _scalar(event: Any) -> Any:
    """The plain value: a number, a truth value, nothing, or the text itself."""
    if event.tag or not event.implicit[0] or len(event.value) > _LONGEST_NUMBER:
        return event.value
    tag = _RESOLVER.resolve(  # type: ignore[no-untyped-call,unused-ignore]
        yaml.ScalarNode, event.value, event.implicit
    )
    made = _TYPES.get(tag)
    try:
        return made(yaml.ScalarNode(tag, event.value)) if made else event.value
    except (ValueError, KeyError):
        return event.value
