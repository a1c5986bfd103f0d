"""Code for devices inside of libraries."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.harvest.device_code import DeviceCode, joined, read
from tests.harvest.conftest import fat_binary

MACHINE, PTX = 2, 1
PLAIN, EXACTLY, FAMILY = 0x11, 0x100011, 0x1208011


def _library(folder: Path, *parts: bytes) -> Path:
    path = folder / "library.so"
    path.write_bytes(b"\x7fELF" + b"\0" * 60 + b"\0" * 16 + b"".join(parts))
    return path


def test_capabilities_and_ptx_of_every_fat_binary(tmp_path: Path) -> None:
    first = fat_binary((MACHINE, 75, PLAIN), (MACHINE, 90, EXACTLY), (PTX, 80, PLAIN))
    second = fat_binary((MACHINE, 90, PLAIN), (MACHINE, 120, FAMILY), (MACHINE, 100, 0x1008011))
    found = read(_library(tmp_path, first, b"libcudart.so.13\0", second))
    assert found.capabilities == ("7.5", "9.0", "9.0a", "10.0", "12.0f")
    assert found.ptx == ("8.0",)
    assert found.cuda == "13"


def test_a_library_of_windows_names_its_runtime(tmp_path: Path) -> None:
    found = read(_library(tmp_path, fat_binary((MACHINE, 86, PLAIN)), b"cudart64_12.dll\0"))
    assert (found.capabilities, found.cuda) == (("8.6",), "12")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no library",
        b"libcudart.so.12",
        fat_binary((MACHINE, 90, PLAIN))[:30],
        fat_binary((MACHINE, 90, PLAIN))[:12],
        fat_binary((7, 90, PLAIN)),
        fat_binary((MACHINE, 9, PLAIN)),
        fat_binary((MACHINE, 70000, PLAIN)),
    ],
)
def test_what_is_none_holds_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.so"
    path.write_bytes(content)
    assert read(path) == DeviceCode()


def test_libraries_are_joined() -> None:
    one, two = (
        DeviceCode(capabilities=("12.0a", "8.0")),
        DeviceCode(capabilities=("9.0",), cuda="13"),
    )
    assert joined([one, two]) == DeviceCode(capabilities=("8.0", "9.0", "12.0a"), cuda="13")


@given(st.lists(st.one_of(st.binary(max_size=60), st.just(fat_binary((2, 90, 1)))), max_size=6))
def test_any_bytes_are_read_to_an_end(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.so"
    path.write_bytes(b"".join(parts))
    assert all(re.fullmatch(r"\d+\.\d[af]?", name) for name in read(path).capabilities)
