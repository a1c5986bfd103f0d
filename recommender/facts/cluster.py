"""What an orchestrator calls the devices of a machine, and what it brings into a container."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun
from recommender.facts.plan import Hardware
from recommender.facts.sentence import Text


@noun
class NodeLabel:
    """A label that nodes of the right kind have, as an expression of a node selector.

    ``value`` may name ``{memory_mib}`` (``share`` of a device's memory), ``{memory_gib}`` and
    ``{capability}``; what is ``dedicated`` holds for devices with memory of their own alone.
    """

    key: str
    operator: str
    value: str
    share: float = 1.0
    dedicated: bool = False


@noun
class ClusterDevice:
    """What one vendor's devices are called, and what its runtime does by itself.

    ``resource`` is asked for once a device, ``partition`` in its place for a slice of one.
    ``brings`` are host paths that need no mount, ``sets`` variables that are not to be set,
    ``unprivileged`` containers need no privilege whatever ``docker run`` asks for.
    """

    id: str
    vendor: str
    series: tuple[str, ...] = ()
    resource: str
    partition: str | None = None
    nodes: tuple[NodeLabel, ...] = ()
    brings: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    unprivileged: bool = False
    needs: str
    source: str
    checked: str


@noun
class SingleMachine:
    """A framework whose image keeps a group of pods on one machine: ``text`` says why.

    ``image`` says what another image has to hold, so that it spans several; ``warning`` what is to
    be known of such a group.
    """

    framework: str
    text: Text
    instead: Text
    image: Text | None = None
    warning: Text | None = None
    source: str
    checked: str


@noun
class PodGroups:
    """Frameworks that a LeaderWorkerSet starts on ``several`` machines, or on ``one`` alone."""

    several: tuple[str, ...]
    one: tuple[SingleMachine, ...]
    source: str
    checked: str

    def single(self, framework: str) -> SingleMachine | None:
        """Why a framework stays on one machine, None where it does not or is not known."""
        return next((row for row in self.one if row.framework == framework), None)


@noun
class NodeDevices:
    """What labels and resources of a node tell of one vendor's devices.

    ``resources`` count whole devices, those that match ``slices`` parts of one. The others name
    labels; knowledge/clusters.yaml explains them.
    """

    vendor: str
    resources: tuple[str, ...]
    slices: str | None = None
    product: str | None = None
    prefix: str = ""
    cut: str | None = None
    shared: str | None = None
    replicas: str | None = None
    count: str | None = None
    memory: str | None = None
    unit: str | None = None
    units: str | None = None
    capability: tuple[str, ...] = ()
    partition: str | None = None
    whole: tuple[str, ...] = ()
    counted: bool = False
    prefixes: tuple[str, ...] = ()
    instances: Mapping[str, str] = field(default_factory=dict)
    nameless: bool = False
    versions: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    source: str
    checked: str


@noun
class Buses:
    """Labels of devices on the bus: ``prefix``, then the class and the vendor's number."""

    prefix: str
    vendors: Mapping[str, str]
    classes: Mapping[str, tuple[str, ...]]


@noun
class NodeReading:
    """The labels by which a node of Kubernetes tells of its system, processor and devices."""

    system: Mapping[str, str]
    processor: Mapping[str, str]
    flags: Mapping[str, str]
    instance: str
    buses: Buses
    devices: tuple[NodeDevices, ...]
    source: str
    checked: str


@noun
class Probing:
    """How ``llmpick probe`` runs on every node: in ``image``, into which pip puts it.

    On nodes that have one of ``labels`` (each ``true``) it is started with the ``runtime`` class
    and the variables ``env``, which hand it their devices; elsewhere it needs none.
    """

    image: str
    runtime: str
    env: Mapping[str, str]
    labels: tuple[str, ...]
    source: str
    checked: str


@noun
class Kubernetes:
    """What Kubernetes calls processors, network interfaces and devices."""

    architectures: Mapping[str, str] = field(default_factory=dict)
    interface: str
    groups: PodGroups
    devices: tuple[ClusterDevice, ...]
    reading: NodeReading
    probing: Probing
    source: str
    checked: str

    def device(self, hardware: Hardware) -> ClusterDevice | None:
        """The row of these devices; None where it is not known what a cluster calls them."""
        for row in self.devices:
            if row.vendor == hardware.vendor and (not row.series or hardware.series in row.series):
                return row
        return None
