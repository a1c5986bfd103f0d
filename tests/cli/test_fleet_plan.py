"""``llmpick fleet --workloads``: the plan, its files, and what is wrong with a file of wishes."""

import json
from pathlib import Path

import pytest

from recommender.facts.fleet import Fleet
from recommender.schema import adapter
from tests.cli.conftest import Run
from tests.english import english_left
from tests.fleet.test_pools import H100, L40S, line

FLEET = b"".join([line("h1", H100), line("h2", H100), line("l1", L40S)]).decode()
WISHES = """\
workloads:
- {name: chat, model: Qwen/Qwen3-32B, use_case: production, concurrency: 100, replicas: 2}
- name: large
  model: deepseek-ai/DeepSeek-V3
  use-case: production
  concurrency: 5000
"""


@pytest.fixture
def wishes(tmp_path: Path) -> str:
    path = tmp_path / "wishes.yaml"
    path.write_text(WISHES)
    return str(path)


def test_the_plan_as_json(llmpick: Run, wishes: str) -> None:
    done = llmpick("fleet", "--workloads", wishes, "--json", stdin=FLEET)
    assert (done.code, done.err) == (0, "")
    found: Fleet = adapter(Fleet).validate_json(done.out)
    assert found.plan is not None
    chat, large = found.plan.served
    assert (chat.name, chat.shortage) == ("chat", None)
    assert sum(one.replicas for one in chat.servings) >= 2
    assert large.shortage is not None
    assert large.shortage.users == 5000 - large.users
    assert [pool.ranking for pool in found.pools] == [(), ()]
    schema = llmpick("schema", "fleet").json
    from jsonschema import Draft202012Validator

    Draft202012Validator(schema).validate(done.json)


def test_equal_input_gives_equal_bytes(llmpick: Run, wishes: str) -> None:
    first = llmpick("fleet", "--workloads", wishes, "--json", stdin=FLEET).out
    assert llmpick("fleet", "--workloads", wishes, "--json", stdin=FLEET).out == first


def test_the_plan_as_a_table(llmpick: Run, wishes: str) -> None:
    out = llmpick("fleet", "--workloads", wishes, stdin=FLEET + "no machine\n").out
    for part in (
        "Pool 1: 2 machines · 8 x H100",
        "chat · Qwen/Qwen3-32B · ",
        " of 100 requests at once",
        "+ vLLM",
        "on h",
        "not met: ",
        "→ would do: ",
        "Left: ",
        "Lines that could not be read (1)",
    ):
        assert part in out, part


def test_in_chinese(llmpick: Run, wishes: str) -> None:
    out = llmpick("fleet", "--workloads", wishes, "--lang", "zh", stdin=FLEET).out
    assert english_left(out) == []


def test_the_frameworks_alone(llmpick: Run, wishes: str) -> None:
    out = llmpick("fleet", "--workloads", wishes, "-o", "name", stdin=FLEET).out
    assert out == "vllm\n-\n"


def test_options_hold_where_the_file_says_nothing(llmpick: Run, tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_text("workloads: [{model: Qwen/Qwen3-8B}, {model: Qwen/Qwen3-14B, concurrency: 3}]")
    options = ("--concurrency", "7", "--context", "4096", "--workloads", str(path), "--json")
    served = llmpick("fleet", *options, stdin=FLEET).json["plan"]["served"]
    asked = [(one["workload"]["concurrency"], one["workload"]["context_tokens"]) for one in served]
    assert asked == [(7, 4096), (3, 4096)]


def test_one_model_by_options(llmpick: Run) -> None:
    options = ("--plan", "--model", "Qwen/Qwen3-8B", "--concurrency", "20", "--json")
    (one,) = llmpick("fleet", *options, stdin=FLEET).json["plan"]["served"]
    assert (one["name"], one["shortage"]) == ("qwen3-8b", None)


def test_nothing_can_be_served(llmpick: Run) -> None:
    small = json.dumps({"os": {"family": "linux"}, "arch": "x86_64", "memory": {"total_gib": 2}})
    done = llmpick("fleet", "--plan", "--model", "deepseek-ai/DeepSeek-V3", stdin=f"{small}\n")
    assert done.code == 3
    assert "not met" in done.out


def test_files_in_a_folder(llmpick: Run, wishes: str, tmp_path: Path) -> None:
    into = tmp_path / "plan"
    options = ("--workloads", wishes, "--into", str(into))
    done = llmpick("fleet", *options, stdin=FLEET)
    assert done.code == 0
    written = sorted(path.name for path in into.iterdir())
    told = [text for text in done.out.splitlines() if text.startswith(str(into))]
    assert len(told) == sum(name.endswith(".sh") for name in written) > 0
    assert "Before them: " in done.out
    again = llmpick("fleet", *options, stdin=FLEET)
    assert (again.code, again.out) == (2, "")
    assert "exists; --force overwrites such files" in again.err
    assert llmpick("fleet", *options, "--force", stdin=FLEET).code == 0


def test_manifests_on_standard_output(llmpick: Run, wishes: str) -> None:
    import yaml

    done = llmpick("fleet", "--workloads", wishes, "--target", "kubernetes", stdin=FLEET)
    found = list(yaml.safe_load_all(done.out))
    assert {"Deployment", "Service"} <= {document["kind"] for document in found}


def test_what_stands_before_the_pods_is_a_manifest_as_they_are(
    llmpick: Run, tmp_path: Path
) -> None:
    import yaml

    path = tmp_path / "w.yaml"
    path.write_text("workloads: [{model: Qwen/Qwen3-8B}, {model: Qwen/Qwen3-14B}]")
    options = ("--use-case", "production", "--workloads", str(path), "--target", "kubernetes")
    found = list(yaml.safe_load_all(llmpick("fleet", *options, stdin=FLEET).out))
    names = {document["metadata"]["name"] for document in found if document["kind"] == "Service"}
    assert names == {"qwen3-8b", "qwen3-14b", "llmpick-gateway"}


BAD = {
    "": "under it a list of 1 to 100 entries",
    "a: 1": "holds a; only workloads: is known",
    "workloads: 3": "under it a list of 1 to 100 entries",
    "workloads: [3]": "workload 1 is no mapping of wishes",
    "workloads: [{model: Qwen/Qwen3-8B, concurency: 5}]": "did you mean concurrency?",
    "workloads: [{model: Qwen/Qwen3-8B, concurrency: many}]": "write a whole number from 1",
    "workloads: [{model: Qwen/Qwen3-8B, concurrency: .inf}]": "write a whole number from 1",
    "workloads: [{model: Qwen/Qwen3-8B, replicas: 0}]": "write a whole number from 1",
    "workloads: [{model: Qwen/Qwen3-8B, tokens_per_s: -1}]": "how many tokens a second",
    "workloads: [{model: Qwen/Qwen3-8B, offline: maybe}]": "write true or false",
    "workloads: [{model: Qwen/Qwen3-8B, need: [1]}]": "write a text",
    "workloads: [{model: 7}]": "write a text",
    "workloads: [{concurrency: 5}]": "no model is named",
    "workloads: [{model: nosuchmodelatall}]": "workload 1: --model 'nosuchmodelatall'",
    "workloads: [{model: a, model: b}]": ":1: the key 'model' stands twice",
    "workloads: [&a {model: Qwen/Qwen3-8B}, *a]": "are called qwen3-8b",
    "workloads: [{model: Qwen/Qwen3-8B}, {model: Qwen/Qwen3-8B}]": "are called qwen3-8b",
    "workloads: [{model: Qwen/Qwen3-8B, name: A B}]": "is no DNS label",
    "workloads: [": ":1: this is not valid YAML",
    "[" * 30 + "]" * 30: ":1: ",
    "!!python/object/apply:os.system [id]": ":1: ",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_of_wishes(llmpick: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.yaml"
    path.write_text(text)
    done = llmpick("fleet", "--workloads", str(path), stdin=FLEET)
    assert (done.code, done.out) == (2, "")
    assert BAD[text] in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--into", "x"), "add --workloads FILE or --plan"),
        (("--target", "docker"), "add --workloads FILE or --plan"),
        (("--plan", "--force", "--model", "Qwen/Qwen3-8B"), "name its folder"),
        (("--plan",), "no model is named"),
        (("--plan", "--model", "Qwen/Qwen3-8B", "--target", "dokcer"), "did you mean docker"),
        (("--workloads", "/nowhere/w.yaml"), "cannot be read"),
    ],
)
def test_options_that_do_not_go_together(
    llmpick: Run, options: tuple[str, ...], error: str
) -> None:
    done = llmpick("fleet", *options, stdin=FLEET)
    assert (done.code, done.out) == (2, "")
    assert error in done.err


def test_without_the_solver(llmpick: Run, wishes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "highspy", None)
    done = llmpick("fleet", "--workloads", wishes, stdin=FLEET)
    assert done.code == 2
    assert "pip install 'llmpick[fleet]'" in done.err
