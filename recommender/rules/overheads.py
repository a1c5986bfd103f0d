"""What a server needs of a device besides weights and KV cache, whatever the layout."""

from collections.abc import Iterator
from typing import NamedTuple

from recommender.facts import Budget, Model, Overhead
from recommender.rules.conditions import holds
from recommender.rules.situation import Situation
from recommender.versions import parts

# Intermediate to hidden size of most dense models: 3.5 of Llama-3.1-8B and 70B (source:
# models.yaml).
_USUAL_RATIO = 3.5


class Overheads(NamedTuple):
    """GiB of one device; the layer figures are for each layer on it, the context one for a token.

    What is ``outside`` is part of the others, and taken only after the KV cache is sized;
    ``margin_gib`` is left free.
    """

    activations_gib: float = 0.0
    runtime_gib: float = 0.0
    layer_gib: float = 0.0
    outside_gib: float = 0.0
    outside_layer_gib: float = 0.0
    margin_gib: float = 0.0
    context_gib: float = 0.0


def overheads(
    budget: Budget,
    model: Model,
    version: str,
    facts: Situation,
    *,
    linked: bool,
    tokens: int | None = None,
) -> Overheads:
    """What a version of the framework needs on each device for this model.

    Args:
        budget: the platform's, with one entry for each part and span of versions.
        model: whose vocabulary, hidden size and experts count.
        version: of the framework.
        facts: of the machine, the work and the model.
        linked: whether tensor parallelism links devices.
        tokens: in a batch; None is the number that the knowledge holds for.
    """
    if not budget.overheads:
        return Overheads(runtime_gib=budget.reserve_gib + budget.reserve_tp_gib * linked)
    sums = dict.fromkeys(("activations", "runtime", "margin"), 0.0)
    layer = outside = outside_layer = context = 0.0
    for term in _holding(budget.overheads, version, facts):
        grown = tokens / term.tokens if tokens and term.tokens else 1.0
        gib = _gib(term, model, linked=linked) * grown
        sums[term.part] += gib
        layer += term.per_layer
        context += term.per_context / 1e3 * grown
        outside += gib * term.outside
        outside_layer += term.per_layer * term.outside
    return Overheads(
        activations_gib=sums["activations"],
        runtime_gib=sums["runtime"],
        layer_gib=layer,
        outside_gib=outside,
        outside_layer_gib=outside_layer,
        margin_gib=sums["margin"],
        context_gib=context,
    )


def _gib(term: Overhead, model: Model, *, linked: bool) -> float:
    return max(
        term.gib
        + term.per_vocab * (model.vocab or 0) / 1e5
        + term.per_hidden * (model.hidden or 0) / 1e3
        + term.per_intermediate * _intermediate(model) / 1e3
        + term.per_extra * (model.extra_params or 0) / 1e9
        + term.moe * bool(model.moe)
        + term.together * linked,
        term.least,
    )


def _intermediate(model: Model) -> float:
    """Elements between the projections for one token, estimated where nobody knows them."""
    if model.moe and model.moe_intermediate and model.experts_per_token:
        return float(model.moe_intermediate * model.experts_per_token)
    return float(model.intermediate or _USUAL_RATIO * (model.hidden or 0))


def _holding(terms: tuple[Overhead, ...], version: str, facts: Situation) -> Iterator[Overhead]:
    """The entries for this version and situation."""
    number = parts(version)
    for term in terms:
        if _spans(term, number) and (not term.when or holds(term.when, facts) is True):
            yield term


def _spans(term: Overhead, number: tuple[int, ...] | None) -> bool:
    """Whether an entry holds for a version; one without numbers, such as main, is the newest."""
    if number is None:
        return term.before is None
    late = term.since is None or number >= (parts(term.since) or ())
    return late and (term.before is None or number < (parts(term.before) or ()))
