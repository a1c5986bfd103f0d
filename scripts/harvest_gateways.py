"""Writes knowledge/options/gateways/*.json: asks installed gateways for their own parsers.

    python -m scripts.harvest_gateways PYTHON ID VERSION DAY

PYTHON is the interpreter of an environment in which the gateway is installed. Unlike engines, they
install in seconds and need no GPU, so their parsers are imported instead of read.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recommender.harvest.store import text
from recommender.lint.option_lists import OptionList, from_document

_FOLDER = Path(__file__).parents[1] / "knowledge" / "options" / "gateways"
_TOLD = "llmpick-options:"

# What starts the parser of each, and the program whose words it reads.
PROGRAMS: Mapping[str, tuple[str, str, str]] = {
    "litellm": ("litellm", "click", "from litellm.proxy.proxy_cli import run_server as command"),
    "sglang-router": (
        "sglang-router launch",
        "argparse",
        "from sglang_router.launch_router import parse_router_args; parse_router_args([])",
    ),
    "smg": (
        "smg launch",
        "argparse",
        "from smg.launch_router import parse_router_args; parse_router_args([])",
    ),
    "vllm-router": (
        "vllm-router",
        "argparse",
        "from vllm_router.launch_router import parse_router_args; parse_router_args([])",
    ),
}
_ARGPARSE = """
import argparse, json
def parse(self, *a, **k):
    counts = {None: "one", "?": "optional", "*": "any", "+": "many", 0: "none"}
    rows = [
        {
            "names": list(a.option_strings) or [a.dest],
            "takes": str(counts.get(a.nargs, a.nargs)),
            "type": getattr(a.type, "__name__", "str"),
            "choices": [str(c) for c in a.choices or ()],
        }
        for a in self._actions
    ]
    print(TOLD + json.dumps(rows), flush=True)
    raise SystemExit
argparse.ArgumentParser.parse_args = parse
"""
_CLICK = """
import click, json
rows = [
    {
        "names": [*p.opts, *p.secondary_opts],
        "takes": "none" if getattr(p, "is_flag", False) or getattr(p, "count", False)
        else "any" if p.nargs == -1 else "one",
        "type": p.type.name,
        "choices": [str(c) for c in getattr(p.type, "choices", ())],
    }
    for p in command.params
]
rows.append({"names": ["--help"], "takes": "none", "type": "str", "choices": []})
print(TOLD + json.dumps(rows), flush=True)
"""
_TYPES = {"int": "int", "integer": "int", "float": "float", "integer range": "int"}


def read(python: str, name: str) -> list[dict[str, Any]]:
    """The options of a gateway's program, by its own parser.

    Raises:
        RuntimeError: the parser cannot be imported there.
    """
    _, grammar, start = PROGRAMS[name]
    code = f"TOLD = {_TOLD!r}\n" + (
        f"{_ARGPARSE}{start}" if grammar == "argparse" else f"{start}\n{_CLICK}"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    told = [line for line in done.stdout.splitlines() if line.startswith(_TOLD)]
    if not told:
        message = f"{name} is not in the environment of {python}: {done.stderr[-300:]}"
        raise RuntimeError(message)
    rows = [_row(row) for row in json.loads(told[0].removeprefix(_TOLD))]
    return sorted(rows, key=lambda row: (row["names"][0].startswith("-"), row["names"]))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(row["names"], key=lambda name: (not name.startswith("--"), name))
    kept: dict[str, Any] = {"names": names}
    if row["takes"] != "one":
        kept["takes"] = row["takes"]
    if row["takes"] != "none" and row["type"] in _TYPES:
        kept["type"] = _TYPES[row["type"]]
    if row["choices"]:
        kept["choices"] = sorted(row["choices"])
    return kept


def listed(name: str, version: str, day: str, rows: list[dict[str, Any]]) -> OptionList:
    """The list of one version."""
    program, grammar, _ = PROGRAMS[name]
    programs = {program: {"grammar": grammar, "options": rows}}
    return from_document({"framework": name, "versions": {version: day}, "programs": programs})


def main(words: list[str]) -> None:
    """Write the list of one gateway."""
    python, name, version, day = words
    _FOLDER.mkdir(exist_ok=True)
    known = listed(name, version, day, read(python, name))
    (_FOLDER / f"{name}.json").write_text(text(known), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
