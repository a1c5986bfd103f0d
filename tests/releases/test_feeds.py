"""The newest release of a package and of a repository."""

import sys
import time
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.facts.release import Feed, Newest, Tracked
from recommender.releases import github, index, web
from recommender.releases.asking import ask_all
from tests.releases.conftest import World

PACKAGE = Feed(package="vllm")
BUILDS = Feed(repository="ggml-org/llama.cpp", tag=r"b(\d+)", prefix="b")


def _newest(world: World, feed: Feed = PACKAGE) -> Newest:
    return index.newest(feed, index.files(f"{world.url}/simple", feed.name))


def test_the_newest_is_neither_a_trial_nor_yanked(world: World) -> None:
    world.package(
        "vllm",
        ("vllm-0.9.2.tar.gz", "2025-07-08", False),
        ("vllm-0.33.0-cp38-abi3-manylinux_2_28_x86_64.whl", "2026-11-02", False),
        ("vllm-0.34.0rc1-py3-none-any.whl", "2026-11-10", False),
        ("vllm-0.34.0.dev3-py3-none-any.whl", "2026-11-10", False),
        ("vllm-0.35.0.tar.gz", "2026-11-20", True),
        ("vllm-0.33.0.tar.gz.asc", "2026-11-02", False),
    )
    assert _newest(world) == Newest(version="0.33.0", day="2026-11-02")


def test_a_post_release_is_newer_and_one_file_that_is_not_yanked_is_enough(world: World) -> None:
    world.package(
        "vllm",
        ("vllm-0.23.0.tar.gz", "2026-08-16", False),
        ("vllm-0.23.0.post1.tar.gz", "2026-09-22", True),
        ("vllm-0.23.0.post1-py3-none-any.whl", "2026-09-23", False),
    )
    assert _newest(world) == Newest(version="0.23.0.post1", day="2026-09-23")


def test_an_index_without_json_is_read_from_its_links(world: World) -> None:
    world.pages[
        "/simple/vllm/"
    ] = b"""<!DOCTYPE html><a href="../../f/vllm-0.32.0.tar.gz#sha256=1">x</a>
      <a href="/f/vllm-0.33.0.tar.gz" data-requires-python="&gt;=3.11">x</a>
      <a href="/f/vllm-0.40.0.tar.gz" data-yanked="broken">x</a><a>nothing</a>"""
    assert _newest(world) == Newest(version="0.33.0")
    files = index.files(f"{world.url}/simple", "vllm")
    assert files[0].address == f"{world.url}/f/vllm-0.32.0.tar.gz"
    assert files[1].pythons == ">=3.11"


def test_builds_are_spelt_as_the_framework_spells_them(world: World) -> None:
    world.package("xllamacpp", ("xllamacpp-2026.10.11549.tar.gz", "2026-10-10", False))
    feed = Feed(package="xllamacpp", tag=r"\d+\.\d+\.(\d+)", prefix="b")
    assert _newest(world, feed).version == "b11549"


def test_github_tells_drafts_and_trials_apart(world: World) -> None:
    world.repository(
        "ggml-org/llama.cpp",
        {"tag_name": "b12000", "draft": True, "published_at": "2026-11-01T00:00:00Z"},
        {"tag_name": "b11999", "prerelease": True, "published_at": "2026-11-01T00:00:00Z"},
        {"tag_name": "v0.7.0", "published_at": "2026-10-16T00:00:00Z"},
        {"tag_name": "b9999", "published_at": "2026-06-01T00:00:00Z"},
        {"tag_name": "b11700", "published_at": "2026-10-17T00:00:00Z"},
    )
    assert github.newest(BUILDS, world.url) == Newest(version="b11700", day="2026-10-17")


def test_a_token_goes_to_github_and_to_nobody_it_points_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    world.pages["/repos/ggml-org/llama.cpp/releases"] = f"{world.url}/moved"
    world.pages["/moved"] = [{"tag_name": "b1", "published_at": None}]
    assert github.newest(BUILDS, world.url) == Newest(version="b1")
    assert world.asked == [
        ("/repos/ggml-org/llama.cpp/releases", "Bearer secret"),
        ("/moved", None),
    ]


def test_a_password_of_the_index_is_sent_and_never_shown(world: World) -> None:
    world.pages["/simple/vllm/"] = 500
    address = world.url.replace("http://", "http://me:p%40ss@")
    with pytest.raises(InputError) as raised:
        index.files(f"{address}/simple", "vllm")
    assert "p%40ss" not in str(raised.value)
    assert "me" not in str(raised.value).split("answers")[0]
    assert world.asked == [("/simple/vllm/", "Basic bWU6cEBzcw==")]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (404, "answers with the status 404"),
        (401, "asks for a password"),
        (403, "set GITHUB_TOKEN"),
        (b'{"files": [', "something else than JSON"),
        (b"[" * 100_000, "no release that is neither"),
        (b'{"files": ' + b"[" * 100_000, "something else than JSON"),
        ({"files": {}}, "no release that is neither"),
        ({"files": [1, {"filename": "a\u202eb-1.0.whl", "url": "x"}]}, "no release that is"),
        (b"\xff\xfe\x00", "no release that is neither"),
    ],
)
def test_a_broken_index_is_one_sentence(world: World, answer: object, says: str) -> None:
    world.pages["/simple/vllm/"] = answer
    with pytest.raises(InputError, match=says):
        _newest(world)


def test_nobody_there_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9 cannot be reached \(Connection refused"):
        index.files("http://127.0.0.1:9/simple", "vllm")
    with pytest.raises(InputError, match="no address of the web"):
        index.files("file:///etc", "passwd")


def test_an_answer_without_an_end_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_MOST_BYTES", 1000)
    world.pages["/simple/vllm/"] = b" " * 5000
    with pytest.raises(InputError, match="sends more than"):
        _newest(world)


def test_the_index_of_the_user_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_NO_INDEX", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nindex-url = https://mirror.example.org/simple/\n", encoding="utf-8")
    assert index.address() == "https://mirror.example.org/simple"
    own = tmp_path / "own.conf"
    own.write_text("no section", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(own))
    assert index.address() == "https://mirror.example.org/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example.org/simple")
    assert index.address() == "https://other.example.org/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    file.unlink()
    monkeypatch.setattr(index, "_configured", lambda: None)
    assert index.address().startswith("https://")
    monkeypatch.setitem(sys.modules, "pip._internal.models.index", None)
    with pytest.raises(InputError, match="set PIP_INDEX_URL"):
        index.address()
    monkeypatch.setenv("PIP_NO_INDEX", "true")
    with pytest.raises(InputError, match="PIP_NO_INDEX"):
        index.address()


def test_the_second_feed_is_asked_where_the_first_is_silent_and_time_is_bounded() -> None:
    def ask(feed: Feed) -> Newest:
        if feed.package == "slow":
            time.sleep(5)
        if feed.package == "silent":
            message = "silent cannot be reached"
            raise InputError(message)
        return Newest(version="1.0")

    rows = [
        Tracked(framework="a", platforms=("x",), feeds=(Feed(package="silent"), BUILDS)),
        Tracked(framework="b", platforms=("x",), feeds=(Feed(package="silent"),)),
        Tracked(framework="c", platforms=("x",), feeds=(Feed(package="slow"),)),
    ]
    before = time.monotonic()
    told = ask_all(rows, ask, deadline_s=0.3)
    assert time.monotonic() - before < 2
    assert told[rows[0]] == (BUILDS, Newest(version="1.0"))
    assert str(told[rows[1]]) == "silent cannot be reached"
    assert "no answer in 0 s" in str(told[rows[2]])
