"""Fixtures of the tests that start a real server. With ``LLMPICK_REQUIRE_REAL=1`` none may skip."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from .debian import Unavailable
from .environments import VARIABLE, Environments
from .llama_server import cache_directory, install


@pytest.fixture(scope="session")
def llama_server_bin() -> Path:
    """Return the directory for PATH that holds a real ``llama-server``."""
    try:
        return install(cache_directory())
    except Unavailable as reason:
        _do_without(f"no real llama-server: {reason}")


@pytest.fixture(scope="session")
def environments() -> Environments:
    """Return the environments with real servers, which take minutes and gigabytes to build."""
    folder = Path(os.environ.get(VARIABLE) or "nowhere").absolute()
    if not folder.is_dir():
        pytest.skip(f"{VARIABLE} names no folder that scripts/build_real_environments.py built")
    return Environments(folder)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a GGUF file of a few megabytes with random weights."""
    try:
        # Here, so that a machine without gguf or numpy skips with a reason.
        from .tiny_gguf import write_tiny_gguf
    except ImportError as error:
        _do_without(f"no tiny model: {error}")
    # The space must survive the way through the shell, as a user's file names do.
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny model") / "tiny.gguf")


@pytest.fixture(scope="session")
def curl() -> str:
    """Return the path of curl, which the emitted checks use."""
    found = shutil.which("curl")
    return found or _do_without("curl is not on PATH")


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("LLMPICK_REQUIRE_REAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
