"""Results as YAML, CSV and Markdown."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from recommender.errors import visible
from recommender.facts import Answer
from recommender.facts.codec import encode
from recommender.render.rows import Row, rows


def as_yaml(value: object) -> str:
    """The same values as JSON has, as YAML."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Double quotes around what cannot be seen, for only there it can be an escape."""

    Dumper.add_representer(str, _represented)
    plain = encode(value)
    text = yaml.dump(plain, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    lines = str(text).rstrip("\n").split("\n")
    return "\n".join(line if line.isprintable() else _spelt(line) for line in lines)


def _represented(dumper: Any, value: str) -> Any:
    style = None if value.replace("\n", "").isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _spelt(line: str) -> str:
    """Escapes of a double-quoted word of YAML."""
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in line)


def as_csv(value: object) -> str:
    """A line of names, then one line a row; unknown values are empty."""
    found = rows(value)
    text = io.StringIO()
    writer = csv.DictWriter(
        text, _names(found), lineterminator="\n", restval="", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows({name: _plain(item) for name, item in row.items()} for row in found)
    return text.getvalue().rstrip("\n")


def as_markdown(value: object) -> str:
    """A table, and for an answer the commands of its pick."""
    found = rows(value)
    names = _names(found)
    lines = [_row(names), _row(["---"] * len(names))]
    lines += [_row([_cell(row.get(name)) for name in names]) for row in found]
    if isinstance(value, Answer) and value.ranking and value.ranking[0].launch:
        launch = value.ranking[0].launch
        commands = (*launch.install, *launch.serve, *launch.check)
        fence = "`" * (max((_ticks(line) for line in commands), default=0) + 3)
        lines += ["", f"{fence}sh", *map(visible, commands), fence]
    return "\n".join(lines)


def _names(found: Sequence[Row]) -> list[str]:
    """The columns that hold something, in the order in which the rows name them."""
    every = dict.fromkeys(name for row in found for name in row)
    return [name for name in every if any(row.get(name) is not None for row in found)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    text = str(_plain(value))
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _plain(value: Any) -> Any:
    """A value as a cell holds it; true and false as JSON writes them, controls spelt out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return visible(value) if isinstance(value, str) else value


def _ticks(line: str) -> int:
    return line.count("`")
