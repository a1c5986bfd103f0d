"""What servers need besides weights and KV cache, by part, version and device."""

from dataclasses import replace

import pytest

from recommender.facts import Accelerator, Budget, Model, Overhead
from recommender.knowledge import load
from recommender.models.catalogue import by_id
from recommender.rules.overheads import Overheads, overheads
from recommender.rules.situation import Group, Situation, device_facts, model_facts

NOWHERE = Situation(values={}, situations={})
MODEL = Model(id="m/x", vocab=100_000, hidden=4096, layers=32, intermediate=14_336)


def _term(part: str = "activations", **more: object) -> Overhead:
    return Overhead(part=part, source="s", **more)  # type: ignore[arg-type]


def _of(*terms: Overhead, model: Model = MODEL, version: str = "1.5", **more: object) -> Overheads:
    budget = Budget(overheads=terms)
    return overheads(budget, model, version, NOWHERE, **{"linked": False, **more})  # type: ignore[arg-type]


def _vllm(name: str, memory: float, version: str, model: str, *, linked: bool = False) -> Overheads:
    known = by_id(model)
    assert known is not None
    device = Accelerator(vendor="nvidia", name=name, memory_gib=memory, compute_capability="9.0")
    values = device_facts(Group(members=(device,))) | model_facts(known)
    facts = Situation(values=values, situations={})
    budget = load().platform("vllm", "cuda").budget
    return overheads(budget, known, version, facts, linked=linked)


def test_every_term_adds_its_share() -> None:
    found = _of(
        _term(gib=0.2, per_vocab=1.0, per_hidden=0.1, per_intermediate=0.01),
        _term("runtime", gib=0.5, together=1.5),
        _term("margin", gib=1.0),
    )
    assert found.activations_gib == pytest.approx(0.2 + 1.0 + 0.4096 + 0.14336)
    assert (found.runtime_gib, found.margin_gib) == (0.5, 1.0)
    assert _of(_term("runtime", gib=0.5, together=1.5), linked=True).runtime_gib == 2.0


def test_a_mixture_counts_the_experts_of_a_token() -> None:
    moe = replace(MODEL, moe=True, moe_intermediate=512, experts_per_token=8)
    found = _of(_term(per_intermediate=1.0, moe=0.25), model=moe)
    assert found.activations_gib == pytest.approx(0.25 + 4.096)


def test_larger_batches_grow_what_grows_with_them() -> None:
    found = _of(_term(gib=0.5, per_context=0.001, tokens=512), _term(gib=0.1), tokens=2048)
    assert found.activations_gib == pytest.approx(2.1)
    assert found.context_gib == pytest.approx(4e-6)


@pytest.mark.parametrize(
    ("version", "gib"), [("0.9", 1.0), ("1.0", 2.0), ("1.9.3", 2.0), ("2.0", 3.0), ("main", 3.0)]
)
def test_an_entry_holds_for_its_versions(version: str, gib: float) -> None:
    terms = (
        _term(gib=1.0, before="1.0"),
        _term(gib=2.0, since="1.0", before="2.0"),
        _term(gib=3.0, since="2.0"),
    )
    assert _of(*terms, version=version).activations_gib == gib


def test_without_entries_the_reserve_is_what_is_needed() -> None:
    budget = Budget(reserve_gib=2.0, reserve_tp_gib=1.0)
    alone, linked = (
        overheads(budget, MODEL, "1", NOWHERE, linked=linked) for linked in (False, True)
    )
    assert (alone.runtime_gib, linked.runtime_gib) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("name", "memory", "version", "activations"),
    [
        # Peaks that start-up logs of 2025 and 2026 print for Llama-3.1-8B, and what the default of
        # 256 sequences leaves of the sampler on smaller devices (fit-and-speed, section 3).
        ("H100 SXM 80GB", 80.0, "0.19.0", 1.89),
        ("H100 SXM 80GB", 80.0, "0.11.0", 4.76),
        ("A100 SXM 80GB", 80.0, "0.19.0", 0.74),
        ("GeForce RTX 4090", 24.0, "0.33.0", 0.74),
    ],
)
def test_the_peak_follows_version_and_device(
    name: str, memory: float, version: str, activations: float
) -> None:
    found = _vllm(name, memory, version, "meta-llama/Llama-3.1-8B-Instruct")
    assert found.activations_gib == pytest.approx(activations, rel=0.03)


def test_graphs_are_counted_before_the_cache_since_a_version() -> None:
    model = "meta-llama/Llama-3.1-8B-Instruct"
    before, since = (_vllm("H100", 80.0, version, model) for version in ("0.20.2", "0.21.0"))
    assert before.outside_gib > 0
    assert before.outside_layer_gib > 0
    assert (since.outside_gib, since.outside_layer_gib) == (0.0, 0.0)
    assert since.runtime_gib == before.runtime_gib


def test_linked_devices_need_buffers_to_talk() -> None:
    model = "meta-llama/Llama-3.3-70B-Instruct"
    alone, linked = (_vllm("H100", 80.0, "0.33.0", model, linked=one) for one in (False, True))
    assert linked.runtime_gib - alone.runtime_gib == pytest.approx(1.85)


def test_the_newest_entry_holds_for_a_version_without_numbers() -> None:
    spans = ({"before": "1.0"}, {"since": "1.0", "before": "2.0"}, {"since": "2.0"})
    terms = [_term(gib=gib, **span) for gib, span in zip((0.1, 0.2, 0.7), spans, strict=True)]
    assert _of(*terms, version="main").activations_gib == pytest.approx(0.7)
    assert _of(*terms, version="2.0").activations_gib == pytest.approx(0.7)


def test_towers_beside_the_text_count_by_their_parameters() -> None:
    towers = replace(MODEL, extra_params=2_000_000_000)
    assert _of(_term(per_extra=0.3), model=towers).activations_gib == pytest.approx(0.6)
    assert _of(_term(per_extra=0.3)).activations_gib == 0.0


def test_an_unknown_width_between_the_projections_is_that_of_most_dense_models() -> None:
    unknown = replace(MODEL, intermediate=None)
    found = _of(_term(per_intermediate=1.0), model=unknown).activations_gib
    assert found == pytest.approx(3.5 * 4.096)
    # What the experts of a token make of it is known of a mixture alone.
    dense = replace(MODEL, moe=False, moe_intermediate=512, experts_per_token=8)
    assert _of(_term(per_intermediate=1.0), model=dense).activations_gib == pytest.approx(14.336)


def test_what_is_unknown_of_a_model_adds_nothing() -> None:
    bare = Model(id="m/bare")
    terms = _term(gib=0.2, per_vocab=1e5, per_hidden=1e3, per_intermediate=1e3, per_extra=1e9)
    assert _of(terms, model=bare).activations_gib == pytest.approx(0.2)
