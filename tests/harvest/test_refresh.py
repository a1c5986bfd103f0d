"""``llmpick knowledge refresh``, with wheels that are made and served here."""

from pathlib import Path

import pytest
import yaml

from recommender.harvest import checking
from recommender.lint.option_lists import load
from tests.cli.conftest import Done, Run, llmpick  # noqa: F401  # a fixture
from tests.harvest.conftest import serve_mlx_lm, wheel
from tests.releases.conftest import World

pytestmark = pytest.mark.usefixtures("world", "no_linters")
PLATFORMS = "frameworks/mlx-lm.yaml"


def _refresh(llmpick: Run, root: Path, *more: str) -> Done:  # noqa: F811
    return llmpick("knowledge", "refresh", "mlx-lm", "--from", str(root), *more)


def _state(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_release_is_written_with_its_source_and_day(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
) -> None:
    before = (root / PLATFORMS).read_text(encoding="utf-8")
    serve_mlx_lm(world, "0.33.0", extra=["--kv-group"], requires=">=3.12")
    done = _refresh(llmpick, root)
    assert done.code == 0, done.out + done.err
    assert "+ --kv-group" in done.out
    assert "pythons 3.11, 3.12, 3.13 → 3.12, 3.13" in done.out
    assert load(root / "options" / "mlx-lm.json").versions["0.33.0"] == "2026-11-20"
    after = (root / PLATFORMS).read_text(encoding="utf-8")
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert changed == [
        "  released: 2026-11-20",
        "  source: mlx-lm-0.33.0-wheel",
        "  checked: 2026-11-23",
        "    version: 0.33.0",
        (
            "      - {name: mlx-lm, kind: wheel, version: 0.33.0, os: [macos], arch: [aarch64],"
            ' pythons: ["3.12", "3.13"],'
        ),
        "         source: mlx-lm-0.33.0-wheel, checked: 2026-11-23}",
    ]
    assert len(after.splitlines()) == len(before.splitlines())
    sources = yaml.safe_load((root / "sources.yaml").read_text(encoding="utf-8"))["sources"]
    assert sources["mlx-lm-0.33.0-wheel"]["address"] == "pkg:pypi/mlx-lm@0.33.0"
    assert "mlx-lm/cuda stays at 0.32.2" in " ".join(done.out.split())
    again = _refresh(llmpick, root)
    assert "Nothing was written: all of it is known." in again.out


def test_a_template_that_uses_a_removed_option_is_named(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
) -> None:
    serve_mlx_lm(world, "0.33.0", without=["--kv-bits", "--temp"])
    done = _refresh(llmpick, root, "--json")
    assert done.code == 5
    assert [(c["option"], c["kind"]) for c in done.json["changes"]] == [
        ("--kv-bits", "removed"),
        ("--temp", "removed"),
    ]
    (broken,) = done.json["templates"]
    assert broken == {
        "platforms": ["metal", "cuda", "cpu"],
        "place": "arguments",
        "text": "--kv-bits 8",
        "findings": ["--kv-bits is gone in 0.33.0: last seen in 0.32.2"],
    }
    shown = " ".join(_refresh(llmpick, root, "--version", "0.33.0").out.split())
    assert (
        "mlx-lm/metal, mlx-lm/cuda, mlx-lm/cpu, arguments: --kv-bits 8: --kv-bits is gone" in shown
    )


def test_a_harvest_that_loses_more_than_a_fifth_is_refused(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
) -> None:
    lost = ["--kv-bits", "--temp", "--top-k", "--top-p", "--min-p", "--pipeline"]
    serve_mlx_lm(world, "0.33.0", without=lost)
    before = _state(root)
    done = _refresh(llmpick, root)
    assert done.code == 2
    assert "it has 20 of the 26 options that 0.32.2 has" in done.err
    assert _state(root) == before


def test_a_dry_run_writes_nothing(llmpick: Run, world: World, root: Path) -> None:  # noqa: F811
    serve_mlx_lm(world, "0.33.0", extra=["--new"])
    before = _state(root)
    done = _refresh(llmpick, root, "--dry-run")
    assert done.code == 0
    assert "Nothing was written, as --dry-run wishes." in done.out
    assert _state(root) == before


def test_an_older_release_adds_its_options_alone(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
) -> None:
    serve_mlx_lm(world, "0.30.0", without=["--kv-bits"])
    serve_mlx_lm(world, "0.31.0", yanked=True)
    done = _refresh(llmpick, root, "-o", "name")
    assert (done.code, done.out) == (0, "options/mlx-lm.json\n")
    assert load(root / "options" / "mlx-lm.json").order[-1] == "0.32.2"


def test_the_same_release_is_read_anew(llmpick: Run, world: World, root: Path) -> None:  # noqa: F811
    before = (root / PLATFORMS).read_text(encoding="utf-8")
    serve_mlx_lm(world, "0.32.2", requires="!=3.13.*")
    done = _refresh(llmpick, root, "-o", "name")
    assert (done.code, done.out) == (0, f"{PLATFORMS}\n")
    after = (root / PLATFORMS).read_text(encoding="utf-8")
    old, new = (set(text.splitlines()) for text in (before, after))
    assert len(new - old) == len(old - new) == 2
    assert 'pythons: ["3.11", "3.12"],' in after
    assert "source: mlx-0.32-wheels, checked: 2026-11-23}" in after


def test_a_server_that_gives_whole_files_alone_will_do(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
) -> None:
    world.gives_parts = False
    serve_mlx_lm(world, "0.33.0")
    assert _refresh(llmpick, root).code == 0


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("/simple/mlx-lm/", "answers with the status 404"),
        ("/files/mlx_lm-0.33.0-py3-none-any.whl", "answers with the status 404"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    spoil: str,
    says: str,
) -> None:
    serve_mlx_lm(world, "0.33.0")
    del world.pages[spoil]
    before = _state(root)
    done = _refresh(llmpick, root)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert done.err.count("\n") == 1
    assert _state(root) == before


@pytest.mark.parametrize("content", [b"", b"PK no wheel", wheel({"a.txt": "b"})])
def test_a_broken_wheel_is_one_sentence(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    content: bytes,
) -> None:
    serve_mlx_lm(world, "0.33.0")
    world.pages["/files/mlx_lm-0.33.0-py3-none-any.whl"] = content
    done = _refresh(llmpick, root)
    assert done.code == 2
    assert done.err.count("\n") == 1


def test_what_ends_in_the_middle_leaves_everything_as_it_was(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve_mlx_lm(world, "0.33.0", extra=["--new"])
    before = _state(root)
    written: list[Path] = []
    write = Path.write_text

    def interrupted(path: Path, *words: str, **more: str) -> int:
        if root in {path.parent.parent, path.parent}:
            written.append(path)
        if len(written) == 3:
            raise KeyboardInterrupt
        return write(path, *words, **more)

    monkeypatch.setattr(Path, "write_text", interrupted)
    assert _refresh(llmpick, root).code == 130
    assert _state(root) == before


def test_a_folder_that_cannot_be_written_is_one_sentence(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve_mlx_lm(world, "0.33.0", extra=["--new"])

    def refuse(path: Path, _: Path) -> Path:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "replace", refuse)
    done = _refresh(llmpick, root)
    assert done.code == 2
    assert "cannot be written (Read-only file system)" in done.err


@pytest.mark.parametrize("framework", ["ollama", "tgi", "tensorrt-llm"])
def test_what_a_person_reads_is_named(llmpick: Run, framework: str) -> None:  # noqa: F811
    done = llmpick("knowledge", "refresh", framework)
    assert done.code == 0
    assert done.out.count("https://") >= 2


def test_a_checkout_is_read_in_place_of_a_package(llmpick: Run, root: Path) -> None:  # noqa: F811
    source = root.parent / "ollama" / "envconfig" / "config.go"
    source.parent.mkdir(parents=True)
    known = load(root / "options" / "ollama.json")
    names = [row.names[0] for row in known.options("environment", known.order[-1])]
    lines = [f'var A = String("{name}")' for name in [*names, "OLLAMA_NEW"]]
    source.write_text("\n".join(lines), encoding="utf-8")
    wish = ("--from", str(root), "--source", str(source.parents[1]), "--version", "0.99.0")
    done = llmpick("knowledge", "refresh", "ollama", *wish, "--day", "2026-11-20")
    assert done.code == 0, done.err
    assert "+ OLLAMA_NEW" in done.out
    assert load(root / "options" / "ollama.json").versions["0.99.0"] == "2026-11-20"
    done = llmpick("knowledge", "refresh", "ollama", *wish)
    assert done.code == 2
    assert "--day" in done.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("vlm",), "nothing is read of 'vlm'; did you mean vllm"),
        (("mlx-lm", "--from", "nowhere"), "nowhere is no knowledge folder"),
        (("ollama", "--source", "x", "--day", "soon"), "--day is no date"),
        (("mlx-lm", "--source", "x", "--version", "1", "--day", "2026-01-01"), "holds no sources"),
        (("mlx-lm", "--version", "9.9"), "mlx-lm has no release '9.9'"),
    ],
)
def test_wrong_words_are_one_sentence(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    says: str,
) -> None:
    serve_mlx_lm(world, "0.32.2")
    monkeypatch.chdir(root.parent)
    done = llmpick("knowledge", "refresh", *words)
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1


def test_the_linters_see_the_knowledge_as_it_would_be(
    llmpick: Run,  # noqa: F811
    world: World,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = {}

    def look(_: Path, changed: dict[str, str], __: object) -> list[str]:
        seen.update(changed)
        return ["sources: something is used by nothing"]

    monkeypatch.setattr(checking, "knowledge", look)
    serve_mlx_lm(world, "0.33.0")
    done = _refresh(llmpick, root)
    assert done.code == 5
    assert "something is used by nothing" in done.out
    assert seen.keys() == {"options/mlx-lm.json", PLATFORMS, "sources.yaml"}
