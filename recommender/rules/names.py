"""Every name by which knowledge may speak of a fact."""

from recommender.facts import Fit, Machine, Workload
from recommender.rules import situation as facts
from recommender.rules.bounds import bound_facts

LAUNCH_FACTS = frozenset(
    (
        *("model", "host", "port", "image", "python", "version", "slots", "total_context"),
        *(
            "gguf.repo",
            "gguf.file",
            "gguf.quant",
            "gguf.source",
            "gguf.whole",
            "library.name",
            "registry.name",
            "registry.size",
        ),
        *("parser.tool", "parser.reasoning"),
        *("ascend_devices", "cache", "cpu_kv_gib", "node_devices", "via.wsl2", "exposed"),
        "served.name",
        *("image.enroot", "spans"),
    )
)
_FRAMEWORK_FACTS = frozenset(
    (
        *(f"framework.{name}" for name in ("id", "name", "role", "status", "license")),
        *(f"platform.{name}" for name in ("id", "name", "support", "version", "formats")),
        "traits",
        "cannot",
        *("standing.throughput", "standing.ease", "model.named"),
        *(
            f"article.{name}"
            for name in (
                "throughput",
                "ease",
                "techniques",
                "hardware",
                "scenarios",
                "shortcomings",
            )
        ),
    )
)


def names() -> frozenset[str]:
    """Every fact name that knowledge may use, besides ``installed.<framework>``."""
    empty_fit = facts.fit_facts(Fit(fits=None), Workload())
    groups = (
        facts.machine_facts(Machine()),
        facts.device_facts(facts.Group()),
        facts.workload_facts(Workload()),
        facts.model_facts(None),
        empty_fit,
        bound_facts(Fit(fits=None)),
    )
    return frozenset(name for group in groups for name in group) | _FRAMEWORK_FACTS | LAUNCH_FACTS
