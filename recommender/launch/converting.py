"""A plan whose server reads GGUF alone, for a model of which no such file is known."""

from collections.abc import Sequence

from recommender.facts.conversions import Conversions, Quantizer
from recommender.facts.noun import changed
from recommender.facts.plan import Plan
from recommender.launch import plan as lines
from recommender.launch.commands import launch_facts
from recommender.launch.variables import plain
from recommender.rules.candidates import Scored


def converted(made: Plan, scored: Scored, known: Conversions) -> Plan:
    """The plan with the steps that make the file, the same plan where none has to be made.

    Args:
        made: the plan, whose server is started with the file.
        scored: the candidate that it was made of.
        known: how a file is made.
    """
    platform = scored.trial.platform
    facts = launch_facts(scored, platform.methods[made.method], scored.facts)
    if not facts.fact("gguf.whole") or made.hardware.os == "windows":
        return made
    # The tools are those of the server's own build, where it is one.
    own = made.version if made.version[:1] == known.build[:1] else known.build
    program, command = _quantizer(made.server.argv, known.quantize)
    told = {"tools": own, "tools.image": known.image}
    told |= {"quantizer": program, "quantizer.command": command}
    steps = lines.commands(known.lines, platform, facts.extend(told))
    if not steps:
        return made
    last = facts.fact("gguf.file")
    name = last.removeprefix("./")
    quantized = any(word.endswith(name) for step in steps for word in step.argv)
    makes = last if quantized else facts.fact("gguf.whole")
    return changed(made, prepare=(*made.prepare, *steps), makes=makes)


def _quantizer(argv: Sequence[str], known: Sequence[Quantizer]) -> tuple[str, str]:
    """The program beside the one that serves, and its command; none where no row names that."""
    words = [plain(word) for word in argv]
    for row in known:
        name, *rest = row.server.split()
        if words and words[0].split("/")[-1] == name and words[1 : 1 + len(rest)] == rest:
            program, _, command = row.program.partition(" ")
            return words[0].removesuffix(name) + program, command
    return "", ""
