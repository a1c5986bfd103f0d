"""What asks installed gateways for their options."""

import sys
from pathlib import Path

import pytest

from recommender.lint.option_lists import Option, load
from scripts import harvest_gateways

_ROUTER = """
import argparse
def parse_router_args(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", "-p", type=int)
    parser.add_argument("--worker-urls", nargs="*")
    parser.add_argument("--policy", choices=["random", "least"])
    parser.add_argument("--quiet", action="store_true")
    return parser.parse_args(words)
"""


def test_a_parser_becomes_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "smg"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "launch_router.py").write_text(_ROUTER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(harvest_gateways, "_FOLDER", tmp_path / "lists")
    harvest_gateways.main([sys.executable, "smg", "1.0", "2026-01-02"])
    listed = load(tmp_path / "lists" / "smg.json")
    assert listed.versions == {"1.0": "2026-01-02"}
    assert listed.options("smg launch", "1.0") == (
        Option(names=("--help", "-h"), takes="none"),
        Option(names=("--policy",), choices=("least", "random")),
        Option(names=("--port", "-p"), type="int"),
        Option(names=("--quiet",), takes="none"),
        Option(names=("--worker-urls",), takes="any"),
    )


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(RuntimeError, match="vllm-router is not in the environment"):
        harvest_gateways.read(sys.executable, "vllm-router")
