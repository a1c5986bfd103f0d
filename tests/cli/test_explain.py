"""``llmpick explain``: the article beside today, why not, and what would change it."""

import pytest

from tests.cli.conftest import Run


def test_the_article_stands_beside_today_and_the_effect(llmpick: Run) -> None:
    text = llmpick("explain", "sglang", "--gpu", "Tesla T4").out
    assert "Recommendation 3" in text
    assert "Today" in text
    assert "as the article says" in text
    assert "≠" in text
    rows = llmpick("explain", "tgi", "--gpu", "H100", "--json").json["article"]
    told = {row["about"]: row["conflicts"] for row in rows}
    (conflict,) = told["article.8"]
    assert conflict["id"] == "tgi-maintenance"
    assert conflict["source"]
    assert conflict["checked"]
    assert {"article.8", "tgi.hardware", "tgi.ease"} <= set(told)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("sglang", "--gpu", "Tesla T4"), ("7.5", "8.0", "sglang-kernel", "smallest change")),
        (("tensorrt-llm", "--gpu", "MI300X:8"), ("NVIDIA", "another machine")),
        (("vllm", "--gpu", "RTX 4090", "--os", "windows"), ("WSL2", "47119")),
        (("vllm", "--gpu", "RTX 4090", "--driver", "550"), ("upgrade the NVIDIA driver to 580",)),
    ],
)
def test_why_not_names_rule_fact_source_and_change(
    llmpick: Run, arguments: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    done = llmpick("explain", *arguments, "--why-not")
    assert done.code == 0
    flat = " ".join(done.out.split())
    for word in wanted:
        assert word in flat
    assert max(map(len, done.out.splitlines())) <= 80


def test_why_not_is_json_for_programs(llmpick: Run) -> None:
    found = llmpick("explain", "sglang", "--gpu", "Tesla T4", "--why-not", "--json").json
    assert found["rank"] is None
    (obstacle,) = found["obstacles"]
    (reason,) = obstacle["reasons"]
    assert {"rule", "fact", "source", "checked", "fix"} <= {
        key for key, value in reason.items() if value
    }
    assert [step["rule"] for step in found["change"]] == ["change.device"]


def test_why_not_first(llmpick: Run) -> None:
    work = ("--use-case", "production", "--concurrency", "100")
    text = llmpick("explain", "sglang", "--gpu", "H100 80GB:8", *work, "--why-not").out
    assert "vllm leads by" in text
    assert "--use-case agents" in text
    assert (
        "first choice here" in llmpick("explain", "vllm", "--gpu", "H100", *work, "--why-not").out
    )


def test_why_not_in_chinese(llmpick: Run) -> None:
    text = llmpick("explain", "sglang", "--gpu", "Tesla T4", "--why-not", "--lang", "zh").out
    assert "最小改动" in text
    assert "计算能力" in text


@pytest.mark.parametrize("name", ["mlx-lm", "dynamo", "mindie", "llm-d"])
def test_challengers_and_layers_are_explained(llmpick: Run, name: str) -> None:
    done = llmpick("explain", name, "--gpu", "H100 80GB:8")
    assert done.code == 0
    assert "Platforms" in done.out


def test_a_layer_has_no_rank(llmpick: Run) -> None:
    text = llmpick("explain", "dynamo", "--gpu", "H100 80GB:8").out
    assert "on top of" in text
    assert "rank " not in text


def test_challengers_are_ranked_on_demand(llmpick: Run) -> None:
    mac = ("recommend", "--gpu", "M4 Max 128GB")
    plain = llmpick(*mac, "--json").json
    assert "mlx-lm" in {item["framework"] for item in plain["also_consider"]}
    ranked = llmpick(*mac, "--include", "challengers", "--json").json["ranking"]
    assert "mlx-lm" in {item["framework"] for item in ranked}
    assert not {"dynamo", "llm-d", "gpustack"} & {item["framework"] for item in ranked}
    assert "MLX-LM" in llmpick(*mac, "--include", "mlx-lm").out
    assert "Also consider" in llmpick(*mac).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--include", "dynamo"), "runs over others"),
        (("--include", "vllm"), "is ranked already"),
        (("--include", "mlx-ln"), "unknown framework"),
        (("--include", "challengers", "--rules", "article"), "does not know"),
        (("--orchestrator", "nomad"), "--orchestrator"),
        (("--managed", "vertex"), "--managed"),
    ],
)
def test_what_cannot_be_included_is_refused(
    llmpick: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = llmpick("recommend", "--gpu", "H100", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
