"""What a row of measured speeds states: model, weights, device and load; never the result."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recommender.devices.catalogue import Spec, find
from recommender.errors import InputError
from recommender.facts import Model
from recommender.models import spelling
from recommender.models.catalogue import find_model
from recommender.models.flags import known_quantization
from recommender.models.rows import rows as catalogue_rows
from recommender.models.table import quantizations

Row = Mapping[str, Any]
_BRACKETS = re.compile(r"\(([^()]*)\)")
# Words that benchmark tables use for weight formats, where llmpick knows others.
_WORDS = {
    "fp4": "nvfp4",
    "uint4": "int4-w4a16",
    "int4": "int4-w4a16",
    "int8": "int8-w8a8",
    "gptq": "gptq-int4",
    "gptq4": "gptq-int4",
    "awq": "awq-int4",
    "awq-4bit": "awq-int4",
    "int8_w8a16": "gptq-int8",
}
# A name that states no size fits another model where the stated size differs by more than this.
_FAR = 0.3
# Since 2025 larger models of unknown architecture are more often mixtures of experts than not;
# a fine-tune has the size of its base, so sizes of which the catalogue has no mixture are dense.
_SURELY_DENSE, _SAME_SIZE = 15.5e9, 0.03
_DENSE_FAMILIES = re.compile(r"llama-?[23]|qwen-?2", re.IGNORECASE)
_K_FORM = re.compile(r"(i?q\d)_k_[a-z]+", re.IGNORECASE)
_TENSOR = re.compile(r"(?:^|\s)--?(?:tp|tp[-_]size|tensor[-_]parallel(?:[-_]size)?)[= ]+(\d+)")
_STAGES = re.compile(r"(?:^|\s)--?(?:pp|pp[-_]size|pipeline[-_]parallel(?:[-_]size)?)[= ]+(\d+)")
_DRAFTS = re.compile(
    r"speculative|--draft|--spec-|num_speculative|draft-m|--model-draft|\bmtp\b", re.IGNORECASE
)
_ON_HOST = re.compile(r"(?:-ngl|--n-gpu-layers|--gpu-layers)[= ]+0\b")
_EXPERTS_ON_HOST = re.compile(r"--n?-?(?:n-)?cpu-moe|(?:-ot|--override-tensor)\s+\S*exps")


@dataclass(frozen=True)
class Stated:
    """One row as it states itself; ``why_not`` says what is missing for a prediction."""

    id: str
    framework: str
    model: Model | None
    quantization: str | None
    weights_gib: float | None
    device: Spec | None
    devices: int
    tensor: int
    stages: int
    host: str | None
    backend: str | None
    concurrency: int | None
    prompt: float
    answer: float
    depth: int
    on_host: bool = False
    why_not: str | None = None


def stated(row: Row) -> Stated:
    """What a row says of itself."""
    model, why = _model(row)
    device, host = _device(str(row.get("gpu", "")))
    flags = str(row.get("flags") or "")
    on_host = row.get("device") == "CPU" or bool(_ON_HOST.search(flags))
    count = _count(row, flags)
    tensor = _number(_TENSOR, flags)
    stages = _number(_STAGES, flags)
    if device is None and not on_host:
        why = why or "the device is not known"
    if _EXPERTS_ON_HOST.search(flags):
        why = "experts in main memory whose bandwidth is not stated"
    if _DRAFTS.search(flags) or _DRAFTS.search(str(row.get("section") or "")):
        why = "speculative decoding is not predicted"
    if str(row["framework"]) == "ollama" and _DRAFTS.search(str(row.get("model"))):
        why = "speculative decoding is not predicted"
    prompt, answer = _lengths(row)
    quantization = _quantization(row, model) if model else None
    return Stated(
        id=str(row.get("id")),
        framework=str(row["framework"]),
        model=model,
        quantization=quantization,
        weights_gib=row.get("file_gib"),
        device=device,
        devices=count,
        tensor=tensor or 1,
        stages=stages or 1,
        host=host,
        backend=row.get("backend"),
        concurrency=row.get("concurrency"),
        prompt=prompt,
        answer=answer,
        depth=int(row.get("depth") or 0),
        on_host=on_host,
        why_not=why,
    )


def _model(row: Row) -> tuple[Model | None, str | None]:
    """The model that is named; stated counts of parameters fill what its name leaves open."""
    name = str(row.get("model", ""))
    try:
        model, problems = find_model(name)
    except InputError:
        model, problems = _by_name(name), ()
    model = _with_stated(row, model, {problem.rule for problem in problems})
    if model.params is None and not row.get("file_gib"):
        return model, "the model is not known"
    if model.moe and model.active_params is None:
        return model, "the active parameters are not known"
    open_ = model.layers is None and model.moe is None and not _DENSE_FAMILIES.search(name)
    if open_ and (model.params or 0) > _SURELY_DENSE and _may_be_mixture(model.params or 0):
        return model, "whether the model is a mixture of experts is not known"
    return model, None


def _may_be_mixture(params: int) -> bool:
    """Whether the catalogue has a mixture of experts of this size."""
    sizes = (row["params"] for row in catalogue_rows() if row.get("moe") and row.get("params"))
    return any(abs(size / params - 1) <= _SAME_SIZE for size in sizes)


def _by_name(name: str) -> Model:
    spelled = spelling.read(name.replace(":", "-"))
    return Model(
        id=name,
        params=spelled.params,
        active_params=spelled.active_params,
        moe=spelled.moe,
        quantization=spelled.quantization,
        format=spelled.format,
    )


def _with_stated(row: Row, model: Model, rules: set[str | None]) -> Model:
    params, active = row.get("params_b"), row.get("active_b")
    guessed = "model.from-base" in rules and _by_name(model.id).params is None
    if guessed and params and model.params and abs(params * 1e9 / model.params - 1) > _FAR:
        model = _by_name(model.id)
    if model.params is None and params:
        model = replace(model, params=round(params * 1e9))
    if model.active_params is None and active:
        model = replace(model, active_params=round(active * 1e9), moe=True)
    return model


def _device(text: str) -> tuple[Spec | None, str | None]:
    """The device, and the computer around it where the text names one."""
    found = find(text).row
    if found:
        return found, None
    for inner in _BRACKETS.findall(text):
        found = find(inner).row
        if found:
            return found, _BRACKETS.sub("", text).strip()
    return find(_BRACKETS.sub("", text)).row, None


def _count(row: Row, flags: str) -> int:
    if row.get("gpus"):
        return int(row["gpus"])
    parallel = (_number(_TENSOR, flags) or 1) * (_number(_STAGES, flags) or 1)
    if parallel > 1:
        return parallel
    return 1


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found else None


def _lengths(row: Row) -> tuple[float, float]:
    """Tokens of a prompt and of an answer."""
    prompt, answer = row.get("isl"), row.get("osl")
    if prompt is None and row.get("total_input_tokens") and row.get("concurrency"):
        rough = row["total_output_tokens"] / row["total_input_tokens"]
        return 200.0, 200.0 * rough
    return float(prompt or 0), float(answer or 0)


def _quantization(row: Row, model: Model) -> str | None:
    for text in _words(row):
        name = _WORDS.get(text.casefold(), text)
        known = known_quantization(name)
        if known in quantizations():
            return known
    if str(row["framework"]) == "ollama" and model.format != "mlx":
        own = spelling.read(model.id).quantization
        return own if own in quantizations() else "q4_k_m"
    if model.quantization is None and model.format == "mlx":
        return "mlx-4bit"
    return model.quantization


def _words(row: Row) -> Iterator[str]:
    text = str(row.get("quant") or "")
    yield text
    for word in text.split():
        yield word
        form = _K_FORM.search(word)
        if form:
            yield f"{form[1]}_k_m"
            yield f"{form[1]}_k"
    digits = re.fullmatch(r"(?:mlx-)?(\d)-?bit.*", text)
    if digits:
        yield f"mlx-{digits[1]}bit"
