"""The nouns of llmpick, defined once: frozen dataclasses with units in the field names.

``None`` means *unknown* in every field. Nothing here imports the rest of llmpick.
"""

from recommender.facts.answer import Answer, Candidate, Commands, Launch, Reason, Rejection
from recommender.facts.fit import DeviceMemory, Fit, Speed
from recommender.facts.framework import (
    Article,
    Budget,
    Cell,
    Condition,
    Framework,
    Line,
    Method,
    Notice,
    Platform,
    Quantization,
    Requirement,
    Rule,
    Step,
    Text,
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
from recommender.facts.workload import Workload

__all__ = [
    "Accelerator",
    "Answer",
    "Article",
    "Budget",
    "Candidate",
    "Cell",
    "Commands",
    "Condition",
    "Cpu",
    "DeviceMemory",
    "Fit",
    "Framework",
    "Launch",
    "Line",
    "Link",
    "Machine",
    "Memory",
    "Method",
    "Model",
    "Notice",
    "Os",
    "Platform",
    "Problem",
    "Quantization",
    "Reason",
    "Rejection",
    "Requirement",
    "Rule",
    "Software",
    "Speed",
    "Step",
    "Text",
    "Workload",
]
