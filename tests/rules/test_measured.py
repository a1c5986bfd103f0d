"""A measurement speaks for the very candidate that was measured, and for no other."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.devices.described import describe
from recommender.facts import Accelerator, Candidate, Machine, Model, Speed, Workload
from recommender.facts.measurement import Measurement, Timing
from recommender.knowledge import load
from recommender.models.catalogue import find_model
from recommender.pipeline import as_asked
from recommender.render.speed import speed_line
from recommender.words import Words

ONE = Measurement(
    llmpick_version="0.1.0",
    at="2026-11-20T10:00:00Z",
    framework="vllm",
    model="Qwen/Qwen3-8B",
    quantization="bf16",
    device="NVIDIA GeForce RTX 4090",
    device_memory_gib=23.99,
    devices=1,
    timing=Timing(requests=8, decode_tokens_per_s=(51.0, 53.0), together_tokens_per_s=(300, 300)),
)
CARD = describe(["RTX 4090"])
MODEL = find_model("Qwen/Qwen3-8B", None, None)[0]


def picked(
    *measurements: Measurement,
    machine: Machine = CARD,
    model: Model = MODEL,
    framework: str = "vllm",
    users: int = 1,
) -> Candidate:
    work = Workload(concurrency=users)
    answer = as_asked(machine, work, model, frameworks=(framework,), measurements=measurements)
    return answer.ranking[0]


def test_the_measured_range_takes_the_place_of_the_predicted() -> None:
    predicted, speed = picked().speed, picked(ONE).speed
    assert speed.decode_tokens_per_s == (51.0, 53.0)
    assert speed.decode_tokens_per_s != predicted.decode_tokens_per_s
    assert (speed.basis, speed.verified_on) == ("measured", "2026-11-20")
    assert speed.verified == ("decode_tokens_per_s",)
    assert (
        replace(
            speed,
            decode_tokens_per_s=predicted.decode_tokens_per_s,
            verified=(),
            verified_on=None,
        )
        == predicted
    )


def test_several_measurements_make_one_range_and_the_last_day_counts() -> None:
    other = replace(ONE, at="2026-11-22T08:00:00Z", timing=Timing(decode_tokens_per_s=(49.0, 50.0)))
    speed = picked(other, ONE).speed
    assert speed.decode_tokens_per_s == (49.0, 53.0)
    assert speed.verified_on == "2026-11-22"


@pytest.mark.parametrize(
    "other",
    [
        {"framework": "sglang"},
        {"model": "Qwen/Qwen3-4B"},
        {"quantization": "fp8"},
        {"quantization": None},
        {"device": "NVIDIA GeForce RTX 4080"},
        {"device": "AMD EPYC", "devices": 0},
        {"devices": 2},
    ],
)
def test_another_thing_was_measured(other: dict[str, Any]) -> None:
    assert picked(replace(ONE, **other)) == picked()


def test_all_together_are_as_many_as_were_measured() -> None:
    assert picked(ONE, users=8).speed.together_tokens_per_s == (300, 300)
    assert picked(ONE, users=8).speed.requests == 8
    sixteen = picked(ONE, users=16).speed
    assert sixteen.together_tokens_per_s == picked(users=16).speed.together_tokens_per_s
    assert sixteen.verified == ("decode_tokens_per_s",)


def test_a_card_is_the_same_by_any_of_its_names() -> None:
    short = replace(ONE, device="RTX 4090", device_memory_gib=24.0)
    assert picked(short).speed.verified
    eighty = Accelerator(vendor="nvidia", name="NVIDIA A100-SXM4-80GB", memory_gib=79.3)
    machine = replace(CARD, accelerators=(replace(eighty, compute_capability="8.0"),))
    same = replace(ONE, device="A100 SXM 80GB", device_memory_gib=80.0)
    smaller = replace(ONE, device="NVIDIA A100-SXM4-40GB", device_memory_gib=39.4)
    assert picked(same, machine=machine).speed.verified
    assert not picked(smaller, machine=machine).speed.verified


def test_a_file_is_the_same_in_any_folder() -> None:
    here = find_model("Qwen3-8B-Q4_K_M.gguf", None, None)[0]
    there = replace(
        ONE, framework="llama.cpp", model="/srv/models/Qwen3-8B-Q4_K_M.gguf", quantization="q4_k_m"
    )
    assert picked(there, model=here, framework="llama.cpp").speed.verified
    built = replace(there, model="unsloth/Qwen3-8B-GGUF:Q4_K_M", base="Qwen/Qwen3-8B")
    assert picked(built, framework="llama.cpp").speed.verified


def test_the_processor_is_known_by_its_model() -> None:
    machine = describe(["none"], cpu="AMD EPYC 9334", ram_gib=64)
    measured = replace(
        ONE,
        framework="llama.cpp",
        quantization="q4_k_m",
        device="AMD EPYC 9334",
        device_memory_gib=None,
        devices=0,
    )
    speed = picked(measured, machine=machine, framework="llama.cpp").speed
    assert speed.decode_tokens_per_s == (51.0, 53.0)
    assert (speed.basis, speed.runs) == ("measured", None)
    other = replace(measured, device="AMD EPYC 7742")
    assert not picked(other, machine=machine, framework="llama.cpp").speed.verified


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_line_says_when_it_was_measured(lang: str) -> None:
    words = Words(table=load().words, lang=lang)
    line = speed_line(picked(ONE, users=8).speed, words)
    assert line.count("2026-11-20") == 2
    alone = Speed(decode_tokens_per_s=(5.0, 6.0), basis="measured")
    alone = replace(alone, verified=("decode_tokens_per_s",), verified_on="2026-11-20")
    assert "None" not in speed_line(alone, words)
    assert "2026-11-20" in speed_line(alone, words)


@given(
    st.lists(
        st.builds(
            Measurement,
            llmpick_version=st.just("0"),
            at=st.text(),
            framework=st.sampled_from(["vllm", "x"]),
            model=st.sampled_from(["Qwen/Qwen3-8B", "", ".gguf", "/"]),
            base=st.none() | st.text(),
            quantization=st.sampled_from(["bf16", "q4_k_m"]),
            device=st.sampled_from(["RTX 4090", "", "?"]),
            device_memory_gib=st.none() | st.floats(0.1, 1000),
            devices=st.integers(0, 3),
            timing=st.builds(
                Timing,
                requests=st.integers(0, 9),
                decode_tokens_per_s=st.none() | st.tuples(st.floats(1, 5), st.floats(5, 9)),
            ),
        ),
        max_size=5,
    )
)
def test_no_measurement_moves_a_rank(measurements: list[Measurement]) -> None:
    plain, told = picked(), picked(*measurements)
    assert replace(told, speed=plain.speed) == plain
