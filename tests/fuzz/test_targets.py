"""Every target with the same few inputs each time, without atheris; run.py tries many more."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz import target as targets
from tests.fuzz.inputs import inputs

# Those whose one input takes some hundred times as long as another's.
_SLOW = frozenset(("knowledge-yaml",))
_FEW, _SOME = 2, 15
EVERY = targets.every()


@pytest.mark.parametrize("name", EVERY)
def test_whatever_is_fed_in(name: str) -> None:
    target = EVERY[name]

    @settings(
        max_examples=_FEW if name in _SLOW else _SOME,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def feed(data: bytes) -> None:
        target.check(data)

    feed()


def test_names_are_told_once_and_every_target_has_seeds() -> None:
    assert all(name == target.name for name, target in EVERY.items())
    assert all(list(targets.corpus(target)) for target in EVERY.values())
