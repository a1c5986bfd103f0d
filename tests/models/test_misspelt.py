"""A repository that nobody knows, with a name like a known one of the same owner."""

import pytest

from recommender.knowledge import load
from recommender.models.catalogue import find_model


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Qwen/Qwen3-23B", "Qwen/Qwen3-32B"),
        ("meta-llama/Lama-3.3-70B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"),
    ],
)
def test_a_near_miss_names_the_known_one_and_stays_itself(typed: str, meant: str) -> None:
    model, (problem,) = find_model(typed)
    assert model.id == typed
    assert problem.what.endswith(f"; did you mean {meant}?")
    assert f"；是否想用 {meant}？" in load().speak("zh").said(problem.what)


@pytest.mark.parametrize("typed", ["acme/Qwen3-23B", "./Qwen3-23B", "Qwen/Something-Else-7B"])
def test_other_owners_paths_and_other_names_are_asked_nothing(typed: str) -> None:
    _, problems = find_model(typed)
    assert not any("did you mean" in problem.what for problem in problems)
