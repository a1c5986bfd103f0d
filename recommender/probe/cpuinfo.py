"""The text of /proc/cpuinfo, whichever architecture wrote it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from recommender.facts.noun import noun
from recommender.probe.files import clean, integer

Block = Mapping[str, str]

# Lines that are read, by the name that they have here: LoongArch and MIPS have their own words.
_KEYS = {
    **{
        key: key
        for key in (
            *("vendor_id", "model name", "cpu model", "flags", "features", "isa", "uarch", "cpu"),
            *("cpu implementer", "cpu part", "cpu architecture", "physical id", "core id"),
            *("siblings", "cpu cores"),
            *("fdiv_bug", "revision", "type", "ases implemented"),
        )
    },
    "package": "physical id",
    "core": "core id",
}
_FLAGS = ("flags", "features", "ases implemented")
_S390 = "IBM/S390"
# Vendor strings of CPUID; an emulated x86 on Apple silicon says VirtualApple.
X86_VENDORS = {
    "GenuineIntel": "intel",
    "AuthenticAMD": "amd",
    "HygonGenuine": "hygon",
    "CentaurHauls": "zhaoxin",
    "Shanghai": "zhaoxin",
    "VirtualApple": "apple",
    _S390: "ibm",
}
# The first POWER whose Linux distributions are little-endian.
_LITTLE_ENDIAN_POWER = 8


@noun
class CpuInfo:
    """What the kernel says of its processors.

    ``cores`` gives socket and core of each processor number (None where the text has none);
    ``parts`` the implementer's and the part's number of each Arm core, as ``0x41/0xd4e``;
    ``flags`` are those that every processor has, since a program may be moved to any of them;
    ``single`` is whether a core is known to have one thread only.
    """

    arch: str | None = None
    vendor: str | None = None
    model: str | None = None
    flags: tuple[str, ...] = ()
    cores: Mapping[int, tuple[int, int] | None] = field(default_factory=dict)
    parts: Mapping[int, str] = field(default_factory=dict)
    single: bool = False


def parse(text: str) -> CpuInfo:
    """Facts from the text; a text of another kind gives an empty result."""
    blocks = _blocks(text)
    first = {**blocks[0], **next((block for block in blocks if len(block) > 1), {})}
    cores = _cores(blocks)
    return CpuInfo(
        arch=_arch(first),
        vendor=_vendor(first),
        model=clean(_model(first, blocks)) or None,
        flags=_common_flags(blocks),
        cores=cores,
        parts=_parts(blocks, cores) if "cpu implementer" in first else {},
        single="siblings" in first and first["siblings"] == first.get("cpu cores"),
    )


def _blocks(text: str) -> list[dict[str, str]]:
    """One mapping a processor; lines before the first (LoongArch) or after the last go along."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        key, _, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if key in _KEYS:
            blocks[-1].setdefault(_KEYS[key], value)
        elif key.startswith("processor"):
            _begin(blocks, key.removeprefix("processor").strip(), value)
        elif key == "cpu number":
            blocks.append({"processor": value})
    return blocks


def _begin(blocks: list[dict[str, str]], number: str, value: str) -> None:
    """A line that begins a processor, or (Arm, before the first) names them all."""
    if integer(number) is not None:
        shared = {name: blocks[0][name] for name in ("vendor_id", "features") & blocks[0].keys()}
        machine = value.partition("machine = ")[2].split()
        blocks.append({**shared, "processor": number, "machine": "".join(machine[:1])})
    elif integer(value) is not None:
        blocks.append({"processor": value})
    elif not number:
        blocks[-1].setdefault("model name", value)


def _cores(blocks: Sequence[Block]) -> dict[int, tuple[int, int] | None]:
    numbered = ((integer(block.get("processor")), _core(block)) for block in blocks)
    cores = {number: core for number, core in numbered if number is not None and number >= 0}
    # Kernels for a single Arm core do not number it.
    return cores or ({0: None} if _words(blocks[0]) else {})


def _core(block: Block) -> tuple[int, int] | None:
    socket, core = integer(block.get("physical id")), integer(block.get("core id"))
    return None if socket is None or core is None else (socket, core)


def _parts(blocks: Sequence[Block], cores: Iterable[int]) -> dict[int, str]:
    """Parts by processor. Old kernels tell one part after all processors: then it is that of all.

    A text that tells parts of only some processors leaves the others unknown.
    """
    told = {
        integer(block.get("processor")) or 0: f"{block['cpu implementer']}/{block['cpu part']}"
        for block in blocks
        if "cpu implementer" in block and "cpu part" in block
    }
    shared = clean(next(iter(told.values()), ""), 40) if len(told) == 1 else ""
    return dict.fromkeys(cores, shared) if shared else {n: clean(p, 40) for n, p in told.items()}


def _arch(block: Block) -> str | None:
    if block.get("vendor_id") == _S390:
        return "s390x"
    if "cpu implementer" in block:
        return _arm(block)
    if "vendor_id" in block and "flags" in block:
        # A 32-bit kernel tells of the bugs of old processors, and of the long mode it does not use.
        long = "lm" in block["flags"].split() and "fdiv_bug" not in block
        return "x86_64" if long else "i686"
    if block.get("type", "").startswith("sun4"):
        return "sparc64" if block["type"] in {"sun4u", "sun4v"} else "sparc"
    return _by_isa(block.get("isa", "")) or _power(block.get("cpu", ""), block.get("revision", ""))


def _by_isa(isa: str) -> str | None:
    if isa.startswith(("rv32", "rv64")):
        return f"riscv{isa[2:4]}"
    if "loongarch64" in isa:
        return "loongarch64"
    if isa.startswith("mips"):
        return "mips64" if "mips64" in isa else "mips"
    return None


def _arm(block: Block) -> str:
    """The machine name of an Arm kernel; a 32-bit kernel takes itself for version 7 at most."""
    name, version = block.get("model name", ""), block.get("cpu architecture", "").lower()
    if "asimd" in _words(block).split() or version in {"8", "9", "aarch64"}:
        return "aarch64"
    # "ARMv7 Processor rev 4 (v7l)"; an ARM11 is version 6 although its kernel says 7.
    suffix = name.rpartition("(v")[2].partition(")")[0] if "(v" in name else ""
    if not suffix and block.get("cpu part", "").lower().startswith("0xb"):
        return "armv6l"
    return f"armv{clean(suffix or f'{version}l', 8)}"


def _power(cpu: str, revision: str) -> str | None:
    """Architecture of POWER by generation: its texts say nothing of the order of bytes."""
    if cpu.startswith("POWER"):
        digits = cpu[5:7] if cpu[5:7].isdecimal() else cpu[5:6]
        little = (integer(digits) or 0) >= _LITTLE_ENDIAN_POWER
        return "ppc64le" if little else "ppc64"
    if cpu.startswith(("PPC970", "PA6T", "Cell")):
        return "ppc64"
    return "ppc" if "pvr" in revision else None


def _vendor(block: Block) -> str | None:
    if "cpu implementer" in block:
        from recommender.probe.cpu_names import arm_vendor

        return arm_vendor(block["cpu implementer"])
    if block.get("cpu", "").startswith("POWER"):
        return "ibm"
    if "Loongson" in f"{block.get('model name')} {block.get('cpu model')}":
        return "loongson"
    return X86_VENDORS.get(block.get("vendor_id", "").strip())


def _model(first: Block, blocks: Sequence[Block]) -> str:
    machine = next((block["machine"] for block in blocks if block.get("machine")), "")
    if machine:
        return f"machine {machine}"
    name = " ".join(first.get("model name", "").split())
    if "cpu implementer" in first and (not name or name.startswith(("ARMv", "AArch64"))):
        name = _arm_model(blocks) or name
    told = (first.get(key, "") for key in ("cpu model", "cpu", "uarch"))
    return name or " ".join(next(filter(None, told), "").split())


def _arm_model(blocks: Sequence[Block]) -> str:
    from recommender.probe.cpu_names import arm_model

    parts = ((b.get("cpu implementer", ""), b.get("cpu part", "")) for b in blocks)
    names = dict.fromkeys(arm_model(*pair) for pair in dict.fromkeys(parts))
    return " + ".join(name for name in names if name)


def _common_flags(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Flags of the first processor that all others have too; equal lines are compared once."""
    lines = dict.fromkeys(words for block in blocks if (words := _words(block)))
    if not lines:
        return ()
    first, *others = (line.split() for line in lines)
    shared = set(first).intersection(*others)
    return tuple(dict.fromkeys(clean(flag, 40) for flag in first if flag in shared))


def _words(block: Block) -> str:
    isa = block.get("isa", "")
    if isa.startswith(("rv32", "rv64")):
        letters, *extensions = isa[4:].split("_")
        return " ".join((*letters, *extensions))
    altivec = "altivec" if "altivec supported" in block.get("cpu", "") else ""
    return next(filter(None, map(block.get, _FLAGS)), altivec) or ""
