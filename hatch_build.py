"""Build hook: compiles knowledge/ to JSON, which is all that the wheel carries of it.

It also dates what is packed: equal sources give equal bytes. The date is that of the commit, which
a source distribution hands on to the wheels that are built of it; SOURCE_DATE_EPOCH, where it is
set, goes before (source: https://reproducible-builds.org/specs/source-date-epoch/).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_EPOCH = "SOURCE_DATE_EPOCH"
# Where a source distribution keeps the date; a checkout has none.
_DATED = ".source-date"


class CompileKnowledge(BuildHookInterface[Any]):
    """Puts one JSON document a kind of fact into recommender/_knowledge of the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Date the archive, and add what is made; an editable install reads the YAML."""
        self._made = Path(tempfile.mkdtemp())
        root = Path(self.root)
        epoch = os.environ.get(_EPOCH) or _kept(root) or _committed(root)
        if epoch:
            os.environ[_EPOCH] = epoch
        if self.target_name == "sdist" and epoch:
            self._add(_DATED, f"{epoch}\n", build_data)
        if self.target_name == "wheel" and version != "editable":
            for name, text in _compiled(root).items():
                self._add(f"recommender/_knowledge/{name}", text, build_data)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made for the archive."""
        del version, build_data, artifact_path
        shutil.rmtree(self._made)

    def _add(self, name: str, text: str, build_data: dict[str, Any]) -> None:
        path = self._made / Path(name).name
        path.write_text(text, encoding="utf-8", newline="\n")
        build_data["force_include"][str(path)] = name


def _compiled(root: Path) -> dict[str, str]:
    sys.path.insert(0, str(root))
    from recommender.devices.catalogue import with_spellings
    from recommender.knowledge_source import pack
    from recommender.models.table import with_index

    files = pack(root / "knowledge")
    files["accelerators.json"] = with_spellings(files["accelerators.json"])
    files["models.json"] = with_index(files["models.json"])
    return files


def _kept(root: Path) -> str:
    file = root / _DATED
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _committed(root: Path) -> str:
    """The seconds since 1970 of the checkout's commit; nothing outside of one."""
    if not (root / ".git").exists():
        return ""
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
