"""The page as text, from what it shows in each language."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from recommender.facts.report import Report
from recommender.knowledge import document, load
from recommender.render.page.language import TAGS, both
from recommender.render.page.view import view
from recommender.words import Words


def page(reports: Sequence[Report]) -> str:
    """One HTML document with nothing to load, whose styles and script alone may run in it.

    Args:
        reports: the same answer in each language, the one that is read first at the head.
    """
    sources: Mapping[str, Any] = document("sources")["sources"]
    table, titles = load().words, load().titles
    views = {
        report.lang: view(report, titles, sources, Words(table=table, lang=report.lang))
        for report in reports
    }
    shown = both(views)
    first = reports[0].lang
    environment = _environment()
    tabs = max((len(item["tabs"]) for item in shown["ranking"]), default=0)
    style = environment.get_template("page.css").render(tabs=tabs)
    script = environment.get_template("page.js").render()
    return environment.get_template("page.html").render(
        **shown,
        first=first,
        tags=TAGS,
        page_titles={lang: item["title"] for lang, item in views.items()},
        style=Markup(style),  # noqa: S704  # from a template of ours, without a value of others
        script=Markup(script),  # noqa: S704  # the same
        policy=_policy(style, script),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("recommender.render.page"),
        autoescape=True,
        finalize=_written,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _written(value: Any) -> Any:
    """A value with control and bidirectional characters spelt out, but for the ends of lines."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(_seen(sign) for sign in value)
    return value


def _seen(sign: str) -> str:
    keeps = sign.isprintable() or sign in "\n\t"
    return sign if keeps else sign.encode("unicode_escape").decode()


def _policy(style: str, script: str) -> str:
    """The Content Security Policy: this style, this script, the icon, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
