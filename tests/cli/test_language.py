"""In which language llmpick speaks."""

import ctypes
import plistlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from recommender.cli.inputs import language
from recommender.cli.language import of_arguments, of_system
from tests.cli.conftest import Run

LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG", "LLMPICK_LANG")


@pytest.fixture(autouse=True)
def _no_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOCALE:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh"),
        ({"LLMPICK_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LLMPICK_LANG": "zh-CN"}, "zh"),
    ],
)
def test_the_environment_names_the_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(None) == expected
    assert language("en") == "en"


@pytest.mark.parametrize(("number", "expected"), [(0x0804, "zh"), (0x0409, ""), (0x0404, "zh")])
def test_windows_says_what_it_is_set_to(
    monkeypatch: pytest.MonkeyPatch, number: int, expected: str
) -> None:
    kernel32 = SimpleNamespace(GetUserDefaultUILanguage=lambda: number)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel32), raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert of_system() == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (plistlib.dumps({"AppleLanguages": ["zh-Hans-CN", "en-CN"]}), "zh-Hans-CN"),
        (plistlib.dumps({"AppleLanguages": []}), ""),
        (plistlib.dumps({}), ""),
        (b"no list", ""),
        (None, ""),
    ],
)
def test_macos_says_what_it_is_set_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, expected: str
) -> None:
    if content is not None:
        file = tmp_path / "Library" / "Preferences" / ".GlobalPreferences.plist"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert of_system() == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["recommend", "--lang", "zh"], "zh"),
        (["recommend", "--lang=zh_CN"], "zh"),
        (["recommend", "--lang"], "en"),
        (["recommend", "--lang", "fr"], "en"),
        (["recommend"], "en"),
    ],
)
def test_an_error_speaks_the_language_of_the_command_line(
    arguments: list[str], expected: str
) -> None:
    assert of_arguments(arguments) == expected


def test_wrong_usage_is_told_in_chinese(llmpick: Run) -> None:
    done = llmpick("recommend", "--foo", "--lang", "zh")
    assert (done.code, done.out) == (2, "")
    assert "没有选项 --foo" in done.err
    assert "Usage" not in done.err


def test_wrong_input_is_told_in_chinese(llmpick: Run) -> None:
    done = llmpick("recommend", "--gpu", "T4", "--use-case", "chats", "--lang", "zh")
    assert (done.code, done.out) == (2, "")
    assert done.err == "llmpick: --use-case 的值“chats”无法识别；是否想用 chat、agents？\n"


def test_exit_codes_are_the_same_in_chinese(llmpick: Run) -> None:
    model = ("--model", "deepseek-ai/DeepSeek-V3", "--gpu", "T4", "-o", "name")
    assert llmpick("recommend", *model, "--lang", "zh").code == 3
    assert llmpick("probe", "--require", "nvidia:9999", "-o", "name", "--lang", "zh").code == 4
    assert llmpick("schema", "model", "--help").code == 0


def test_a_broken_knowledge_folder_is_told_all_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recommender", "recommend", "--lang", "zh"]
    (tmp_path / "frameworks").mkdir()
    environment = {"LLMPICK_KNOWLEDGE_DIR": str(tmp_path), "PATH": ""}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=root
    )
    assert done.returncode == 2
    assert "corrections.yaml cannot be read" in done.stderr


def test_a_script_for_windows_powershell_has_a_mark(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "start.ps1"
    wish = ("launch", "ollama", "--gpu", "RTX 4090", "--os", "windows", "--lang", "zh")
    assert llmpick(*wish, "--target", "powershell", "-o", str(file)).code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbf#")
    assert llmpick(*wish, "--target", "shell", "-o", str(tmp_path / "start.sh")).code in {0, 2}
