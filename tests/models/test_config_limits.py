"""Numbers of a configuration that cannot be meant."""

import pytest

from recommender.models.kinds import kinds
from recommender.models.quantized import of_config as quantization_of


@pytest.mark.parametrize("first", [10**12, -(10**30)])
def test_windows_from_a_layer_that_is_not_there(first: int) -> None:
    qwen = {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 64}
    found = kinds({**qwen, "max_window_layers": first}, 3)
    assert found == [frozenset({"full" if first > 0 else "sliding"})] * 3


def test_bits_that_are_no_number_name_no_quantization() -> None:
    assert quantization_of({"quantization": {"bits": "four"}}, {}).name is None
