"""What a model is for, by its name, and what follows from it."""

import pytest

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.models import spelling
from recommender.models.catalogue import find_model
from recommender.models.rows import rows
from recommender.pipeline import recommend


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("Qwen/Qwen3-Embedding-8B", "embedding"),
        ("BAAI/bge-m3", "embedding"),
        ("intfloat/e5-mistral-7b-instruct", "embedding"),
        ("BAAI/bge-reranker-v2-m3", "rerank"),
        ("Qwen/Qwen3-Reranker-4B", "rerank"),
        ("openai/whisper-large-v3", "asr"),
        ("Qwen/Qwen3-8B", None),
        ("deepseek-ai/DeepSeek-V3.1", None),
    ],
)
def test_a_name_says_what_a_model_is_for(name: str, task: str | None) -> None:
    assert spelling.task(name) == task


def test_no_language_model_of_the_catalogue_is_taken_for_another_kind() -> None:
    taken = {row["id"]: spelling.task(row["id"]) for row in rows()}
    assert {name: task for name, task in taken.items() if task} == {
        row["id"]: row["task"] for row in rows() if row.get("task")
    }


def test_an_embedding_model_is_served_as_one() -> None:
    gpu = describe(["L4"], ram_gib=64, os="ubuntu-24.04")
    model, _ = find_model("Qwen/Qwen3-Embedding-0.6B")
    answer = recommend(gpu, Workload(use_case="embeddings", concurrency=30), model)
    serve = {item.framework: item.launch.serve[0] for item in answer.ranking if item.launch}
    assert "--runner pooling" in serve["vllm"]
    assert "--is-embedding" in serve["sglang"]
    assert "--embeddings" in serve["llama.cpp"]
