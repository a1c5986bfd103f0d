"""How fast a placement answers: tokens a second as ranges, from rates and measured efficiencies.

A token of one request reads every active weight and its KV cache once, so it takes at least their
bytes over the memory's bandwidth; launching the kernels of a layer takes some time more. Requests
that are answered together share the reading of the weights. A prompt costs two operations a
parameter and token (source: fit-and-speed, section 4).
"""

from dataclasses import replace
from typing import NamedTuple

from recommender.devices.catalogue import Spec
from recommender.facts import Budget, Model
from recommender.facts.noun import noun
from recommender.rules.kv_cache import request_gib, typical_layers
from recommender.rules.rates import Rate, Rates

_GIB = 2**30
# So many runs of other conditions support a figure for prompts, which differ by this factor where
# they were timed alone (source: measured-speeds, most devices 1.9).
_MANY_RUNS, _PROMPT_SPREAD = 6, 1.9
_GIGA, _TERA, _MICRO = 1e9, 1e12, 1e-6
_WINDOWED = Budget(sliding="window")
# More than half of a model is never its embeddings.
_MOST_GATHERED = 0.5
# Formats whose products are computed in fewer bits than 16, on devices that have units for them.
_ACTIVATION_BITS = {"nvfp4": 4, "fp8": 8, "int8-w8a8": 8, "w8a8-modelslim": 8}


@noun
class Run:
    """All that decides the speed of one copy of a model.

    ``read_gib`` are the weights that a token reads over all layers, of which ``host_gib`` lie in
    main memory of ``host_gbs``; ``weights_gib`` those that a large batch reads (all experts).
    ``active`` counts the parameters that a token is multiplied with, ``kv_gib`` is the KV cache of
    one token, ``state_gib`` what a request keeps besides. ``tensor`` devices share every layer,
    over ``link``. ``context`` is how many tokens a request holds on average.
    """

    engine: str
    device: Spec
    read_gib: float
    weights_gib: float
    active: float
    layers: float
    kv_gib: float
    state_gib: float = 0.0
    bits: float = 16.0
    activation_bits: int = 16
    moe: bool = False
    tensor: int = 1
    link: str | None = None
    host: str | None = None
    context: float = 0.0
    host_gib: float = 0.0
    host_gbs: float | None = None


class Rated(NamedTuple):
    """A figure with the row that it rests on."""

    value: float
    rate: Rate

    @property
    def bounds(self) -> tuple[float, float]:
        """The figure as a range that holds four of five runs."""
        return self.value / self.rate.spread, self.value * self.rate.spread


def decode(run: Run, rates: Rates) -> Rated | None:
    """Tokens a second that one request gets which is answered alone."""
    found = _rate("decode", run, rates)
    # A file too small to be anything but a test takes no time at all.
    seconds = step_s(run, found, rates) if found else 0.0
    return Rated(1 / seconds, found) if found and seconds > 0 else None


def output(
    run: Run, rates: Rates, requests: int, prompt: float = 0.0, answer: float = 1.0
) -> Rated | None:
    """Tokens a second of all answers of one copy, with so many requests at a time.

    ``prompt`` and ``answer`` are tokens of one request: prompts take their share of the time.
    """
    found = _rate("batch", run, rates)
    operations = tera_operations(run, rates)
    if not found or not operations:
        return None
    a_token = 2 * run.active / (found.compute * operations * _TERA * run.tensor)
    step = step_s(run, found, rates, requests) + requests * a_token
    share = prompt / answer * requests * a_token
    return Rated(requests / (step + share), found)


def prefill(run: Run, rates: Rates, prompt: float) -> Rated | None:
    """Tokens of a prompt a second, for a prompt of so many tokens.

    Where nobody timed prompts alone, the share of the operations that many requests together reach
    is taken, which their prompts had a part in.
    """
    found = _rate("prefill", run, rates) or _of_many(run, rates)
    operations = tera_operations(run, rates)
    if not found or not operations or prompt <= 0:
        return None
    compute = prompt * 2 * run.active / (found.compute * operations * _TERA * run.tensor)
    read = replace(run, kv_gib=0.0, state_gib=0.0)
    return Rated(prompt / (compute + step_s(read, found, rates)), found)


def _of_many(run: Run, rates: Rates) -> Rate | None:
    found = _rate("batch", run, rates)
    plain = run.engine in rates.plain_engines
    if found is None or found.runs < _MANY_RUNS or plain:
        return None
    return replace(found, spread=max(found.spread, _PROMPT_SPREAD))


def _rate(quantity: str, run: Run, rates: Rates) -> Rate | None:
    kind = rates.device_class(run.device)
    if kind is None or not run.device.bandwidth_gbs or (run.host_gib and not run.host_gbs):
        return None
    return rates.rate(quantity, run.engine, kind, run.bits, moe=run.moe)


def step_s(run: Run, rate: Rate, rates: Rates, requests: int = 1) -> float:
    """Seconds until every one of these requests has one more token, their operations aside."""
    bandwidth = (run.device.bandwidth_gbs or 0) * _GIGA
    read = (
        _read_gib(run, requests)
        - run.host_gib
        + requests * (run.kv_gib * run.context + run.state_gib)
    )
    seconds = read * _GIB / run.tensor / (rate.efficiency * bandwidth)
    slow = rates.host_factor(run.host, run.device.vendor)
    seconds += run.layers * rate.layer_us * slow * _MICRO + requests * rate.request_us * _MICRO
    if run.host_gib and run.host_gbs:
        seconds += run.host_gib * _GIB / (run.host_gbs * _GIGA)
    if run.tensor > 1:
        seconds += run.layers * rates.links.get(run.link or "", rates.links["pcie"]) * _MICRO
    return seconds


def _read_gib(run: Run, requests: int) -> float:
    """Weights that a step reads: experts are read once however many requests chose them."""
    if requests == 1 or not run.moe:
        return run.read_gib
    missed = (1 - min(run.read_gib / run.weights_gib, 1.0)) ** requests
    return run.weights_gib * (1 - missed)


def tera_operations(run: Run, rates: Rates) -> float | None:
    """1e12 operations a second in the type that these weights are multiplied in.

    Engines with kernels of their own follow the rate of plain arithmetic, not that of the tensor
    units, which vendors limit on some boards of the same chip.
    """
    device = run.device
    if run.engine in rates.plain_engines:
        return rates.plain_operations(device)
    if run.activation_bits == 4 and device.tflops_fp4_dense:  # noqa: PLR2004
        return device.tflops_fp4_dense
    if run.activation_bits <= 8 and device.tflops_fp8_dense:  # noqa: PLR2004
        return device.tflops_fp8_dense
    return max(device.tflops_fp16_dense or 0.0, device.tflops_fp32 or 0.0) or None


def run_of(  # noqa: PLR0913  # all that decides the speed
    model: Model,
    quantization: str | None,
    weights_gib: float,
    *,
    engine: str,
    device: Spec,
    tensor: int = 1,
    host: str | None = None,
    context: float = 0.0,
    link: str | None = None,
    read_gib: float | None = None,
) -> Run:
    """One copy of a model as its weights lie on the devices.

    Without ``read_gib``, the weights that a token reads are estimated from the parameter counts.
    """
    params = model.params or weights_gib * _GIB / 2
    active = min(model.active_params or params, params)
    gathered = _gathered(model, params)
    return Run(
        engine=engine,
        device=device,
        read_gib=read_gib or weights_gib * max(active / params - gathered, 0.01),
        weights_gib=weights_gib * (1 - gathered),
        active=active,
        layers=model.layers or typical_layers(model),
        kv_gib=_kv_gib(model, context),
        state_gib=(model.state_bytes or 0) / _GIB,
        bits=weights_gib * _GIB * 8 / params,
        activation_bits=_ACTIVATION_BITS.get(quantization or "", 16),
        moe=bool(model.moe),
        tensor=tensor,
        link=link or device.link,
        host=host,
        context=context,
    )


def _kv_gib(model: Model, context: float) -> float:
    """What is read of the cache for each token of the context: windows end, states are apart."""
    tokens = max(round(context), 1)
    kept = request_gib(model, tokens, _WINDOWED) - (model.state_bytes or 0) / _GIB
    return max(kept, 0.0) / tokens


def _gathered(model: Model, params: float) -> float:
    """The share of the weights of which a token reads one row: embeddings that are no head."""
    if model.tied is not False or not (model.vocab and model.hidden):
        return 0.0
    return min(model.vocab * model.hidden / params, _MOST_GATHERED)
