"""A launch plan: what is started, neutral of every shell, container engine and scheduler."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.answer import SCHEMA_VERSION
from recommender.facts.command import Command
from recommender.facts.noun import noun


@noun
class Mount:
    """A folder, file or named volume (``source`` without a slash) that a container sees."""

    source: str
    target: str
    read_only: bool = False

    @property
    def volume(self) -> bool:
        """Whether ``source`` names a volume instead of a place on the host."""
        return not self.source.startswith(("/", "~", "."))


ADAPTERS = Mount(source="./adapters", target="/adapters", read_only=True)
"""Where a container finds the LoRA adapters of this machine."""
SSH_KEYS = Mount(source="ssh-keys", target="/etc/llmpick/ssh", read_only=True)
"""Where the containers of a group find the pair of keys by which one starts processes in all."""


@noun
class Port:
    """A port of the container, and where the host lends it its own."""

    host: int
    container: int
    address: str | None = None


@noun
class Container:
    """What a container engine is asked for around the process.

    ``devices`` are device files of the host (``/dev/kfd``, ``/dev/dri:/dev/dri``); ``gpus`` is what
    the NVIDIA runtime hands in (``all``, ``device=0,1``), ``runtime`` the name of a vendor's own
    one. ``shm`` is the size of /dev/shm as the engine takes it (``32g``). ``passed`` are names of
    variables that are handed through from the caller's environment. ``detached`` runs in the
    background.
    """

    image: str
    name: str | None = None
    entrypoint: str | None = None
    gpus: str | None = None
    runtime: str | None = None
    devices: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    passed: tuple[str, ...] = ()
    network: str | None = None
    ipc: str | None = None
    shm: str | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    ulimits: tuple[str, ...] = ()
    privileged: bool = False
    restart: str | None = None
    detached: bool = False


@noun
class Process:
    """One process: its words and variables, in a container or on the machine itself.

    ``role`` is ``server`` for the one that answers (with several machines the first of them),
    ``worker`` for the same command on every further machine, ``before`` and ``beside`` for what
    runs on the server's machine ahead of it or together with it, ``load`` for what is asked of a
    server that is up (a download, a model to start). In a container ``argv`` are the words after
    the image, and ``env`` is set inside of it. ``within`` names the running container in which a
    process is started.
    """

    role: str
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    container: Container | None = None
    within: str | None = None
    shell: Command | None = None


@noun
class Key:
    """How the server is told its API key; the key itself is never part of a plan.

    ``env`` is the variable of the server's own, or the one that ``argv`` refers to.
    """

    env: str
    in_argv: bool = False


@noun
class DeviceAccess:
    """What a service manager has to open so that the accelerators are seen.

    ``allow`` are device files or groups of them as systemd.resource-control(5) names them
    (``char-drm``), ``groups`` own the device files, ``before`` is run as root ahead of the server.
    """

    allow: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


@noun
class Hardware:
    """What every machine of the plan must have.

    ``vendor`` is None for the processor alone; ``devices`` counts the accelerators of one machine,
    ``memory_gib`` is the memory of each; ``partition`` is the MIG profile where one is used,
    ``capability`` NVIDIA's compute capability. ``cores`` and ``ram_gib`` are the processor cores
    and the main memory of one machine, None where nobody said; ``os`` is the family of its system
    (linux, windows, macos).
    """

    os: str | None = None
    vendor: str | None = None
    name: str | None = None
    series: str | None = None
    arch: str | None = None
    devices: int = 0
    memory_gib: float | None = None
    partition: str | None = None
    capability: str | None = None
    integrated: bool = False
    cores: int | None = None
    ram_gib: float | None = None


@noun
class Nodes:
    """The nodes of a cluster that a plan is for, as their owner tells them from others.

    ``labels`` select them in Kubernetes, whose pods tolerate ``tolerations`` (as a pod has them)
    and ask for their devices as ``resource``. Slurm gives ``gres`` (name and type) on nodes of
    ``partition`` that have all ``features``. ``shared`` says that other servers run beside this
    one. ``group`` is the label of all servers of one model, ``note`` what no selector can say.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()
    resource: str | None = None
    gres: str | None = None
    partition: str | None = None
    features: tuple[str, ...] = ()
    shared: bool = False
    group: str | None = None
    note: str | None = None


@noun
class Opening:
    """What is wanted of the server beside the work: how it is started, named and reached.

    ``methods`` are the ways to install that will do, the preferred one first; empty takes what the
    ranking chose. ``exposed`` lets other machines reach it, ``guarded`` asks for an API key.
    ``shares_network`` says that a container gets no network of its own, so that the server in it
    has to bind as one outside of a container. ``orchestrated`` says that an orchestrator makes the
    copies of a server, so that none of its machines has to know of the others. ``brings`` asks for
    that very ``version`` to be installed, instead of one for which the flags are chosen. ``image``
    stands in place of ``known_image``, which is that of the framework where none is named;
    ``spans`` says that it holds what several machines need and that one lacks. ``beside`` says that
    other servers have the other devices of the machine, so that its own are named to it.
    """

    methods: tuple[str, ...] = ()
    name: str | None = None
    served_name: str | None = None
    port: int | None = None
    version: str | None = None
    brings: bool = False
    exposed: bool = False
    guarded: bool = False
    shares_network: bool = False
    orchestrated: bool = False
    image: str | None = None
    known_image: str | None = None
    spans: bool = False
    beside: bool = False


@noun
class Plan:
    """Everything that a target needs to start one framework.

    ``ready`` is the path that answers 200 once the server is up (and, for most, the model loaded),
    ``address`` where the server's own machine asks for it. ``exposed`` says whether other machines
    reach it, ``unguarded`` what then stays open without the ``key``, or without any, and what to
    put in front. ``admin_env`` is the variable with the password of the administrator that is set
    up once the server is up. ``nodes`` machines run the processes together, with ``world_size``
    accelerators in all; ``replicas`` such copies find room.
    ``weights_gib`` is what is downloaded, ``memory_gib`` the main memory that a server takes, both
    None where they are unknown. Where there is no network, ``fetch`` runs on a machine of the same
    kind that has one and fills a folder; with a copy of it ``unpack`` and ``install`` need none.
    ``makes`` is the file that ``prepare`` makes, None where it makes none: then it may run again.
    ``nonroot`` and ``drop_capabilities`` say whether the image is
    known to run so, ``user`` (uid or uid:gid) and ``home`` whom it is made for; ``others`` are the
    other ways to install. ``client`` is the program in the image that can ask the server,
    ``access`` what opens the devices to a service; both are None where nothing is known. ``rival``
    is the service of the framework's own installer that holds the same port. ``wsl2`` says that
    the lines are for WSL2 on that Windows machine. ``known_image`` is the image that the user's own
    stands in place of, None where none does. ``brings`` is the program without which nothing
    is installed yet, None where the server is no program of the machine's own. ``chosen`` are the
    nodes of a cluster that it is for, None where any that are alike will do.
    """

    schema_version: str = SCHEMA_VERSION
    llmpick_version: str
    framework: str
    title: str
    platform: str
    version: str
    method: str
    model: str
    name: str
    hardware: Hardware
    nodes: int = 1
    replicas: int = 1
    world_size: int = 1
    exposed: bool = False
    port: int
    ready: str
    address: str = "127.0.0.1"
    key: Key | None = None
    unguarded: str | None = None
    admin_env: str | None = None
    weights_gib: float | None = None
    memory_gib: float | None = None
    context_tokens: int | None = None
    nonroot: bool | None = None
    user: str | None = None
    home: str | None = None
    drop_capabilities: bool | None = None
    fetch: tuple[Command, ...] = ()
    unpack: tuple[Command, ...] = ()
    install: tuple[Command, ...] = ()
    prepare: tuple[Command, ...] = ()
    makes: str | None = None
    stop: tuple[Command, ...] = ()
    processes: tuple[Process, ...] = ()
    check: tuple[Command, ...] = ()
    notes: tuple[str, ...] = ()
    client: str | None = None
    access: DeviceAccess | None = None
    rival: str | None = None
    wsl2: bool = False
    others: tuple[str, ...] = ()
    known_image: str | None = None
    brings: str | None = None
    chosen: Nodes | None = None
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    data_parallel: int = 1

    def of(self, role: str) -> tuple[Process, ...]:
        """The processes of one role, in order."""
        return tuple(process for process in self.processes if process.role == role)

    @property
    def server(self) -> Process:
        """The process that answers."""
        return self.of("server")[0]

    @property
    def devices(self) -> int:
        """Accelerators of one machine that the server takes."""
        return self.world_size // self.nodes if self.hardware.vendor else 0
