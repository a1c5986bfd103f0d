"""What a server reads from a file alone is written ahead of it, and comes out as it was meant."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from recommender.facts import Workload
from recommender.facts.plan import Plan
from recommender.launch.shell import posix
from recommender.targets.registry import TARGETS
from tests.targets.described import plan

JSON = {"guided_decoding_backend": "xgrammar"}
ADAPTERS = {"lora_config": {"lora_target_modules": ["attn_q", "attn_k", "attn_v"]}}
WISHES = {
    ("structured-output",): JSON,
    ("json-schema",): JSON,
    ("multi-lora",): ADAPTERS,
    ("json-schema", "multi-lora"): JSON | ADAPTERS,
}


def made(method: str, features: tuple[str, ...], nodes: int = 1) -> Plan:
    workload = Workload(features=features, install=method)
    model = "Qwen/Qwen3-8B" if nodes == 1 else "deepseek-ai/DeepSeek-V3"
    gpu = "H100 80GB:1" if nodes == 1 else "H100 80GB:8"
    wish = {"methods": (method,), "workload": workload, "nodes": nodes, "os": "linux"}
    return plan("tensorrt-llm", gpu, model, **wish)


@pytest.mark.parametrize("features", WISHES, ids=str)
@pytest.mark.skipif(sys.platform == "win32", reason="the words are for bash")
def test_a_container_writes_its_file_and_gets_it(features: tuple[str, ...], tmp_path: Path) -> None:
    server = made("docker", features).server
    at = server.argv.index("trtllm-serve")
    show = 'for last in "$@"; do :; done; printf "%s\\n" "$@" >&2; cat "$last"'
    words = [*server.argv[:at], "sh", "-c", show, "sh", *server.argv[at + 1 :]]
    done = subprocess.run(
        words,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert yaml.safe_load(done.stdout) == WISHES[features]
    assert done.stderr.splitlines()[0] == "Qwen/Qwen3-8B"
    assert done.stderr.splitlines()[-2] == "--config"


@pytest.mark.parametrize("features", WISHES, ids=str)
def test_a_program_finds_what_was_prepared(features: tuple[str, ...], tmp_path: Path) -> None:
    whole = made("pip", features)
    write = whole.prepare[-1]
    subprocess.run([sys.executable, *write.argv[1:]], cwd=tmp_path, check=True)
    file = whole.server.argv[whole.server.argv.index("--config") + 1]
    assert yaml.safe_load((tmp_path / file).read_text(encoding="utf-8")) == WISHES[features]


@pytest.mark.parametrize("target", ["compose", "kubernetes", "quadlet", "slurm", "systemd"])
def test_every_target_has_it(target: str) -> None:
    method = "pip" if target == "systemd" else "docker"
    assert "guided_decoding_backend: xgrammar" in TARGETS[target].write(
        made(method, ("json-schema",))
    )


def test_nobody_else_gets_a_file() -> None:
    for whole in (made("docker", ()), made("pip", ())):
        assert "--config" not in whole.server.argv
        assert not any("trtllm.yaml" in posix(line) for line in whole.prepare)
