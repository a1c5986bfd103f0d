"""A release: its files, its metadata, its builds."""

import sys

import pytest

from recommender.errors import InputError
from recommender.harvest import release
from recommender.harvest.packages import PACKAGES
from recommender.releases.index import File
from tests.harvest.conftest import metadata


def _files(*names: str, yanked: bool = False) -> tuple[File, ...]:
    return tuple(
        File(name=name, address=f"https://x/{name}", version=name.split("-")[1], yanked=yanked)
        for name in names
    )


def test_systems_processors_and_glibc_are_in_the_names() -> None:
    files = _files(
        "vllm-1-cp38-abi3-manylinux_2_28_x86_64.whl",
        "lmdeploy-1-cp310-cp310-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
        "lmdeploy-1-cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
        "lmdeploy-1-cp310-cp310-win_amd64.whl",
        "xllamacpp-1-cp310-abi3-macosx_13_0_arm64.whl",
        "xinference-1-py3-none-any.whl",
        "old-1-py3-none-linux_x86_64.whl",
        "sdist-1.tar.gz",
    )
    found = {(one.os, one.arch, one.glibc): one.pythons for one, _ in release.wheels(files)}
    assert found == {
        ("linux", "x86_64", "2.28"): (),
        ("linux", "aarch64", "2.17"): ("3.10", "3.12"),
        ("windows", "x86_64", None): ("3.10",),
        ("macos", "aarch64", None): (),
        ("any", None, None): (),
        ("linux", "x86_64", None): (),
    }


def test_pins_are_those_of_a_server_on_linux() -> None:
    told = release.told(
        metadata(
            "vllm",
            "1",
            "<3.15,>=3.11",
            "Classifier: Programming Language :: Python :: 3",
            "Classifier: Programming Language :: Python :: 3.12",
            "Requires-Dist: torch==2.14.0",
            "Requires-Dist: Nvidia.CUTLASS_dsl[cu13]==4.8.0",
            "Requires-Dist: protobuf==7.36.1; platform_machine == 's390x'",
            "Requires-Dist: zentorch==2.14; extra == 'zen'",
            "Requires-Dist: triton==3.*",
            "Requires-Dist: numpy>=2",
            "Requires-Dist: no requirement at all",
        )
    )
    assert told.pins == {"torch": "2.14.0", "nvidia-cutlass-dsl": "4.8.0"}
    assert told.pythons == ("3.12",)
    assert [told.serves(name) for name in ("3.10", "3.11", "3.14", "3.15")] == [
        *(False, True, True, False)
    ]


def test_the_newest_release_is_no_trial_and_not_yanked() -> None:
    files = (*_files("a-1-py3-none-any.whl", "a-2rc1-py3-none-any.whl"),)
    files += _files("a-3-py3-none-any.whl", yanked=True)
    assert {file.version for file in release.of_version(files, "a", None)} == {"1"}
    assert {file.version for file in release.of_version(files, "a", "3")} == {"3"}
    with pytest.raises(InputError, match="a has no release '4'"):
        release.of_version(files, "a", "4")
    with pytest.raises(InputError, match="a has no release ''"):
        release.of_version((), "a", None)


def test_a_release_without_sources_is_said() -> None:
    with pytest.raises(InputError, match="has no source distribution"):
        release.options(PACKAGES["llama.cpp"], _files("xllamacpp-1-cp310-abi3-win_amd64.whl"))
    with pytest.raises(InputError, match="has no wheel"):
        release.options(PACKAGES["vllm"], ())


def test_a_build_is_in_the_version() -> None:
    assert PACKAGES["llama.cpp"].spelt("2026.10.11549") == "b11549"
    with pytest.raises(InputError, match="names no build"):
        PACKAGES["llama.cpp"].spelt("0.3.36")


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    with pytest.raises(InputError, match=r"pip install 'llmpick\[refresh\]'"):
        release.check_installed()
