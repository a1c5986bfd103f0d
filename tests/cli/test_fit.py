"""``llmpick fit``: whether a model fits, where the memory goes, and by how much it does not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from recommender.facts.fitting import Fitting
from recommender.schema import adapter
from tests.cli.conftest import Run

LLAMA = "meta-llama/Llama-3.3-70B-Instruct"
H100X8 = ("--gpu", "H100 SXM 80GB:8")
HUGE = ("fit", "Qwen/Qwen3-235B-A22B", "--gpu", "RTX 4090:2")
PARTS = ("weights_gib", "kv_cache_gib", "activations_gib", "overhead_gib", "free_gib")


def _widest(text: str) -> int:
    return max(map(cell_len, text.splitlines()))


def test_each_framework_says_build_layout_room_and_memory(llmpick: Run) -> None:
    done = llmpick("fit", LLAMA, *H100X8, "--concurrency", "50", "--json")
    assert done.code == 0
    assert done.json["model"]["id"] == LLAMA
    found = {item["framework"]: item for item in done.json["fits"]}
    assert {"vllm", "sglang", "llama.cpp"} <= found.keys()
    fit = found["vllm"]["fit"]
    assert fit["fits"]
    assert fit["quantization"] == "bf16"
    assert fit["tensor_parallel"] * fit["data_parallel"] == 8
    assert found["vllm"].keys() >= {"platform", "version", "support", "device", "speed"}
    for item in found.values():
        for device in item["fit"]["per_device"]:
            whole = device["total_gib"]
            assert sum(device[part] for part in PARTS) == pytest.approx(whole, abs=0.05)


def test_the_json_is_of_the_published_schema(llmpick: Run) -> None:
    for arguments in (("fit", LLAMA, *H100X8), HUGE):
        text = llmpick(*arguments, "--json").out
        found: Fitting = adapter(Fitting).validate_json(text)
        assert found.schema_version == "1.0"
    schema = llmpick("schema", "fitting").json
    assert schema["properties"].keys() == json.loads(text).keys()


def test_a_bar_reads_without_colour_and_sums_to_its_device(llmpick: Run) -> None:
    text = llmpick("fit", LLAMA, *H100X8, "--concurrency", "50", "--framework", "vllm").out
    assert "8 x H100 SXM 80GB:" in text
    (bar,) = re.findall(r"^ +(W+K+A+O+\.*)$", text, re.MULTILINE)
    figures = re.search(r"W (\S+) \+ K (\S+) \+ A (\S+) \+ O (\S+) \+ \. (\S+) = (\S+) GiB", text)
    assert figures
    *parts, whole = map(float, figures.groups())
    assert sum(parts) == pytest.approx(whole, abs=0.3)
    for letter, part in zip("WKAO.", parts, strict=True):
        assert bar.count(letter) / len(bar) == pytest.approx(part / whole, abs=0.05)
    assert "W weights" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", LLAMA, *H100X8, "--concurrency", "500"),
        HUGE,
        ("fit", "Qwen/Qwen3-8B", "--gpu", "RTX 4090", "--gpu", "RTX 3060"),
        ("fit", "o/" + "long-" * 30 + "7b", "--gpu", "Tesla T4"),
    ],
)
def test_nothing_is_wider_than_the_window(
    llmpick: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    width: int,
    lang: str,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = llmpick(*arguments, "--lang", lang).out
    assert _widest(text) <= width
    assert not re.search(r"\{[a-z_.]+\}", text)


def test_colour_changes_nothing_but_colour(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("fit", LLAMA, *H100X8)
    plain = llmpick(*arguments).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = llmpick(*arguments).out
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[3[0-9]", llmpick(*arguments).out)
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert llmpick(*arguments).out == plain


def _shape(value: Any) -> Any:
    """Keys and numbers without sentences."""
    if isinstance(value, dict):
        told = {"text", "fix", "what", "choices", "notes", "fact"}
        return {key: _shape(item) for key, item in value.items() if key not in told}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return value


@pytest.mark.parametrize("arguments", [("fit", LLAMA, *H100X8), HUGE])
def test_both_languages_tell_the_same(llmpick: Run, arguments: tuple[str, ...]) -> None:
    english, chinese = (llmpick(*arguments, "--json", "--lang", lang).json for lang in ("en", "zh"))
    for item in (*english["rejected"], *chinese["rejected"]):
        for reason in item["reasons"]:
            reason.pop("params")
    assert _shape(english) == _shape(chinese)


def test_what_does_not_fit_says_by_how_much_and_what_would(llmpick: Run) -> None:
    done = llmpick(*HUGE)
    assert done.code == 3
    assert "fits nowhere here" in done.out
    flat = " ".join(done.out.split())
    needs, has, gap = map(
        float,
        re.search(  # type: ignore[union-attr]
            r"needs ([\d.]+) GiB.*? can give ([\d.]+) GiB: ([\d.]+) GiB short", flat
        ).groups(),
    )
    assert needs - has == pytest.approx(gap, abs=1)
    assert re.search(r"GiB short → take a .*, or \d+ such devices", flat)


def test_what_nothing_runs_is_not_called_too_large(llmpick: Run) -> None:
    done = llmpick("fit", "Qwen/Qwen3-8B", "--gpu", "Tesla T4", "--framework", "sglang")
    assert done.code == 3
    assert "can run Qwen/Qwen3-8B here" in done.out
    assert "fits nowhere" not in done.out
    assert "8.0" in done.out


def test_the_model_is_never_another_one(llmpick: Run) -> None:
    asked = llmpick(*HUGE, "--json").json
    assert asked["model"]["id"] == "Qwen/Qwen3-235B-A22B"
    assert asked["fits"] == []
    assert all(item["reasons"] for item in asked["rejected"])
    instead = llmpick("recommend", "--model", *HUGE[1:], "--json").json
    assert instead["model"]["id"] != asked["model"]["id"]


def test_only_the_named_frameworks_are_tried(llmpick: Run) -> None:
    work = ("--framework", "vLLM", "--framework", "ktransformers", "--ram", "64")
    found = llmpick("fit", "Qwen/Qwen3-30B-A3B", "--gpu", "RTX 4090", *work, "--json").json
    named = {item["framework"] for item in (*found["fits"], *found["rejected"])}
    assert named == {"vllm", "ktransformers"}
    table = llmpick("fit", "Qwen/Qwen3-30B-A3B", "--gpu", "RTX 4090", *work).out
    assert "KTransformers" in table


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--framework", "vlm"), ("vlm", "vllm")),
        (("--framework", "gpustack"), ("GPUStack", "explain gpustack")),
        (("-o", "xml"), ("xml", "yaml")),
        (("--context", "0"), ("--context", "0")),
    ],
)
def test_wrong_input_is_one_sentence(
    llmpick: Run, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    done = llmpick("fit", "Qwen/Qwen3-8B", "--gpu", "T4", *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert all(word in done.err for word in named)


def test_a_name_that_fits_nothing_is_refused(llmpick: Run) -> None:
    assert llmpick("fit", "  ", "--gpu", "T4").code == 2
    assert llmpick("fit", "--gpu", "T4").code == 2


def test_names_are_the_frameworks_that_hold_it(llmpick: Run) -> None:
    done = llmpick("fit", "Qwen/Qwen3-8B", "--gpu", "RTX 4090", "-o", "name")
    found = llmpick("fit", "Qwen/Qwen3-8B", "--gpu", "RTX 4090", "--json").json
    assert done.out.split() == [item["framework"] for item in found["fits"]]
    assert llmpick(*HUGE, "-o", "name").out == ""


def test_unequal_cards_are_told_apart(llmpick: Run) -> None:
    cards = ("--gpu", "RTX 4090", "--gpu", "RTX 3060")
    found = llmpick("fit", "Qwen/Qwen3-8B", *cards, "--json").json
    names = {card["name"] for card in found["machine"]["accelerators"]}
    assert len(names) == 2
    for item in found["fits"]:
        assert item["device"] in names
        assert {one["device"] for one in item["fit"]["per_device"]} <= names


def test_unequal_cards_that_share_a_model_have_a_bar_each(llmpick: Run) -> None:
    cards = ("--gpu", "RTX 4090", "--gpu", "RTX 3090", "--framework", "llama.cpp")
    (item,) = llmpick("fit", LLAMA, *cards, "--json").json["fits"]
    names = [one["device"] for one in item["fit"]["per_device"]]
    assert len(set(names)) == len(names) == 2
    text = llmpick("fit", LLAMA, *cards).out
    assert all(f"   {name}:\n" in text for name in names)
    assert len(re.findall(r"^ +W+K*A*O+\.*$", text, re.MULTILINE)) == 2


def test_what_lies_in_main_memory_is_said(llmpick: Run) -> None:
    work = ("--ram", "256", "--framework", "llama.cpp")
    arguments = ("fit", "Qwen/Qwen3-235B-A22B", "--gpu", "RTX 4090", *work)
    (item,) = llmpick(*arguments, "--json").json["fits"]
    assert item["fit"]["offload"] == "experts"
    assert re.search(r"\d GiB of experts in main memory", " ".join(llmpick(*arguments).out.split()))


def test_less_than_was_wished_is_said(llmpick: Run) -> None:
    arguments = ("fit", "Qwen/Qwen3-8B", "--gpu", "RTX 4090", "--framework", "vllm")
    assert "wished: 500 concurrent" in llmpick(*arguments, "--concurrency", "500").out
    assert "wished" not in llmpick(*arguments).out


def test_an_unknown_size_is_not_called_too_large(llmpick: Run) -> None:
    done = llmpick("fit", "somebody/some-model", "--gpu", "RTX 4090")
    assert done.code == 0
    assert "cannot be told" in done.out


def test_a_machine_of_a_file_with_hostile_names(llmpick: Run, tmp_path: Path) -> None:
    device = {"vendor": "nvidia", "name": "\x1b[31mRTX\u202e [b]4090", "memory_gib": 24}
    machine = {
        "os": {"family": "linux"},
        "arch": "x86_64",
        "accelerators": [{**device, "compute_capability": "8.9"}],
    }
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(machine), encoding="utf-8")
    done = llmpick("fit", "Qwen/Qwen3-8B\u202e\x07", "--machine", str(path))
    assert not {"\x1b", "\u202e", "\x07"} & set(done.out)
    assert "[b]4090" in done.out


def test_a_file_that_is_not_here_is_refused_on_this_machine(llmpick: Run) -> None:
    done = llmpick("fit", "./no.gguf")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "'./no.gguf' is not on this machine; check the path" in done.err
    assert "不在本机；请检查路径" in llmpick("fit", "./no.gguf", "--lang", "zh").err
    elsewhere = llmpick("fit", "./no.gguf", "--gpu", "L40S", "--json")
    assert elsewhere.code == 0
    assert "model.not-here" in {problem["rule"] for problem in elsewhere.json["problems"]}
