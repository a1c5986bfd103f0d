"""What launch plans need to know of the schedulers that start servers on a cluster or a cloud."""

from collections.abc import Mapping

from recommender.facts.noun import noun


@noun
class Called:
    """Devices by their names in the table of accelerators, and what a scheduler calls them."""

    names: tuple[str, ...]
    called: str


@noun
class Started:
    """The words that an image puts before those of a container; ``empty`` where it got none."""

    image: str
    words: tuple[str, ...]
    empty: tuple[str, ...] = ()
    source: str
    checked: str


@noun
class Memory:
    """What ``--mem`` of sbatch takes for the ``whole`` memory of a machine."""

    whole: str
    source: str
    checked: str


@noun
class Quadlet:
    """The oldest ``podman`` that knows every key that is written."""

    podman: str
    source: str
    checked: str


@noun
class Apart:
    """``states`` of nodes on which nothing is to be started, and ``marks`` that say the same."""

    states: tuple[str, ...]
    marks: str
    source: str
    checked: str


@noun
class Slurm:
    """``devices`` maps a vendor to the name under which Slurm itself finds its devices.

    ``launcher`` starts one copy of a server on every rank of MPI; ``mpi`` is the kind of MPI that
    ``srun`` is then asked for. ``boxed`` are frameworks that are started from their image.
    """

    devices: Mapping[str, str]
    launcher: str
    mpi: str
    memory: Memory
    apart: Apart
    boxed: tuple[str, ...] = ()
    source: str
    checked: str


@noun
class Background:
    """A program that returns at once and leaves another running, ``unless`` it is given a word."""

    words: tuple[str, ...]
    unless: str


@noun
class RayDevices:
    """A resource of Ray that counts devices, and whose they are where it is no one else's.

    ``suffixes`` are ends of type names that no name of a device has.
    """

    resources: Mapping[str, str]
    suffixes: tuple[str, ...]
    type: str
    label: str
    source: str
    checked: str


@noun
class Ray:
    """``image`` holds Ray ``version`` and ``engines``, which maps a framework to its version.

    ``resources`` maps the vendors for which it is built to their resource of Kubernetes; ``head``
    is what the head asks for. Ray Serve sets the options in ``apart`` itself; ``background`` is how
    a machine joins a cluster; ``reading`` what its nodes tell of their devices.
    """

    version: str
    image: str
    engines: Mapping[str, str]
    resources: Mapping[str, str]
    background: Background
    head: Mapping[str, str]
    apart: tuple[str, ...]
    reading: RayDevices
    accelerators: tuple[Called, ...]
    source: str
    checked: str


@noun
class Skypilot:
    """``disk_gb`` is a machine's disk where nothing is said; ``ready_s`` how long it may load."""

    disk_gb: int
    ready_s: int
    accelerators: tuple[Called, ...]
    source: str
    checked: str


@noun
class Cores:
    """Processor cores that a server needs beside one for each of its devices."""

    beside: int
    source: str
    checked: str


@noun
class Schedulers:
    """The document knowledge/schedulers.yaml."""

    slurm: Slurm
    ray: Ray
    skypilot: Skypilot
    quadlet: Quadlet
    cores: Cores
    images: tuple[Started, ...]
