"""What llmpick measured of servers that ran: a line of the measurement file, and ``verify``."""

from recommender.facts.answer import SCHEMA_VERSION
from recommender.facts.fit import Speed
from recommender.facts.machine import Problem
from recommender.facts.noun import noun

Range = tuple[float, float]


@noun
class Timing:
    """What streamed requests took, as (low, high) over those that were sent.

    ``first_token_s`` and ``decode_tokens_per_s`` are of a user who is alone: seconds to the first
    token, and tokens a second after it (None where the stream came in a few pieces).
    ``together_tokens_per_s`` is what ``requests`` users got in all, from the first request's start
    to the last one's end. ``prompt_tokens`` and ``output_tokens`` are means of a request.
    ``counted`` says who counted the tokens: the server (``usage``), or llmpick one a piece of the
    stream (``chunks``).
    """

    requests: int = 1
    first_token_s: Range | None = None
    decode_tokens_per_s: Range | None = None
    together_tokens_per_s: Range | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    counted: str = "usage"


@noun
class Measurement:
    """One line of the measurement file; ``at`` is the time in UTC (ISO 8601).

    ``model`` and ``base`` are what llmpick calls the served model. ``device`` is the accelerator's
    name with the memory of one of the ``devices`` that served, or the processor's, and ``devices``
    is then 0.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    at: str
    framework: str
    framework_version: str | None = None
    model: str
    base: str | None = None
    quantization: str | None = None
    device: str
    device_memory_gib: float | None = None
    devices: int
    timing: Timing


@noun
class Prediction:
    """What llmpick predicts of the same requests; ``first_token_s`` follows from the prompt."""

    first_token_s: Range | None = None
    speed: Speed


@noun
class Verification:
    """The answer of ``llmpick verify URL``.

    ``model`` is the name under which the server serves, ``weights`` what llmpick knows it as;
    ``endpoint`` is chat, or completions where the server has no chat template. ``predicted`` is
    None where framework, model or machine is unknown; ``saved`` is the file that the measurement
    was added to.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    url: str
    models: tuple[str, ...]
    model: str
    endpoint: str
    framework: str | None = None
    framework_version: str | None = None
    weights: str | None = None
    quantization: str | None = None
    device: str | None = None
    device_memory_gib: float | None = None
    devices: int | None = None
    timing: Timing
    predicted: Prediction | None = None
    saved: str | None = None
    problems: tuple[Problem, ...] = ()
