"""Repositories through the real huggingface_hub, from a hub on this machine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gguf import GGMLQuantizationType as Kind

from recommender.errors import InputError
from recommender.facts import Model
from recommender.models import repository
from recommender.models.hub import files as hub_files
from recommender.models.sources import read
from tests.models.hub_server import Hub, serving
from tests.models.written import LLAMA, folder, llama_tensors, safetensors, write_gguf

GIB = 2**30
SHAPE = {
    "block_count": 2,
    "embedding_length": 256,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
}


@pytest.fixture(name="hub")
def _hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    constants = pytest.importorskip("huggingface_hub.constants")
    with serving(tmp_path / "hub") as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        for name, value in _environment(hub, tmp_path).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield hub


def _environment(hub: Hub, home: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": hub.address,
        "MODELSCOPE_DOMAIN": hub.address,
        "HF_HOME": str(home / "home"),
        "NO_PROXY": "127.0.0.1,localhost",
        "HF_TOKEN": "hf_secret",
    }


def model_of(text: str, **options: Any) -> Model:
    return read(text, hub=True, **options)[0]


def test_a_repository_with_safetensors(hub: Hub) -> None:
    path = folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    local, _ = read(str(path))
    model, problems = read("acme/foo", hub=True)
    assert problems == ()
    assert (model.id, model.name) == ("acme/foo", "foo")
    for name in ("params", "weights_gib", "embedding_gib", "layers", "kv_bytes_per_token"):
        assert getattr(model, name) == getattr(local, name)
    assert model.quantization == "bf16"


def test_only_headers_are_read(hub: Hub) -> None:
    shapes = {**llama_tensors(), "model.layers.1.mlp.up_proj.weight": ("BF16", (4096, 4096))}
    folder(hub.root / "acme" / "foo", LLAMA, shapes)
    assert (model_of("acme/foo").params or 0) > 4096 * 4096
    assert hub.sent < 2**18


def test_many_shards(hub: Hub) -> None:
    path = hub.root / "acme" / "foo"
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(LLAMA))
    shapes = llama_tensors()
    for part, name in enumerate(shapes, start=1):
        file = path / f"model-{part:05}-of-{len(shapes):05}.safetensors"
        safetensors(file, {name: shapes[name]})
    assert model_of("acme/foo").weights_gib == read(str(path))[0].weights_gib
    assert len(hub.asked) == len(shapes) + 2


def test_the_gguf_file_that_was_wished(hub: Hub) -> None:
    path = hub.root / "acme" / "foo-GGUF"
    (path / "UD-Q4_K_XL").mkdir(parents=True)
    words = {"tokenizer__ggml__tokens": ["word" * 10] * 20_000}
    for name, kind in (("foo-Q4_K_M.gguf", 15), ("foo-Q8_0.gguf", 7)):
        parts = {"token_embd.weight": (Kind.Q8_0, (100 * kind, 256))}
        write_gguf(path / name, "llama", SHAPE, parts, general__file_type=kind, **words)
    split = {"token_embd.weight": (Kind.Q8_0, (10, 256))}
    for part in (1, 2):
        name = f"UD-Q4_K_XL/foo-UD-Q4_K_XL-0000{part}-of-00002.gguf"
        write_gguf(path / name, "llama", SHAPE if part == 1 else {}, split)
    for text, quant, rows in (
        ("acme/foo-GGUF", "q8_0", 700),
        ("acme/foo-GGUF", None, 1500),
        ("acme/foo-GGUF:Q8_0", None, 700),
        ("acme/foo-GGUF", "ud-q4_k_xl", 20),
    ):
        model = model_of(text, quant=quant)
        assert model.weights_gib == rows * 256 / 32 * 34 / GIB
        assert (model.id, model.layers) == (text, 2)
    with pytest.raises(InputError, match="not one is q6_k; name one file"):
        model_of("acme/foo-GGUF", quant="q6_k")


def test_modelscope_for_mainland_china(hub: Hub) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    assert model_of("acme/foo", region="CN").layers == 2
    assert all(path.startswith("/api/v1/models/acme/foo/repo") for path in hub.asked)
    assert all(token is None for _, token in hub.tokens)
    with pytest.raises(InputError, match="ModelScope has no such model"):
        model_of("acme/bar", region="CN")


def test_the_token_goes_to_the_hub_alone(hub: Hub) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    hub.cdn = hub.address.replace("127.0.0.1", "localhost")
    assert model_of("acme/foo").layers == 2
    # Once a day huggingface_hub asks the hub for something else, and that without a token.
    sent = {(host.partition(":")[0], token) for host, token in hub.tokens}
    assert sent - {("127.0.0.1", None)} == {("127.0.0.1", "Bearer hf_secret"), ("localhost", None)}


def test_a_model_of_the_catalogue_causes_no_request(hub: Hub) -> None:
    for text in ("Qwen/Qwen3-8B", "qwen/qwen3-8b/", "qwen3:8b", "llama 3.1 8b"):
        assert model_of(text).params
    assert hub.asked == []


def test_the_files_of_a_build_are_read_where_the_hub_may_be_asked(hub: Hub) -> None:
    folder(hub.root / "Qwen" / "Qwen3-8B-AWQ", LLAMA, llama_tensors())
    assert model_of("Qwen/Qwen3-8B-AWQ").weights_gib
    known, _ = read("Qwen/Qwen3-8B-AWQ")
    assert known.weights_gib is None


def test_nothing_is_asked_without_hub(hub: Hub) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    _, (problem,) = read("acme/foo")
    assert (problem.rule, problem.fix) == (
        "model.unknown",
        "add --hub to read its config from the hub",
    )
    assert hub.asked == []


def _gated(hub: Hub) -> None:
    hub.gated.add("acme/foo")


def _down(hub: Hub) -> None:
    hub.status = 503


def _without_ranges(hub: Hub) -> None:
    hub.ranges = False


@pytest.mark.parametrize(
    ("change", "text", "message"),
    [
        (_gated, "acme/foo", "it is gated; accept its terms on its page, then log in"),
        (None, "acme/nothing", "has no such model, or it is private; check its spelling"),
        (_down, "acme/foo", "answers with the status 503"),
        (_without_ranges, "acme/large", "does not give parts of files"),
        (None, "acme/lora", "LoRA adapter, no model of its own; name its base model org/base"),
        (None, "acme/diffusion", "diffusion pipeline; name a language model"),
        (None, "acme/empty", "there are no weights"),
        (None, "acme/a/b", "is no repository; write org/name"),
        (None, "../etc", "is not|no repository"),
    ],
)
def test_what_a_hub_does_not_give(hub: Hub, change: Any, text: str, message: str) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    large = {f"{n:0200}": ("U8", (1,)) for n in range(2000)}
    folder(hub.root / "acme" / "large", LLAMA, large)
    for name, file, content in (
        ("lora", "adapter_config.json", '{"base_model_name_or_path": "org/base"}'),
        ("diffusion", "model_index.json", "{}"),
        ("empty", "README.md", ""),
    ):
        (hub.root / "acme" / name).mkdir(parents=True)
        (hub.root / "acme" / name / file).write_text(content)
    if change:
        change(hub)
    if text == "../etc":
        assert read(text, hub=True)[1][0].rule == "model.not-here"
        return
    with pytest.raises(InputError, match=message) as refused:
        model_of(text)
    assert "hf_secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_hub_that_nobody_reaches(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"cannot be reached \(ConnectError\); check the network"):
        model_of("acme/foo")
    assert hub.asked == []


def test_a_hub_that_sends_without_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    monkeypatch.setattr("recommender.models.hosts._MOST_READ", 500)
    with pytest.raises(InputError, match="sends more than 0 MiB of headers"):
        model_of("acme/foo")


def test_a_hub_that_is_too_slow(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    monkeypatch.setattr("recommender.models.hosts._DEADLINE_S", -1.0)
    with pytest.raises(InputError, match="takes more than -1 s; try again"):
        model_of("acme/foo")


def test_a_header_that_trickles_ends_with_the_deadline(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.endless = 200
    monkeypatch.setattr("recommender.models.hosts._DEADLINE_S", 1.0)
    with pytest.raises(InputError, match="takes more than 1 s; try again"):
        model_of("acme/foo")


def test_the_body_of_an_error_is_not_read(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    hub.endless = 500
    with pytest.raises(InputError, match="answers with the status 500"):
        model_of("acme/foo")
    assert capfd.readouterr() == ("", "")


def test_names_that_no_file_has_are_passed_over(hub: Hub) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    hub.names = ("model-\ud800.safetensors", "model-\x1b[31m.safetensors")
    assert model_of("acme/foo").layers == 2


def test_a_list_without_end_is_no_repository(hub: Hub) -> None:
    hub.names = tuple(f"{n:0200}" for n in range(10_000))
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    with pytest.raises(InputError, match="lists more files than a model has"):
        model_of("acme/foo")


def test_files_that_change_while_they_are_read(hub: Hub) -> None:
    path = folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    files = hub_files("acme/foo", None)
    (path / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    with pytest.raises(InputError, match="is cut off; download it again"):
        repository.read(files, "acme/foo")


@pytest.mark.parametrize(
    ("name", "value"), [("HF_HUB_OFFLINE", "1"), ("TRANSFORMERS_OFFLINE", "yes")]
)
def test_offline_forbids_requests(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="HF_HUB_OFFLINE forbids"):
        model_of("acme/foo")
    with pytest.raises(InputError, match="--offline forbids"):
        model_of("acme/foo", offline=True)
    assert hub.asked == []


def test_without_the_package_a_sentence_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"install it with pip install 'llmpick\[hub\]'"):
        model_of("acme/foo")


def _llmpick(hub: Hub, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **_environment(hub, home)}
    command = [sys.executable, "-m", "recommender", "recommend", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_command_honours_hf_endpoint(hub: Hub, tmp_path: Path) -> None:
    folder(hub.root / "acme" / "foo", LLAMA, llama_tensors())
    done = _llmpick(hub, tmp_path, "--gpu", "A100 80GB", "--json", "--hub", "--model", "acme/foo")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["model"]["layers"] == 2
    assert answer["model"]["weights_gib"] == read(str(hub.root / "acme" / "foo"))[0].weights_gib
    assert hub.asked


def test_a_refusal_is_one_sentence_and_exit_code_2(hub: Hub, tmp_path: Path) -> None:
    done = _llmpick(hub, tmp_path, "--gpu", "A100 80GB", "--hub", "--model", "acme/nothing")
    assert done.returncode == 2
    assert "has no such model" in done.stderr
    assert "Traceback" not in done.stderr
    done = _llmpick(hub, tmp_path, "--gpu", "A100 80GB", "--hub")
    assert (done.returncode, "name the model with --model" in done.stderr) == (2, True)
