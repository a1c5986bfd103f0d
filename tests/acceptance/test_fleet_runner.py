"""The benchmark of fleets: it keeps its bounds with few machines, and tells of a broken one."""

import pytest

from tests.acceptance import run_fleet


def test_few_machines_keep_the_bounds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["run_fleet", "500"])
    monkeypatch.setattr(run_fleet, "_TRIES", 100)
    # Other tests run beside this one; the figures are for a machine of one's own.
    for name, bound in list(run_fleet.BOUNDS.items()):
        monkeypatch.setitem(run_fleet.BOUNDS, name, 5 * bound)
    assert run_fleet.main() == 0
    assert "500 machines of 50 kinds" in capsys.readouterr().out
    assert len(run_fleet.kinds()) == run_fleet.KINDS
    monkeypatch.setitem(run_fleet.BOUNDS, "peak_mib", 1)
    assert run_fleet.main() == 1
