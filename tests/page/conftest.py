"""Pages of questions that people ask, and a real Chromium that reads them."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from recommender.cli.asking import Asked, meant
from recommender.cli.report_command import pages
from recommender.facts.report import Report
from recommender.render.page import page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

H100 = Asked(
    gpu=["H100 80GB:8"],
    use_case="production",
    concurrency=200,
    model="meta-llama/Llama-3.3-70B-Instruct",
    lang="en",
)
ASCEND = Asked(gpu=["Ascend 910B3:8"], use_case="domestic", lang="zh")
NO_GPU = Asked(gpu=["none"], ram=32, lang="en")
TOO_LARGE = Asked(gpu=["RTX 4090"], model="deepseek-ai/DeepSeek-V3", lang="en")
NOTHING = Asked(gpu=["none"], ram=0.3, arch="armv7l", lang="en")
ASKED = {
    "h100": H100,
    "ascend": ASCEND,
    "no-gpu": NO_GPU,
    "too-large": TOO_LARGE,
    "nothing": NOTHING,
}

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What keeps a browser from asking for anything of its own.
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def reports() -> dict[str, list[Report]]:
    """Each question's answer in both languages, by its name."""
    return {name: pages(meant(asked)) for name, asked in ASKED.items()}


@pytest.fixture(scope="session")
def written(reports: dict[str, list[Report]]) -> dict[str, str]:
    """The page of each question by its name."""
    return {name: page(found) for name, found in reports.items()}


@pytest.fixture(scope="session")
def addresses(written: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where a browser finds each page."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in written}


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real Chromium; without one the tests skip, but not where everything real has to run.

    It ends with the module: its event loop would stand in the way of other tests' own.
    """
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        reason = "no Chromium here: apt-get install chromium"
        if os.environ.get("LLMPICK_REQUIRE_REAL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=program, args=list(_QUIET))
        yield started
        started.close()


class Tab:
    """A page in the browser, with what it asked for and complained of."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))


@pytest.fixture
def tab(browser: "Browser") -> Iterator[Tab]:
    """An empty page that asks for nothing and complains of nothing, as is checked at its end."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    opened = Tab(context.new_page())
    yield opened
    context.close()
    assert not opened.said
    assert all(url.startswith(("file:", "data:")) for url in opened.asked), opened.asked
