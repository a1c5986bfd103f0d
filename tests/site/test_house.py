"""House rules: what a site refuses, asks for, prefers and warns of."""

from pathlib import Path
from typing import Any

import pytest

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.knowledge import overlaid
from recommender.pipeline import recommend
from recommender.site import read
from tests.site.running import llmpick, written

HOUSE = """
rules:
  - never: [TGI, ollama]
    because: {en: legal has not cleared it, zh: 法务尚未批准}
    fix: ask legal
  - never_license: MIT
    id: no-mit
  - framework: sglang
    points: 12.5
    because: our operators know {framework.name}
    when: {workload.concurrency: {above: 8}}
  - framework: vllm
    warn: nobody is on call for it
"""
ASKED = "llmpick recommend --gpu H100 --use-case production --concurrency 64"


def _by_name(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["framework"]: item for item in found}


def test_rules_are_told_as_those_of_the_site(tmp_path: Path) -> None:
    written(tmp_path, house=HOUSE)
    knows = "--knowledge site"
    answer, verbose, chinese, plain, why = llmpick(
        tmp_path,
        f"{ASKED} {knows} --json",
        f"{ASKED} {knows} -v",
        f"{ASKED} {knows} --lang zh -v",
        f"{ASKED} {knows} --rules article --json",
        f"llmpick explain tgi --why-not --gpu H100 {knows}",
    )
    ranking, rejected = _by_name(answer.json["ranking"]), _by_name(answer.json["rejected"])
    assert {"tgi", "ollama", "llama.cpp"} <= rejected.keys()
    first = rejected["tgi"]["reasons"][0]
    told = {key: first[key] for key in ("rule", "layer", "source", "checked", "fix")}
    expected = {"rule": "site.house.3", "layer": "site", "source": "house.yaml:3"}
    assert told == {**expected, "checked": None, "fix": "ask legal"}
    assert "rules it out (house.yaml:3): legal has not cleared it" in first["text"]
    assert rejected["llama.cpp"]["reasons"][0]["rule"] == "site.no-mit"
    assert "licence, MIT (house.yaml:6)" in rejected["llama.cpp"]["reasons"][0]["text"]
    mine = [reason for reason in ranking["sglang"]["reasons"] if reason["layer"] == "site"]
    assert [(reason["points"], reason["source"]) for reason in mine] == [(12.5, "house.yaml:8")]
    assert mine[0]["text"] == "our operators know SGLang (this site, house.yaml:8)"
    assert sum(r["points"] for r in ranking["sglang"]["reasons"]) == ranking["sglang"]["score"]
    assert any(reason["layer"] == "site" for reason in ranking["vllm"]["warnings"])
    assert "site · site.house.3 · house.yaml:3" in " ".join(verbose.out.split())
    assert "本站点禁用（house.yaml:3）：法务尚未批准" in "".join(chinese.out.split())
    assert "站点 · site.house.3" in " ".join(chinese.out.split())
    assert "rule: site.house.3" in why.out
    layers = {
        reason["layer"]
        for part in ("ranking", "rejected")
        for item in plain.json[part]
        for reason in (*item["reasons"], *item.get("warnings", ()))
    }
    assert "site" not in layers
    assert "tgi" in _by_name(plain.json["ranking"])


def test_where_nothing_is_left_the_answer_says_so(tmp_path: Path) -> None:
    written(tmp_path, house="rules: [{only: tgi}]")
    asked = "--gpu 'M4 Max 64GB' --model qwen3-8b --knowledge site"
    answer, table, launched = llmpick(
        tmp_path,
        f"llmpick recommend {asked} --json",
        f"llmpick recommend {asked} --lang zh",
        f"llmpick launch ollama {asked}",
    )
    assert [answer.code, table.code, launched.code] == [3, 3, 3]
    assert answer.json["ranking"] == answer.json["also_consider"] == []
    problem = next(p for p in answer.json["problems"] if p["rule"] == "site.nothing-left")
    assert "house.yaml:1" in problem["what"]
    assert "本站点规定之外没有可用的框架" in table.out
    assert "this site takes others alone (house.yaml:1)" in launched.err


def test_what_is_refused_wherever_it_runs_is_not_named_beside(tmp_path: Path) -> None:
    written(tmp_path, house="rules: [{never: mlx-lm, when: {os.family: macos}}, {never: vllm-mlx}]")
    (answer,) = llmpick(tmp_path, "llmpick recommend --gpu 'M4 Max' --knowledge site --json")
    beside = {item["framework"] for item in answer.json["also_consider"]}
    assert "mlx-lm" in beside
    assert "vllm-mlx" not in beside


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ("{only_license: Apache-2.0}", {"llama.cpp", "ollama"}),
        ("{never_license: [apache]}", {"vllm", "sglang", "lmdeploy", "tgi", "xinference"}),
        ("{never_license: [GPL, LGPL, PL]}", set()),
        ("{require: {framework.status: active}}", {"tgi"}),
        ("{require: {traits: {lacks: python-server}}}", {"vllm", "sglang"}),
        ("{only: [llama.cpp, SGLang], when: {workload.use_case: edge}}", {"vllm", "tgi", "ollama"}),
        ("{never: vllm, when: {workload.use_case: production}}", set()),
        ("{never: vllm, when: {device.compute_capability: {at_least: 9.0}}}", set()),
    ],
)
def test_forms_of_refusals(tmp_path: Path, rule: str, refused: set[str]) -> None:
    own = read(written(tmp_path, house=f"rules: [{rule}]"))
    wish = Workload(use_case="edge")
    answer = recommend(describe(["RTX 4090"]), wish, knowledge=overlaid(own))
    ruled_out = {
        item.framework
        for item in answer.rejected
        if any(reason.layer == "site" for reason in item.reasons)
    }
    assert refused <= ruled_out
    assert bool(refused) == bool(ruled_out)
    assert not ruled_out & {item.framework for item in answer.ranking}
    assert not any(problem.rule == "site.nothing-left" for problem in answer.problems)


def test_a_rule_over_what_is_unknown_refuses_nothing_and_says_so(tmp_path: Path) -> None:
    own = read(written(tmp_path, house="rules: [{require: {driver.nvidia: {at_least: 600}}}]"))
    answer = recommend(describe(["RTX 4090"]), Workload(), knowledge=overlaid(own))
    assert answer.ranking
    assert all("driver.nvidia" in item.unknown for item in answer.ranking)


def test_every_command_that_decides_takes_the_folder(tmp_path: Path) -> None:
    written(tmp_path, house="rules: [{never: vllm, because: no vllm here}]")
    (tmp_path / "nodes").write_text("NodeName=n1 Gres=gpu:h100:8 State=IDLE\n", encoding="utf-8")
    lines = (
        "llmpick compare --gpu H100 --gpu L40S -o name",
        "llmpick fit Qwen/Qwen3-8B --gpu H100 --framework vllm --json",
        "llmpick fleet nodes --json",
        "llmpick doctor --json",
        "llmpick explain vllm --gpu H100 --json",
        "llmpick report --gpu H100 -o page.html",
    )
    found = llmpick(tmp_path, *lines, LLMPICK_KNOWLEDGE_DIR="site")
    told = [done.out + done.err for done in found[:-1]]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert told[0].strip()
    assert "vllm" not in told[0]
    assert ["no vllm here" in text for text in (*told[1:], page)] == [True] * len(told)


def test_the_option_wins_over_the_variable(tmp_path: Path) -> None:
    written(tmp_path, house="rules: [{never: vllm}]")
    line = "llmpick recommend --gpu H100 --knowledge site -o name"
    (done,) = llmpick(tmp_path, line, LLMPICK_KNOWLEDGE_DIR=str(tmp_path / "nowhere"))
    assert done.code == 0
    assert "vllm" not in done.out.split()
