"""``llmpick fleet``: the command, its forms, its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.fleet import Fleet
from recommender.schema import adapter
from tests.cli.conftest import Run
from tests.english import english_left
from tests.fleet.nodes import A100, GPUS, listed, node, one_line
from tests.fleet.test_pools import H100, L40S, line

QWEN = ("--model", "Qwen/Qwen3-32B", "--use-case", "production", "--concurrency", "50")
MIXED = (
    b"".join([line("h1"), line("h2"), line("l1", L40S)])
    + json.dumps(node("k1", A100, GPUS, unschedulable=True)).encode()
    + b"\nnot a machine\n"
).decode()


def test_pools_are_ranked_as_one_of_their_machines_is(llmpick: Run, tmp_path: Path) -> None:
    done = llmpick("fleet", *QWEN, "--json", stdin=MIXED)
    assert (done.code, done.err) == (0, "")
    found: Fleet = adapter(Fleet).validate_json(done.out)
    assert [(pool.count, pool.nodes) for pool in found.pools] == [(2, ("h1", "h2")), (1, ("l1",))]
    assert [(one.node, one.reason[:8]) for one in found.set_apart] == [("k1", "cordoned")]
    assert [one.line for one in found.unreadable] == [5]
    file = tmp_path / "one.json"
    file.write_bytes(line("h1"))
    alone = llmpick("recommend", "--machine", str(file), *QWEN, "--json").json
    pool = done.json["pools"][0]
    assert pool["ranking"] == alone["ranking"]
    assert (pool["rejected"], pool["model"]) == (alone["rejected"], alone["model"])


def test_equal_input_gives_equal_bytes(llmpick: Run) -> None:
    first = llmpick("fleet", "--json", stdin=MIXED).out
    assert llmpick("fleet", "--json", stdin=MIXED).out == first


def test_the_schema_describes_it(llmpick: Run) -> None:
    from jsonschema import Draft202012Validator

    schema = llmpick("schema", "fleet").json
    Draft202012Validator(schema).validate(llmpick("fleet", "--json", stdin=MIXED).json)


def test_the_table(llmpick: Run) -> None:
    out = llmpick("fleet", *QWEN, stdin=MIXED).out
    for part in (
        *("2 machines · 8 x H100 SXM 80GB", "1 machine · 4 x L40S", "nodes: h1, h2", " points"),
        *("then: ", "Set apart (1)", "k1  cordoned", "line 5  is not valid JSON"),
    ):
        assert part in out, part


@pytest.mark.parametrize(
    "given",
    [
        MIXED,
        one_line() + one_line().replace("IDLE", "DOWN*") + "NodeName=x Gres=gpu:tesla:2\nnothing\n",
        listed(
            node("a", {"nvidia.com/gpu.replicas": "4"}, GPUS),
            node("b", A100, GPUS, usable={"nvidia.com/gpu": "0"}),
            node("c", {}, {"habana.ai/gaudi": "8"}),
            node("d", {}, {"huawei.com/Ascend310P-4c": "8"}),
            node("e", {}, {"huawei.com/Ascend910": "8"}),
            node("f", conditions=[{"type": "Ready", "status": "False"}]),
            node("f", taints=[{"key": "team", "effect": "NoSchedule"}]),
        ).decode(),
    ],
)
def test_no_english_is_left(llmpick: Run, given: str) -> None:
    for wish in ((), QWEN):
        out = llmpick("fleet", *wish, "--lang", "zh", stdin=given).out
        assert english_left(out, ("Expecting value", "srun -N1 -w")) == []


def test_chinese(llmpick: Run) -> None:
    out = llmpick("fleet", *QWEN, "--lang", "zh", stdin=MIXED).out
    for part in (
        "2 台机器",
        "节点：h1",
        "暂不使用（1）",
        "已被 cordon",
        "第 5 行",
        "不是有效的 JSON",
    ):
        assert part in out, part


def test_names(llmpick: Run) -> None:
    nothing = '{"name": "x", "gres": "gpu:tesla:2", "real_memory": 0}\n'
    done = llmpick("fleet", "-o", "name", stdin=MIXED + nothing)
    assert done.out.splitlines() == [done.out.split()[0], done.out.split()[1], "-"]
    assert llmpick("fleet", "-o", "name", stdin=nothing).code == 3


def test_rows(llmpick: Run) -> None:
    rows = llmpick("fleet", "-o", "csv", stdin=MIXED).out.splitlines()
    assert rows[0].startswith("count,nodes,devices")
    assert rows[1].startswith("2,h1 h2,8 x H100 SXM 80GB,")
    assert len(rows) == 5
    assert llmpick("fleet", "-o", "markdown", stdin=MIXED).out.count("\n| ") == 5


@pytest.mark.parametrize(
    ("source", "ask"),
    [
        (one_line(), "srun -N1 -w gpu01 llmpick probe --json"),
        (listed(node("k1", A100, GPUS)).decode(), "llmpick launch probe --target kubernetes"),
        (line("h1").decode(), None),
        (one_line().replace("NodeName=gpu01", "NodeName=-oProxyCommand=x"), None),
        (one_line().replace("NodeName=gpu01", "NodeName=a;reboot"), None),
    ],
)
def test_what_is_not_told_and_who_tells_it(llmpick: Run, source: str, ask: str | None) -> None:
    pool = llmpick("fleet", "--json", stdin=source).json["pools"][0]
    assert pool["ask"] == ask
    shown = " ".join(llmpick("fleet", stdin=source).out.split())
    assert (str(ask) in shown) == (ask is not None)


def test_a_model_that_fits_nowhere_is_exit_code_3(llmpick: Run) -> None:
    asked = ("fleet", "--model", "deepseek-ai/DeepSeek-V3", "--json")
    small = line("s1", L40S, memory={"total_gib": 64.0}).decode()
    done = llmpick(*asked, stdin=small)
    assert (done.code, done.json["pools"][0]["runs"]) == (3, False)
    both = llmpick(*asked, stdin=small + MIXED)
    assert (both.code, [pool["runs"] for pool in both.json["pools"]]) == (0, [True, False, True])


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        ((), "", "standard input: there is no machine in it: it is empty"),
        ((), "x\ny\n", "standard input: line 1 is not valid JSON"),
        (("--strict",), MIXED, "line 5 is not valid JSON"),
        (("--from", "slurm"), line("a").decode(), "is no node of Slurm"),
        (("--from", "nomad"), MIXED, "--from 'nomad' is unknown"),
        (("missing.jsonl",), "", "missing.jsonl cannot be read (No such file or directory)"),
        (("/",), "", "/ cannot be read (Is a directory)"),
        (("--use-case", "produktion"), MIXED, "--use-case 'produktion' is unknown"),
        (("--gpu", "L40S"), MIXED, "has no option --gpu"),
    ],
)
def test_wrong_input(llmpick: Run, arguments: tuple[str, ...], given: str, said: str) -> None:
    done = llmpick("fleet", *arguments, stdin=given)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_only_machines_that_are_set_apart(llmpick: Run) -> None:
    done = llmpick("fleet", stdin=listed(node("k1", unschedulable=True)).decode())
    assert done.code == 3
    assert "k1  cordoned" in done.out


def test_hostile_names_are_shown_spelt_out(llmpick: Run) -> None:
    done = llmpick("fleet", stdin=line("\x1b[31mred\u202e").decode() + "\x1b]0;x\x07\n")
    assert "\\x1b[31mred\\u202e" in done.out
    assert "\x1b" not in done.out


def test_a_great_many_pools_take_one_screen_or_two(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.fleet import pools

    monkeypatch.setattr(pools, "MOST_KINDS", 25)
    kinds = [line(f"n{n}", L40S, memory={"total_gib": 100.0 + n}).decode() for n in range(2000)]
    done = llmpick("fleet", stdin="".join(kinds))
    assert done.code == 0
    assert "5 more kinds with 5 machines" in done.out
    assert "Set apart (1975)" in done.out
    assert done.out.count("\n") < 300


def test_a_document_of_python_is_read_as_is(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    machines: list[dict[str, Any]] = [{**H100, "name": f"n{n}"} for n in range(3)]
    file.write_text(json.dumps(machines, indent=2), encoding="utf-8")
    assert llmpick("fleet", str(file), "--strict", "--json").json["pools"][0]["count"] == 3
