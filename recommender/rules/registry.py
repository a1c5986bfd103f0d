"""Names that a framework's own registry gives to models."""

import re
from typing import Any

from recommender.facts import Framework, Model


def registry_facts(framework: Framework, model: Model | None) -> dict[str, Any]:
    """What the framework's own registry calls the model; unknown where it has none for it."""
    identity = model.id if model else ""
    for entry in framework.registry:
        if re.search(entry.matches, identity, re.IGNORECASE):
            return {"registry.name": entry.name, "registry.size": entry.size or _size(identity)}
    return {"registry.name": None, "registry.size": None}


def _size(identity: str) -> str | None:
    """Billions of parameters as a name says them: ``0_6`` for Qwen3-0.6B."""
    found = re.search(r"-(\d+(?:\.\d+)?)b\b", identity, re.IGNORECASE)
    return found.group(1).replace(".", "_") if found else None
