"""``llmpick compare``: machines side by side, and what each buys over the first."""

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from recommender.facts.comparison import Comparison
from recommender.schema import adapter
from tests.cli.conftest import Run

QWEN = ("--model", "Qwen/Qwen3-32B")
WORK = ("--use-case", "production", "--concurrency", "20")
TWO = ("compare", "--gpu", "RTX 4090:2", "--gpu", "H200 SXM")
THREE = (*TWO, "--gpu", "Tesla T4")


def test_each_machine_answers_for_itself(llmpick: Run) -> None:
    found = llmpick(*THREE, *QWEN, *WORK, "--json").json
    assert [one["name"] for one in found["machines"]] == ["RTX 4090:2", "H200 SXM", "Tesla T4"]
    assert [len(one["machine"]["accelerators"]) for one in found["machines"]] == [2, 1, 1]
    assert {one["model"]["id"] for one in found["machines"] if one["model"]} == {QWEN[1]}
    for one in found["machines"]:
        (alone,) = (
            llmpick("fit", QWEN[1], "--gpu", one["name"], *WORK, "--json").json["fits"][:1]
            if one["pick"]
            else (None,)
        )
        assert one["pick"] == alone


def test_gains_are_against_the_first(llmpick: Run) -> None:
    found = llmpick(*THREE, *QWEN, *WORK, "--json").json
    assert {gain["than"] for gain in found["gains"]} == {"RTX 4090:2"}
    assert {gain["machine"] for gain in found["gains"]} == {"H200 SXM", "Tesla T4"}
    told = {gain["rule"]: gain for gain in found["gains"] if gain["machine"] == "H200 SXM"}
    assert told["gain.build"]["params"]["build"] == "bf16"
    assert told["gain.build"]["better"]
    assert found["best"] == "H200 SXM"
    assert llmpick(*THREE, *QWEN, *WORK, "-o", "name").out == "H200 SXM\n"


def test_the_factor_is_that_of_the_requests(llmpick: Run) -> None:
    small = ("compare", "--gpu", "RTX 4090", "--gpu", "L40S", "--framework", "llama.cpp")
    found = llmpick(*small, "--model", "Qwen/Qwen3-8B", "--json").json
    first, second = (one["pick"]["fit"]["concurrent_requests"] for one in found["machines"])
    (gain,) = (gain for gain in found["gains"] if gain["rule"] == "gain.requests")
    assert gain["params"]["factor"] == pytest.approx(second / first, abs=0.05)
    assert f"{gain['params']['factor']:g} x" in gain["text"]


def test_the_same_machine_buys_nothing(llmpick: Run) -> None:
    done = llmpick("compare", "--gpu", "L40S", "--gpu", "L40S", *QWEN, "--json")
    names = [one["name"] for one in done.json["machines"]]
    assert names == ["L40S", "L40S #2"]
    assert [gain["rule"] for gain in done.json["gains"]] == ["gain.nothing"]
    assert done.json["best"] == "L40S"


def test_without_a_model_each_proposes_its_own(llmpick: Run) -> None:
    found = llmpick(*THREE, *WORK, "--json").json
    assert found["model"] is None
    models = {one["name"]: one["model"]["id"] for one in found["machines"]}
    assert models["H200 SXM"] != models["Tesla T4"]
    first = llmpick(*THREE, *WORK).out
    assert "strongest model" in first
    assert "strongest model" not in llmpick(*THREE, *QWEN).out


def test_what_cannot_run_the_model_says_so(llmpick: Run) -> None:
    arguments = (
        "compare",
        "--gpu",
        "Tesla T4",
        "--gpu",
        "H200 SXM:8",
        "--model",
        "Qwen3-235B-A22B",
    )
    done = llmpick(*arguments, "--json")
    assert done.code == 0
    small, large = done.json["machines"]
    assert small["pick"] is None
    assert large["pick"]
    assert [(gain["rule"], gain["better"]) for gain in done.json["gains"]] == [("gain.runs", True)]
    table = llmpick(*arguments).out
    assert "memory:" in table
    nowhere = llmpick(*arguments[:3], "--gpu", "Tesla P4", *arguments[5:])
    assert nowhere.code == 3
    assert llmpick(*arguments[:3], "--gpu", "Tesla P4", *arguments[5:], "-o", "name").out == ""


def test_the_json_is_of_the_published_schema(llmpick: Run) -> None:
    text = llmpick(*THREE, *QWEN, "--json").out
    found: Comparison = adapter(Comparison).validate_json(text)
    assert len(found.machines) == 3
    schema = llmpick("schema", "comparison").json
    assert schema["properties"].keys() == json.loads(text).keys()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("arguments", [TWO, (*THREE, "--gpu", "昇腾910B3 8卡", "--gpu", "none")])
def test_nothing_is_wider_than_the_window(
    llmpick: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    width: int,
    lang: str,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = llmpick(*arguments, *WORK, "--lang", lang).out
    assert max(map(cell_len, text.splitlines())) <= width
    assert not re.search(r"\{[a-z_.]+\}", text)
    assert "\\n" not in text
    for name in arguments[2::2]:
        assert name in text


def test_both_languages_tell_the_same(llmpick: Run) -> None:
    english, chinese = (
        llmpick(*THREE, *WORK, "--json", "--lang", lang).json for lang in ("en", "zh")
    )
    for key in ("rule", "better", "params", "machine"):
        assert [gain[key] for gain in english["gains"]] == [gain[key] for gain in chinese["gains"]]
    said = [one["pick"]["fit"].pop("choices") for one in english["machines"]]
    spoken = [one["pick"]["fit"].pop("choices") for one in chinese["machines"]]
    assert [len(one) for one in said] == [len(one) for one in spoken]
    assert [one["pick"]["fit"] for one in english["machines"]] == [
        one["pick"]["fit"] for one in chinese["machines"]
    ]
    assert all(gain["text"] for gain in chinese["gains"])
    assert english["gains"][0]["text"] != chinese["gains"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), ("got 0", "--gpu", "--machine")),
        (("--gpu", "RTX 4090"), ("got 1", "--gpu")),
        (("--gpu", "RTX 4090", "--gpu", "H1000"), ("H1000", "H100")),
        (("vllm", "sglang"), ("vllm", "--gpu", "explain")),
        (
            ("--gpu", "L40S", "--machine", "/nonexistent", "--ram", "64"),
            ("--ram", "leave them out"),
        ),
        (("--gpu", "L40S", "--machine", "/nonexistent"), ("/nonexistent", "cannot be read")),
    ],
)
def test_wrong_input_is_one_sentence(
    llmpick: Run, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    done = llmpick("compare", *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert all(word in done.err for word in named)


def test_a_file_is_a_machine_and_its_names_are_harmless(llmpick: Run, tmp_path: Path) -> None:
    machine = llmpick("recommend", "--gpu", "L40S", "--json").json["machine"]
    machine["accelerators"][0]["name"] = "L40S\x1b[31m\u202e"
    path = tmp_path / "a\u202e[b].json"
    path.write_text(json.dumps(machine), encoding="utf-8")
    arguments = ("compare", "--gpu", "RTX 4090", "--machine", str(path), *QWEN)
    done = llmpick(*arguments)
    assert done.code == 0, done.err
    assert not {"\x1b", "\u202e"} & set(done.out)
    found = llmpick(*arguments, "--json").json
    assert [len(one["machine"]["accelerators"]) for one in found["machines"]] == [1, 1]
    assert found["machines"][1]["name"] == str(path)


def test_what_is_worse_has_no_minus_before_its_number(llmpick: Run) -> None:
    shown = llmpick("compare", "--gpu", "RTX 4090", "--gpu", "RTX 3060 12GB").out
    assert "↓ " in shown
    assert not re.search(r"- [\d.]+ x", shown)
