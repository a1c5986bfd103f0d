"""How one framework is started here: the plan of it, or why there is none."""

from dataclasses import replace

from recommender.facts import Machine, Model, Reason, Workload
from recommender.facts.plan import Opening, Plan
from recommender.launch.plans import plan_of
from recommender.pipeline import decided
from recommender.rules.ranking import Refused
from recommender.words import Words


class NothingRunsError(Exception):
    """The framework cannot run here; ``reasons`` say why and what would change it."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        """Keep the reasons."""
        super().__init__("; ".join(reason.text for reason in reasons))
        self.reasons = reasons


def launching(  # noqa: PLR0913  # the whole question
    framework: str,
    machine: Machine,
    workload: Workload,
    model: Model | None,
    opening: Opening,
    words: Words,
    *,
    rules: str = "current",
) -> Plan:
    """The plan by which ``framework`` serves the model here.

    Args:
        framework: its id; challengers and layers too.
        machine: what was probed or described; its ``nodes`` serve together where one is too small.
        workload: what the server is for.
        model: the model to serve; None lets llmpick propose one.
        opening: how the server is started, named and reached.
        words: the language of notes and reasons.
        rules: ``current`` or ``article``.

    Raises:
        NothingRunsError: it cannot run on this machine, or not with this model.
        LookupError: it runs, but not in a way that ``opening`` allows; the message names the ways.
    """
    found = decided(framework, machine, workload, model, rules=rules, lang=words.lang)
    if isinstance(found, Refused):
        raise NothingRunsError(found.reasons)
    return plan_of(found, opening, machine.nodes, words)


def containers(machine: Machine) -> Machine:
    """The machine as an orchestrator would use it, which brings a container engine of its own."""
    return replace(machine, software=replace(machine.software, docker=True))
