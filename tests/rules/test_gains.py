"""What one machine gives over another, and which of them is the best."""

from dataclasses import replace
from typing import Any

from recommender.facts import Fit, Machine, Model, Speed, Workload
from recommender.facts.comparison import Compared, Gain
from recommender.facts.fitting import Fitted
from recommender.knowledge import load
from recommender.rules.gains import best, gains
from recommender.words import LANGUAGES, Words

FIT = Fit(
    fits=True,
    quantization="awq-int4",
    weights_gib=18.0,
    context_tokens=8192,
    concurrent_requests=4,
)


def _machine(
    name: str, device: str | None = "GPU", speed: Speed | None = None, **fit: Any
) -> Compared:
    pick = Fitted(
        framework="vllm",
        platform="cuda",
        version="1",
        support="supported",
        device=device,
        fit=replace(FIT, **fit),
        speed=speed or Speed(),
    )
    return Compared(
        name=name, machine=Machine(), model=Model(id="o/m", params=32_000_000_000), pick=pick
    )


FIRST = _machine("first")
NOTHING = replace(FIRST, name="nothing", pick=None)


def _gains(first: Compared, other: Compared, lang: str = "en") -> dict[str, Gain]:
    words = Words(table=load().words, lang=lang)
    return {gain.rule: gain for gain in gains(first, other, words)}


def _better(first: Compared, other: Compared) -> dict[str, bool | None]:
    return {rule: gain.better for rule, gain in _gains(first, other).items()}


def test_every_difference_has_its_sign() -> None:
    assert _better(FIRST, replace(FIRST, name="same")) == {"gain.nothing": None}
    large = _machine("large", quantization="bf16", weights_gib=61.0, concurrent_requests=16)
    assert _better(FIRST, large) == {"gain.build": True, "gain.requests": True}
    assert _better(large, FIRST) == {"gain.build": False, "gain.requests": False}
    assert _better(FIRST, _machine("long", context_tokens=32768)) == {"gain.context": True}
    assert _better(FIRST, _machine("slow", offload="layers")) == {"gain.host": False}
    assert _better(_machine("cpu", device=None), FIRST) == {"gain.devices": True}
    assert _better(FIRST, NOTHING) == {"gain.lost": False}
    assert _better(NOTHING, FIRST) == {"gain.runs": True}
    assert _better(NOTHING, NOTHING) == {"gain.nothing": None}


def test_speed_counts_where_both_are_known() -> None:
    slow = Speed(decode_tokens_per_s=(40.0, 60.0), prefill_tokens_per_s=(900.0, 1100.0))
    fast = Speed(decode_tokens_per_s=(80.0, 90.0), prefill_tokens_per_s=(900.0, 1110.0))
    one, two = _machine("one", speed=slow), _machine("two", speed=fast)
    (gain,) = _gains(one, two).values()
    assert (gain.rule, gain.params["factor"]) == ("gain.decode", 1.7)
    assert _better(two, one) == {"gain.decode": False}
    assert _better(FIRST, two) == {"gain.nothing": None}


def test_a_different_model_is_no_matter_of_bits_or_speed() -> None:
    larger = replace(
        _machine("larger", quantization="fp8", weights_gib=70.0),
        model=Model(id="o/n", params=70_000_000_000),
    )
    assert _better(FIRST, larger) == {"gain.model": True}
    unknown = replace(larger, model=Model(id="o/unknown"))
    assert _better(FIRST, unknown) == {"gain.model": None}


def test_sentences_hold_their_values_in_both_languages() -> None:
    other = _machine("other", quantization="bf16", weights_gib=61.0, concurrent_requests=16)
    for lang in LANGUAGES:
        told = _gains(FIRST, other, lang)
        assert "bf16" in told["gain.build"].text
        assert "awq-int4" in told["gain.build"].text
        assert "4" in told["gain.requests"].text
        assert "0.25" in _gains(other, FIRST, lang)["gain.requests"].text


def test_the_best_serves_the_wished_requests_before_it_is_precise() -> None:
    few = _machine("few", quantization="bf16", weights_gib=61.0, concurrent_requests=2)
    many = _machine("many", concurrent_requests=64)
    assert best([few, many], Workload(concurrency=1)) == "few"
    assert best([few, many], Workload(concurrency=32)) == "many"
    assert best([FIRST, replace(FIRST, name="same")], Workload()) == "first"
    assert best([NOTHING, FIRST], Workload()) == "first"
    assert best([NOTHING], Workload()) is None
    offloaded = _machine("offloaded", quantization="bf16", weights_gib=61.0, offload="layers")
    assert best([offloaded, FIRST], Workload()) == "first"
