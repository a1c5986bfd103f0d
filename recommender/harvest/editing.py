"""Values in YAML files are replaced where they stand: comments, order and form of the rest stay.

PyYAML tells where each node begins and ends; writing a whole document anew would lose more than the
values that changed.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeAlias

import yaml

from recommender.errors import InputError

Path: TypeAlias = Sequence[str | int]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ALIAS = re.compile(r"\s*:\s*(\*[\w.-]+)")
_ANCHOR = re.compile(r"&([\w.-]+)\s+")


class Editing:
    """A YAML text, and what is to be replaced in it."""

    def __init__(self, text: str) -> None:
        """Nothing is replaced yet; ``shared`` will name what stands in other places, too."""
        self.before = text
        self._root = yaml.compose(text, Loader=_LOADER)
        self._pieces: dict[tuple[int, int], str] = {}
        self.shared: list[str] = []

    @property
    def text(self) -> str:
        """The text with every piece replaced.

        Raises:
            InputError: it is no YAML any more.
        """
        text = self.before
        for (start, end), piece in sorted(self._pieces.items(), reverse=True):
            text = text[:start] + piece + text[end:]
        try:
            yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            message = "a file cannot be changed where its values stand; change it by hand"
            raise InputError(message) from error
        return text

    def put(self, path: Path, value: str | Sequence[str], after: str = "version") -> None:
        """Replace the value at ``path``; a key that is missing follows the key ``after``.

        Raises:
            InputError: there is no such place.
        """
        *where, key = path
        mapping = self._at(where)
        own = {item.value: (item, value) for item, value in mapping.value}
        if key in own:
            self._replace(*own[key], written(value))
        elif after in own:
            self._insert(mapping, *own[after], f"{key}: {written(value)}")
        else:
            raise InputError(_lost(path))

    def add(self, path: Path, key: str, lines: Sequence[str]) -> None:
        """A key with the lines of its block in the mapping at ``path``, in the order of keys."""
        mapping = self._at(path)
        later = [item for item, _ in mapping.value if item.value > key]
        column = mapping.value[0][0].start_mark.column
        blanks = " " * column
        text = "".join(f"{blanks}{line}\n" for line in (f"{key}:", *(f"  {one}" for one in lines)))
        at = later[0].start_mark.index - column if later else len(self.before)
        self._pieces[at, at] = self._pieces.get((at, at), "") + text

    def _at(self, path: Path) -> Any:
        node: Any = self._root
        for step in path:
            node = _child(node, step)
            if node is None:
                raise InputError(_lost(path))
        return node

    def _replace(self, key: Any, value: Any, text: str) -> None:
        if value.start_mark.index < key.start_mark.index:
            alias = _ALIAS.match(self.before, key.end_mark.index)
            if alias is None:
                raise InputError(_lost((key.value,)))
            self._pieces[alias.span(1)] = text
            return
        start, end = value.start_mark.index, value.end_mark.index
        if isinstance(value, yaml.CollectionNode) and not value.flow_style:
            raise InputError(_lost((key.value,)))
        anchor = _ANCHOR.match(self.before, start)
        if anchor and f"*{anchor[1]}" in self.before:
            self.shared.append(f"&{anchor[1]}")
        self._pieces[anchor.end() if anchor else start, end] = text

    def _insert(self, mapping: Any, key: Any, value: Any, text: str) -> None:
        if value.start_mark.index < key.start_mark.index or isinstance(value, yaml.CollectionNode):
            raise InputError(_lost((key.value,)))
        at = value.end_mark.index
        lead = ", " if mapping.flow_style else "\n" + " " * key.start_mark.column
        self._pieces[at, at] = self._pieces.get((at, at), "") + lead + text


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _lost(path: Path) -> str:
    return f"{'.'.join(map(str, path))} cannot be changed where it stands; change it by hand"


def written(value: str | Sequence[str]) -> str:
    """A value as YAML, quoted where it would be read as something else than text."""
    if not isinstance(value, str):
        return f"[{', '.join(json.dumps(one) for one in value)}]"
    plain = yaml.safe_load(value) if re.fullmatch(r"[\w.+-]+", value) else None
    is_text = isinstance(plain, str) or re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
    return value if is_text else json.dumps(value, ensure_ascii=False)
