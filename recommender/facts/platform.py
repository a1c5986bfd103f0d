"""What runs: a framework on one kind of hardware, its packages, limits, abilities and commands."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.budget import Budget
from recommender.facts.exposure import Exposure
from recommender.facts.noun import noun
from recommender.facts.sentence import Condition, Text


@noun
class Requirement:
    """A condition that must hold, else the platform cannot run.

    ``text`` says what failed (without it a sentence is made from the condition), ``fix`` what would
    mend it: a sentence, or the key of one in words.yaml. ``layer`` is that of its reason.
    """

    rule: str
    layer: str = "facts"
    needs: Condition
    text: Text | None = None
    fix: Text | str | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Notice:
    """Something that a user must be told when ``when`` holds; it moves no rank."""

    rule: str
    layer: str = "facts"
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
class Step:
    """Words of a command, and variables for it, that stand there when ``when`` holds.

    ``args`` is split at white space before ``{name}`` is replaced by a fact, so a value never
    becomes two words. The word ``{arguments}`` stands for the platform's arguments, ``{env}`` for
    the variables in the form that ``docker run`` takes. ``word`` is one word more, spaces and all.
    """

    args: str = ""
    word: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    when: Condition = field(default_factory=dict)


@noun
class Line:
    """One command line. A ``raw`` line is shell text; only its ``{name}`` values are quoted.

    ``role`` says which process a line starts: ``server``, ``worker`` on every further machine,
    ``before`` the server or ``beside`` it on its own machine, ``everywhere`` beside it and on every
    further machine. ``version`` is what a line that installs brings, where it is neither the
    method's nor the platform's.
    """

    steps: tuple[Step, ...] = ()
    raw: str | None = None
    role: str = "server"
    version: str | None = None
    when: Condition = field(default_factory=dict)
    source: str | None = None


@noun
class Method:
    """One way to install and start: pip, docker or native.

    ``version`` is what it brings where that is not the platform's version (an image of an older
    build); ``several`` whether its lines can start one server over several machines; ``reuses``
    that a program which is installed already is started as it is; ``brings`` is the program that
    ``install`` brings where another one starts it; ``prepare`` fetches or converts the model ahead
    of the server, which may also do so itself. ``host`` is the address that the
    server binds; ``pythons`` are the Python versions that the package accepts, the preferred one
    first.
    """

    requires: tuple[Requirement, ...] = ()
    image: str | None = None
    version: str | None = None
    several: bool = True
    reuses: bool = False
    brings: str | None = None
    pythons: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    install: tuple[Line, ...] = ()
    prepare: tuple[Line, ...] = ()
    serve: tuple[Line, ...] = ()
    check: tuple[Line, ...] = ()
    notices: tuple[Notice, ...] = ()
    source: str | None = None
    checked: str | None = None


@noun
class Package:
    """One thing that can be installed, and what it was built for; what is left out is unknown.

    ``kind`` is wheel, image, binary, installer or source. ``stack`` holds the versions of the
    vendor's software that it was built with (``cuda: "13.0"``), ``driver`` the oldest driver of
    the host. ``capabilities`` are the compute capabilities with machine code in it (NVIDIA's
    ``sm_90a`` is written ``9.0a``: that one exactly; ``10.0f``: its family), ``ptx`` those with
    code that newer devices translate; ``gfx`` AMD targets, ``series`` families of devices;
    ``cpu_flags`` are the instruction sets that it needs, ``torch`` is the pinned PyTorch.
    """

    name: str
    kind: str
    version: str | None = None
    os: tuple[str, ...] = ("linux",)
    arch: tuple[str, ...] = ()
    stack: Mapping[str, str] = field(default_factory=dict)
    driver: str | None = None
    capabilities: tuple[str, ...] = ()
    ptx: tuple[str, ...] = ()
    gfx: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    cpu_flags: tuple[str, ...] = ()
    glibc: str | None = None
    pythons: tuple[str, ...] = ()
    torch: str | None = None
    text: Text | None = None
    source: str
    checked: str


@noun
class Capability:
    """How well a platform can do one thing of the vocabulary.

    ``support`` is native, partial, plugin, experimental, no or unknown. ``terms`` name what of it
    (kinds of parallelism, APIs, methods), ``text`` its limits.
    """

    support: str = "native"
    terms: tuple[str, ...] = ()
    text: Text | None = None
    source: str | None = None
    checked: str | None = None


@noun
class Platform:
    """What runs: a framework on one kind of hardware, with its own version, image and limits.

    ``device`` selects the accelerators that it drives; ``wsl2`` is the support grade under WSL2.
    ``traits`` say what kind of program it is, and name every one of its ``capabilities``;
    ``cannot`` names those that it is known not to have.
    """

    id: str
    name: str
    support: str
    version: str
    device: Condition
    port: int
    exposure: Exposure | None = None
    formats: tuple[str, ...] = ("safetensors",)
    traits: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    capabilities: Mapping[str, Capability] = field(default_factory=dict)
    wsl2: str = "unsupported"
    source: str
    checked: str
    packages: tuple[Package, ...] = ()
    requires: tuple[Requirement, ...] = ()
    notices: tuple[Notice, ...] = ()
    quantizations: tuple[Quantization, ...] = ()
    budget: Budget = field(default_factory=Budget)
    environment: tuple[Step, ...] = ()
    arguments: tuple[Step, ...] = ()
    methods: Mapping[str, Method] = field(default_factory=dict)
