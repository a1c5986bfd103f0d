"""Devices put together from several sources."""

from recommender.facts import Accelerator
from recommender.probe.parts import Device, Part, completed, device

TOOL = Part(source="tool", facts={"name": "X1", "memory_gib": None, "details": {"npu_id": 3}})
FILES = Part(
    source="/sys/x",
    facts={"name": "other", "memory_gib": 8.0, "details": {"npu_id": 4, "hbm": True}},
)


def test_the_first_source_that_tells_a_fact_is_believed() -> None:
    found = device(TOOL, FILES)
    assert found.accelerator == Accelerator(
        name="X1", memory_gib=8.0, details={"npu_id": 3, "hbm": True}
    )
    assert found.evidence == {
        "name": "tool",
        "memory_gib": "/sys/x",
        "details.npu_id": "tool",
        "details.hbm": "/sys/x",
    }


def test_zero_and_false_are_told_and_none_is_not() -> None:
    told = Part(source="a", facts={"usable_gib": 0.0, "unified": False, "gfx": None})
    found = device(told, Part(source="b", facts={"usable_gib": 1.0, "unified": True}))
    assert (found.accelerator.usable_gib, found.accelerator.unified) == (0.0, False)
    assert "gfx" not in found.evidence


def test_a_known_device_is_completed_but_never_contradicted() -> None:
    known = Device(
        accelerator=Accelerator(name="X1", details={"npu_id": 3}), evidence={"name": "a"}
    )
    whole = completed(known, FILES)
    assert whole.accelerator.name == "X1"
    assert whole.accelerator.memory_gib == 8.0
    assert whole.accelerator.details == {"npu_id": 3, "hbm": True}
    assert whole.evidence == {"name": "a", "memory_gib": "/sys/x", "details.hbm": "/sys/x"}
