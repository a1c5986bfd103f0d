"""Which devices a variable such as CUDA_VISIBLE_DEVICES leaves visible."""

import pytest

from recommender.probe import visible

NAMES = (("0", "GPU-aaaa1111"), ("1", "GPU-bbbb2222"), ("2", "GPU-aaaa3333"))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, (None, None, None)),
        ("0,1,2", (True, True, True)),
        ("2", (False, False, True)),
        (" 1 , 0", (True, True, False)),
        ("", (False, False, False)),
        ("-1", (False, False, False)),
        ("0,-1,1", (True, False, False)),
        ("0,7,1", (True, False, False)),
        ("GPU-bbbb", (False, True, False)),
        ("NoDevFiles", (False, False, False)),
    ],
)
def test_devices(value: str | None, shown: tuple[bool | None, ...]) -> None:
    env = {} if value is None else {"CUDA_VISIBLE_DEVICES": value}
    choice = visible.chosen(env, "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")
    assert visible.flags(choice, NAMES) == shown


def test_the_variable_named_first_decides() -> None:
    env = {"B_DEVICES": "1", "A_DEVICES": "0"}
    assert visible.chosen(env, "A_DEVICES", "B_DEVICES").value == "0"


def test_only_hiding_everything_is_a_problem() -> None:
    choice = visible.Choice(variable="X_DEVICES", value="9\x1b[2J")
    (found,) = visible.problem(choice, (False, False), "probe.x.hidden")
    assert found.what == 'X_DEVICES is "9[2J", which hides every device from programs started here.'
    assert found.fix == "Unset X_DEVICES."
    assert visible.problem(choice, (True, False), "probe.x.hidden") == ()
    assert visible.problem(choice, (None,), "probe.x.hidden") == ()
    assert visible.problem(choice, (), "probe.x.hidden") == ()
