"""Base models that have no row of their own are known by the tuned ones."""

import pytest

from recommender.models.catalogue import by_id, find_model


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("ibm-granite/granite-3.1-8b-base", "ibm-granite/granite-3.1-8b-instruct"),
        ("meta-llama/Meta-Llama-3-8B", "meta-llama/Meta-Llama-3-8B-Instruct"),
        ("mistralai/Mistral-7B-v0.1", "mistralai/Mistral-7B-Instruct-v0.1"),
    ],
)
def test_a_base_model_has_the_shape_of_the_tuned_one(text: str, row: str) -> None:
    model, [problem] = find_model(text)
    known = by_id(row)
    assert known is not None
    assert (model.id, model.base) == (text, row)
    assert (model.layers, model.vocab) == (known.layers, known.vocab)
    assert problem.rule == "model.from-base"
