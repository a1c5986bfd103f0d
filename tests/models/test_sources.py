"""Which of a model's facts are from its files, from the catalogue, and from its name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gguf import GGMLQuantizationType as Kind

from recommender.errors import InputError
from recommender.models.catalogue import by_id, merge
from recommender.models.sources import read
from tests.models.written import LLAMA, folder, llama_tensors, safetensors, write_gguf

SHAPE = {
    "block_count": 2,
    "embedding_length": 256,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}
WEIGHTS = {"token_embd.weight": (Kind.Q8_0, (100, 256))}


def test_a_path_wins_over_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "Qwen" / "Qwen3-8B", LLAMA, llama_tensors())
    for text in ("Qwen/Qwen3-8B", "./Qwen/Qwen3-8B/", str(tmp_path / "Qwen" / "Qwen3-8B")):
        assert read(text)[0].layers == 2
    assert read("Qwen/Qwen3-14B")[0].layers == 40


def test_a_folder_without_a_model_is_no_reason_to_forget_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "phi-4").mkdir()
    assert read("phi-4")[0].id == "microsoft/phi-4"
    with pytest.raises(InputError, match="there are no weights"):
        read("./phi-4")


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    folder(tmp_path / "m", LLAMA, llama_tensors())
    model, _ = read("~/m")
    assert (model.id, model.layers) == ("~/m", 2)


@pytest.mark.parametrize("text", ["./models/Qwen3-8B-Q4_K_M.gguf", "/m/Qwen3-8B", "~/Qwen3-8B"])
def test_a_path_on_another_machine_is_known_by_its_name(text: str) -> None:
    model, problems = read(text)
    assert (model.id, model.layers, model.weights_gib) == (text, 36, None)
    assert problems[0].rule == "model.not-here"
    assert problems[0].fix == "check the path, if it should be"


def test_a_file_is_named_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    write_gguf(tmp_path / "m" / "x.gguf", "llama", SHAPE, WEIGHTS, general__file_type=7)
    for text in ("m/x.gguf", "./m/x.gguf", str(tmp_path / "m" / "x.gguf")):
        assert read(text)[0].id == text
    assert read("m")[0].id == "m/x.gguf"
    assert read("./m/")[0].id == "./m/x.gguf"


def test_a_local_build_of_a_known_model(tmp_path: Path) -> None:
    row = by_id("Qwen/Qwen3-30B-A3B")
    assert row is not None
    shape = {
        "block_count": row.layers,
        "embedding_length": row.hidden,
        "attention.head_count": row.heads,
        "attention.head_count_kv": row.kv_heads,
    }
    path = tmp_path / "Qwen3-30B-A3B-Q8_0.gguf"
    write_gguf(path, "qwen3moe", shape, WEIGHTS, general__file_type=7)
    model = merge(read(str(path))[0])
    assert model.base == "Qwen/Qwen3-30B-A3B"
    assert model.weights_gib == 100 * 8 * 34 / 2**30
    assert model.context == row.context
    assert model.quantization == "q8_0"


def test_another_model_of_the_same_name_stays_itself(tmp_path: Path) -> None:
    path = folder(tmp_path / "Qwen3-30B-A3B", LLAMA, llama_tensors())
    model = merge(read(str(path))[0])
    assert (model.base, model.active_params, model.gguf_repos) == (None, None, ())


def test_the_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    row = by_id("Qwen/Qwen3-8B")
    assert row is not None
    said = {
        "general__base_model__0__repo_url": f"https://huggingface.co/{row.id}",
        "general__file_type": 7,
    }
    heads = {"attention.head_count": row.heads, "attention.head_count_kv": row.kv_heads}
    own = {"block_count": row.layers, "embedding_length": row.hidden, **heads}
    write_gguf(tmp_path / "mine.gguf", "qwen3", own, WEIGHTS, **said)
    assert read(str(tmp_path / "mine.gguf"))[0].base == row.id
    write_gguf(tmp_path / "other.gguf", "qwen3", SHAPE, WEIGHTS, **said)
    assert read(str(tmp_path / "other.gguf"))[0].base is None


def test_a_wish_that_the_files_contradict(tmp_path: Path) -> None:
    path = folder(tmp_path, LLAMA, llama_tensors())
    model, (problem,) = read(str(path), quant="fp8")
    assert (model.quantization, problem.rule) == ("bf16", "model.quantization")
    assert problem.what.endswith("holds bf16 weights, but fp8 was asked for")
    assert read(str(path), quant="bf16", fmt="safetensors")[1] == ()
    with pytest.raises(InputError, match="no quantization that llmpick knows"):
        read(str(path), quant="nonsense")


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    path = folder(tmp_path, LLAMA, llama_tensors())
    safetensors(path / "model-extra.safetensors", {"model.norm.weight": ("BF16", (64,))})
    with pytest.raises(InputError, match=r"the tensor model\.norm.weight is in two files"):
        read(str(path))


@pytest.mark.parametrize("text", ["", "  ", "-x", "x" * 5000])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(InputError):
        read(text)


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").mkdir()
    with pytest.raises(InputError, match="there are no weights"):
        read(str(tmp_path / "x.gguf"))
    with pytest.raises(InputError, match="is no GGUF file; name one, or a model's folder"):
        read(str(Path(__file__)))


def _recommend(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "recommender", "recommend", "--gpu", "RTX 4090", *arguments]
    environment = {**os.environ, "LLMPICK_LANG": "en"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_command_reads_a_file(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", "llama", SHAPE, WEIGHTS, general__file_type=7)
    done = _recommend("--json", "--model", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    model = json.loads(done.stdout)["model"]
    assert (model["id"], model["layers"], model["source"]) == (str(path), 2, "GGUF header")


def test_a_damaged_file_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "x\x1b[31m.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0")
    done = _recommend("--model", str(path))
    assert done.returncode == 2
    assert "is cut off; download it again" in done.stderr
    assert "\x1b[31m" not in done.stderr
    assert "Traceback" not in done.stderr
