"""Fixtures of the tests that start a real server. With ``LLMPICK_REQUIRE_REAL=1`` none may skip."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from . import llama_server, mlx_lm_server
from .debian import Unavailable
from .environments import VARIABLE, Environments


@pytest.fixture(scope="session")
def llama_server_bin() -> Path:
    """Return the directory for PATH that holds a real ``llama-server``."""
    try:
        return llama_server.install(llama_server.cache_directory())
    except Unavailable as reason:
        _do_without(f"no real llama-server: {reason}")


@pytest.fixture(scope="session")
def mlx_lm_bin() -> Path:
    """Return the directory for PATH that holds a real ``mlx_lm.server``."""
    try:
        return mlx_lm_server.install(llama_server.cache_directory())
    except Unavailable as reason:
        _do_without(f"no real mlx_lm.server: {reason}")


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
    with _importing():
        from .tiny_gguf import write_tiny_gguf
    # The space must survive the way through the shell, as a user's file names do.
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny model") / "tiny.gguf")


@pytest.fixture(scope="session")
def tiny_embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a GGUF file of a BERT that embeds."""
    with _importing():
        from .tiny_bert import write_tiny_bert
    return write_tiny_bert(tmp_path_factory.mktemp("embedder") / "e.gguf", scores=False)


@pytest.fixture(scope="session")
def tiny_reranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a GGUF file of a BERT that scores."""
    with _importing():
        from .tiny_bert import write_tiny_bert
    return write_tiny_bert(tmp_path_factory.mktemp("reranker") / "r.gguf", scores=True)


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a folder of safetensors that generates."""
    with _importing():
        from .tiny_llama import write_tiny_llama
    return write_tiny_llama(tmp_path_factory.mktemp("tiny llama") / "tiny")


@pytest.fixture(scope="session")
def curl() -> str:
    """Return the path of curl, which the emitted checks use."""
    found = shutil.which("curl")
    return found or _do_without("curl is not on PATH")


@contextmanager
def _importing() -> Iterator[None]:
    """A machine without gguf or numpy skips with a reason."""
    try:
        yield
    except ImportError as error:
        _do_without(f"no tiny model: {error}")


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("LLMPICK_REQUIRE_REAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
