"""What is brought to a machine without a network, and how it is loaded there."""

import pytest

from recommender.facts import Workload
from recommender.facts.plan import Plan
from recommender.knowledge import document
from recommender.launch.shell import posix
from recommender.targets import compose, shell
from recommender.targets.neutral import document as neutral
from tests.targets.described import plan
from tests.targets.stage import shellcheck

OFFLINE = Workload(offline=True)
FOLDER = document("offline")["folder"]


def made(framework: str, method: str, model: str = "Qwen/Qwen3-8B", **more: object) -> Plan:
    workload = Workload(offline=True, install=method)
    gpu = "H100 80GB"
    return plan(framework, gpu, model, os="linux", workload=workload, methods=(method,), **more)


def said(plan: Plan, part: str) -> list[str]:
    return [posix(line) for line in getattr(plan, part)]


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "tensorrt-llm", "tgi"])
def test_an_image_and_a_repository_are_brought(framework: str) -> None:
    whole = made(framework, "docker")
    box = whole.server.container
    assert box is not None
    file = f"{FOLDER}/{box.image.replace('/', '_').replace(':', '_')}.tar"
    fetched = said(whole, "fetch")
    assert f"docker pull {box.image}" in fetched
    assert f"docker save --output {file} {box.image}" in fetched
    assert said(whole, "install") == [f"docker load --input {file}"]
    (download,) = (line for line in fetched if "hf download" in line)
    assert "Qwen/Qwen3-8B" in download
    (copy,) = said(whole, "unpack")
    assert copy.endswith(" ~/.cache/huggingface/")
    assert whole.server.env["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy"])
def test_what_pip_installs_comes_out_of_a_cache(framework: str) -> None:
    whole = made(framework, "pip")
    lines = [line for line in whole.install if line.argv[:1] == ("uv",)]
    assert len(lines) > 1
    for line in lines:
        assert line.env["UV_OFFLINE"] == "1"
        there = {**line.env}
        del there["UV_OFFLINE"]
        assert any(other.argv == line.argv and other.env == there for other in whole.fetch)
    assert said(whole, "install")[0] == f'export PATH="$PWD"/{FOLDER}/bin:"$PATH"'


def test_llama_cpp_finds_one_build_in_the_cache() -> None:
    whole = made("llama.cpp", "docker")
    (download,) = (line for line in said(whole, "fetch") if "hf download" in line)
    assert download.endswith("unsloth/Qwen3-8B-GGUF --include '*Q4_K_M*'")
    assert "--offline" in whole.server.argv


def test_ollama_gets_its_store() -> None:
    whole = made("ollama", "docker")
    assert "docker exec llmpick-fetch ollama pull qwen3:8b" in said(whole, "fetch")
    (copied,) = said(whole, "unpack")
    assert "-v ollama:/root/.ollama" in copied
    # The image is there before it copies.
    text = shell.write(whole)
    assert text.index("docker load") < text.index(copied)
    own = made("ollama", "native")
    assert "ollama pull qwen3:8b" in said(own, "fetch")
    assert any("ollama.com/install.sh" in note for note in own.notes)


def test_a_model_on_disk_is_copied_by_hand() -> None:
    from tests.targets.plans import A_FILE

    whole = plan("llama.cpp", "H100 80GB", A_FILE, workload=OFFLINE, methods=("docker",))
    assert not any("hf download" in line for line in said(whole, "fetch"))
    assert any(A_FILE.id in note for note in whole.notes)


@pytest.mark.parametrize("framework", ["vllm", "llama.cpp", "ollama"])
def test_files_say_it(framework: str, tmp_path: object) -> None:
    whole = made(framework, "docker")
    for text in (shell.write(whole), compose.write(whole)):
        for line in said(whole, "fetch"):
            assert f"#   {line}\n" in text
        for line in (*said(whole, "install"), *said(whole, "unpack")):
            assert line in text
    assert neutral(whole)["fetch"]
    shellcheck(tmp_path, {"shell": shell.write(whole)})  # type: ignore[arg-type]


def test_with_a_network_nothing_is_brought() -> None:
    whole = plan("vllm", "H100 80GB", "Qwen/Qwen3-8B", os="linux")
    assert whole.fetch == whole.unpack == ()
    assert "llmpick-offline" not in shell.write(whole)
