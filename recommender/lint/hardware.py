"""Every hardware that a row of the article claims has a platform, and every platform a device."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.lint.loaded import Loaded
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation


def findings(knowledge: Loaded) -> Iterator[str]:
    """Sentences about claims without a platform."""
    claims = knowledge.article["columns"]["hardware"]
    for framework in knowledge.frameworks:
        row = framework.get("article")
        for term in row["hardware"]["terms"] if row else ():
            sample = claims.get(term, {}).get("sample")
            if sample and not _driven(framework, sample):
                yield f"{framework['id']}: the article claims {term}, but no platform drives it"


def _driven(framework: Mapping[str, Any], sample: Mapping[str, Any]) -> bool:
    facts = {"device.kind": "accelerator", **sample}
    situation = Situation(values=facts, situations={})
    return any(holds(item["device"], situation) is True for item in framework["platforms"])
