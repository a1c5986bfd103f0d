"""The nouns of llmpick, defined once: frozen dataclasses with units in the field names.

``None`` means *unknown* in every field. Nothing here imports the rest of llmpick.
"""

from recommender.facts.answer import (
    Answer,
    Candidate,
    Commands,
    Considered,
    Launch,
    Reason,
    Rejection,
)
from recommender.facts.budget import Budget, KvQuantized, Overhead
from recommender.facts.exposure import Exposure
from recommender.facts.fit import DeviceMemory, Fit, Speed
from recommender.facts.framework import (
    Article,
    Cell,
    Conflict,
    Framework,
    Outline,
    Rule,
    Standing,
    Upkeep,
)
from recommender.facts.machine import (
    Accelerator,
    Cpu,
    Link,
    Machine,
    Memory,
    Os,
    Problem,
    Software,
)
from recommender.facts.model import Model
from recommender.facts.platform import (
    Capability,
    Line,
    Method,
    Notice,
    Package,
    Platform,
    Quantization,
    Requirement,
    Step,
)
from recommender.facts.sentence import Condition, Text
from recommender.facts.workload import Workload

__all__ = [
    "Accelerator",
    "Answer",
    "Article",
    "Budget",
    "Candidate",
    "Capability",
    "Cell",
    "Commands",
    "Condition",
    "Conflict",
    "Considered",
    "Cpu",
    "DeviceMemory",
    "Exposure",
    "Fit",
    "Framework",
    "KvQuantized",
    "Launch",
    "Line",
    "Link",
    "Machine",
    "Memory",
    "Method",
    "Model",
    "Notice",
    "Os",
    "Outline",
    "Overhead",
    "Package",
    "Platform",
    "Problem",
    "Quantization",
    "Reason",
    "Rejection",
    "Requirement",
    "Rule",
    "Software",
    "Speed",
    "Standing",
    "Step",
    "Text",
    "Upkeep",
    "Workload",
]
