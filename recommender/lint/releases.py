"""Feeds of releases are named for platforms that exist, once each, and can be read."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from recommender.errors import nearest
from recommender.lint.loaded import Loaded


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about rows that tell of nothing."""
    known = {f"{one['id']}/{p['id']}" for one in knowledge.frameworks for p in one["platforms"]}
    rows = knowledge.releases["releases"]
    named = Counter(f"{row['framework']}/{name}" for row in rows for name in row["platforms"])
    for name, count in named.items():
        if name not in known:
            yield f"releases: no platform is called {name!r}{nearest(name, known)}"
        if count > 1:
            yield f"releases: {name} stands {count} times"
    for row in rows:
        for feed in row["feeds"]:
            yield from _feed(f"releases: {row['framework']}", feed)


def _feed(where: str, feed: Mapping[str, Any]) -> Iterator[str]:
    if bool(feed.get("package")) == bool(feed.get("repository")):
        yield f"{where}: a feed names a package or a repository, and not both"
    try:
        groups = re.compile(feed.get("tag", "(.)")).groups
    except re.error as error:
        yield f"{where}: tag {feed['tag']!r} is no pattern: {error}"
        return
    if groups != 1:
        yield f"{where}: tag {feed['tag']!r} needs one group, which is the version"
