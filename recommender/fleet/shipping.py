"""llmpick as one folder with its compiled knowledge, for machines that may have neither."""

import json
import shutil
from pathlib import Path

from recommender import knowledge_files, named_site
from recommender.facts.codec import encode

_PACKAGE = Path(__file__).parents[1]


def packed(target: Path) -> Path:
    """A copy of this package in ``target``, with what this process knows inside.

    Raises:
        InputError: the knowledge is missing or broken.
        OSError: it cannot be written.
    """
    folder = target / _PACKAGE.name
    own = shutil.ignore_patterns("__pycache__", knowledge_files.PACKAGED.name)
    shutil.copytree(_PACKAGE, folder, ignore=own)
    inside = folder / knowledge_files.PACKAGED.name
    inside.mkdir()
    for name, text in _compiled().items():
        (inside / name).write_text(text, encoding="utf-8")
    return folder


def _compiled() -> dict[str, str]:
    """The compiled knowledge with what takes longer to make than to read, as a wheel has it."""
    from recommender.devices.catalogue import with_spellings
    from recommender.models.table import with_index

    files = dict(knowledge_files.compiled())
    files["accelerators.json"] = with_spellings(files["accelerators.json"])
    files["models.json"] = with_index(files["models.json"])
    own = named_site.overlay()
    if own:
        files[named_site.OF_SITE] = json.dumps(encode(own))
    return files
