"""``llmpick knowledge status``."""

from datetime import date

import pytest

from recommender.cli import clock
from recommender.facts.release import Feed, Newest, Standing, Status, Tracked
from recommender.keeping import status, tracked
from recommender.knowledge import document, load
from tests.cli.conftest import Run, llmpick  # noqa: F401  # a fixture
from tests.releases.conftest import World

TODAY = date(2026, 11, 23)
ROWS = tracked(document("releases"))


def _asked(newest: Newest, framework: str = "vllm") -> dict[tuple[str, str], Standing]:
    rows = [row for row in ROWS if row.framework == framework]
    found = status(load(), rows, TODAY, lambda _: newest)
    return {(item.framework, item.platforms[0]): item for item in found.standings}


def test_every_platform_stands_once() -> None:
    found = status(load(), ROWS, TODAY, None)
    named = [f"{item.framework}/{name}" for item in found.standings for name in item.platforms]
    known = load()
    every = [
        f"{one.id}/{platform.id}"
        for one in (*known.frameworks, *known.challengers)
        for platform in one.platforms
    ]
    assert sorted(named) == sorted(every)


def test_a_newer_release_makes_its_platforms_stale_and_no_others() -> None:
    found = _asked(Newest(version="99.0", day="2026-11-23"))
    item = found["vllm", "cuda"]
    assert (item.state, item.newest, item.released, item.feed) == (
        *("behind", "99.0", "2026-11-23"),
        "vllm",
    )
    assert found["vllm", "gaudi"].state == "day"
    assert found["sglang", "cuda"].problem


def test_what_hangs_on_the_facts_is_named() -> None:
    touches = _asked(Newest(version="99.0"))["vllm", "cuda"].touches
    assert "cuda/docker" in touches.commands
    assert "--tensor-parallel-size" in touches.options
    assert {"vllm.cuda.capability", "correction.vllm-multi-lora"} & set(touches.rules)
    assert set(touches.platforms) == {"cuda", "rocm", "xpu", "cpu", "cpu-arm"}


def test_facts_grow_old_without_a_network() -> None:
    found = status(load(), ROWS, date(2027, 3, 1), None)
    assert found.stale
    assert {item.state for item in found.standings} == {"old"}
    assert not status(load(), ROWS, TODAY, None).stale


@pytest.mark.parametrize("today", [date(1970, 1, 1), date(2026, 11, 1)])
def test_a_clock_before_the_knowledge_is_said_and_judges_nothing(today: date) -> None:
    found = status(load(), ROWS, today, None)
    assert not found.stale
    assert {item.age_days for item in found.standings} == {None}
    assert "set the clock" in found.problems[0]


def test_a_reader_may_be_a_day_behind() -> None:
    found = status(load(), ROWS, date(2026, 11, 21), None)
    assert found.problems == ()
    assert {item.age_days for item in found.standings} == {0}


def _serve(world: World) -> None:
    """The releases of today's knowledge, as far as packages tell of them."""
    newest: dict[Tracked, str] = {}
    for item in status(load(), ROWS, TODAY, None).standings:
        row = next(
            (r for r in ROWS if r.framework == item.framework and item.platforms[0] in r.platforms),
            None,
        )
        if row:
            newest.setdefault(row, item.version)
    for row, version in newest.items():
        for feed in row.feeds:
            if feed.package and feed == Feed(package=feed.package):
                name = f"{feed.package.replace('-', '_')}-{version}.tar.gz"
                world.package(feed.package, (name, "2026-11-01", False))


def test_the_command_ends_with_5_only_where_something_is_stale(
    llmpick: Run,  # noqa: F811
    world: World,
) -> None:
    _serve(world)
    done = llmpick("knowledge", "status")
    assert done.code == 0, done.out
    assert "Nothing is stale." in done.out
    assert "Ollama" in done.out
    world.package("vllm", ("vllm-0.99.0.tar.gz", "2026-11-22", False))
    done = llmpick("knowledge", "status", "-v")
    assert done.code == 5
    assert "vLLM 0.33.0: 0.99.0 came out on 2026-11-22" in done.out
    assert "--tensor-parallel-size" in done.out
    assert llmpick("knowledge", "status", "-o", "name").out == "vllm\n"


def test_nothing_is_asked_offline(llmpick: Run, world: World) -> None:  # noqa: F811
    done = llmpick("knowledge", "status", "--offline", "--json")
    assert done.code == 0
    assert world.asked == []
    assert {item["problem"] for item in done.json["standings"]} == {
        "no feed tells of its releases",
        "not asked for, as --offline wishes",
    }


def test_it_is_the_schema_that_is_printed(llmpick: Run) -> None:  # noqa: F811
    schema = llmpick("schema", "status").json
    assert set(schema["properties"]) == set(Status.__dataclass_fields__)


def test_rows_for_a_spreadsheet(llmpick: Run) -> None:  # noqa: F811
    done = llmpick("knowledge", "status", "--offline", "-o", "csv")
    head, *rows = done.out.splitlines()
    assert head.startswith("framework,platforms,version")
    assert any(row.startswith("vllm,cuda rocm") for row in rows)


def test_recommend_says_it_in_one_line(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    wish = ("recommend", "--gpu", "RTX 4090", "--json")
    assert not [p for p in llmpick(*wish).json["problems"] if p["rule"] == "knowledge.old"]
    monkeypatch.setattr(clock, "today", lambda: date(2027, 12, 1))
    done = llmpick(*wish)
    assert [p["rule"] for p in done.json["problems"]].count("knowledge.old") == 1
    told = llmpick("recommend", "--gpu", "RTX 4090").out
    assert "llmpick knowledge status" in " ".join(told.split())
