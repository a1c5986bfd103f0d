"""Containers of one plan apart from those of another on the same machine."""

from collections.abc import Mapping

from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Plan, Process


def with_own_names(plan: Plan) -> Plan:
    """The plan with containers that are called like it, where knowledge calls all of them alike."""
    boxes = [process.container for process in plan.processes if process.container]
    names = {
        box.name: f"llmpick-{plan.name}" for box in boxes if box.name and plan.name not in box.name
    }
    if len(names) != 1:
        return plan
    return changed(
        plan,
        processes=tuple(_process(process, names) for process in plan.processes),
        stop=tuple(_command(command, names) for command in plan.stop),
    )


def _process(process: Process, names: Mapping[str, str]) -> Process:
    box, within = process.container, process.within
    return changed(
        process,
        container=changed(box, name=names.get(box.name or "", box.name)) if box else None,
        within=names.get(within, within) if within else None,
        argv=tuple(names.get(word, word) for word in process.argv),
    )


def _command(command: Command, names: Mapping[str, str]) -> Command:
    return changed(command, argv=tuple(names.get(word, word) for word in command.argv))
