"""From a row of measured speeds to what was measured, and to the prediction of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from recommender.facts import Budget
from recommender.knowledge import document
from recommender.rules.kv_cache import request_gib
from recommender.rules.rates import Rates
from recommender.rules.roofline import Rated, Run, decode, output, prefill, run_of
from recommender.rules.weights import Table
from tests.acceptance.measured import Stated, stated

Row = Mapping[str, Any]
DENSE = "decode, dense, one GPU"
_MIXTURE = "decode, mixture of experts, one GPU"
_SEVERAL = "decode, several GPUs"
_PROCESSOR = "decode, processor"
ALONE = "answer to one request"
_EACH = "decode, each of many requests"
_PROMPT = "prefill"
_TOGETHER = "output of many requests"
# Ids of frameworks in the rows where llmpick has others.
_IDS = {"mlx": "mlx-lm", "lmstudio": "llama.cpp"}
# Engines that give each device some layers: one request gains nothing.
_SPLIT_LAYERS = {"ggml", "mlx"}
# Left for contexts and buffers beside weights and KV cache, GiB (source: fit-and-speed, section 3).
_RESERVE_GIB, _VISIBLE, _ROUNDING = 0.6, 0.97, 1.03
# Where a benchmark states no lengths: about those of the ShareGPT conversations.
_PROMPT_TOKENS, _ANSWER_TOKENS = 220.0, 200.0
# Requests that servers run at a time where more wait (source: fit-and-speed, section 3).
_MOST_REQUESTS = 1024


@dataclass(frozen=True)
class Case:
    """One measured quantity; without ``run`` the reason ``why_not`` it cannot be predicted."""

    id: str
    quantity: str
    framework: str
    observed: float
    kind: str
    model: str
    run: Run | None = None
    requests: int = 1
    prompt: float = 0.0
    answer: float = 1.0
    why_not: str | None = None


def predict(case: Case, rates: Rates) -> Rated | None:
    """What llmpick says of a case, None where nothing measured supports a figure."""
    if case.run is None:
        return None
    if case.kind == "decode":
        return decode(case.run, rates)
    if case.kind == "prefill":
        return prefill(case.run, rates, case.prompt)
    return output(case.run, rates, case.requests, case.prompt, case.answer)


def cases(row: Row, rates: Rates) -> Iterator[Case]:
    """Everything that was measured in a row."""
    said = stated(row)
    mlx = said.model is not None and said.model.format == "mlx"
    engine = "mlx" if mlx else rates.engine(_IDS.get(said.framework, said.framework))
    run, why = _run(row, said, engine)
    measured = list(_measured(row, said))
    if not measured:
        measured = [("not stated", _TOGETHER, 0.0, {})]
        why = "what was measured is not stated"
    for kind, quantity, observed, more in measured:
        yield Case(
            id=said.id,
            quantity=quantity,
            framework=said.framework,
            observed=observed,
            kind=kind,
            model=str(row.get("model")),
            run=None if why else run,
            why_not=why,
            **(more if run else {}),
        )


def _run(row: Row, said: Stated, engine: str | None) -> tuple[Run | None, str | None]:
    why = said.why_not
    if why is None and engine is None:
        why = f"nobody measured {said.framework}"
    if said.on_host:
        why = why or "the bandwidth of the main memory is not known"
    weights = _weights(said)
    if why or weights is None or said.device is None or said.model is None or engine is None:
        return None, why or "the size of the weights is not known"
    tensor = 1 if engine in _SPLIT_LAYERS else said.tensor if said.tensor > 1 else said.devices
    if said.stages > 1:
        tensor = max(tensor // said.stages, 1)
    run = run_of(
        said.model,
        said.quantization,
        weights,
        engine=engine,
        device=said.device,
        tensor=tensor,
        host=said.host,
        context=_context(row, said),
        read_gib=_active(said),
    )
    return run, _too_large(run, said)


def _weights(said: Stated) -> float | None:
    if said.weights_gib or said.model is None or said.quantization is None:
        return said.weights_gib
    return table().weights_gib(said.model, said.quantization)


def _active(said: Stated) -> float | None:
    """Weights that a token reads; the size of the real file goes before an estimate of all."""
    if said.model is None or said.quantization is None:
        return None
    active = table().active_gib(said.model, said.quantization)
    every = table().weights_gib(said.model, said.quantization)
    if not (said.weights_gib and active and every):
        return active
    return active * said.weights_gib / every


@cache
def table() -> Table:
    """Bits per weight of the formats."""
    return Table(document("core")["quantizations"])


def _too_large(run: Run, said: Stated) -> str | None:
    device = run.device
    memory = device.memory_gib
    if memory is None or device.unified_memory:
        return None
    has = memory * _VISIBLE * max(said.devices, 1)
    needs = run.weights_gib + run.kv_gib * run.context + _RESERVE_GIB * said.devices
    if needs <= has * _ROUNDING:
        return None
    return "weights in main memory, whose bandwidth is not stated"


def _context(row: Row, said: Stated) -> float:
    """Tokens that a request holds on average; llama-bench measures answers without a prompt."""
    alone = "llama-bench" in str(row.get("flags")) or row.get("depth") is not None
    prompt = 0.0 if alone else said.prompt
    return said.depth + prompt + said.answer / 2


def _measured(row: Row, said: Stated) -> Iterator[tuple[str, str, float, dict[str, Any]]]:
    mode = row.get("mode")
    if mode == "single_stream":
        if row.get("decode_tps"):
            yield "decode", _decoded(said), row["decode_tps"], {}
        if row.get("prefill_tps") and said.prompt:
            yield "prefill", _PROMPT, row["prefill_tps"], {"prompt": said.prompt}
    elif mode == "static_batch":
        yield from _static(row, said)
    elif mode == "server_latency" and row.get("tpot_ms_mean"):
        each = 1000.0 / row["tpot_ms_mean"]
        many = said.concurrency or 1
        yield "each", _EACH, each * many, _load(said, many)
    elif row.get("output_tps"):
        many = min(said.concurrency or _MOST_REQUESTS, _MOST_REQUESTS)
        yield "output", _TOGETHER, row["output_tps"], _load(said, many) | _lengths(row, said)


def _static(row: Row, said: Stated) -> Iterator[tuple[str, str, float, dict[str, Any]]]:
    many = said.concurrency or 1
    if not row.get("total_tps"):
        return
    observed = row["total_tps"] * said.answer / (said.prompt + said.answer)
    if many == 1:
        yield "decode", ALONE, observed, {}
    else:
        yield "output", _TOGETHER, observed, _load(said, many) | _lengths(row, said)


def _load(said: Stated, many: int) -> dict[str, Any]:
    return {"requests": _at_a_time(said, many)}


def _at_a_time(said: Stated, many: int) -> int:
    """Requests whose KV cache the devices hold together."""
    weights, device, model = _weights(said), said.device, said.model
    if weights is None or device is None or model is None or not device.memory_gib:
        return many
    room = device.memory_gib * 0.9 * max(said.devices, 1) - weights
    tokens = (said.prompt or _PROMPT_TOKENS) + (said.answer or _ANSWER_TOKENS) / 2
    each = request_gib(model, round(tokens), Budget(sliding="window"))
    return max(min(many, int(room / each)), 1)


def _lengths(row: Row, said: Stated) -> dict[str, float]:
    if row.get("total_input_tokens") and row.get("total_output_tokens"):
        ratio = row["total_input_tokens"] / row["total_output_tokens"]
        return {"prompt": _ANSWER_TOKENS * ratio, "answer": _ANSWER_TOKENS}
    return {"prompt": said.prompt or _PROMPT_TOKENS, "answer": said.answer or _ANSWER_TOKENS}


def _decoded(said: Stated) -> str:
    if said.on_host:
        return _PROCESSOR
    if said.devices > 1:
        return _SEVERAL
    return _MIXTURE if said.model and said.model.moe else DENSE


_FAMILIES = re.compile(
    r"deepseek|qwen2|qwen3\.[5-9]|qwen3|llama|ministral|mistral|mixtral|gemma|phi|falcon|granite"
    r"|gpt-oss|glm|nemotron|minimax|lfm|smollm|ornith",
    re.IGNORECASE,
)


def family(model: str) -> str:
    """The family of a model by its name."""
    found = _FAMILIES.search(model)
    return found[0].casefold() if found else "other"
