"""The plan itself, for programs."""

from collections.abc import Mapping
from typing import Any

from recommender.facts.codec import encode
from recommender.facts.plan import Plan
from recommender.launch.variables import written


def document(plan: Plan) -> Any:
    """The plan as plain values; a variable in a word is written ``${HEAD_IP}``."""
    return _shown(encode(plan))


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return written(value, str, "${{{}}}".format)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
