"""Operating system, container, memory and its limits, disk."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.probe import elsewhere, host, normal, probe
from recommender.probe.files import Files
from tests.probe.conftest import Root

Probed = Callable[..., dict[str, Any]]
GIB = 1 << 30
MEMINFO = "MemTotal:       67108864 kB\nMemAvailable:   33554432 kB\nHugePages_Total:  0\n"


def test_os(root: Root) -> None:
    root.files(
        {
            "etc/os-release": 'NAME="Made Up"\nID=ubuntu\nVERSION_ID="24.04"\n# ID=no\nEMPTY=\n',
            "proc/sys/kernel/osrelease": "6.8.0-45-generic\n",
            "proc/sys/kernel/arch": "aarch64\n",
        }
    )
    machine = probe(root.path, env={})
    assert (machine.os.distro, machine.os.version) == ("ubuntu", "24.04")
    assert (machine.os.kernel, machine.os.wsl) == ("6.8.0-45-generic", False)
    assert machine.arch == "aarch64"
    assert machine.os.container is None


@pytest.mark.parametrize(
    ("kernel", "wsl"),
    [("5.15.153.1-microsoft-standard-WSL2", True), ("6.8.0-1015-azure", False)],
)
def test_wsl(root: Root, kernel: str, *, wsl: bool) -> None:
    root.file("proc/sys/kernel/osrelease", f"{kernel}\n")
    assert probe(root.path, env={}).os.wsl is wsl


@pytest.mark.parametrize(
    ("line", "release"),
    [
        ("# R36 (release), REVISION: 4.4, GCID: 41062509, BOARD: generic", "36.4.4"),
        ("# R38 (release), REVISION: 2.0", "38.2.0"),
        ("# R (release), REVISION: 1", None),
        ("R36", None),
        ("", None),
    ],
)
def test_jetson_linux(root: Root, line: str, release: str | None) -> None:
    root.file("etc/nv_tegra_release", f"{line}\n# second line\n")
    assert probe(root.path, env={}).os.l4t == release


def test_musl_and_its_version(root: Root) -> None:
    root.file("lib/ld-musl-x86_64.so.1")
    root.file("lib/apk/db/installed", "C:Q1\nP:busybox\nV:1.37\n\nC:Q2\nP:musl\nV:1.2.5-r9\nA:x\n")
    system = probe(root.path, env={}).os
    assert (system.libc, system.libc_version) == ("musl", "1.2.5")


@pytest.mark.parametrize(
    ("file", "text", "env", "kind"),
    [
        (".dockerenv", "", {}, "docker"),
        ("run/.containerenv", "", {}, "podman"),
        (".dockerenv", "", {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
        ("run/systemd/container", "systemd-nspawn\n", {}, "systemd-nspawn"),
        ("proc/1/cgroup", "3:cpu:/kubepods/burstable/pod1\n", {}, "kubernetes"),
        ("etc/hostname", "x", {"APPTAINER_CONTAINER": "/x.sif"}, "apptainer"),
        ("proc/1/cgroup", "0::/init.scope\n", {}, "none"),
    ],
)
def test_containers(root: Root, file: str, text: str, env: dict[str, str], kind: str) -> None:
    root.file(file, text)
    assert host.container(Files(root.path), env) == kind


def test_memory(root: Root) -> None:
    memory = probe(root.file("proc/meminfo", MEMINFO).path, env={}).memory
    assert (memory.total_gib, memory.available_gib, memory.limit_gib) == (64.0, 32.0, None)


def test_the_tightest_limit_up_the_path_of_version_2(root: Root) -> None:
    group = "sys/fs/cgroup/user.slice/user-1000.slice"
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/user.slice/user-1000.slice/run.scope\n",
            f"{group}/run.scope/memory.max": "max\n",
            f"{group}/run.scope/memory.high": f"{24 * GIB}\n",
            f"{group}/memory.max": f"{16 * GIB}\n",
            f"{group}/memory.current": f"{12 * GIB}\n",
            f"{group}/memory.stat": f"anon {GIB}\ninactive_file {4 * GIB}\n",
            "sys/fs/cgroup/user.slice/memory.max": f"{32 * GIB}\n",
            f"{group}/run.scope/cpu.max": "max 100000\n",
            f"{group}/cpu.max": "350000 100000\n",
        }
    )
    machine = probe(root.path, env={})
    assert (machine.memory.limit_gib, machine.memory.available_gib) == (16.0, 8.0)
    assert machine.memory.group_used_gib == 12.0
    assert machine.cpu.quota_cores == 3.5


def test_version_1_in_a_container_where_the_path_is_the_hosts(root: Root) -> None:
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{8 * GIB}\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{2 * GIB}\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        }
    )
    machine = probe(root.path, env={})
    assert (machine.memory.limit_gib, machine.memory.available_gib) == (8.0, 6.0)
    assert machine.cpu.quota_cores == 1.5


def test_what_is_left_may_be_least_in_a_wider_group(root: Root) -> None:
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/pod/app\n",
            "sys/fs/cgroup/pod/app/memory.max": f"{8 * GIB}\n",
            "sys/fs/cgroup/pod/app/memory.current": f"{GIB}\n",
            "sys/fs/cgroup/pod/memory.max": f"{12 * GIB}\n",
            "sys/fs/cgroup/pod/memory.current": f"{10 * GIB}\n",
        }
    )
    memory = probe(root.path, env={}).memory
    assert (memory.limit_gib, memory.group_used_gib, memory.available_gib) == (8.0, 1.0, 2.0)


def test_a_limit_above_a_container_of_version_1(root: Root) -> None:
    folder = "sys/fs/cgroup/memory"
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "3:memory:/\n2:cpuacct,cpu:/\n1:name=systemd:/\n",
            f"{folder}/memory.limit_in_bytes": "9223372036854771712\n",
            f"{folder}/memory.usage_in_bytes": f"{3 * GIB}\n",
            f"{folder}/memory.stat": f"hierarchical_memory_limit {4 * GIB}\ncache\n",
            "sys/fs/cgroup/cpuacct,cpu/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpuacct,cpu/cpu.cfs_period_us": "100000\n",
        }
    )
    machine = probe(root.path, env={})
    assert (machine.memory.limit_gib, machine.memory.available_gib) == (4.0, 1.0)
    assert machine.cpu.quota_cores == 0.5


def test_version_2_beside_a_hierarchy_of_version_1(root: Root) -> None:
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "1:net_cls:/\n0::/batch\n",
            "sys/fs/cgroup/batch/memory.max": f"{5 * GIB}\n",
            "sys/fs/cgroup/unified/batch/cpu.max": "200000 100000\n",
        }
    )
    machine = probe(root.path, env={})
    assert (machine.memory.limit_gib, machine.cpu.quota_cores) == (5.0, 2.0)


def test_old_kernels_do_not_tell_what_is_available(root: Root) -> None:
    root.files(
        {
            "proc/meminfo": "MemTotal: 4194304 kB\nMemFree: 1048576 kB\nCached: 524288 kB\n",
            "sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
            "sys/fs/cgroup/memory.current": f"{GIB}\n",
        }
    )
    memory = probe(root.path, env={}).memory
    assert (memory.total_gib, memory.limit_gib, memory.available_gib) == (4.0, 2.0, None)


def test_a_group_without_a_limit_tells_what_it_uses(root: Root) -> None:
    group = "sys/fs/cgroup/session"
    root.file("proc/self/cgroup", "0::/session\n").file("proc/meminfo", MEMINFO)
    root.files({f"{group}/memory.max": "max\n", f"{group}/memory.current": f"{2 * GIB}\n"})
    memory = probe(root.path, env={}).memory
    assert (memory.limit_gib, memory.group_used_gib, memory.available_gib) == (None, 2.0, 32.0)


@pytest.mark.parametrize("limit", ["9223372036854771712", str(64 * GIB), "max", "", "-1"])
def test_no_limit(root: Root, limit: str) -> None:
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{limit}\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        }
    )
    machine = probe(root.path, env={})
    assert machine.memory.limit_gib is None
    assert machine.cpu.quota_cores is None


def test_a_path_out_of_the_namespace_is_not_followed(root: Root) -> None:
    root.files(
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/../../secret\n",
            "sys/secret/memory.max": f"{GIB}\n",
            "sys/fs/cgroup/memory.max": f"{2 * GIB}\n",
        }
    )
    assert probe(root.path, env={}).memory.limit_gib == 2.0


def test_disk_is_that_of_the_model_cache(root: Root, probed: Probed, tmp_path: Path) -> None:
    (root.path / "models").mkdir(parents=True)
    (root.path / "dev/shm").mkdir(parents=True)
    machine = probed(HF_HOME="/models/not/yet/there")
    assert machine["disk_free_gib"] == pytest.approx(
        shutil.disk_usage(tmp_path).free / GIB, rel=0.05
    )
    assert machine["shm_gib"] == pytest.approx(shutil.disk_usage(tmp_path).total / GIB, rel=0.05)


def test_a_recording_tells_nothing_of_this_host(root: Root) -> None:
    root.path.mkdir()
    machine = probe(root.path, env={})
    assert (machine.arch, machine.disk_free_gib, machine.shm_gib) == (None, None, None)
    assert (machine.cpu.logical_cores, machine.memory.total_gib) == (None, None)
    assert (machine.software.python, machine.software.docker) == (None, None)
    assert (machine.os.kernel, machine.os.libc, machine.software.absent) == (None, None, ())


def test_elsewhere_works_on_any_system() -> None:
    system = elsewhere.read_os("macos")
    assert (system.family, system.container) == ("macos", "none")
    found, memory = elsewhere.read_cpu(), elsewhere.read_memory()
    assert (found.logical_cores or 0) >= 1
    assert (memory.total_gib or 0) > (memory.available_gib or 0) > 0
    assert elsewhere.arch()
    assert elsewhere.disk_free_gib() > 0


@pytest.mark.parametrize(
    ("name", "arch"),
    [
        ("AMD64", "x86_64"),
        ("arm64", "aarch64"),
        ("i586", "i686"),
        ("ppc64el", "ppc64le"),
        ("riscv64", "riscv64"),
        ("", None),
    ],
)
def test_architectures_in_our_spelling(name: str, arch: str | None) -> None:
    assert normal.arch(name) == arch


@given(st.text(max_size=200))
def test_no_text_breaks_os_release(text: str) -> None:
    values = host.os_release(text)
    assert all(value and value.isprintable() for value in values.values())
