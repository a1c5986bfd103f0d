"""Where the compiled knowledge lies: inside a wheel, or made of the YAML of a checkout."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from recommender.errors import InputError

PACKAGED = Path(__file__).parent / "_knowledge"
VARIABLE = "LLMPICK_KNOWLEDGE_DIR"
_CHECKOUT = Path(__file__).parent.parent / "knowledge"
_CACHE = _CHECKOUT.parent / ".cache"


def named_folder() -> Path | None:
    """The folder that LLMPICK_KNOWLEDGE_DIR names."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def is_whole(root: Path) -> bool:
    """Whether a folder holds all knowledge, and not only what a site adds to it."""
    return (root / "frameworks").is_dir()


def folder() -> Path:
    """The folder of YAML files of all knowledge: the named one, else that of the checkout."""
    named = named_folder()
    return named if named and is_whole(named) else _CHECKOUT


def compiled() -> Mapping[str, str]:
    """The text of every compiled file by its name.

    Raises:
        InputError: the knowledge is missing or broken.
    """
    if _is_packaged():
        return {path.name: path.read_text(encoding="utf-8") for path in PACKAGED.iterdir()}
    return _checkout()


def text(file: str) -> str:
    """The text of one compiled file.

    Raises:
        InputError: the knowledge is missing or broken.
    """
    return (PACKAGED / file).read_text(encoding="utf-8") if _is_packaged() else _checkout()[file]


def _is_packaged() -> bool:
    return folder() == _CHECKOUT and PACKAGED.is_dir()


@cache
def _checkout() -> dict[str, str]:
    """The YAML compiled; a checkout keeps a copy, valid while no file of it changes."""
    root = folder()
    stamp = _stamp(root)
    cached = _CACHE / "knowledge.json"
    kept = _kept(cached) if root == _CHECKOUT else {}
    if kept.get("stamp") == stamp:
        return kept["files"]  # type: ignore[no-any-return]
    from recommender.knowledge_source import pack

    try:
        files = pack(root)
    except (KeyError, TypeError, AttributeError) as error:
        message = f"knowledge folder {root} is broken; llmpick knowledge validate {root} says where"
        raise InputError(message) from error
    if root == _CHECKOUT:
        _keep(cached, {"stamp": stamp, "files": files})
    return files


def _stamp(root: Path) -> list[list[Any]]:
    folders = ("*.yaml", "frameworks/*.yaml", "options/*.json")
    files = sorted(path for each in folders for path in root.glob(each))
    sources = [*files, Path(__file__).with_name("knowledge_source.py")]
    return [[str(path), (stat := path.stat()).st_mtime_ns, stat.st_size] for path in sources]


def _keep(path: Path, data: Mapping[str, Any]) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):  # nothing is removed where nothing can be written
            temporary.unlink()


def _kept(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except (OSError, ValueError):
        return {}
