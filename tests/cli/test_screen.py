"""The answer on one screen: its parts, its lines, and what ``-v`` adds."""

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Run

ASKED = {
    "server": (
        *("--gpu", "H100 SXM 80GB:8", "--use-case", "production", "--concurrency", "200"),
        *("--model", "meta-llama/Llama-3.3-70B-Instruct"),
    ),
    "desktop": ("--gpu", "RTX 4090", "--model", "Qwen/Qwen3-8B"),
    "old": ("--gpu", "Tesla T4", "--model", "Qwen/Qwen3-14B", "--use-case", "production"),
    "domestic": ("--gpu", "Ascend 910B3:8", "--use-case", "domestic"),
    "nothing": (
        *("--gpu", "none", "--ram", "0.1", "--arch", "armv7l"),
        *("--model", "meta-llama/Llama-3.1-405B-Instruct"),
    ),
}
# What a window of today shows at once.
_ROWS = 56


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ASKED)
def test_the_answer_is_one_screen(llmpick: Run, name: str, lang: str) -> None:
    lines = llmpick("recommend", *ASKED[name], "--lang", lang).out.splitlines()
    assert len(lines) <= _ROWS
    assert max(map(cell_len, lines)) <= 80 or name == "domestic"  # the address of its image


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_runner_up_and_each_refusal_has_its_line(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch, lang: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    answer = llmpick("recommend", *ASKED["old"], "--json").json
    lines = llmpick("recommend", *ASKED["old"], "--lang", lang).out.splitlines()
    ranked = [line for line in lines if line[:1].isdigit() and " · " in line]
    refused = [line for line in lines if line.startswith("   x ")]
    assert len(ranked) == len(answer["ranking"])
    assert len(refused) == len(answer["rejected"])
    assert max(map(cell_len, lines)) <= width


def test_verbose_tells_every_reason_with_what_it_rests_on(llmpick: Run) -> None:
    answer = llmpick("recommend", *ASKED["old"], "--json").json
    text = " ".join(llmpick("recommend", *ASKED["old"], "-v").out.split())
    reasons = [reason for item in answer["ranking"] for reason in item["reasons"]]
    reasons += [reason for item in answer["rejected"] for reason in item["reasons"]]
    assert reasons
    for reason in reasons:
        assert f"{reason['layer']} · {reason['rule']} · {reason['source']}" in text
        assert not reason["points"] or f"{reason['points']:+g} " in text
    assert all(warning["text"] in text for warning in answer["ranking"][0]["warnings"])


def test_what_would_change_the_pick_is_told_with_its_option(llmpick: Run) -> None:
    lines = llmpick("recommend", *ASKED["server"]).out.splitlines()
    told = [" ".join(line.split()) for line in lines if "with --use-case" in line]
    assert "→ SGLang with --use-case agents" in told


def test_json_tells_it_only_when_asked(llmpick: Run) -> None:
    plain = llmpick("recommend", "--gpu", "RTX 4090", "--json").json
    whole = llmpick("recommend", "--gpu", "RTX 4090", "--json", "-v").json
    assert "turns" not in plain
    assert {turn["framework"] for turn in whole.pop("turns")} <= {
        item["framework"] for item in whole["ranking"][1:]
    }
    assert whole == plain


def test_a_fit_that_falls_short_is_one_to_mind(llmpick: Run) -> None:
    few, many = (
        llmpick("recommend", *ASKED["old"], "--concurrency", str(users)).out.splitlines()
        for users in (1, 64)
    )
    assert any(line.startswith("   + fits") for line in few)
    assert any(line.startswith("   ! fits") for line in many)


def test_a_runner_up_is_told_by_what_the_pick_has_not(llmpick: Run) -> None:
    asked = ("--gpu", "RTX 4090:2", "--model", "Qwen/Qwen3-32B", "--use-case", "production")
    answer = llmpick("recommend", *asked, "--json").json["ranking"]
    pick = {(reason["rule"], reason["points"]) for reason in answer[0]["reasons"]}
    lines = [line for line in llmpick("recommend", *asked).out.splitlines() if line[:3] == "2  "]
    told = lines[0].rpartition("  ")[2][2:].removesuffix(" …")
    (reason,) = [one for one in answer[1]["reasons"] if one["text"].startswith(told)]
    assert (reason["rule"], reason["points"]) not in pick
