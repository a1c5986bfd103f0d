"""The public API: what its page says, its types, and its answers beside the command line's."""

import contextlib
import inspect
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import recommender
from recommender import api
from tests.cli.conftest import Run
from tests.test_start_up import HEAVY

PAGE = Path(__file__).parents[2] / "docs" / "python-api.md"
_FUNCTIONS = [name for name in api.__all__ if name[0].islower()]


def test_the_page_says_what_happens() -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL)
    assert len(blocks) == 4
    scope: dict[str, Any] = {}
    for code, expected in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(code, scope)  # noqa: S102  # the page's own programs
        assert said.getvalue() == expected


def test_the_page_lists_every_name_and_parameter() -> None:
    listed = PAGE.read_text(encoding="utf-8").split("## All of it")[1]
    for name in api.__all__:
        assert f"`{name}" in listed
    for name in _FUNCTIONS:
        words = re.search(rf"`{name}\((.*?)\)`", listed)
        assert words is not None
        told = [word.split("=")[0].strip(" *") for word in words[1].split(",")]
        assert told == list(inspect.signature(getattr(api, name)).parameters)


def test_the_package_offers_what_the_module_has() -> None:
    assert sorted({*api.__all__, "__version__"}) == sorted(recommender.__all__) == dir(recommender)
    for name in api.__all__:
        assert getattr(recommender, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="recommand"):
        recommender.recommand  # type: ignore[attr-defined]  # noqa: B018


def test_answers_are_those_of_the_command_line(llmpick: Run) -> None:
    machine = recommender.describe_machine("RTX 4090:2", ram_gib=64, os="ubuntu 22.04")
    work = recommender.Workload(use_case="rag", concurrency=30)
    words = ["--gpu", "RTX 4090:2", "--ram", "64", "--os", "ubuntu 22.04", "--use-case", "rag"]
    words += ["--concurrency", "30", "--model", "Qwen/Qwen3-32B"]

    answer = recommender.recommend(machine, work, "Qwen/Qwen3-32B", include=("mlx-lm",), lang="zh")
    done = llmpick("recommend", *words, "--include", "mlx-lm", "--lang", "zh", "--json")
    assert recommender.to_json(answer) == done.out.rstrip("\n")

    why = recommender.why_not("tgi", machine, work, "Qwen/Qwen3-32B")
    done = llmpick("explain", "tgi", *words, "--why-not", "--json")
    assert recommender.to_json(why) == done.out.rstrip("\n")

    plan = recommender.plan_launch("vllm", machine, work, "Qwen/Qwen3-32B", target="slurm")
    done = llmpick("launch", "vllm", *words, "--target", "slurm")
    assert recommender.write_launch(plan, "slurm") == done.out


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: recommender.describe_machine("H1000"), "H1000"),
        (lambda: recommender.read_machine("[]"), "one machine object was expected"),
        (lambda: recommender.find_model(""), "--model"),
        (lambda: recommender.recommend(include=("vllm",)), "is ranked already"),
        (lambda: recommender.why_not("vlm"), "did you mean vllm"),
    ],
)
def test_mistakes_are_one_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(recommender.InputError) as caught:
        call()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_cost_only_what_they_need() -> None:
    code = (
        "import sys, recommender; before = set(sys.modules); "
        "recommender.recommend(recommender.describe_machine('L4')); print(*sys.modules)"
    )
    for _ in range(2):  # the first start of a checkout compiles the knowledge
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert not set(HEAVY) & set(done.stdout.decode().split())
