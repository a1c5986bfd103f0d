"""Releases of a GitHub repository (source: https://docs.github.com/rest/releases/releases)."""

import os
from typing import Any

from recommender.facts.release import Feed, Newest
from recommender.releases import web
from recommender.releases.index import latest

_PAGE = 60


def address(default: str) -> str:
    """GitHub's API: GITHUB_API_URL, as GitHub's own programs take it, else ``default``."""
    return (os.environ.get("GITHUB_API_URL") or default).rstrip("/")


def newest(feed: Feed, api: str, timeout_s: float = web.TIMEOUT_S) -> Newest:
    """The newest release that is no draft and no pre-release.

    GITHUB_TOKEN or GH_TOKEN is used where one is set: without it an address gets 60 answers an
    hour.

    Raises:
        InputError: GitHub cannot be reached, or the repository has no release.
    """
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
    page = f"{api}/repos/{feed.repository}/releases?per_page={_PAGE}"
    asked = web.request(page, "application/vnd.github+json", token)
    listed = web.document(web.read(asked, timeout_s), page)
    found = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return latest(feed, dict(_told(item) for item in found if _is_release(item)))


def _is_release(item: dict[str, Any]) -> bool:
    return not item.get("draft") and not item.get("prerelease")


def _told(item: dict[str, Any]) -> tuple[str, str | None]:
    day = item.get("published_at")
    return str(item.get("tag_name")), day[:10] if isinstance(day, str) else None
