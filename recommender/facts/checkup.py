"""What stands between a machine and the frameworks, and the remedies that knowledge has for it."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import SCHEMA_VERSION
from recommender.facts.noun import noun
from recommender.facts.platform import Line
from recommender.facts.sentence import Condition, Text


@noun
class Family:
    """Systems that share commands; those of the families ``like`` it serve too, in that order."""

    id: str
    when: Condition
    like: tuple[str, ...] = ()


@noun
class Advice:
    """What to do where ``when`` holds."""

    when: Condition
    text: Text


@noun
class Sequel:
    """The remedy whose commands follow where ``when`` holds."""

    id: str
    when: Condition


@noun
class Remedy:
    """A cause in plain words, what it blocks, and the commands that mend it.

    ``when`` recognizes the cause. ``blocks`` says which ways to install cannot work because of it
    (None: no other than those that failed), ``spares`` which ones work in spite of it. ``severity``
    is its rank where it blocks nothing; what is ``mild`` is a hint even where it blocks. The first
    of ``fixes`` that holds stands for ``fix``. The commands of the checks in ``then`` follow.
    ``explain`` asks for the sentence of every requirement that failed. What must be done on the
    ``host`` has no commands inside of a container, besides those of the family ``container``.
    Nothing mends what is ``lasting``: it lies in the hardware.
    """

    id: str
    when: Condition
    text: Text
    fix: Text | str | None = None
    fixes: tuple[Advice, ...] = ()
    blocks: Condition | None = None
    spares: Condition | None = None
    severity: str | None = None
    mild: bool = False
    explain: bool = False
    host: bool = False
    lasting: bool = False
    commands: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    then: tuple[Sequel, ...] = ()
    source: str
    checked: str


@noun
class Remedies:
    """All remedies: ``checks`` look for causes themselves, ``remedies`` wait for them.

    ``severities`` are the ranks of causes that block nothing, by the beginning of their rule;
    ``readers`` name the maker of the devices that a reader of the probe reads.
    """

    families: tuple[Family, ...]
    severities: Mapping[str, str]
    readers: Mapping[str, str]
    checks: tuple[Remedy, ...]
    remedies: tuple[Remedy, ...]


@noun
class Block:
    """One way to install one platform of a framework."""

    framework: str
    platform: str
    method: str


@noun
class Finding:
    """One cause. ``severity`` is error, warning or hint; ``frameworks`` are those it concerns.

    ``blocks`` are the ways to install that cannot work because of it, ``details`` what exactly was
    found, ``rules`` the requirements and problems that are this one cause, ``commands`` lines for
    this system's shell.
    """

    rule: str
    severity: str
    what: str
    frameworks: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    details: tuple[str, ...] = ()
    fix: str | None = None
    commands: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    source: str | None = None
    checked: str | None = None


@noun
class Obstacle:
    """Why a way to install does not work."""

    method: str
    rule: str
    text: str
    fix: str | None = None


@noun
class Standing:
    """How a framework stands on one of its platforms here; no platform: it has none for this.

    ``methods`` are the ways to install that nothing is known to block.
    """

    framework: str
    name: str
    platform: str | None = None
    device: str | None = None
    kind: str | None = None
    ready: bool = False
    methods: tuple[str, ...] = ()
    blocked: tuple[Obstacle, ...] = ()


@noun
class Checkup:
    """The answer of ``llmpick doctor``; ``report`` is text for a bug report."""

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    knowledge_date: str
    findings: tuple[Finding, ...]
    frameworks: tuple[Standing, ...]
    report: str
