"""The program that writes option lists."""

from pathlib import Path

import pytest

from recommender.lint.option_lists import Option, load
from scripts import harvest_options
from scripts.harvest import packages

LAUNCHER = """
struct Args {{
{fields}
}}
"""


def checkout(folder: Path, *names: str) -> Path:
    fields = "\n".join(f"    #[clap(long, env)]\n    {name}: String," for name in names)
    path = folder / "launcher" / "src" / "main.rs"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LAUNCHER.format(fields=fields), encoding="utf-8")
    return folder


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(harvest_options, "_OPTIONS", tmp_path)
    return tmp_path


def test_a_checkout_becomes_a_list(options: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = checkout(options / "source", "model_id", "port")
    words = ["tgi", "3.0", "--source", str(source), "--day", "2026-01-02"]
    assert harvest_options.main(words) == 0
    assert load(options / "tgi.json").versions == {"3.0": "2026-01-02"}
    said = capsys.readouterr().out
    assert said == "tgi 3.0 (2026-01-02): text-generation-launcher 2, environment 2\n"


def test_sources_that_moved_are_refused(options: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = checkout(options / "a", *(f"option_{letter}" for letter in "abcdef"))
    after = checkout(options / "b", "option_a")
    assert harvest_options.main(["tgi", "3.0", "--source", str(before)]) == 0
    assert harvest_options.main(["tgi", "3.1", "--source", str(after)]) == 2
    assert "it has 1 of the 6 options that 3.0 has" in capsys.readouterr().err
    assert load(options / "tgi.json").order == ("3.0",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "error: name a framework and its versions, or --check"),
        (["tgi"], "error: name a framework and its versions, or --check"),
        (["tgi", "3.0"], "error: this framework is in no package"),
    ],
)
def test_what_is_missing_is_said(
    options: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert harvest_options.main(words) == 2
    assert capsys.readouterr().err.startswith(said)
    assert list(options.iterdir()) == []


def test_a_check_tells_the_news(
    options: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(root: Path) -> packages.Found:
        return {"mlx_lm.server": [Option(names=(f"--{word}",)) for word in root.name.split("-")]}

    made = {"mlx-lm": packages.Package(read, "mlx-lm")}
    monkeypatch.setattr(harvest_options, "PACKAGES", made)
    monkeypatch.setattr(harvest_options, "newest", lambda _: "1.1")
    words = ["mlx-lm", "1.0", "--source", str(options / "a-b-c-d-e")]
    assert harvest_options.main(words) == 0
    monkeypatch.setattr(
        harvest_options, "_harvest", lambda *_: ("2026-02-02", read(Path("a-b-c-d-f")))
    )
    capsys.readouterr()
    assert harvest_options.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "mlx-lm 1.1 (2026-02-02), 1.0 is in the list:",
        "  mlx_lm.server: --f added",
        "  mlx_lm.server: --e removed",
    ]
    monkeypatch.setattr(harvest_options, "newest", lambda _: "1.0")
    assert harvest_options.main(["--check"]) == 0
    assert capsys.readouterr().out == "mlx-lm 1.0: nothing new\n"
