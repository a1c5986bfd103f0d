"""Files that are written: whole or not at all, and what was there before is kept."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recommender.cli import files
from recommender.errors import InputError
from recommender.facts.measurement import Measurement, Timing
from recommender.serving import measurements
from tests.environments.conftest import ROOT, Line

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a POSIX shell and Linux")
LAUNCH = "llmpick launch vllm --gpu L4"
REPORT = "llmpick report --gpu L4"
# Blocks of half a KiB (dash) that a file may have: less than either file.
FULL = "ulimit -f 0; trap '' XFSZ;"


@pytest.mark.parametrize("command", [LAUNCH, REPORT])
def test_a_full_disk_leaves_no_half_file(line: Line, tmp_path: Path, command: str) -> None:
    ended = line(f"{FULL} {command} -o new")
    assert ended.code == 2
    assert "new cannot be written" in ended.err
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("command", [LAUNCH, REPORT])
def test_a_full_disk_keeps_the_old_file(line: Line, tmp_path: Path, command: str) -> None:
    old = tmp_path / "work" / "old"
    old.write_text("mine")
    ended = line(f"{FULL} {command} -o old --force")
    assert ended.code == 2
    assert old.read_text() == "mine"
    assert list((tmp_path / "work").iterdir()) == [old]


def test_a_file_that_may_not_be_written_is_kept(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("mine")
    old.chmod(0o444)
    if os.access(old, os.W_OK):
        pytest.skip("root may write everything")
    with pytest.raises(InputError, match="Permission denied"):
        files.save(str(old), "x", force=True)
    assert old.read_text() == "mine"


def test_what_is_overwritten_keeps_its_rights_and_its_links(tmp_path: Path) -> None:
    old, link = tmp_path / "old", tmp_path / "link"
    old.write_text("mine")
    old.chmod(0o640)
    link.symlink_to("old")
    files.save(str(link), "new", force=True)
    assert link.is_symlink()
    assert old.read_text() == "new"
    assert old.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"old", "link"}


def test_a_device_is_written_and_never_replaced(line: Line) -> None:
    ended = line(f"{LAUNCH} -o /dev/full --force")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert Path("/dev/full").is_char_device()
    assert line(f"{LAUNCH} -o /dev/null --force").code == 0


@pytest.mark.parametrize("name", ["", ".", "a\0b", "x" * 300, "a/b/c", "\udc80/\udc81"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as refused:
        files.save(f"{tmp_path}/{name}" if name else "", "x", force=False)
    assert str(refused.value).isprintable()


def test_a_name_that_is_no_text_is_written_as_it_was(tmp_path: Path) -> None:
    files.save(str(tmp_path / "a"), "model \udcff", force=False)
    assert (tmp_path / "a").read_bytes() == b"model \xff"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_time_ends_without_a_word(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "recommender", "report", "--gpu", "L4", "-o", "page.html"]
    for wait in (0.15, 0.3, 0.6):
        running = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LLMPICK_LANG": "en"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        _wait_for_main(running.pid)
        time.sleep(wait)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
        page = tmp_path / "page.html"
        assert b"Traceback" not in err
        assert out == b""
        # While Python itself begins or ends, a signal is as it is for any program.
        assert running.returncode in {0, 128 + number, -number}
        assert not page.exists() or page.read_text(encoding="utf-8").endswith("</html>\n")
        page.unlink(missing_ok=True)


def _wait_for_main(process: int) -> None:
    """Until the program itself runs, and no more Python's own start."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        maps = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        caught = next(row for row in maps.splitlines() if row.startswith("SigCgt"))
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)


def _measured() -> Measurement:
    return Measurement(
        llmpick_version="0",
        at="2026-11-23T01:22:40Z",
        framework="vllm",
        model="org/m",
        device="L4",
        devices=1,
        timing=Timing(requests=1),
    )


def test_a_measurement_on_a_full_disk_loses_no_other(tmp_path: Path) -> None:
    file = tmp_path / "m.jsonl"
    measurements.append(file, _measured())
    before = file.read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limit[1]))
    try:
        with pytest.raises(InputError, match=r"takes no more|cannot be written"):
            measurements.append(file, _measured())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert file.read_bytes() == before
    measurements.append(file, _measured())
    assert len(measurements.read(file)[0]) == 2
    assert measurements.read(file)[1] == ()
