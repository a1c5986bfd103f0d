"""Whether and how a model is laid out on the devices, and how fast that is."""

from recommender.facts.noun import noun


@noun
class DeviceMemory:
    """The memory of one device in GiB, split by use; ``interval`` bounds the sum of the used parts.

    ``overhead_gib`` is what the runtime takes beside the tensors: contexts, communication buffers,
    CUDA graphs. ``total_gib`` is what a server can use of the device. ``device`` is its name.
    """

    weights_gib: float
    kv_cache_gib: float
    activations_gib: float
    overhead_gib: float
    free_gib: float
    interval: tuple[float, float] | None = None
    total_gib: float | None = None
    device: str | None = None


@noun
class Fit:
    """A placement. ``fits`` is None where the model's or the device's size is unknown.

    ``model`` is the repository or file that is loaded, which may be a quantized build of the one
    asked for; ``build`` says why: ``own``, ``quantized`` or ``gguf``. ``requests`` counts how many
    requests of ``context_tokens`` the KV cache holds at once; ``expert_parallel`` over how many
    ranks whole experts are spread (1: they are cut like the other weights); ``nodes`` how many
    machines serve one copy of the model together. ``needs_gib`` and ``has_gib`` are what one
    request needs over all devices, and what the ``counted_devices`` have, over which the engine can
    spread one copy. ``choices`` say why each part of it is as it is, ``alternative`` which build
    would hold more where requests have to wait.
    """

    fits: bool | None
    model: str | None = None
    build: str = "own"
    quantization: str | None = None
    quantization_support: str | None = None
    dtype: str | None = None
    weights_gib: float | None = None
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    data_parallel: int = 1
    expert_parallel: int = 1
    nodes: int = 1
    context_tokens: int | None = None
    concurrent_requests: int | None = None
    per_device: tuple[DeviceMemory, ...] = ()
    offload: str | None = None
    needs_gib: float | None = None
    has_gib: float | None = None
    counted_devices: int = 1
    choices: tuple[str, ...] = ()
    alternative: str | None = None
    basis: str = "estimate"


@noun
class Speed:
    """Tokens per second as (low, high); None where nothing measured supports a figure.

    ``decode_tokens_per_s`` is what one user gets who is alone, ``together_tokens_per_s`` what
    ``requests`` users get in all, ``prefill_tokens_per_s`` how fast a prompt is read. ``basis`` is
    ``measured`` where the ranges rest on the efficiency that ``runs`` measured runs of ``engine``
    reached on devices of the class ``device``, else ``unknown``.

    The figures named in ``verified`` were measured by ``llmpick verify`` of this framework and
    build on such devices, as many, the last time on the day ``verified_on`` (ISO 8601).
    """

    decode_tokens_per_s: tuple[float, float] | None = None
    prefill_tokens_per_s: tuple[float, float] | None = None
    basis: str = "unknown"
    together_tokens_per_s: tuple[float, float] | None = None
    requests: int = 1
    engine: str | None = None
    device: str | None = None
    runs: int | None = None
    verified: tuple[str, ...] = ()
    verified_on: str | None = None
