"""The page as text: valid, whole in itself, harmless, the same for the same answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from recommender.facts import Machine
from recommender.facts.report import Report
from recommender.facts.why_not import Step
from recommender.render.page import page
from recommender.render.page.language import Said, both
from tests.page.conftest import ASKED

Reports = dict[str, list[Report]]
Pages = dict[str, str]
Trees = dict[str, Element]

_EVERY = pytest.mark.parametrize("name", list(ASKED))
_LOADS = {"src", "srcset", "data", "poster", "action", "formaction", "background"}


def _tree(text: str) -> Element:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: Element = parser.parse(text)
    assert not parser.errors, parser.errors
    return tree


def _texts(tree: Element) -> str:
    return " ".join(tree.itertext())


def _class(tree: Element, name: str) -> Iterator[Element]:
    for element in tree.iter():
        if name in element.get("class", "").split():
            yield element


@pytest.fixture(scope="module")
def trees(written: Pages) -> Trees:
    """Each page as a browser reads it; what is not valid fails here."""
    return {name: _tree(text) for name, text in written.items()}


@_EVERY
def test_it_is_valid_html(written: Pages, trees: Trees, name: str) -> None:
    assert written[name].startswith("<!DOCTYPE html>\n")
    tree = trees[name]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter("label"):
        assert element.get("for") in ids
    for element in tree.iter("a"):
        target = element.get("href", "")
        assert not target.startswith("#") or target[1:] in ids


@_EVERY
def test_it_loads_nothing(written: Pages, trees: Trees, name: str) -> None:
    tree = trees[name]
    for element in tree.iter():
        assert element.tag not in {"iframe", "object", "embed", "img", "base", "form"}
        names = {key for key, _ in element.items()}
        assert not names & _LOADS
        assert not [key for key in names if key == "style" or key.startswith("on")]
        if element.tag == "link":
            assert element.get("href", "").startswith("data:")
    assert not re.search(r"url\((?!#)|@import", written[name])


@_EVERY
def test_the_policy_allows_the_style_and_the_script_alone(trees: Trees, name: str) -> None:
    tree = trees[name]
    policy = next(
        element.get("content", "")
        for element in tree.iter("meta")
        if element.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == len([*tree.iter("style"), *tree.iter("script")]) == 2


@_EVERY
def test_equal_answers_give_equal_bytes(written: Pages, reports: Reports, name: str) -> None:
    assert page(reports[name]) == written[name]


@_EVERY
def test_it_tells_the_whole_answer_in_both_languages(
    trees: Trees, reports: Reports, name: str
) -> None:
    shown = re.sub(r"\s+", " ", _texts(trees[name]))
    for report in reports[name]:
        answer = report.answer
        reasons = [reason for item in answer.ranking for reason in (*item.reasons, *item.warnings)]
        reasons += [reason for item in answer.rejected for reason in item.reasons]
        for text in (reason.text for reason in reasons):
            assert text in shown
        for problem in answer.problems:
            assert problem.what in shown
            assert (problem.fix or "") in shown
        assert answer.knowledge_date in shown
        assert answer.llmpick_version in shown


@_EVERY
def test_what_is_written_for_a_target_is_there_as_a_whole(
    trees: Trees, reports: Reports, name: str
) -> None:
    codes = ["".join(element.itertext()) for element in trees[name].iter("code")]
    for report in reports[name]:
        for files in report.files.values():
            for file in files:
                assert file.text is None or file.text in codes
        for item in report.answer.ranking:
            assert item.launch is not None
            assert "\n".join(item.launch.serve) in codes


def test_the_first_three_have_files(reports: Reports) -> None:
    first = reports["h100"][0]
    assert list(first.files) == [item.framework for item in first.answer.ranking[:3]]
    targets = {file.target for file in first.files["vllm"] if file.text}
    assert {"shell", "docker", "compose", "systemd", "kubernetes", "slurm"} <= targets
    assert "powershell" not in targets


def test_windows_gets_powershell_and_no_shell() -> None:
    from recommender.cli.asking import Asked, meant
    from recommender.cli.report_command import pages

    asked = Asked(gpu=["RTX 4090"], os="windows", lang="en")
    files = pages(meant(asked))[0].files["ollama"]
    written = {file.target for file in files if file.text}
    assert "powershell" in written
    assert "shell" not in written


@_EVERY
def test_the_parts_of_a_bar_stand_side_by_side(trees: Trees, name: str) -> None:
    for bar in _class(trees[name], "bar"):
        parts = [element for element in bar.iter() if element.get("class") and element is not bar]
        end = 0.0
        for part in parts[:-1]:
            assert float(part.get("x", "").rstrip("%")) == pytest.approx(end, abs=0.01)
            end += float(part.get("width", "").rstrip("%"))
        assert end == pytest.approx(float(parts[-1].get("width", "").rstrip("%")), abs=0.01)
        assert end <= 100.01


@_EVERY
def test_each_step_of_a_waterfall_starts_where_the_last_one_ends(
    trees: Trees, reports: Reports, name: str
) -> None:
    waterfalls = list(_class(trees[name], "waterfall"))
    ranking = reports[name][0].answer.ranking
    assert len(waterfalls) == len(ranking)
    for waterfall, item in zip(waterfalls, ranking, strict=True):
        points = ["".join(element.itertext()) for element in _class(waterfall, "points")]
        assert sum(map(float, points[:-1])) == pytest.approx(item.score)
        assert float(points[-1]) == pytest.approx(item.score)
        assert points[:-1] == sorted(points[:-1], key=lambda text: (text == "0", -float(text)))


# As long as no screen is wide, so that it has to break.
_HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"'&{{ 7*7 }}" + "x" * 400


def hostile(report: Report) -> Report:
    """The report with a hostile text in every place where a name or a sentence may stand."""
    answer = report.answer
    model = replace(answer.model, id=_HOSTILE) if answer.model else None
    device = replace(answer.machine.accelerators[0], name=_HOSTILE)
    machine: Machine = replace(answer.machine, accelerators=(device,))
    pick = answer.ranking[0]
    assert pick.launch
    assert pick.fit
    reason = replace(pick.reasons[0], text=_HOSTILE, rule=_HOSTILE, source=_HOSTILE, fix=_HOSTILE)
    bars = tuple(replace(one, device=_HOSTILE) for one in pick.fit.per_device)
    pick = replace(
        pick,
        version=_HOSTILE,
        reasons=(reason,),
        warnings=(reason,),
        fit=replace(pick.fit, model=_HOSTILE, per_device=bars, choices=(_HOSTILE,)),
        launch=replace(pick.launch, serve=(_HOSTILE,), notes=(_HOSTILE,)),
    )
    files = {
        name: tuple(replace(file, text=_HOSTILE) for file in files)
        for name, files in report.files.items()
    }
    changes = {item.framework: (Step(rule="change", text=_HOSTILE),) for item in answer.rejected}
    ranked = replace(answer, model=model, machine=machine, ranking=(pick,))
    return replace(report, answer=ranked, files=files, changes=changes)


def test_hostile_names_are_inert(reports: Reports) -> None:
    text = page([hostile(report) for report in reports["ascend"]])
    tree = _tree(text)
    assert len([*tree.iter("script")]) == 1
    assert text.count("&lt;script&gt;alert(1)") > 10
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "{{ 7*7 }}" in text
    assert "<script>alert" not in text


def test_only_addresses_of_the_web_become_links(trees: Trees) -> None:
    from recommender.render.page.reasons import source_of

    rows: dict[str, Any] = {"odd": {"title": "Odd", "address": "javascript:alert(1)"}}
    assert source_of("odd", rows)["link"] == ""
    assert source_of("odd", rows)["address"] == "javascript:alert(1)"
    assert source_of("none", rows)["title"] == "none"
    for element in trees["h100"].iter("a"):
        assert element.get("href", "").startswith(("https://", "#"))


def test_what_is_alike_is_kept_once() -> None:
    views = {"en": {"a": "x", "b": ["one", "same"]}, "zh": {"a": "x", "b": ["一", "same"]}}
    merged = both(views)
    assert merged == {"a": "x", "b": [Said(by_language={"en": "one", "zh": "一"}), "same"]}
    with pytest.raises(ValueError, match="zip"):
        both({"en": ["one"], "zh": ["一", "二"]})
    with pytest.raises(ValueError, match="not of one answer"):
        both({"en": 1, "zh": 2})


def test_the_chinese_files_speak_chinese(reports: dict[str, list[Report]]) -> None:
    english, chinese = (
        next(file.text for file in report.files["vllm"] if file.target == "kubernetes") or ""
        for report in reports["h100"]
    )
    assert "# Nodes need" in english
    assert "# 节点须具备" in chinese
    assert not re.search(r"# (Nodes need|Before: )", chinese)


def test_the_top_says_how_the_model_fits(reports: dict[str, list[Report]], trees: Trees) -> None:
    reasons = reports["h100"][0].answer.ranking[0].reasons
    fits = [reason.text for reason in reasons if reason.layer == "estimate"]
    assert fits
    (line,) = _class(trees["h100"], "fits")
    assert fits[0] in _texts(line)


def test_what_is_served_otherwise_is_told_before_the_start(
    reports: dict[str, list[Report]],
) -> None:
    answer = reports["h100"][0].answer
    fit = answer.ranking[0].fit
    assert fit
    assert answer.model
    wished = (fit.concurrent_requests or 0) + 1
    one = replace(answer, workload=replace(answer.workload, concurrency=1))
    asked = replace(
        answer,
        workload=replace(answer.workload, concurrency=wished),
        model=replace(answer.model, id="owner/other"),
    )
    told = {}
    for name, shown in (("as asked", one), ("otherwise", asked)):
        tree = _tree(page([replace(reports["h100"][0], answer=shown)]))
        told[name] = _texts(tree)
    assert f"room for {wished - 1} of the {wished} requests" in told["otherwise"]
    assert "that were wished" not in told["as asked"]
    assert f"{fit.model} (" in told["otherwise"]
    assert "not owner/other as it was published" in told["otherwise"]
