"""The runner of recordings: what it compares, what it reports, and the shared recordings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import run_hardware
from tests.acceptance.run_hardware import RIGHT, UNCHECKED, WRONG

SHARED = Path(__file__).parents[3] / "shared" / "hardware"

MX_SMI = """\
mx-smi  version: 2.2.3
| MX-SMI 2.2.3                        Kernel Mode Driver Version: 2.14.6   |
| MACA Version: 2.32.0.6              BIOS Version: 1.22.3.0               |
|------------------------------------+---------------------+---------------|
| GPU         NAME                   | Bus-id              | GPU-Util      |
| Temp        Power                  | Memory-Usage        |               |
|====================================+=====================+===============|
| 0           MetaX C500             | 0000:0e:00.0        | 3%            |
| 40C         57W                    | 858/65536 MiB       |               |
+------------------------------------+---------------------+---------------+
"""
CPUINFO = """\
==> /proc/cpuinfo <==
processor : 0
vendor_id : GenuineIntel
model name : Made Up 1000
flags : fpu lm avx

==> /sys/devices/system/cpu/online <==
0
"""


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    """Writes recordings with their truths; the results of running them."""

    def run(truths: Mapping[str, Mapping[str, Any]], **texts: str) -> dict[str, str]:
        for file in truths:
            place = tmp_path / file
            place.parent.mkdir(exist_ok=True)
            place.write_text(texts["text"], encoding="utf-8")
        index = [{"file": file, "truth": truth} for file, truth in truths.items()]
        (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
        return {found.key: found.outcome for found in run_hardware.results(tmp_path)}

    return run


def test_right_wrong_and_unknown_keys(recorded: Any) -> None:
    truth = {
        "vendor": "metax",
        "count": 1,
        "names": ["MetaX C500"],
        "memory_mib": [65536],
        "memory_used_mib": [859.9],
        "driver": "2.14.7",
        "maca": "2.32.0.6",
        "colour": "green",
        "note": "for people",
    }
    assert recorded({"metax/mx-smi_c500.txt": truth}, text=MX_SMI) == {
        "vendor": RIGHT,
        "count": RIGHT,
        "names": RIGHT,
        "memory_mib": RIGHT,
        "memory_used_mib": WRONG,
        "driver": WRONG,
        "maca": RIGHT,
        "colour": UNCHECKED,
    }


def test_a_bundle_is_a_root_for_the_whole_probe(recorded: Any) -> None:
    truth = {"arch": "x86_64", "model": "Made Up 1000", "logical": 1, "avx": True, "avx2": True}
    found = recorded({"cpu/sysfs_made-up.txt": truth}, text=CPUINFO)
    assert found == dict.fromkeys(("arch", "model", "logical", "avx"), RIGHT) | {"avx2": WRONG}


def test_null_must_be_unknown(recorded: Any) -> None:
    truth = {"memory_mib": [None], "rocm": None, "cann": None, "compute_capability": None}
    found = recorded({"metax/mx-smi_c500.txt": truth}, text=MX_SMI)
    assert found.pop("memory_mib") == WRONG
    assert set(found.values()) == {RIGHT}


def test_a_list_of_devices_counts_each_key(recorded: Any) -> None:
    gpus = [{"name": "MetaX C500", "memory_mib": 65536, "gfx": None, "shoe_size": 43}]
    found = recorded({"metax/mx-smi_c500.txt": {"gpus": gpus}}, text=MX_SMI)
    assert found == {
        "gpus.count": RIGHT,
        "gpus.name": RIGHT,
        "gpus.memory_mib": RIGHT,
        "gpus.gfx": RIGHT,
        "gpus.shoe_size": UNCHECKED,
    }


def test_a_file_that_no_reader_is_for(recorded: Any) -> None:
    assert recorded({"toaster/x.txt": {"count": 1}}, text="") == {"count": UNCHECKED}


def test_a_wrong_count_fails_whatever_the_rest(
    recorded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rights = {f"metax/mx-smi_{n}.txt": {"vendor": "metax"} for n in range(100)}
    recorded({**rights, "metax/mx-smi_x.txt": {"count": 2}}, text=MX_SMI)
    assert run_hardware.main([str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "wrong: metax/mx-smi_x.txt count: expected 2, found 1" in said
    assert said.splitlines()[-2].split() == ["all", "101", "100", "1", "0"]
    recorded(rights, text=MX_SMI)
    assert run_hardware.main([str(tmp_path)]) == 0


def test_a_folder_without_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_hardware.main([str(tmp_path)]) == 2
    assert run_hardware.main([]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(not SHARED.exists(), reason="the recordings (../shared/hardware) are not here")
def test_the_shared_recordings() -> None:
    found = run_hardware.results(SHARED)
    assert run_hardware.passed(found), "\n".join(run_hardware.report(found))
