"""What ``fit`` shows of a placement: unequal devices, speed, choices, sizes that are unknown."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from recommender.facts import DeviceMemory, Fit, Machine, Model, Reason, Rejection, Speed, Workload
from recommender.facts.fitting import Fitted, Fitting
from recommender.knowledge import load
from recommender.render.fitting import show
from recommender.words import LANGUAGES, Words


def _device(name: str, weights: float, kv: float, free: float) -> DeviceMemory:
    return DeviceMemory(
        weights_gib=weights,
        kv_cache_gib=kv,
        activations_gib=0.5,
        overhead_gib=0.5,
        free_gib=free,
        total_gib=weights + kv + 1 + free,
        device=name,
    )


LARGE, SMALL = _device("RTX 4090", 14.0, 6.0, 2.0), _device("RTX 3060", 7.0, 3.0, 0.5)
FIT = Fit(
    fits=True,
    model="o/m-GGUF",
    build="gguf",
    quantization="q4_k_m",
    quantization_support="native",
    weights_gib=21.0,
    context_tokens=4096,
    concurrent_requests=2,
    per_device=(LARGE, SMALL),
    choices=("o/m-AWQ (awq-int4) would hold more",),
)
ITEM = Fitted(
    framework="vllm",
    platform="cuda",
    version="1.0",
    support="supported",
    device="RTX 4090",
    fit=FIT,
    speed=Speed(decode_tokens_per_s=(31.4, 52.0), basis="estimate"),
)


def _fitting(*items: Fitted, rejected: tuple[Rejection, ...] = ()) -> Fitting:
    return Fitting(
        llmpick_version="1",
        knowledge_date="2026-11-22",
        machine=Machine(),
        workload=Workload(context_tokens=8192, concurrency=9),
        model=Model(id="o/m"),
        fits=items,
        rejected=rejected,
    )


def _shown(found: Fitting, lang: str = "en", width: int = 80) -> str:
    out = io.StringIO()
    words = Words(table=load().words, lang=lang)
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    show(found, load().titles, words, console)
    return out.getvalue()


def test_unequal_devices_have_bars_of_their_own_on_one_scale() -> None:
    lines = _shown(_fitting(ITEM)).splitlines()
    bars = [lines[lines.index(f"   {name}:") + 1].strip() for name in ("RTX 4090", "RTX 3060")]
    assert len(bars[1]) / len(bars[0]) == pytest.approx(11.5 / 23.0, abs=0.02)
    assert "layers over 2 devices" in " ".join(lines)


def test_speed_choices_and_wishes_are_told() -> None:
    text = " ".join(_shown(_fitting(ITEM)).split())
    assert "decode 31.4 to 52 tokens/s" in text
    assert "prefill unknown" in text
    assert "→ o/m-AWQ" in text
    assert "weights from o/m-GGUF" in text
    assert "wished: 8192 tokens of context, 9 concurrent" in text


def test_an_unknown_size_has_no_bars() -> None:
    unknown = Fitted(
        framework="vllm",
        platform="cuda",
        version=None,
        support="plugin",
        device=None,
        fit=Fit(fits=None),
        speed=Speed(),
    )
    text = _shown(_fitting(unknown))
    assert "cannot be told" in text
    assert "W weights" not in text
    assert "room unknown" in text


def test_a_refusal_without_sizes_keeps_its_sentence() -> None:
    reason = Reason(rule="fit.memory", text="too large \x1b[31mfor it", fix="take less")
    text = _shown(
        _fitting(rejected=(Rejection(framework="vllm", platform="cuda", reasons=(reason,)),))
    )
    assert "too large \\x1b[31mfor it" in text
    assert "take less" in text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_it_stays_in_the_window(lang: str, width: int) -> None:
    text = _shown(_fitting(ITEM), lang, width)
    assert max(map(cell_len, text.splitlines())) <= width
