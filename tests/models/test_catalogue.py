"""``find_model``: what people type for ``--model``."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.facts import Model
from recommender.knowledge import document
from recommender.models.catalogue import by_id, find_model, merge

IDS = [row["id"] for row in document("models")["models"]]
NEMOTRON = "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize("model_id", IDS)
def test_every_model_is_found_by_its_id_and_name(model_id: str) -> None:
    for text in (model_id, model_id.upper(), model_id.partition("/")[2], f" {model_id}/ "):
        model, problems = find_model(text)
        assert (model.id, problems) == (model_id, ())
        assert model.base is None


def test_every_ollama_tag_is_found() -> None:
    for row in document("models")["models"]:
        if "ollama_tag" in row:
            assert find_model(row["ollama_tag"])[0].id == row["id"]


def test_every_known_build_is_itself() -> None:
    for row in document("models")["models"]:
        for repository in (*row.get("quantized_repos", {}), *row.get("gguf_repos", ())):
            model, problems = find_model(repository.lower())
            assert (model.id, model.base) == (repository, row["id"])
            assert {problem.rule for problem in problems} <= {"model.quantization"}


def test_every_alias_names_a_row() -> None:
    for text in document("models")["aliases"]:
        assert find_model(text)[0].id in IDS


def test_rows_are_consistent() -> None:
    fields = set(Model.__dataclass_fields__)
    for row in document("models")["models"]:
        assert set(row) <= fields, row["id"]
        assert row["source"]
        assert row["verified"]
        assert 0 < row.get("active_params", 1) <= row["params"]
        assert "head_dim" not in row or not row.get("mla"), row["id"]
    assert len(set(IDS)) == len(IDS)


# typed text, id, base, quantization, format, rules of the problems
TYPED = [
    ("llama 3.1 8b", LLAMA, None, "bf16", "safetensors", []),
    ("Llama-3.1-8B", LLAMA, None, "bf16", "safetensors", []),
    ("meta-llama/Meta-Llama-3.1-8B-Instruct", LLAMA, None, "bf16", "safetensors", []),
    ("llama 3 8b", LLAMA, None, "bf16", "safetensors", ["name.ambiguous"]),
    ("llama 8b", LLAMA, None, "bf16", "safetensors", ["name.ambiguous"]),
    ("qwen3:32b", "Qwen/Qwen3-32B", None, "bf16", "safetensors", []),
    ("QWEN3 32b", "Qwen/Qwen3-32B", None, "bf16", "safetensors", []),
    ("ｑｗｅｎ３-8b", "Qwen/Qwen3-8B", None, "bf16", "safetensors", []),
    ("https://huggingface.co/Qwen/Qwen3-8B", "Qwen/Qwen3-8B", None, "bf16", "safetensors", []),
    ("qwen 2.5 72b instruct", "Qwen/Qwen2.5-72B-Instruct", None, "bf16", "safetensors", []),
    ("qwen2 7b", "Qwen/Qwen2-7B-Instruct", None, "bf16", "safetensors", []),
    ("qwen 27b", "Qwen/Qwen3.5-27B", None, "bf16", "safetensors", ["name.ambiguous"]),
    ("llama 7b", "meta-llama/Llama-2-7b-chat-hf", None, "bf16", "safetensors", ["name.ambiguous"]),
    ("qwen coder 7b", "Qwen/Qwen2.5-Coder-7B-Instruct", None, "bf16", "safetensors", []),
    ("gpt-oss 120b", "openai/gpt-oss-120b", None, "mxfp4", "safetensors", []),
    ("gpt-oss", "openai/gpt-oss-20b", None, "mxfp4", "safetensors", ["name.ambiguous"]),
    ("deepseek-r1", "deepseek-ai/DeepSeek-R1", None, "fp8", "safetensors", []),
    ("mistral", "mistralai/Mistral-7B-Instruct-v0.3", None, "bf16", "safetensors", []),
    ("phi-4", "microsoft/phi-4", None, "bf16", "safetensors", []),
    ("gemma3:27b", "google/gemma-3-27b-it", None, "bf16", "safetensors", []),
    ("Qwen3-32B-AWQ", "Qwen/Qwen3-32B-AWQ", "Qwen/Qwen3-32B", "awq-int4", "safetensors", []),
    ("qwen/qwen3-32b-awq", "Qwen/Qwen3-32B-AWQ", "Qwen/Qwen3-32B", "awq-int4", "safetensors", []),
    (
        "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic",
        "RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic",
        "meta-llama/Llama-3.3-70B-Instruct",
        "fp8",
        "safetensors",
        [],
    ),
    ("acme/Qwen3-8B-NVFP4", "acme/Qwen3-8B-NVFP4", "Qwen/Qwen3-8B", "nvfp4", "safetensors", []),
    ("mlx-community/Qwen3-8B-4bit", None, "Qwen/Qwen3-8B", "mlx-4bit", "mlx", []),
    (
        "acme/Qwen3-8B-Int4",
        None,
        "Qwen/Qwen3-8B",
        "int4-w4a16",
        "safetensors",
        ["model.quantization"],
    ),
    ("acme/Qwen3-8B-AWQ-8bit", None, "Qwen/Qwen3-8B", None, "safetensors", ["model.quantization"]),
    (f"{NEMOTRON}-FP8", None, f"{NEMOTRON}-BF16", "fp8", "safetensors", []),
    ("Meta-Llama-3.1-8B-Instruct-Q5_K_M.gguf", None, LLAMA, "q5_k_m", "gguf", []),
    ("./models/Meta-Llama-3.1-8B-Instruct-Q5_K_M.gguf", None, LLAMA, "q5_k_m", "gguf", []),
    ("C:\\m\\phi-4-Q4_K_M.gguf", None, "microsoft/phi-4", "q4_k_m", "gguf", []),
    ("unsloth/Qwen3-8B-GGUF:Q4_K_M", None, "Qwen/Qwen3-8B", "q4_k_m", "gguf", []),
    ("unsloth/Qwen3-8B-GGUF", None, "Qwen/Qwen3-8B", "q4_k_m", "gguf", ["model.quantization"]),
    ("bartowski/Qwen_Qwen3-8B-GGUF:Q6_K", None, "Qwen/Qwen3-8B", "q6_k", "gguf", []),
    ("Qwen3-4B GGUF Q4_K_M", None, "Qwen/Qwen3-4B", "q4_k_m", "gguf", []),
    ("llama3.1:8b-instruct-q4_K_M", None, LLAMA, "q4_k_m", "gguf", []),
    ("qwen3:32b-q8_0", None, "Qwen/Qwen3-32B", "q8_0", "gguf", []),
    ("qwen3.6:35b-mlx", None, "Qwen/Qwen3.6-35B-A3B", None, "mlx", ["model.quantization"]),
    ("gemma4:e4b-it-qat", None, "google/gemma-4-E4B-it", "bf16", "safetensors", []),
    ("laguna-xs-2.1:nvfp4", None, "poolside/Laguna-XS-2.1", "nvfp4", "safetensors", []),
    ("glm-4.7-flash:latest", "zai-org/GLM-4.7-Flash", None, "bf16", "safetensors", []),
    ("meta-llama/Llama-3.1-8B", None, LLAMA, "bf16", "safetensors", ["model.from-base"]),
    ("unsloth/Llama-3.1-8B-Instruct", None, LLAMA, "bf16", "safetensors", ["model.from-base"]),
    ("me/Llama-3.1-8B-Instruct-tune", None, LLAMA, "bf16", "safetensors", ["model.from-base"]),
    ("me/Qwen3-8B-tune-AWQ", None, "Qwen/Qwen3-8B", "awq-int4", "safetensors", ["model.from-base"]),
    ("~/models/phi-4", None, "microsoft/phi-4", "bf16", "safetensors", ["model.from-base"]),
    ("me/Llama-3.1-8B-my-tune", None, None, None, None, ["model.unknown"]),
    ("acme/DeepSeek-R1-Distill-Qwen-3B", None, None, None, None, ["model.unknown"]),
    ("acme/foo-7b", None, None, None, None, ["model.unknown"]),
    ("acme/foo-7b-GPTQ-Int4", None, None, "gptq-int4", "safetensors", ["model.unknown"]),
    ("./model.gguf", None, None, None, "gguf", ["model.unknown"]),
    ("/data/llama", None, None, None, None, ["model.unknown"]),
    ("~", None, None, None, None, ["model.unknown"]),
    ("SmolLM9-135M GGUF Q8_0", None, None, "q8_0", "gguf", ["model.unknown"]),
    ("通义千问 7b", None, None, None, None, ["model.unknown"]),
]


@pytest.mark.parametrize(("text", "model_id", "base", "quantization", "form", "rules"), TYPED)
def test_typed_text_becomes_a_model(
    text: str,
    model_id: str | None,
    base: str | None,
    quantization: str | None,
    form: str | None,
    rules: list[str],
) -> None:
    model, problems = find_model(text)
    assert model.id == (model_id or text)
    assert (model.base, model.quantization, model.format) == (base, quantization, form)
    assert [problem.rule for problem in problems] == rules
    assert model.weights_gib is None
    known = by_id(base) if base else None
    if known:
        assert (model.layers, model.params) == (known.layers, known.params)


def test_an_ambiguous_name_says_what_else_it_fits() -> None:
    (problem,) = find_model("llama 3 8b")[1]
    assert "meta-llama/Meta-Llama-3-8B-Instruct" in problem.what


def test_a_fine_tune_has_none_of_the_files_of_its_base() -> None:
    model, (problem,) = find_model("me/Qwen3-8B-tune")
    assert model.base == "Qwen/Qwen3-8B"
    assert (model.gguf_repos, model.quantized_repos, model.ollama_tag) == ((), {}, None)
    assert "Qwen/Qwen3-8B" in problem.what


def test_control_characters_stay_in_the_id_and_nowhere_else() -> None:
    text = "acme/Qwen3-8B\x1b[31m\n-AWQ"
    model, problems = find_model(text)
    assert model.id == text
    assert (model.name or "").isprintable()
    assert all(problem.what.isprintable() for problem in problems)


def test_an_unknown_model_has_the_size_of_its_name() -> None:
    model, _ = find_model("acme/foo-30B-A3B")
    assert (model.params, model.active_params, model.moe) == (30_000_000_000, 3_000_000_000, True)
    assert model.layers is None
    assert find_model("acme/foo")[0].params is None


@pytest.mark.parametrize(
    ("text", "quant", "form", "model_id", "quantization", "kind", "rules"),
    [
        ("qwen3:32b", "awq", None, "Qwen/Qwen3-32B-AWQ", "awq-int4", "safetensors", []),
        ("qwen3:4b", "Q4_K_M", None, "unsloth/Qwen3-4B-GGUF", "q4_k_m", "gguf", []),
        (
            "qwen3:4b",
            None,
            "gguf",
            "unsloth/Qwen3-4B-GGUF",
            "q4_k_m",
            "gguf",
            ["model.quantization"],
        ),
        ("qwen3:4b", "bf16", None, "Qwen/Qwen3-4B", "bf16", "safetensors", []),
        ("qwen3:4b", "fp16", None, "Qwen/Qwen3-4B", "fp16", "safetensors", []),
        ("qwen3:4b", "mxfp4", None, "Qwen/Qwen3-4B", "mxfp4", "safetensors", ["model.no-build"]),
        (
            "Qwen/Qwen3-32B-AWQ",
            "awq-int4",
            None,
            "Qwen/Qwen3-32B-AWQ",
            "awq-int4",
            "safetensors",
            [],
        ),
        (
            "Qwen/Qwen3-32B-AWQ",
            "gptq-int4",
            None,
            "Qwen/Qwen3-32B-AWQ",
            "gptq-int4",
            "safetensors",
            ["model.quantization"],
        ),
        ("unsloth/Qwen3-8B-GGUF", "q8_0", None, "unsloth/Qwen3-8B-GGUF", "q8_0", "gguf", []),
        ("unsloth/Qwen3-8B-GGUF", "q4_k_m", None, "unsloth/Qwen3-8B-GGUF", "q4_k_m", "gguf", []),
        ("acme/foo-7b", "fp8", None, "acme/foo-7b", "fp8", "safetensors", ["model.unknown"]),
    ],
)
def test_quantization_and_format_can_be_asked_for(
    text: str,
    quant: str | None,
    form: str | None,
    model_id: str,
    quantization: str,
    kind: str,
    rules: list[str],
) -> None:
    model, problems = find_model(text, quant, form)
    assert (model.id, model.quantization, model.format) == (model_id, quantization, kind)
    assert [problem.rule for problem in problems] == rules


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("foo", "write org/name or a path"),
        ("qwen", "did you mean Qwen"),
        ("Qwen3-8B-finetune", "did you mean .*Qwen3-8B"),
        ("qwen3:99b", "org/name"),
        ("--trust-remote-code", "starts with a dash"),
        ("x/" + "y" * 600, "too long"),
    ],
)
def test_what_fits_nothing_is_an_input_error(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        find_model(text)
    assert str(caught.value).startswith("--model '")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("quant", "form", "flag"), [("zzz", None, "--quant"), (None, "zip", "--format")]
)
def test_unknown_wishes_are_input_errors(quant: str | None, form: str | None, flag: str) -> None:
    with pytest.raises(InputError, match=f"^{flag} "):
        find_model("qwen3:4b", quant, form)


def test_merge_fills_what_a_file_did_not_say() -> None:
    from_header = Model(id="./my.gguf", base="Qwen/Qwen3-8B", layers=99, quantization="q8_0")
    full = merge(from_header)
    assert (full.layers, full.kv_heads, full.quantization) == (99, 8, "q8_0")
    assert full.weights_gib is None


def test_merge_finds_the_row_by_name() -> None:
    full = merge(Model(id="acme/Qwen3-8B-AWQ"))
    row = by_id("Qwen/Qwen3-8B")
    assert row is not None
    assert (full.layers, full.gguf_repos, full.quantization) == (row.layers, row.gguf_repos, None)


def test_merge_leaves_a_fine_tune_its_own_files_and_strangers_alone() -> None:
    tuned, _ = find_model("me/Qwen3-8B-tune")
    assert merge(tuned) == tuned
    stranger = Model(id="acme/foo-7b")
    assert merge(stranger) == stranger


def test_a_name_is_found_quickly() -> None:
    find_model("phi-4")
    find_model("acme/x")
    start = time.process_time()
    for model_id in IDS[:50]:
        find_model(f"acme/{model_id.partition('/')[2]}-AWQ")
    assert time.process_time() - start < 50 * 0.005


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9 /\\_.:~-]{0,40}", fullmatch=True))
def test_any_text_gives_a_model_or_an_input_error(text: str) -> None:
    try:
        model, problems = find_model(text)
    except InputError as error:
        assert str(error).isprintable()  # noqa: PT017  # either outcome is right
    else:
        assert model.id
        assert all(problem.what.isprintable() for problem in problems)
