"""A plan for every platform of every framework, on a machine that it claims."""

from collections.abc import Iterator
from functools import cache

from recommender.facts import Machine, Model, Platform, Workload
from recommender.facts.plan import Opening, Plan
from recommender.knowledge import load
from recommender.launch.plans import plan_of
from recommender.launching import hidden, with_host
from recommender.pipeline import decided
from recommender.rules.ranking import Refused
from recommender.words import Words
from tests.launch.test_commands import EVERYTHING, MODELS, _claimed, nvidia

QWEN_8B = MODELS["Qwen/Qwen3-8B"]
DEEPSEEK = MODELS["deepseek-ai/DeepSeek-V3"]
A_FILE = Model(
    id="/models of $USER/a b.gguf", weights_gib=4.7, quantization="q4_k_m", format="gguf"
)
HOSTILE = (
    'org/x\'; touch owned "two" $(reboot) `reboot` $HOME ${HOME} %h %% \\ '
    "a\nb \t é \u202e \u2028 ;#"
)
NOTHING_ASKED = Opening()
OPEN = Opening(exposed=True, guarded=True)
Named = tuple[str, str, str | None, str]


def plan(
    framework: str,
    machine: Machine,
    model: Model = QWEN_8B,
    opening: Opening = NOTHING_ASKED,
) -> Plan | None:
    """How a framework serves a model on a machine; None where it cannot, or not in that way."""
    install = "docker" if opening.methods == ("docker",) else "any"
    found = decided(framework, machine, Workload(allow=EVERYTHING, install=install), model)
    if isinstance(found, Refused):
        return None
    try:
        words = Words(table=load().words, lang="en")
        return with_host(plan_of(found, opening, machine.nodes, words, hidden()))
    except LookupError:
        return None


@cache
def every(method: str) -> dict[Named, Plan]:
    """Plans by framework, platform, system and what is asked, for one way to install."""
    found: dict[Named, Plan] = {}
    for framework in (*load().frameworks, *load().challengers):
        for platform in framework.platforms:
            if method in platform.methods:
                found |= dict(_of(framework.id, platform, method))
    return found


def _of(framework: str, platform: Platform, method: str) -> Iterator[tuple[Named, Plan]]:
    models = {"hub": QWEN_8B} | ({"file": A_FILE} if "gguf" in platform.formats else {})
    missing = {(model, asked) for model in models for asked in ("closed", "open")}
    for machine in _claimed(platform):
        for model, asked in sorted(missing):
            opening = OPEN if asked == "open" else NOTHING_ASKED
            wish = Opening(methods=(method,), exposed=opening.exposed, guarded=opening.guarded)
            made = plan(framework, machine, models[model], wish)
            if made and made.platform == platform.id:
                yield (framework, platform.id, machine.os.family, f"{model} {asked}"), made
                missing.discard((model, asked))


def two_machines(framework: str, method: str) -> Plan:
    """A plan of a model that is too large for one machine of eight H100."""
    made = plan(framework, nvidia(8, nodes=2), DEEPSEEK, Opening(methods=(method,)))
    assert made is not None
    assert made.nodes == 2
    return made


def hostile(framework: str, method: str) -> Plan:
    """A plan whose model has a name that every format would read otherwise."""
    model = Model(id=HOSTILE, params=8_000_000_000, quantization="bf16")
    made = plan(framework, nvidia(1), model, Opening(methods=(method,)))
    assert made is not None
    assert HOSTILE in made.server.argv
    return made
