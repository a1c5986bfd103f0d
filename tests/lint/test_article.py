"""The linter of the article."""

from pathlib import Path

import pytest

from recommender.lint import article
from recommender.lint.loaded import Loaded
from tests.lint.conftest import Spoilt


def test_the_shipped_knowledge_is_sound(sound: Loaded) -> None:
    assert list(article.findings(sound)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "named"),
    [
        (
            "frameworks/vllm.yaml",
            "terms: [weak-lora, no-cpu-focus]",
            "terms: [weak-laura]",
            "weak-laura",
        ),
        (
            "recommendations.yaml",
            "rule: article.8",
            "rule: article.9",
            "recommendation 8 is missing",
        ),
        (
            "recommendations.yaml",
            "{framework.id: vllm, holds: [server-work",
            "{framework.id: vlm, holds: [server-work",
            "article.1 names no framework",
        ),
        (
            "frameworks/vllm.yaml",
            "\narticle:\n",
            "\nartikel:\n",
            "vllm.throughput: the article's cell",
        ),
    ],
)
def test_a_mistake_is_named(spoilt: Spoilt, file: str, old: str, new: str, named: str) -> None:
    found = list(article.findings(spoilt(file, old, new)))
    assert any(named in finding for finding in found), found


ARTICLE = Path(__file__).parents[3] / "shared" / "article.md"
needs_article = pytest.mark.skipif(
    not ARTICLE.is_file(), reason="the article lies beside the checkout only where llmpick is made"
)


@needs_article
def test_every_cell_and_recommendation_agrees_with_the_article(sound: Loaded) -> None:
    assert list(article.disagreements(sound, ARTICLE.read_text(encoding="utf-8"))) == []


@needs_article
@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("中等（需编译）", "高", "tensorrt-llm.ease"),
        ("首选 **Ollama**", "首选 **vLLM**", "article.6"),
        ("华为昇腾（Ascend）", "华为", "lmdeploy.hardware"),
        ("| **SGLang** ", "| SGLang ", "no row for SGLang"),
    ],
)
def test_another_article_disagrees(sound: Loaded, old: str, new: str, named: str) -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    assert old in text
    found = list(article.disagreements(sound, text.replace(old, new, 1)))
    assert any(named in finding for finding in found), found


def test_a_table_in_its_own_words(sound: Loaded) -> None:
    row = "| **vLLM** | PagedAttention | 最高 | 高 | Apple | 个人 | LoRA |"
    found = list(article.disagreements(sound, f"{row}\n- x → **SGLang**\n"))
    assert "vllm.hardware: the article says 'apple', which is not encoded" in found
    assert "the article has 1 recommendations, not 8" in found
    assert "article.1 is encoded for vllm; the article names sglang" in found
