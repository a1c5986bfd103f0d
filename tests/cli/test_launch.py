"""``llmpick launch``: the whole file for a target, or why there is none."""

import json
from pathlib import Path

import pytest

from recommender.facts.plan import Plan
from recommender.schema import adapter
from tests.cli.conftest import Run

H100X8 = ("--gpu", "H100 80GB:8")
QWEN = ("--model", "Qwen/Qwen3-8B")


def test_a_script_installs_and_serves(llmpick: Run) -> None:
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "--port", "9001")
    assert done.code == 0
    assert done.out.startswith("#!/bin/sh\n")
    assert "vllm serve Qwen/Qwen3-8B" in done.out
    assert "--host 127.0.0.1 --port 9001" in done.out
    assert "http://127.0.0.1:9001/v1/models" in done.out


def test_the_plan_is_of_the_documented_shape(llmpick: Run) -> None:
    model = ("--nodes", "2", "--model", "deepseek-ai/DeepSeek-V3")
    done = llmpick("launch", "vllm", *H100X8, *model, "--json")
    plan = done.json
    adapter(Plan).validate_python(plan)
    assert (plan["nodes"], plan["world_size"], plan["hardware"]["devices"]) == (2, 16, 8)
    roles = [process["role"] for process in plan["processes"]]
    assert roles == ["server", "worker"]
    assert "${HEAD_IP}" in plan["processes"][0]["argv"]
    assert "${NODE_RANK}" in plan["processes"][1]["argv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "ray"), "it is one of kubernetes, slurm, shell"),
        (("--gpu", "L40S"), "launch probe asks every machine what it is"),
        (("--model", "Qwen/Qwen3-8B"), "launch probe asks every machine what it is"),
        (("--run",), "launch probe asks every machine what it is"),
        (("--target", "slurm", "--image", "a:1"), "--image is for --target kubernetes"),
        (("--target", "kubernetes", "--image", "A B"), "is no name of an image"),
    ],
)
def test_the_probe_takes_few_options(llmpick: Run, arguments: tuple[str, ...], said: str) -> None:
    done = llmpick("launch", "probe", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_probe_in_a_file(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "probe.yaml"
    assert llmpick("launch", "probe", "--target", "kubernetes", "-o", str(file)).code == 0
    assert f"kubectl apply -f {file}" in file.read_text(encoding="utf-8")
    assert "exists" in llmpick("launch", "probe", "--target", "kubernetes", "-o", str(file)).err
    chinese = llmpick("launch", "probe", "--target", "kubernetes", "--lang", "zh").out
    assert chinese.startswith("# 在每个节点上运行")


def test_a_file_is_written_once(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "serve.sh"
    command = ("launch", "vllm", *H100X8, *QWEN, "-o", str(file))
    assert llmpick(*command).code == 0
    written = file.read_text(encoding="utf-8")
    assert "vllm serve" in written
    file.write_text("mine", encoding="utf-8")
    done = llmpick(*command)
    assert done.code == 2
    assert "--force" in done.err
    assert file.read_text(encoding="utf-8") == "mine"
    assert llmpick(*command, "--force").code == 0
    assert file.read_text(encoding="utf-8") == written


@pytest.mark.parametrize("model", ["./m.gguf", "~/m.gguf", "m.gguf", "../here/m.gguf"])
def test_a_model_on_this_disk_is_mounted_from_its_whole_path(
    llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here))
    done = llmpick("launch", "llama.cpp", *H100X8, "--model", model, "-t", "docker")
    assert done.code == 0
    assert f"-v {here}/m.gguf:/models/model.gguf:ro" in done.out


def test_a_folder_of_the_name_is_mounted(
    llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = llmpick("launch", "vllm", *H100X8, "--model", "./m", "-t", "compose")
    assert done.code == 0
    assert f"{tmp_path}/m" in done.out
    assert "./m" not in done.out


def test_a_cluster_knows_no_folder_of_this_machine(llmpick: Run) -> None:
    done = llmpick("launch", "vllm", *H100X8, "--model", "./m", "-t", "kubernetes")
    assert done.code == 2
    assert "absolute path" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--need", "embedding"), "take --use-case embeddings"),
        (("--need", "rerank"), "none for rerank: name the model with --model"),
        (("--need", "vision", "--need", "asr"), "none for asr, vision"),
        (("--need", "tts"), "none for tts"),
        (("--need", "image"), "none for image"),
        (("--use-case", "multimodal"), "none for vision"),
        (("--use-case", "embeddings", "--need", "rerank"), "none for rerank"),
    ],
)
def test_another_kind_of_model_has_to_be_named(
    llmpick: Run, words: tuple[str, ...], told: str
) -> None:
    done = llmpick("launch", "vllm", *H100X8, *words)
    assert (done.code, done.out) == (3, "")
    assert told in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--use-case", "embeddings", "--need", "embedding"),
        ("--use-case", "rag", "--need", "embedding"),
        ("--need", "vision", "--model", "Qwen/Qwen2.5-VL-7B-Instruct"),
    ],
)
def test_a_model_that_does_the_work_is_launched(llmpick: Run, words: tuple[str, ...]) -> None:
    assert llmpick("launch", "vllm", *H100X8, *words).code == 0


def test_what_is_unknown_of_the_model_is_told_beside_the_file(llmpick: Run) -> None:
    done = llmpick("launch", "vllm", *H100X8, "--model", "nosuch/thing")
    assert done.code == 0
    assert done.out.startswith("#!/bin/sh\n")
    assert "nosuch/thing is not in the catalogue: its size is unknown" in done.err
    assert "fix: add --hub" in done.err
    assert "so whether it fits was not checked" in done.err
    assert llmpick("launch", "vllm", *H100X8, *QWEN).err == ""


def test_inside_wsl2_the_shell_is_the_usual_target(llmpick: Run) -> None:
    windows = ("--gpu", "RTX 4090", "--os", "windows", "--allow", "wsl2", *QWEN)
    done = llmpick("launch", "vllm", *windows)
    assert done.code == 0
    assert done.out.startswith("#!/bin/sh\n")
    assert "WSL2" in done.out
    refused = llmpick("launch", "vllm", *windows, "-t", "powershell")
    assert refused.code == 2
    assert "take --target shell inside WSL2" in refused.err
    assert "$ErrorActionPreference" in llmpick("launch", "llama.cpp", *windows).out


def test_a_dash_prints(llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "-o", "-")
    assert done.out.startswith("#!/bin/sh\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("name", ["", "."])
def test_a_folder_is_no_file(
    llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, force: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "-o", name, *force)
    assert done.code == 2
    assert "names no file" in done.err


def test_compose_refuses_what_starts_in_no_container(llmpick: Run) -> None:
    model = ("--nodes", "2", "--model", "deepseek-ai/DeepSeek-V3")
    done = llmpick("launch", "tensorrt-llm", *H100X8, *model, "--target", "compose")
    assert done.code == 2
    assert "take --target slurm" in done.err


@pytest.mark.parametrize("target", ["slurm", "skypilot"])
def test_the_key_is_told_once(llmpick: Run, target: str) -> None:
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "--expose", "--target", target)
    (asked,) = [line for line in done.out.splitlines() if "Authorization" in line]
    assert asked.count("Authorization") == 1


def test_a_file_that_cannot_be_written_is_told(llmpick: Run, tmp_path: Path) -> None:
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "-o", str(tmp_path / "none" / "x.sh"))
    assert done.code == 2
    assert "cannot be written" in done.err


def test_what_cannot_run_says_why_and_what_does(llmpick: Run) -> None:
    done = llmpick("launch", "tgi", "--gpu", "Ascend 910B3:8")
    assert done.code == 3
    assert done.out == ""
    assert "Ascend" in done.err
    assert "llmpick launch lmdeploy" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("vllm", "--target", "kubernets"), "kubernetes"),
        (("vlm",), "vllm"),
        (("vllm", "--port", "0"), "1 to 65535"),
        (("vllm", "--port", "70000"), "1 to 65535"),
        (("vllm", "--name", "Has Spaces"), "DNS label"),
        (("vllm", "--name", "-x"), "DNS label"),
        (("vllm", "--served-name", "a\u202eb"), "invisible"),
        (("vllm", "--served-name", ""), "empty"),
        (("vllm", "--model", "org/a\nb"), "invisible"),
        (("vllm", "--model", "org/a\u202eb"), "invisible"),
        (("vllm", "--run"), "this machine"),
        (("vllm", "--for-version", "newest; rm"), "like 0.32.0"),
        (("vllm", "--for-version", "b6000"), "written like 0."),
        (("llama.cpp", "--for-version", "0.7.0"), "written like b1"),
        (("llama.cpp", "--for-version", "b6000", "-t", "docker"), "leave out --for-version"),
        (("llama.cpp", "--for-version", "b6000"), "leave out --for-version"),
        (("sglang", "--for-version", "0.5.10", "-t", "docker"), "--install pip"),
        (("vllm", "--image", "My/Image:1"), "no name of an image"),
        (("vllm", "--image", "a b\u202e"), "no name of an image"),
        (("vllm", "--image", "--privileged"), "no name of an image"),
        (("vllm", "--image", "my/vllm:1", "-t", "systemd"), "starts no container"),
        (("vllm", "--image", "my/vllm:1", "--install", "pip"), "--install pip"),
    ],
)
def test_wrong_words_are_one_sentence(llmpick: Run, words: tuple[str, ...], told: str) -> None:
    done = llmpick("launch", *H100X8, *QWEN, *words)
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("version", ["0.20.1", "v0.20.1"])
def test_a_version_is_the_one_that_is_installed(llmpick: Run, version: str) -> None:
    done = llmpick("launch", "vllm", *H100X8, *QWEN, "--install", "pip", "--for-version", version)
    assert "vllm==0.20.1" in done.out
    assert "# vLLM 0.20.1 serves" in done.out


def test_an_image_of_the_version_will_do(llmpick: Run) -> None:
    command = ("launch", "llama.cpp", *H100X8, *QWEN, "--target", "docker")
    plan = llmpick(*command, "--json").json
    build = plan["version"]
    done = llmpick(*command, "--for-version", build.removeprefix("b"), "--json")
    assert done.json["processes"] == plan["processes"]


def test_a_way_that_it_has_not_names_the_others(llmpick: Run) -> None:
    done = llmpick("launch", "mlx-lm", "--gpu", "M4 Max", *QWEN, "--target", "kubernetes")
    assert done.code == 2
    assert "pip" in done.err
    assert "--target shell" in done.err


def test_an_own_image_is_pulled_started_and_told(llmpick: Run) -> None:
    command = (
        "launch",
        "vllm",
        *H100X8,
        *QWEN,
        "--image",
        "reg.example:5000/a/vllm@sha256:" + "0" * 64,
    )
    done = llmpick(*command)
    assert "docker pull reg.example:5000/a/vllm@sha256:0" in done.out
    assert "# reg.example:5000/a/vllm@sha256:" in done.out
    assert "stands in place of vllm/vllm-openai:" in done.out
    assert "代替了 vllm/vllm-openai:" in llmpick(*command, "--lang", "zh").out
    plan = json.loads(llmpick(*command, "--json").out)
    assert plan["method"] == "docker"
    assert plan["known_image"].startswith("vllm/vllm-openai:")
    assert any("stands in place" in note for note in plan["notes"])


def test_an_own_image_holds_the_version_that_is_named(llmpick: Run) -> None:
    version = ("--for-version", "0.20.1")
    done = llmpick("launch", "vllm", *H100X8, *QWEN, *version, "--image", "mirror/vllm:x")
    assert done.code == 0
    assert "# vLLM 0.20.1 serves" in done.out


def test_what_has_no_image_takes_none_in_its_place(llmpick: Run) -> None:
    done = llmpick("launch", "mlx-lm", "--gpu", "M4 Max", *QWEN, "--image", "my/mlx:1")
    assert done.code == 2
    assert "no container image" in done.err
    assert done.err.count("\n") == 1


def test_another_machine_reaches_it_only_when_asked(llmpick: Run) -> None:
    command = ("launch", "vllm", *H100X8, *QWEN, "--target", "docker")
    assert "-p 127.0.0.1:8000:8000" in llmpick(*command).out
    assert "-p 8000:8000" in llmpick(*command, "--expose").out


def test_the_sentences_are_chinese_on_demand(llmpick: Run) -> None:
    done = llmpick("launch", "tgi", "--gpu", "Ascend 910B3:8", "--lang", "zh")
    assert "无法在此启动" in done.err


@pytest.mark.parametrize(("target", "told"), [("lws", True), ("kubernetes", False)])
def test_why_pods_of_several_machines_do_not_help_is_told(
    llmpick: Run, target: str, *, told: bool
) -> None:
    model = ("--model", "bartowski/Qwen2.5-72B-Instruct-GGUF", "--quant", "q8_0")
    pair = ("--gpu", "RTX 4090:2", "--nodes", "2")
    done = llmpick("launch", "llama.cpp", "--target", target, *pair, *model)
    assert done.code == 3
    assert ("ggml-rpc-server" in done.err) is told
    assert ("--image" in done.err) is told
    own = ("--image", "my/llama.cpp:rpc")
    opened = llmpick("launch", "llama.cpp", "--target", target, *pair, *model, *own)
    assert (opened.code == 0) is told
    assert llmpick("launch", "llama.cpp", "--target", "slurm", *pair, *model).code == 0
