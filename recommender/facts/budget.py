"""What a server may take of a device's memory, and what it needs there besides the model."""

from dataclasses import field

from recommender.facts.noun import noun
from recommender.facts.sentence import Condition


@noun
class KvQuantized:
    """When the command quantizes the KV cache, and what ``share`` of its 16-bit size remains."""

    when: Condition
    share: float


@noun
class Overhead:
    """One part of what a server needs on each device besides weights and KV cache, in GiB.

    It is ``gib``, and more ``per_vocab`` (100,000 entries of the vocabulary), ``per_hidden`` and
    ``per_intermediate`` (1,000 elements of a hidden state and between the projections of a
    feed-forward layer, for a mixture of experts of those that a token uses), ``per_context`` (1,000
    tokens of context), ``per_extra`` (1e9 parameters of vision and audio towers) and ``per_layer``
    (a layer on the device), with ``moe`` where there are routed experts and ``together`` where
    tensor parallelism links devices; at least ``least``. ``part`` is activations, runtime, or
    margin (what the engine leaves free). It holds from version ``since`` on and ``before`` another,
    where ``when`` holds, and for batches of ``tokens`` where it grows with them. ``outside`` says
    that the server does not count it before it sizes the KV cache: it must fit into what the
    fraction leaves.
    """

    part: str
    gib: float = 0.0
    per_vocab: float = 0.0
    per_hidden: float = 0.0
    per_intermediate: float = 0.0
    per_context: float = 0.0
    per_extra: float = 0.0
    per_layer: float = 0.0
    moe: float = 0.0
    together: float = 0.0
    least: float = 0.0
    tokens: int | None = None
    outside: bool = False
    since: str | None = None
    before: str | None = None
    when: Condition = field(default_factory=dict)
    source: str


@noun
class Budget:
    """What a server may take of the device's memory, and how it can split a model.

    ``fraction`` is of the total (``of: total``) or of what is free after the weights
    (``of: free``). ``overheads`` are what it needs besides weights and KV cache on each device;
    where nothing finer is known, ``reserve_gib``, and ``reserve_tp_gib`` more as soon as devices
    work together. ``split`` names the kinds of parallelism: ``tensor``, ``pipeline``, ``data``,
    ``nodes`` (pipeline stages on machines of their own; with ``layers``, devices that other
    machines lend), ``wide-tensor`` (tensor parallelism over all machines), ``expert`` (whole
    experts, not parts of each); ``layers`` is a split by whole layers, without speed-up.
    ``offload`` says whether weights may lie in main memory, ``data_shards_experts`` whether the
    copies of a mixture of experts share them; ``kv_quantized`` how small the KV cache becomes.

    ``sliding`` says what the layers with a sliding window keep: ``full`` the whole context,
    ``window`` the window and ``window_batch`` tokens more, rounded up to ``window_step``,
    ``grouped`` that too, in groups of as many layers as the rarer kind has. Before version
    ``uneven_since`` they keep everything where their heads are of another size than the others'.
    ``host_embeddings`` says that the token embeddings stay in main memory.
    """

    fraction: float = 0.9
    of: str = "total"
    reserve_gib: float = 2.0
    reserve_tp_gib: float = 0.0
    overheads: tuple[Overhead, ...] = ()
    split: tuple[str, ...] = ()
    offload: bool = False
    data_shards_experts: bool = False
    kv_quantized: KvQuantized | None = None
    sliding: str = "full"
    window_batch: int = 0
    window_step: int = 1
    uneven_since: str | None = None
    host_embeddings: bool = False
    source: str | None = None
