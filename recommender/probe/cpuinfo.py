"""The text of /proc/cpuinfo, whichever architecture wrote it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from recommender.facts.noun import noun
from recommender.probe.cpu_names import arm_model, arm_vendor, x86_vendor
from recommender.probe.files import clean, integer

Block = Mapping[str, str]

_KEYS = {
    *("processor", "vendor_id", "model name", "flags", "features", "isa", "uarch", "cpu"),
    *("cpu implementer", "cpu part", "cpu architecture", "physical id", "core id"),
}
_S390_PROCESSOR = re.compile(r"processor (\d{1,6})")
_S390_MACHINE = re.compile(r"machine = (\w+)")


@noun
class CpuInfo:
    """What the kernel says of its processors.

    ``cores`` gives socket and core of each processor number (None where the text has none);
    ``flags`` are those that every processor has, since a program may be moved to any of them.
    """

    arch: str | None = None
    vendor: str | None = None
    model: str | None = None
    flags: tuple[str, ...] = ()
    cores: Mapping[int, tuple[int, int] | None] = field(default_factory=dict)


def parse(text: str) -> CpuInfo:
    """Facts from the text; a text of another kind gives an empty result."""
    blocks = _blocks(text)
    first = next((block for block in blocks if len(block) > 1), blocks[0])
    return CpuInfo(
        arch=_arch(first),
        vendor=_vendor(first),
        model=_model(first, blocks) or None,
        flags=_common_flags(blocks),
        cores=_cores(blocks),
    )


def _blocks(text: str) -> list[dict[str, str]]:
    """One mapping a processor; lines before the first (LoongArch) or after the last go along."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        key, _, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        numbered = _S390_PROCESSOR.fullmatch(key)
        if numbered:
            shared = {
                name: blocks[0][name] for name in ("vendor_id", "features") & blocks[0].keys()
            }
            blocks.append({**shared, "processor": numbered[1], "machine": value})
        elif key == "processor" and integer(value) is not None:
            blocks.append({key: value})
        elif key == "processor":
            blocks[-1].setdefault("model name", value)
        elif key in _KEYS:
            blocks[-1].setdefault(key, value)
    return blocks


def _cores(blocks: Sequence[Block]) -> dict[int, tuple[int, int] | None]:
    numbered = ((integer(block.get("processor")), _core(block)) for block in blocks)
    cores = {number: core for number, core in numbered if number is not None and number >= 0}
    # Kernels for a single Arm core do not number it.
    return cores or ({0: None} if _words(blocks[0]) else {})


def _core(block: Block) -> tuple[int, int] | None:
    socket, core = integer(block.get("physical id")), integer(block.get("core id"))
    return None if socket is None or core is None else (socket, core)


def _arch(block: Block) -> str | None:
    if block.get("vendor_id") == "IBM/S390":
        return "s390x"
    if "vendor_id" in block:
        return "x86_64" if " lm " in f" {block.get('flags', '')} " else "i686"
    if "cpu implementer" in block:
        wide = block.get("cpu architecture") == "8" and "asimd" in _words(block)
        return "aarch64" if wide else "arm"
    isa = block.get("isa", "")
    if isa.startswith(("rv32", "rv64")):
        return f"riscv{isa[2:4]}"
    return "loongarch64" if "loongarch64" in isa else None


def _vendor(block: Block) -> str | None:
    if "cpu implementer" in block:
        return arm_vendor(block["cpu implementer"])
    if block.get("cpu", "").startswith("POWER"):
        return "ibm"
    if block.get("model name", "").startswith("Loongson"):
        return "loongson"
    return x86_vendor(block.get("vendor_id", ""))


def _model(first: Block, blocks: Sequence[Block]) -> str:
    machine = next((_S390_MACHINE.search(b["machine"]) for b in blocks if "machine" in b), None)
    if machine:
        return f"machine {machine[1]}"
    name = " ".join(first.get("model name", "").split())
    if "cpu implementer" in first and (not name or name.startswith(("ARMv", "AArch64"))):
        parts = ((b.get("cpu implementer", ""), b.get("cpu part", "")) for b in blocks)
        names = [arm_model(*pair) for pair in dict.fromkeys(parts)]
        name = " + ".join(part for part in names if part) or name
    return clean(name or first.get("cpu", "") or first.get("uarch", ""))


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
    return block.get("flags") or block.get("features") or altivec
