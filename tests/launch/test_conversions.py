"""A model without a GGUF build is made one ahead of a server that reads nothing else."""

from pathlib import Path

import pytest

from recommender.facts import Model, Workload
from recommender.facts.plan import Plan
from recommender.launch.shell import posix
from recommender.lint.programs import invocation
from recommender.models.rows import by_exact_id
from recommender.targets import shell, skypilot, systemd
from tests.targets.described import plan
from tests.targets.stage import shellcheck

TUNED = Model(id="someorg/My-Tune-8B", params=8_000_000_000)
FOLDER = Model(id="/models of us/my tune", params=8_000_000_000)


def made(framework: str, method: str, model: Model = TUNED, gpu: str = "RTX 4090") -> Plan:
    workload = Workload(install=method)
    return plan(framework, gpu, model, os="linux", methods=(method,), workload=workload)


def said(whole: Plan) -> list[str]:
    return [posix(line) for line in whole.prepare]


def test_llama_cpp_converts_with_its_own_build() -> None:
    whole = made("llama.cpp", "native")
    assert whole.makes == "./My-Tune-8B-Q4_K_M.gguf"
    assert any(f"hf download {TUNED.id} --local-dir ./My-Tune-8B" in line for line in said(whole))
    clone = next(line for line in said(whole) if line.startswith("git clone"))
    assert f"--branch {whole.version} " in clone
    convert, quantize = said(whole)[-2:]
    assert convert.endswith(" ./My-Tune-8B --outtype f16 --outfile ./My-Tune-8B-F16.gguf")
    program = whole.server.argv[0].replace("llama-server", "llama-quantize")
    assert quantize == f"{program} ./My-Tune-8B-F16.gguf {whole.makes} Q4_K_M"
    assert whole.makes in whole.server.argv


def test_the_one_program_has_the_tool_in_it() -> None:
    whole = plan("llama.cpp", "none", TUNED, os="linux", methods=("native",))
    assert whole.server.argv[:2] == ("llama", "serve")
    assert said(whole)[-1].startswith("llama quantize ./My-Tune-8B-F16.gguf ")


def test_a_container_converts_in_the_image_with_the_tools() -> None:
    whole = made("llama.cpp", "docker")
    convert, quantize = said(whole)[-2:]
    assert "-v ./My-Tune-8B:/model:ro" in convert
    assert " --convert /model " in convert
    assert quantize.endswith("-F16.gguf /made/./My-Tune-8B-Q4_K_M.gguf Q4_K_M")
    box = whole.server.container
    assert box is not None
    assert whole.makes in {mount.source for mount in box.mounts}


@pytest.mark.parametrize("method", ["native", "docker"])
def test_ollama_quantizes_what_was_converted(method: str) -> None:
    whole = made("ollama", method)
    assert whole.makes == "./My-Tune-8B-F16.gguf"
    assert not any("quantize" in line for line in said(whole))
    text = shell.write(whole)
    assert " -q Q4_K_M" in text
    assert "./My-Tune-8B-F16.gguf" in text.split("fi\n", 1)[1]


@pytest.mark.parametrize("framework", ["ollama", "llama.cpp"])
@pytest.mark.parametrize("method", ["native", "docker"])
def test_the_note_names_the_file_that_the_lines_read(framework: str, method: str) -> None:
    whole = made(framework, method)
    assert whole.makes is not None
    note = next(note for note in whole.notes if "no GGUF repository" in note)
    assert f"put a GGUF of it in 16 bits at {whole.makes}" in note or f"it at {whole.makes}" in note
    assert ("16 bits" in note) == (framework == "ollama")


def test_a_folder_on_this_disk_is_converted_where_it_lies() -> None:
    whole = made("llama.cpp", "native", FOLDER)
    assert not any("hf download" in line for line in said(whole))
    assert any(FOLDER.id in line.argv for line in whole.prepare)
    assert any(f"'{FOLDER.id}'" in line for line in said(whole))


@pytest.mark.parametrize("framework", ["llama.cpp", "ollama"])
def test_what_has_a_build_is_not_converted(framework: str) -> None:
    known = by_exact_id("Qwen/Qwen3-8B")
    assert known is not None
    file = Model(id="/m/x.gguf", format="gguf", quantization="q4_k_m", weights_gib=4.7)
    for model in (known, file):
        assert made(framework, "native", model).makes is None
        assert made(framework, "native", model).prepare == ()


def test_it_is_made_once(tmp_path: Path) -> None:
    for target in (shell, skypilot):
        text = target.write(made("llama.cpp", "native", gpu="H100 80GB"))
        assert "if [ ! -e ./My-Tune-8B-Q4_K_M.gguf ]; then" in text
    for method in ("native", "docker"):
        shellcheck(tmp_path, {"x": shell.write(made("llama.cpp", method))})


def test_a_service_is_given_the_file_by_root() -> None:
    text = systemd.write(made("llama.cpp", "native"))
    file = "My-Tune-8B-Q4_K_M.gguf"
    assert f"#   install -D -m 0644 ./{file} /var/lib/llmpick/my-tune-8b/{file}\n" in text
    assert "ExecStartPre=/usr/bin/env git" not in text


def test_words_after_those_of_a_shell_are_read() -> None:
    script = 'echo a > "$file" && exec "$@" --config "$file"'
    found = invocation(["bash", "-c", script, "x", "serve", "m"], ["serve"])
    assert found is not None
    assert found.words == ("m", "--config", "$file")
