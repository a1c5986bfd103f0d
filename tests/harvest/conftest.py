"""Wheels that tests make, on an index that they serve, and knowledge to put them into."""

import io
import shutil
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from recommender import lint
from recommender.lint.option_lists import Option, load
from tests.lint.conftest import KNOWLEDGE
from tests.releases.conftest import World, world  # noqa: F401  # a fixture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A knowledge folder of one's own."""
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, folder)
    return folder


@pytest.fixture
def no_linters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The linters find nothing, and take no time."""
    monkeypatch.setattr(lint, "check", lambda *_: [])


def server_options() -> list[Option]:
    """The options of mlx_lm.server as the knowledge has them."""
    known = load(KNOWLEDGE / "options" / "mlx-lm.json")
    return list(known.options("mlx_lm.server", known.order[-1]))


def serve_mlx_lm(
    world: World,  # noqa: F811
    version: str,
    without: Iterable[str] = (),
    extra: Iterable[str] = (),
    *,
    yanked: bool = False,
    requires: str = ">=3.11",
) -> None:
    """A release of mlx-lm whose server takes what the knowledge knows, but for some options."""
    kept = [option for option in server_options() if option.names[0] not in without]
    lines = [_argument(option) for option in kept]
    lines += [f'    parser.add_argument("{name}", type=int)' for name in extra]
    source = "def main():\n    parser = argparse.ArgumentParser()\n" + "\n".join(lines)
    files = {
        "mlx_lm/server.py": source + "\n",
        "mlx_lm/utils.py": 'USE = os.getenv("MLXLM_USE_MODELSCOPE")\n',
        f"mlx_lm-{version}.dist-info/METADATA": metadata("mlx-lm", version, requires),
    }
    name = f"mlx_lm-{version}-py3-none-any.whl"
    world.pages[f"/files/{name}"] = wheel(files)
    page = world.pages.setdefault("/simple/mlx-lm/", {"files": []})
    page["files"].append(
        {
            "filename": name,
            "url": f"../../files/{name}",
            "upload-time": "2026-11-20T00:00:00Z",
            "yanked": yanked,
        }
    )


def _argument(option: Option) -> str:
    words = [f'"{name}"' for name in option.names]
    if option.takes == "none":
        words.append('action="store_true"')
    elif option.type in {"int", "float"}:
        words.append(f"type={option.type}")
    elif option.type == "json":
        words.append("type=json.loads")
    elif option.type == "size":
        words.append("type=_parse_size")
    if option.choices:
        words.append(f"choices={list(option.choices)!r}")
    return f"    parser.add_argument({', '.join(words)})"


def metadata(name: str, version: str, requires: str = ">=3.11", *lines: str) -> str:
    """The file METADATA of a wheel."""
    head = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*head, f"Requires-Python: {requires}", *lines, "", "A description."])


def wheel(files: Mapping[str, str | bytes]) -> bytes:
    """A wheel with these files in it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 11, 19, 0, 0, 0)), content)
    return archive.getvalue()


def fat_binary(*entries: tuple[int, int, int]) -> bytes:
    """A fat binary as nvcc makes it; an entry has a kind, a capability (90) and marks."""
    body = b"".join(
        struct.pack("<HHIQIIHHIIIQQQ", kind, 0x101, 64, 8, 0, 0, 8, 1, arch, 0, 0, marks, 0, 0)
        + b"\x7fELF\0\0\0\0"
        for kind, arch, marks in entries
    )
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body
