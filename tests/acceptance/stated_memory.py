"""What a row of measured memory states: model, weights, engine, device, flags; never the result."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from recommender.devices.catalogue import find
from recommender.errors import InputError
from recommender.facts import Accelerator, Machine, Model, Platform, Workload
from recommender.knowledge import document, load
from recommender.models import spelling
from recommender.models.catalogue import find_model
from recommender.models.formats import meant
from recommender.models.rows import of_row, rows
from recommender.rules.builds import Build
from recommender.rules.conditions import holds
from recommender.rules.layouts import Job, Layout
from recommender.rules.situation import Group, Situation, device_facts, model_facts
from recommender.rules.weights import Table
from recommender.versions import parts

from . import commanded

Row = Mapping[str, Any]
# A model that is named in words only is the catalogue's with this count of parameters.
_SAME_COUNT = 0.003
# A stated count further away than this speaks of another model than the name.
_OTHER_COUNT = 0.2
_FRAMEWORKS = {"mlx": "mlx-lm"}

_DTYPES = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
_FLASH = ("flash_attn", "flash_attention", "fa")
# Build numbers; smaller numbers are other versions.
_FIRST_BUILD, _CHOOSES_ITSELF = (1000,), (6316,)
_PROJECTOR = re.compile(r"--mmproj[\s=]+(\S+)")
_NUMBERS = re.compile(r"\d+\.\d+(?!b)|\d+(?:\.\d+)?b(?![a-z])")


class UnknownRow(Exception):  # noqa: N818  # a state of knowledge, no error
    """Why nothing can be said about a row."""


@dataclass(frozen=True)
class Stated:
    """One row as it states itself."""

    row: Row
    job: Job
    layout: Layout
    context: int | None
    memory_gib: float | None
    batch: int
    naive_mla: bool = False

    @property
    def whole_card(self) -> bool:
        """Whether the row has what a tool shows of a card, and not what a server says of itself."""
        reported = "crowd" in (self.row.get("kind") or "") and self.row["framework"] == "llama.cpp"
        return reported and self.job.group.first.vendor == "nvidia"

    @property
    def whole_scores(self) -> bool:
        """Whether attention scores of a whole batch are held: without flash attention.

        llama.cpp chooses it itself since b6316 (source: fit-and-speed, section 3).
        """
        flags = self.row.get("flags") or {}
        stated_off = next((flags[name] for name in _FLASH if name in flags), None)
        if stated_off is not None or self.row["framework"] != "llama.cpp":
            return stated_off in {0, "0", "off"}
        command = commanded.command(self.row)
        number = parts(self.row.get("version")) or ()
        early = _FIRST_BUILD < number < _CHOOSES_ITSELF
        return early and "-fa" not in command and "--flash-attn" not in command

    @property
    def projector_gib(self) -> float:
        """The vision tower that a command loads beside the model."""
        found = _PROJECTOR.search(commanded.command(self.row))
        if not found:
            return 0.0
        wide = 4 if "32" in found[1] else 2
        return wide * (self.job.model.extra_params or 0) / 2**30

    @property
    def framework(self) -> str:
        """The framework; a fork of one counts apart, for its formats and layouts are its own."""
        forked = "fork" in (self.row.get("version") or "")
        return f"{self.row['framework']}-fork" if forked else str(self.row["framework"])


def stated(row: Row) -> Stated:
    """What a row says of itself.

    Raises:
        UnknownRow: the model, its size or its framework are not known.
    """
    model = _model(row)
    layout = Layout(tensor=int(row.get("tp") or 1), pipeline=int(row.get("pp") or 1))
    devices = max(layout.shards, int(row.get("gpus") or 1))
    group = Group() if row.get("gpu") == "CPU" else Group(members=(_device(row),) * devices)
    if str(row["framework"]) in {"llama.cpp", "ollama"}:
        layout = Layout(pooled=devices)
    values = device_facts(group) | model_facts(model)
    facts = Situation(values=values, situations=load().situations)
    job = Job(
        build=_build(model, _quantization(row, model)),
        model=model,
        platform=_platform(row, facts),
        group=group,
        machine=Machine(),
        workload=Workload(),
        context=commanded.context(row, model),
        facts=facts,
        kv_share=commanded.kv_share(row),
    )
    return Stated(
        row=row,
        job=job,
        layout=layout,
        context=commanded.context(row, model),
        memory_gib=row.get("gpu_mem_total_gib"),
        batch=commanded.batch(row, commanded.context(row, model)),
        naive_mla=bool(model.mla) and (row.get("flags") or {}).get("mla") == 0,
    )


def _model(row: Row) -> Model:
    """The model that is named, else the one with the stated count of parameters."""
    name, count = str(row["model"]), row.get("params_b")
    found = _named(commanded.weight_file(row) or name) or _named(name)
    if found and not (count and found.params and _far(found.params, count * 1e9)):
        return found
    for other in rows():
        if count and abs(other["params"] / (count * 1e9) - 1) <= _SAME_COUNT:
            return of_row(other)
    if found:
        return found
    relative = _relative(name)
    if relative:
        return relative
    spelled = spelling.read(name)
    params = spelled.params or (round(count * 1e9) if count else None)
    if params is None:
        message = "neither the model nor its size is known"
        raise UnknownRow(message)
    return Model(id=name, params=params, moe=spelled.moe)


def _relative(name: str) -> Model | None:
    """The one model of the catalogue with the version and the size that the name mentions."""
    wanted = set(_NUMBERS.findall(name.casefold()))
    found = [row for row in rows() if wanted == set(_NUMBERS.findall(row["id"].casefold()))]
    return of_row(found[0]) if len(wanted) > 1 and len(found) == 1 else None


def _far(params: int, count: float) -> bool:
    return abs(params / count - 1) > _OTHER_COUNT


def _named(name: str) -> Model | None:
    words = _words(name)
    # With an organization before it a name may be a fine-tune of a model that it mentions.
    for text in (name, words, f"by/{words}"):
        try:
            found, problems = find_model(text)
        except InputError:
            continue
        if not any(problem.rule == "model.unknown" for problem in problems):
            return found
    return None


def _words(name: str) -> str:
    """A name as llama.cpp prints it, without brackets and with dashes: Meta_Llama_3.1_8b_it."""
    plain = re.sub(r"\([^)]*\)", "", name).strip()
    return re.sub(r"[\s_]+", "-", plain)


def _quantization(row: Row, model: Model) -> str | None:
    """What the row says of the weights, else what the name says, else what is usual."""
    form = "gguf" if row["framework"] in {"llama.cpp", "ollama"} else None
    form = "mlx" if row["framework"] == "mlx" else form
    own = spelling.read(commanded.weight_file(row) or str(row["model"])).quantization
    stated_types = (meant(str(text), form) for text in (row.get("quant"),) if text)
    kept = model.quantization if model.quantization not in {*_DTYPES.values(), None} else None
    return next(filter(None, (*stated_types, own, kept, _dtype(row), model.quantization)), None)


def _dtype(row: Row) -> str | None:
    """What the weights were loaded as, where nothing says that they are quantized."""
    return _DTYPES.get(str(row.get("weight_dtype")))


def _build(model: Model, quantization: str | None) -> Build:
    table, known = _table(), quantization or ""
    weights = table.weights_gib(model, known)
    if weights is None:
        message = f"the weights are in no format that is known ({quantization})"
        raise UnknownRow(message)
    return Build(
        model=model.id,
        kind="own",
        quantization=quantization,
        support="native",
        weights_gib=weights,
        embedding_gib=table.embedding_gib(model, known),
        head_gib=0.0 if model.tied else table.head_gib(model, known),
        experts_gib=table.experts_gib(model, known),
        uncertainty=table.uncertainty(model, known),
    )


@cache
def _table() -> Table:
    return Table(document("core")["quantizations"])


def _platform(row: Row, facts: Situation) -> Platform:
    known = load()
    name = known.framework(_FRAMEWORKS.get(str(row["framework"]), str(row["framework"]))).id
    outlines = known.outlines(name)
    fitting = (one for one in outlines if holds(one.device, facts) is True)
    platform = known.platform(name, next(fitting, outlines[0]).id)
    flags = row.get("flags") or {}
    fraction = next((flags[key] for key in _KNOBS if key in flags), None)
    budget = platform.budget
    if fraction is not None:
        budget = replace(budget, fraction=fraction)
    if "fork" in (row.get("version") or ""):
        budget = replace(budget, sliding="full")
    version = str(row.get("version") or platform.version)
    # The benchmark keeps the outputs of a whole batch, as servers did before.
    if "llama-bench" in commanded.command(row):
        version = "b1"
    return replace(platform, version=version, budget=budget)


_KNOBS = ("gpu_memory_utilization", "mem_fraction_static", "cache_max_entry_count")


def _device(row: Row) -> Accelerator:
    spec = find(str(row.get("gpu") or "")).row
    memory = row.get("gpu_mem_total_gib")
    if spec is None:
        return Accelerator(name=str(row.get("gpu")), vendor="nvidia", memory_gib=memory)
    return Accelerator(
        name=spec.name,
        vendor=spec.vendor,
        memory_gib=memory or spec.memory_gib,
        compute_capability=spec.compute_capability,
    )
