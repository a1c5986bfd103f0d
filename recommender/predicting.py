"""What llmpick predicts of requests like those that were measured."""

from recommender.facts import Candidate, Machine, Model, Workload
from recommender.facts.measurement import Prediction, Range, Timing
from recommender.facts.noun import noun
from recommender.pipeline import as_asked

# The server runs already, in whatever way it came there.
_ALLOWED = ("plugin", "source", "experimental", "wsl2")


@noun
class Predicted:
    """``candidate`` is None where llmpick holds that it cannot run; ``why`` says why."""

    prediction: Prediction | None = None
    candidate: Candidate | None = None
    why: str | None = None


def predicting(
    machine: Machine, model: Model, framework: str, timing: Timing, lang: str = "en"
) -> Predicted:
    """What the same requests would take of this framework on this machine.

    ``speed`` takes every request to hold half of its context, so the context is chosen such that
    this is what the measured ones held on average: the prompt and half of the answer.
    """
    prompt, output = timing.prompt_tokens or 0, timing.output_tokens or 0
    workload = Workload(
        concurrency=timing.requests,
        context_tokens=max(2 * prompt + output, 1),
        allow=_ALLOWED,
    )
    answer = as_asked(machine, workload, model, frameworks=(framework,), lang=lang)
    found = next((item for item in answer.ranking if item.framework == framework), None)
    if found is None:
        reasons = (reason for item in answer.rejected for reason in item.reasons)
        return Predicted(why=next((reason.text for reason in reasons), None))
    speed = found.speed
    first = _first_token(prompt, speed.prefill_tokens_per_s)
    return Predicted(prediction=Prediction(first_token_s=first, speed=speed), candidate=found)


def _first_token(prompt: int, rate: Range | None) -> Range | None:
    """Seconds to read the prompt; what the server and the network add is not in it."""
    if not prompt or rate is None or rate[0] <= 0:
        return None
    return round(prompt / rate[1], 4), round(prompt / rate[0], 4)
