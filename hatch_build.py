"""Build hook: compiles knowledge/ to JSON, which is all that the wheel carries of it."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileKnowledge(BuildHookInterface[Any]):
    """Puts one JSON document a kind of fact into recommender/_knowledge of the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the documents beside the build and include them; a checkout reads the YAML."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root))
        from recommender.devices.catalogue import with_spellings
        from recommender.knowledge_source import pack
        from recommender.models.table import with_index

        target = Path(self.directory) / "knowledge"
        target.mkdir(parents=True, exist_ok=True)
        files = pack(root / "knowledge")
        files["accelerators.json"] = with_spellings(files["accelerators.json"])
        files["models.json"] = with_index(files["models.json"])
        for name, text in files.items():
            path = target / name
            path.write_text(text, encoding="utf-8")
            build_data["force_include"][str(path)] = f"recommender/_knowledge/{name}"
