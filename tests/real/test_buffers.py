"""Predicted memory against the buffers that a real llama-server says it allocates."""

import re
from pathlib import Path

import pytest

from recommender.facts import Model
from recommender.knowledge import load
from recommender.models.sources import read
from recommender.rules.kv_cache import request_gib
from recommender.rules.overheads import overheads
from recommender.rules.situation import Group, Situation, device_facts, model_facts

from .llama_server import environment, free_port, serving

GIB, MIB = 2**30, 2**20
NEAR = 0.05
BUFFERS = {
    "model": re.compile(r"model buffer size = +([\d.]+) MiB"),
    "cache": re.compile(r"KV buffer size = +([\d.]+) MiB"),
    "compute": re.compile(r"compute buffer size = +([\d.]+) MiB"),
}


def _logged(path: Path, context: int, bin_dir: Path, log: Path) -> dict[str, float]:
    """Sizes in bytes by buffer, as the server logs them at its start."""
    port = free_port()
    line = f"llama-server -m '{path}' -c {context} -np 1 -lv 4 --no-warmup --port {port}"
    with serving(line, port, environment(bin_dir), log) as server:
        server.wait_until_healthy()
    text = log.read_text(errors="replace")
    return {name: sum(map(float, pattern.findall(text))) * MIB for name, pattern in BUFFERS.items()}


def _predicted(model: Model, context: int) -> dict[str, float]:
    platform = load().platform("llama.cpp", "cpu")
    values = device_facts(Group()) | model_facts(model)
    found = overheads(
        platform.budget,
        model,
        platform.version,
        Situation(values=values, situations={}),
        linked=False,
    )
    compute = found.activations_gib + found.context_gib * context
    return {
        "model": (model.weights_gib or 0) * GIB,
        "cache": request_gib(model, context, platform.budget) * GIB,
        "compute": compute * GIB,
    }


@pytest.mark.parametrize(
    ("layers", "heads", "kv_heads", "feed_forward", "tokens", "context"),
    [
        (4, 4, 2, 2048, 0, 4096),
        (4, 4, 4, 8192, 8000, 16384),
        (6, 8, 2, 2048, 32000, 32768),
    ],
)
def test_the_server_allocates_what_is_predicted(  # one column a size
    layers: int,
    heads: int,
    kv_heads: int,
    feed_forward: int,
    tokens: int,
    context: int,
    *,
    llama_server_bin: Path,
    tmp_path: Path,
) -> None:
    tiny_gguf = pytest.importorskip("tests.real.tiny_gguf")
    shape = tiny_gguf.Shape(layers, heads, kv_heads, feed_forward, tokens)
    path = tiny_gguf.write_tiny_gguf(tmp_path / "tiny.gguf", shape)
    model, problems = read(str(path))
    assert problems == ()
    logged = _logged(path, context, llama_server_bin, tmp_path / "log")
    assert all(logged.values()), logged
    for name, predicted in _predicted(model, context).items():
        assert predicted == pytest.approx(logged[name], rel=NEAR), name
