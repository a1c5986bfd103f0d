"""What a release of a framework changes in the knowledge."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import SCHEMA_VERSION
from recommender.facts.noun import noun


@noun
class OptionChange:
    """An option that is ``added``, ``removed``, ``deprecated``, or ``changed`` as ``detail`` says.

    ``program`` may be ``environment``: then ``option`` is a variable.
    """

    program: str
    option: str
    kind: str
    detail: str = ""


@noun
class FactChange:
    """A fact of a package of a platform; ``field`` is that of ``facts.platform.Package``."""

    platform: str
    package: str
    field: str
    old: str | None
    new: str


@noun
class BrokenTemplate:
    """A template of knowledge that holds what the release does not take, and why it does not.

    ``place`` is the key under which ``text`` stands in each of ``platforms``; both are empty where
    the finding is about no single template.
    """

    platforms: tuple[str, ...]
    place: str
    text: str
    findings: tuple[str, ...]


@noun
class Wheel:
    """One build of a package: what it runs on, and what it was built for.

    ``glibc`` is the oldest one, ``capabilities`` and ``ptx`` are those of its code for NVIDIA
    devices, ``cuda`` is the major version of the CUDA runtime that this code asks for.
    """

    name: str
    os: str
    arch: str | None = None
    glibc: str | None = None
    pythons: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    cuda: str | None = None


@noun
class Refresh:
    """A release against the version ``before`` it.

    ``options`` counts those of each program. ``pins`` are the packages that it asks for in one
    version. ``left`` is what a person has to read or change, ``written`` the files that changed,
    none with ``dry_run``.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    framework: str
    package: str | None = None
    version: str
    day: str
    before: str | None = None
    options: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[OptionChange, ...] = ()
    requires_python: str | None = None
    wheels: tuple[Wheel, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[FactChange, ...] = ()
    templates: tuple[BrokenTemplate, ...] = ()
    findings: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    dry_run: bool = False
