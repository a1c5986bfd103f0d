"""The licences of everything that llmpick installs, extras too, as the packages declare them."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).parents[2] / "docs" / "licences.md"
_EXTRAS = ("fleet", "hub", "mcp", "refresh")
# Permissive ones, and the file-wise copyleft of the MPL, which asks nothing of a program that only
# imports (source: https://www.mozilla.org/MPL/2.0/FAQ/, questions 8 to 11).
ALLOWED = frozenset(
    (
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
    )
)
# What older metadata calls them; the trove classifiers end in these names, too.
_CALLED = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd-3-clause license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
_HEAD = """# Licences

llmpick is under the [Apache License 2.0](../LICENSE). With it come these packages, those of the extras `hub` and `mcp` too, each under the licence that it declares itself; `python -m scripts.check_release --licences` writes this page anew.

| package | licence | comes with |
| --- | --- | --- |
"""  # noqa: E501  # a paragraph is a line


def dependencies() -> dict[str, str]:
    """Every package that is installed with llmpick, and the extras that it comes with."""
    always = _closure("")
    found = dict.fromkeys(always, "llmpick")
    for extra in _EXTRAS:
        for name in _closure(extra) - always:
            found[name] = ", ".join(filter(None, (found.get(name), extra)))
    return dict(sorted(found.items()))


def _closure(extra: str) -> set[str]:
    """What llmpick requires with an extra, and what that requires in turn."""
    seen, waiting = set(), [("llmpick", extra)]
    while waiting:
        package = waiting.pop()
        seen.add(package)
        waiting += [needed for needed in _required(*package) if needed not in seen]
    return {name for name, _ in seen} - {"llmpick"}


def _required(package: str, extra: str) -> Iterator[tuple[str, str]]:
    for line in metadata.requires(package) or ():
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((canonicalize_name(need.name), item) for item in ("", *need.extras))


def licence(package: str) -> str:
    """The SPDX expression of a package's licence; what it says itself where that is none."""
    told = metadata.metadata(package)
    if "License-Expression" in told:
        return told["License-Expression"]
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or ()
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    written = told["License"] if "License" in told else "unknown"  # noqa: SIM401  # no mapping
    every = classified or [written.strip().split("\n")[0]]
    return " OR ".join(dict.fromkeys(_CALLED.get(name.casefold(), name) for name in every))


def allowed(expression: str) -> bool:
    """Whether a licence, or one of those to choose from, is on the list."""
    return any(
        all(part.strip(" ()") in ALLOWED for part in re.split(r"\bAND\b", choice))
        for choice in re.split(r"\bOR\b", expression)
    )


def page() -> str:
    """The page of licences."""
    rows = [f"| `{name}` | {licence(name)} | {origin} |" for name, origin in dependencies().items()]
    return _HEAD + "\n".join(rows) + "\n"
