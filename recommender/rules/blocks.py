"""Block-wise FP8 experts, which cannot be cut anywhere."""

from recommender.facts import Model

# Rows and columns of weights that share a scale (source: vllm-58152).
_BLOCK = 128


def whole_blocks(model: Model, quantization: str | None, shards: int) -> bool:
    """Whether so many shards leave the blocks of FP8 experts whole; unknown sizes do."""
    if quantization != "fp8" or not model.moe_intermediate:
        return True
    return model.moe_intermediate % (shards * _BLOCK) == 0
