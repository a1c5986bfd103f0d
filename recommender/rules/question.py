"""What was asked, and what follows from it for every candidate alike."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from recommender.facts import Framework, Machine, Model, Notice, Rule, Workload
from recommender.facts.noun import noun
from recommender.knowledge import Knowledge
from recommender.rules.conditions import holds, never
from recommender.rules.rates import Rates
from recommender.rules.situation import (
    WSL2_FACTS,
    Situation,
    glibc_facts,
    machine_facts,
    model_facts,
    workload_facts,
)
from recommender.rules.weights import Table
from recommender.words import Words


@noun
class Question:
    """What was asked: on this machine, for this work, with this model, by these rules.

    ``named`` says that somebody named a model which gave way to the present one, or to a proposal.
    """

    knowledge: Knowledge
    frameworks: tuple[Framework, ...]
    machine: Machine
    workload: Workload
    model: Model | None
    rules: tuple[Rule, ...]
    words: Words
    named: bool = False
    spans: bool = False

    @cached_property
    def table(self) -> Table:
        """What a model's weights take in every format."""
        return Table(self.knowledge.document["quantizations"])

    @cached_property
    def rates(self) -> Rates:
        """How near engines come to the rates of devices."""
        return Rates(self.knowledge.speeds)

    @cached_property
    def base(self) -> Situation:
        """Facts about the machine, the work and the model."""
        values = (
            machine_facts(self.machine) | workload_facts(self.workload) | model_facts(self.model)
        )
        values |= {"model.named": self.named or self.model is not None}
        if values["os.libc_version"] is None:
            values |= glibc_facts(self.machine.os, self.knowledge.document["systems"]["glibc"])
        return Situation(
            values=values,
            situations=self.knowledge.situations,
            installed=self.machine.software.installed,
        )

    @cached_property
    def ladder(self) -> int:
        """Which of the ladders of models to propose from is for this work."""
        every = self.knowledge.document["ladders"]
        fitting = (index for index, one in enumerate(every) if holds(one["when"], self.base))
        return next(fitting, len(every) - 1)

    @cached_property
    def several_models(self) -> bool:
        """Whether other models want devices of their own."""
        return holds({"holds": "many-models"}, self.base) is True

    @cached_property
    def live_rules(self) -> tuple[Rule, ...]:
        """The rules that machine and work do not rule out for every candidate."""
        return tuple(rule for rule in self.rules if self._may_hold(rule.when))

    @cached_property
    def live_notices(self) -> tuple[Notice, ...]:
        """The notices that machine and work do not rule out for every candidate."""
        every = self.knowledge.candidate_notices
        return tuple(notice for notice in every if self._may_hold(notice.when))

    def _may_hold(self, condition: Mapping[str, Any]) -> bool:
        return not never(condition, self.base, self._fixed)

    @cached_property
    def _fixed(self) -> frozenset[str]:
        stays = machine_facts(self.machine).keys() | workload_facts(self.workload).keys()
        return frozenset(stays - WSL2_FACTS.keys())
