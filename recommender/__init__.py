"""llmpick: which LLM serving framework to run on this hardware, why, and with which command.

What is named in ``__all__`` is for programs and stays as docs/python-api.md has it; everything else
may change. Names are loaded when they are used.
"""

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "InputError",
    "Machine",
    "Model",
    "NothingPlannedError",
    "Plan",
    "WhyNot",
    "Workload",
    "__version__",
    "describe_machine",
    "find_model",
    "plan_launch",
    "probe_machine",
    "read_machine",
    "recommend",
    "to_json",
    "why_not",
    "write_launch",
]

# Type checkers take it for true; typing's own costs a start some milliseconds.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from recommender.api import (
        Answer,
        InputError,
        Machine,
        Model,
        NothingPlannedError,
        Plan,
        WhyNot,
        Workload,
        describe_machine,
        find_model,
        plan_launch,
        probe_machine,
        read_machine,
        recommend,
        to_json,
        why_not,
        write_launch,
    )
else:

    def __getattr__(name: str) -> object:
        """A public name, loaded now."""
        if name in __all__:
            from recommender import api

            return getattr(api, name)
        raise AttributeError(name)

    def __dir__() -> list[str]:
        """The public names."""
        return sorted(__all__)
