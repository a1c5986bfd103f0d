"""YAML that a user wrote: read within bounds, and told of with its line."""

from pathlib import Path
from typing import Any

from recommender.errors import InputError, printable

_DEEPEST = 20
_DEEP = f"more than {_DEEPEST} lists and mappings stand in one another"
_ALIAS = "an alias (*name) stands here; write the value out"


def mapping(file: str, largest: int) -> dict[Any, Any]:
    """The mapping that a file holds.

    Aliases are refused, which can make a small file huge, and so is a key that stands twice, of
    which one would be lost.

    Args:
        file: its path.
        largest: bytes that it may have.

    Raises:
        InputError: it cannot be read, is too large, is no YAML, or holds something else.
    """
    import yaml

    named, text = printable(file), _text(file, largest)
    try:
        found = _read(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        message = f"{named}: {where}{printable(str(error.problem or error.context))}"
        raise InputError(message) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        message = f"{named} is not valid YAML: {printable(' '.join(str(error).split()), 200)}"
        raise InputError(message) from error
    if not isinstance(found, dict):
        kind = "nothing" if found is None else f"a {type(found).__name__}"
        message = f"{named} must hold a mapping, not {kind}"
        raise InputError(message)
    return found


def _read(text: str, loader: Any) -> Any:
    import yaml

    deep = 0
    for event in yaml.parse(text, loader):
        if isinstance(event, yaml.AliasEvent):
            raise _refused(_ALIAS, event)
        deep += isinstance(event, yaml.CollectionStartEvent)
        deep -= isinstance(event, yaml.CollectionEndEvent)
        if deep > _DEEPEST:
            raise _refused(_DEEP, event)
    _unique(yaml.compose(text, loader))
    return yaml.load(text, loader)  # noqa: S506  # both loaders are safe


def _unique(node: Any) -> None:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _unique(item)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                problem = f"{printable(str(key.value))} stands twice"
                raise _refused(problem, key)
            seen.add(str(key.value))
            _unique(value)


def _refused(problem: str, where: Any) -> Exception:
    import yaml

    return yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)


def _text(file: str, largest: int) -> str:
    named = printable(file)
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(largest + 1)
    except OSError as error:
        message = f"{named} cannot be read ({error.strerror})"
        raise InputError(message) from error
    except ValueError as error:  # a NUL in the name
        message = f"{named} is no name of a file"
        raise InputError(message) from error
    if len(data) > largest:
        message = f"{named} is larger than {largest // 2**20} MiB"
        raise InputError(message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{named} is not UTF-8 text; save it as UTF-8"
        raise InputError(message) from error
