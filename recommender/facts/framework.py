"""One serving framework: the article's row about it, and what is true of it on each platform."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from recommender.facts.noun import noun

Condition = Mapping[str, Any]


@noun
class Text:
    """The same sentence in both languages; ``{name}`` stands for a fact of the situation."""

    en: str
    zh: str


@noun
class Cell:
    """One cell of the article's table: ordered ``level`` or unordered ``terms``, in our words."""

    level: str | None = None
    terms: tuple[str, ...] = ()
    text: Text


@noun
class Article:
    """The article's row of January 2026, every cell of it."""

    techniques: Cell
    throughput: Cell
    ease: Cell
    hardware: Cell
    scenarios: Cell
    shortcomings: Cell


@noun
class Requirement:
    """A condition that must hold, else the platform cannot run.

    ``text`` says what failed (without it a sentence is made from the condition), ``fix`` what would
    mend it: a sentence, or the key of one in words.yaml.
    """

    rule: str
    needs: Condition
    text: Text | None = None
    fix: Text | str | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Notice:
    """Something that a user must be told when ``when`` holds; it moves no rank."""

    rule: str
    when: Condition
    text: Text
    fix: Text | str | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Quantization:
    """How a platform runs a weight format: native, weight-only, plugin or no."""

    formats: tuple[str, ...]
    support: str
    when: Condition = field(default_factory=dict)
    source: str | None = None
    checked: str | None = None


@noun
class KvQuantized:
    """When the command quantizes the KV cache, and what ``share`` of its 16-bit size remains."""

    when: Condition
    share: float


@noun
class Budget:
    """What a server may take of the device's memory, and how it can split a model.

    ``fraction`` is of the total (``of: total``) or of what is free after the weights
    (``of: free``); ``reserve_gib`` is what it needs besides weights and KV cache on each device,
    ``reserve_tp_gib`` what more as soon as devices work together. ``split`` names the kinds of
    parallelism: ``tensor``, ``pipeline``, ``data``, ``nodes`` (pipeline stages on machines of their
    own); ``layers`` is a split by whole layers, without speed-up. ``offload`` says whether
    weights may lie in main memory; ``kv_quantized`` how small the KV cache becomes.
    """

    fraction: float = 0.9
    of: str = "total"
    reserve_gib: float = 2.0
    reserve_tp_gib: float = 0.0
    split: tuple[str, ...] = ()
    offload: bool = False
    kv_quantized: KvQuantized | None = None
    source: str | None = None


@noun
class Step:
    """Words of a command, and variables for it, that stand there when ``when`` holds.

    ``args`` is split at white space before ``{name}`` is replaced by a fact, so a value never
    becomes two words. The word ``{arguments}`` stands for the platform's arguments, ``{env}`` for
    the variables in the form that ``docker run`` takes.
    """

    args: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    when: Condition = field(default_factory=dict)


@noun
class Line:
    """One command line. A ``raw`` line is shell text; only its ``{name}`` values are quoted."""

    steps: tuple[Step, ...] = ()
    raw: str | None = None
    when: Condition = field(default_factory=dict)
    source: str | None = None


@noun
class Method:
    """One way to install and start: pip, docker or native.

    ``host`` is the address that the server binds; ``pythons`` are the Python versions that the
    package accepts, the preferred one first.
    """

    requires: tuple[Requirement, ...] = ()
    image: str | None = None
    pythons: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    install: tuple[Line, ...] = ()
    serve: tuple[Line, ...] = ()
    check: tuple[Line, ...] = ()
    notices: tuple[Notice, ...] = ()
    source: str | None = None
    checked: str | None = None


@noun
class Platform:
    """What runs: a framework on one kind of hardware, with its own version, image and limits.

    ``device`` selects the accelerators that it drives; ``wsl2`` is the support grade under WSL2.
    """

    id: str
    name: str
    support: str
    version: str
    device: Condition
    formats: tuple[str, ...] = ("safetensors",)
    traits: tuple[str, ...] = ()
    port: int
    requires: tuple[Requirement, ...] = ()
    notices: tuple[Notice, ...] = ()
    quantizations: tuple[Quantization, ...] = ()
    budget: Budget = field(default_factory=Budget)
    environment: tuple[Step, ...] = ()
    arguments: tuple[Step, ...] = ()
    methods: Mapping[str, Method] = field(default_factory=dict)
    wsl2: str = "unsupported"
    source: str
    checked: str


@noun
class RegistryName:
    """How a framework's own registry calls the models whose id ``matches`` (regular expression).

    ``size`` is given where the id does not say it; a decimal point is written as ``_`` there.
    """

    matches: str
    name: str
    size: str | None = None


@noun
class Outline:
    """A platform's name and what it drives: enough to know whether the rest matters here."""

    id: str
    name: str
    device: Condition


@noun
class Framework:
    """One of the frameworks that llmpick ranks."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    status: str
    license: str
    homepage: str
    summary: Text
    traits: tuple[str, ...] = ()
    article: Article
    registry: tuple[RegistryName, ...] = ()
    platforms: tuple[Platform, ...]
    source: str
    checked: str


@noun
class Rule:
    """A scoring rule: when ``when`` holds for a candidate, its points are one reason.

    ``points`` is a number, or a number for each value of the fact ``by``.
    """

    rule: str
    layer: str
    when: Condition
    points: float | Mapping[str, float] = 0
    by: str | None = None
    warn: bool = False
    hard: bool = False
    text: Text
    fix: Text | None = None
    source: str
    checked: str
