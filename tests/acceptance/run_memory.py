"""How near the predictions of memory come to what servers really allocated.

``python -m tests.acceptance.run_memory FILE [--rows] [--json]``: every row that is not marked
suspect is predicted from its stated model, hardware, framework, version and flags, never from its
observation, or listed with the reason why not. Sizes in GiB.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from recommender.facts import Budget, Model
from recommender.rules.breakdown import interval
from recommender.rules.demand import Needs, kv_room_gib, needs
from recommender.rules.kv_cache import request_gib
from recommender.rules.overheads import overheads
from recommender.versions import parts

from .rows import Row, Scores, main
from .stated_memory import Stated, UnknownRow, stated

_GIB, _MIB, _GB = 2**30, 2**20, 1e9
# Logged before CUDA graphs were counted with the rest.
_PARTS = ("activation_peak_gib", "non_torch_gib", "cuda_graph_gib")
_NOPE = 128
_BESIDE_SCORES = 5
# What people report as the peak is the whole card's use, with the desktop and the driver's own: 0.6
# to 0.7 GiB more than the buffers and the context of models of some million parameters.
_BESIDE_GIB = 0.6
Predict = Callable[[Stated], float]
Observe = Callable[[Mapping[str, Any], Row], float | None]


def predict(rows: Sequence[Row]) -> Scores:
    """Scores of every quantity that a row measured."""
    scores = Scores()
    for row in rows:
        observed = list(_observed(row))
        try:
            known = stated(row)
        except UnknownRow as reason:
            name = str(row["framework"])
            for quantity, _, _ in observed or [("row", 0.0, _weights)]:
                scores[quantity, name].miss(str(row["id"]), str(reason))
            continue
        if not observed:
            scores["row", known.framework].miss(str(row["id"]), "the row measures nothing")
        for quantity, value, function in observed:
            _add(scores, known, quantity, value, function)
    return scores


def _add(scores: Scores, known: Stated, quantity: str, value: float, function: Predict) -> None:
    score = scores[quantity, known.framework]
    name = str(known.row["id"])
    try:
        predicted = function(known)
        score.predict(name, predicted, value, _bounds(known, function, predicted))
    except UnknownRow as reason:
        score.miss(name, str(reason))


def _bounds(known: Stated, function: Predict, predicted: float) -> tuple[float, float] | None:
    """The interval that an answer would show, for the quantities that have one."""
    if function is _served:
        one = _needs(known)
        kv = predicted - one.whole_gib
        low, high = interval(known.job, one, kv)
        return low, high
    if function in {_weights, _file}:
        spread = predicted * (known.job.build.uncertainty or 0.0)
        return predicted - spread, predicted + spread
    return None


def _observed(row: Row) -> Iterator[tuple[str, float, Predict]]:
    """Quantity, value and how it is predicted, for all that the row measured."""
    seen = {name: value for name, value in (row.get("obs") or {}).items() if value is not None}
    for quantity, observe, function in _QUANTITIES:
        value = observe(seen, row)
        if value:
            yield quantity, value, function


def _first(*names: str, unit: float = _GIB) -> Observe:
    def observe(seen: Mapping[str, Any], _: Row) -> float | None:
        found = next((seen[name] for name in names if name in seen), None)
        return None if found is None else found * unit / _GIB

    return observe


def _either(*observers: Observe) -> Observe:
    def observe(seen: Mapping[str, Any], row: Row) -> float | None:
        return next((value for one in observers if (value := one(seen, row)) is not None), None)

    return observe


def _kv_token_bytes(seen: Mapping[str, Any], row: Row) -> float | None:
    """Bytes of one token: of a request of the whole context where that was logged."""
    room = seen.get("kv_available_gib_per_gpu")
    if room and seen.get("max_concurrency") and row.get("max_model_len"):
        return float(room * _GIB / seen["max_concurrency"] / row["max_model_len"])
    if room and seen.get("kv_tokens"):
        return float(room * _GIB / seen["kv_tokens"])
    if seen.get("kv_k_gib") and seen.get("kv_tokens"):
        return float((seen["kv_k_gib"] + seen["kv_v_gib"]) * _GIB / seen["kv_tokens"])
    return None


def _to_serve(seen: Mapping[str, Any], row: Row) -> float | None:
    """Weights, activations, runtime, graphs and the KV cache of one request of the context."""
    if not seen.get("weights_gib_per_gpu") or any(seen.get(name) is None for name in _PARTS):
        return None
    token = _kv_token_bytes(seen, row)
    if token is None or not row.get("max_model_len"):
        return None
    beside = seen["activation_peak_gib"] + seen["non_torch_gib"] + max(seen["cuda_graph_gib"], 0)
    return float(seen["weights_gib_per_gpu"] + beside + token * row["max_model_len"] / _GIB)


def _largest_buffer(seen: Mapping[str, Any], _: Row) -> float | None:
    buffers = seen.get("compute_mib")
    return max(buffers.values()) * _MIB / _GIB if buffers else None


def _needs(known: Stated) -> Needs:
    return needs(known.job, known.layout, known.context or 0)


def _weights(known: Stated) -> float:
    return _needs(known).weights_gib


def _file(known: Stated) -> float:
    return known.job.build.weights_gib or 0.0


def _token(known: Stated) -> float:
    context = known.context or 0
    return known.job.kv_gib(context, known.layout) * _GIB / context


def _cache(known: Stated) -> float:
    """KV cache of the whole context over all devices."""
    if known.context is None:
        message = "the context is not stated"
        raise UnknownRow(message)
    if known.naive_mla:
        return _unfolded(known.job.model) * known.context / _GIB * known.job.kv_share
    job = known.job
    return request_gib(job.model, known.context, job.kept, share=job.kv_share)


def _buffer(known: Stated) -> float:
    """What logs call the KV cache: without the states of linear layers, which have their own."""
    plain = replace(known.job.model, state_bytes=None)
    return _cache(replace(known, job=replace(known.job, model=plain)))


def _unfolded(model: Model) -> float:
    """Bytes of a token where an MLA model's latents are kept as whole keys and values.

    Keys have a part without position beside the rotated one, as long as a value (source:
    config.json of DeepSeek-V2, V3 and Kimi-K2: qk_nope_head_dim = v_head_dim = 128).
    """
    elements = (model.heads or 0) * (2 * _NOPE + (model.rope_head_dim or 0))
    return 2.0 * (model.layers or 0) * elements


def _room(known: Stated) -> float:
    if known.memory_gib is None:
        message = "the memory of the device is not stated"
        raise UnknownRow(message)
    return kv_room_gib(known.job, _needs(known), known.memory_gib)


def _served(known: Stated) -> float:
    context = known.context or 0
    return _needs(known).whole_gib + known.job.kv_gib(context, known.layout)


def _used(known: Stated) -> float:
    """All that a server takes which fills its fraction of the memory with KV cache."""
    return _needs(known).whole_gib + max(_room(known), 0.0)


def _peak(known: Stated) -> float:
    """All devices together."""
    one = _needs(known)
    buffers = _compute(known) - one.activations_gib
    held = (one.whole_gib + buffers) * known.layout.pooled + _cache(known)
    return held + known.projector_gib + (_BESIDE_GIB if known.whole_card else 0.0)


def _compute(known: Stated) -> float:
    job = known.job
    budget: Budget = job.platform.budget
    model: Model = job.model
    found = overheads(
        budget, model, job.platform.version, job.facts, linked=False, tokens=known.batch
    )
    context = known.context or 0
    buffer = found.activations_gib + found.context_gib * context
    if not known.whole_scores:
        return buffer
    # In float32 for every head, position and token of a batch, beside some hidden states.
    floats = (model.heads or 0) * context + _BESIDE_SCORES * (model.hidden or 0)
    return max(buffer, 4.0 * known.batch * floats / _GIB)


def _activations(known: Stated) -> float:
    return _needs(known).activations_gib


def _graphs(known: Stated) -> float:
    """CUDA graphs, which versions before 0.21 did not count with the rest."""
    if (parts(known.job.platform.version) or ()) >= (0, 21):
        message = "graphs are not told apart from the rest"
        raise UnknownRow(message)
    return _needs(known).outside_gib


def _runtime(known: Stated) -> float:
    one = _needs(known)
    return one.runtime_gib - one.outside_gib


_QUANTITIES: tuple[tuple[str, Observe, Predict], ...] = (
    ("weights/GPU", _first("weights_gib_per_gpu", "engine_gib_per_gpu"), _weights),
    ("activations", _first("activation_peak_gib"), _activations),
    ("runtime", _first("non_torch_gib"), _runtime),
    ("CUDA graphs", _first("cuda_graph_gib"), _graphs),
    ("KV bytes/token", _kv_token_bytes, _token),
    ("available KV", _first("kv_available_gib_per_gpu", "kv_gib_available"), _room),
    ("to serve one request", _to_serve, _served),
    (
        "file size",
        _either(_first("file_size_gib"), _first("weights_gb", unit=_GB)),
        _file,
    ),
    (
        "KV cache",
        _either(_first("kv_mib", "kv_nonswa_mib", unit=_MIB), _first("kv_gb", unit=_GB)),
        _buffer,
    ),
    (
        "compute buffer",
        _either(_largest_buffer, _first("compute_gb", unit=_GB)),
        _compute,
    ),
    ("used", _first("nvidia_smi_used_gib"), _used),
    (
        "peak",
        _either(
            _first("peak_vram_gb", "required_full_gib"),
            _first("total_gb", "ps_size_gb", unit=_GB),
        ),
        _peak,
    ),
)


if __name__ == "__main__":
    sys.exit(main("tests.acceptance.run_memory", sys.argv[1:], predict))
