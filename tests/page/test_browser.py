"""The page in a real Chromium: what can be clicked, copied, switched and printed."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from recommender.facts.report import Report
from recommender.render.page import page
from tests.page.conftest import ASKED, Tab
from tests.page.test_page import hostile

_WIDTHS = (360, 768, 1280)
_SERIOUS = {"serious", "critical"}


def _open(tab: Tab, address: str, width: int = 1280, theme: str = "light") -> None:
    tab.page.set_viewport_size({"width": width, "height": 900})
    tab.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    tab.page.goto(address)


def _background(tab: Tab) -> str:
    return str(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))


def _copied(tab: Tab, button: Locator) -> str:
    """What a button copies, once it says that it has."""
    tab.page.evaluate("document.getElementById('told').textContent = ''")
    button.click()
    # The page's policy forbids what wait_for_function does.
    expect(tab.page.locator("#told")).not_to_be_empty()
    return str(tab.page.evaluate("navigator.clipboard.readText()"))


def test_a_runner_up_unfolds(tab: Tab, addresses: dict[str, str]) -> None:
    _open(tab, addresses["h100"])
    second = tab.page.locator("details.card").first
    waterfall = second.locator(".waterfall")
    assert not waterfall.is_visible()
    second.locator("> summary").click()
    assert waterfall.is_visible()
    tab.page.click("#open")
    assert tab.page.locator("main details:not([open])").count() == 0
    tab.page.click("#close")
    assert not waterfall.is_visible()


def test_a_tab_shows_its_file(
    tab: Tab, addresses: dict[str, str], reports: dict[str, list[Report]]
) -> None:
    _open(tab, addresses["h100"])
    pick = tab.page.locator("section.card")
    assert pick.locator(".panel:visible").count() == 1
    pick.get_by_text("Kubernetes", exact=True).click()
    shown = pick.locator(".panel:visible code:visible")
    files = {file.target: file.text for file in reports["h100"][0].files["vllm"]}
    assert shown.text_content() == files["kubernetes"]
    tab.page.keyboard.press("ArrowRight")
    assert shown.text_content() == files["lws"]


def test_what_is_copied_is_the_command(
    tab: Tab, addresses: dict[str, str], reports: dict[str, list[Report]]
) -> None:
    _open(tab, addresses["ascend"])
    launch = reports["ascend"][0].answer.ranking[0].launch
    assert launch
    buttons = tab.page.locator("section.card .copy:visible")
    for position, lines in enumerate((launch.install, launch.serve, launch.check)):
        assert _copied(tab, buttons.nth(position)) == "\n".join(lines)
    assert tab.page.locator("#told").text_content() == "已复制"
    tab.page.locator("section.card").get_by_text("Compose", exact=True).click()
    tab.page.click("label[for=language-en]")
    english = reports["ascend"][1].files["lmdeploy"]
    compose = next(file.text for file in english if file.target == "compose")
    assert _copied(tab, buttons) == compose
    assert tab.page.locator("#told").text_content() == "Copied"


def test_copying_works_without_a_clipboard_of_the_page(
    tab: Tab, addresses: dict[str, str], reports: dict[str, list[Report]]
) -> None:
    tab.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    _open(tab, addresses["h100"])
    tab.page.locator("section.card .copy:visible").nth(1).click()
    expect(tab.page.locator("#told")).to_have_text("Copied")
    launch = reports["h100"][0].answer.ranking[0].launch
    assert launch
    selected = tab.page.evaluate("getSelection().toString()")
    assert selected == "\n".join(launch.serve)


def test_the_language_switches_without_a_reload(
    tab: Tab, addresses: dict[str, str], reports: dict[str, list[Report]]
) -> None:
    _open(tab, addresses["h100"])
    tab.page.locator("details.card > summary").first.click()
    english, chinese = (report.answer.ranking[0].reasons[0].text for report in reports["h100"])
    shown = tab.page.locator("main")
    assert english in shown.inner_text()
    assert chinese not in shown.inner_text()
    tab.page.click("label[for=language-zh]")
    assert chinese in shown.inner_text()
    assert english not in shown.inner_text()
    assert tab.page.locator("details.card[open]").count() == 1
    assert tab.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert tab.page.title() == tab.page.get_attribute("html", "data-title-zh")
    assert len([url for url in tab.asked if url.startswith("file:")]) == 1


def test_the_theme_follows_the_system_and_the_switch(tab: Tab, addresses: dict[str, str]) -> None:
    _open(tab, addresses["no-gpu"])
    light = _background(tab)
    tab.page.click("label[for=theme-dark]")
    dark = _background(tab)
    assert light != dark
    tab.page.click("label[for=theme-auto]")
    tab.page.emulate_media(color_scheme="dark")
    assert _background(tab) == dark
    tab.page.click("label[for=theme-light]")
    assert _background(tab) == light


@pytest.mark.parametrize("name", list(ASKED))
def test_nothing_is_wider_than_the_screen(tab: Tab, addresses: dict[str, str], name: str) -> None:
    _open(tab, addresses[name])
    tab.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for lang in ("en", "zh"):
        tab.page.click(f"label[for=language-{lang}]")
        for width in _WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 900})
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [
        ("h100", 1280, "light"),
        ("h100", 1280, "dark"),
        ("ascend", 360, "dark"),
        ("nothing", 768, "light"),
    ],
)
def test_axe_finds_nothing_serious(
    tab: Tab, addresses: dict[str, str], name: str, width: int, theme: str
) -> None:
    _open(tab, addresses[name], width, theme)
    tab.page.evaluate("document.querySelector('details')?.setAttribute('open', '')")
    # axe puts its own script into the page, past the policy.
    found = Axe().run(tab.page).response["violations"]
    assert [item["id"] for item in found if item["impact"] in _SERIOUS] == []


def test_hostile_names_are_shown_and_do_nothing(
    tab: Tab, reports: dict[str, list[Report]], tmp_path: Path
) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(page([hostile(report) for report in reports["ascend"]]), encoding="utf-8")
    opened: list[str] = []
    tab.page.on("dialog", lambda dialog: opened.append(dialog.message))
    _open(tab, file.as_uri(), 360)
    assert tab.page.get_by_text("<script>alert(1)</script>").count() > len(ASKED)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert opened == []


def test_it_prints_what_is_folded_too(tab: Tab, addresses: dict[str, str]) -> None:
    _open(tab, addresses["h100"])
    pages = re.compile(rb"/Type\s*/Page\b")
    folded = len(pages.findall(tab.page.pdf()))
    assert folded > 1
    assert tab.page.locator("details[open]").count() == 0
    tab.page.click("#open")
    assert len(pages.findall(tab.page.pdf())) == folded


def test_it_is_read_without_javascript(
    tab: Tab, addresses: dict[str, str], reports: dict[str, list[Report]]
) -> None:
    assert tab.page.context.browser
    context = tab.page.context.browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(addresses["ascend"])
    chinese, english = (report.answer.ranking[0].reasons[0].text for report in reports["ascend"])
    assert chinese in plain.locator("main").inner_text()
    plain.click("label[for=language-en]")
    assert english in plain.locator("main").inner_text()
    plain.locator("section.card").get_by_text("Compose", exact=True).click()
    plain.locator("section.card .panel:visible code:visible").first.wait_for(state="visible")
    plain.locator("details.card > summary").first.click()
    assert plain.locator("details.card .waterfall").first.is_visible()
    assert plain.locator(".copy:visible").count() == 0
    context.close()
