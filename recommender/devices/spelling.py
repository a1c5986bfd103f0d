"""How people write the names of devices: case, punctuation, sizes, counts, Chinese words."""

import unicodedata
from collections.abc import Callable, Collection, Iterator
from functools import cache

from recommender.patterns import lazily

_SIZE = lazily(
    r"(?<![a-z0-9.])(\d{1,9}(?:\.\d{1,3})?)\s*(tib|tb|t|gib|gb|g|mib|mb)(?=[^a-z0-9]|hbm|gddr|$)"
)
_UNITS = {"t": 1024.0, "g": 1.0, "m": 1 / 1024}
_CORES = lazily(r"(\d+)[\s-]*(?:gpu\s*)?cores?\b")
_MARKS = lazily(r"\((?:r|tm|c|nvgpu)\)|\(radv[^)]*\)")
_TRADEMARKS = lazily("[®™©]")
_MAX_Q = lazily(r"\bmax[\s-]*q\b")
_CHUNKS = lazily(r"[a-z0-9]+|[\u4e00-\u9fff]+")
_CHINESE = {
    "昇腾": " ascend ",
    "华为": " huawei ",
    "英伟达": " nvidia ",
    "英特尔": " intel ",
    "苹果": " apple ",
    "海光": " hygon ",
    "寒武纪": " cambricon ",
    "摩尔线程": " mthreads ",
    "沐曦": " metax ",
    "昆仑芯": " kunlunxin ",
    "天数智芯": " iluvatar ",
    "燧原": " enflame ",
    "壁仞": " biren ",
    "显卡": " ",
    "显存": " ",
    "内存": " ",
    "统一": " ",
    "加速卡": " ",
}
# A Mac is named by its chip: the "Pro" of "MacBook Pro M4" says nothing about the chip.
# An Air is the one that people name without "MacBook"; sizes of screens say nothing either.
_MACS = lazily(
    r"\b(macbook\s*(pro|air)?|mac\s*(studio|mini|pro|book)|imac(\s*pro)?|(?<=m[1-9] )air)\b"
    r"(?:\s*\d\d(?:\.\d)?\s*(?:[\"\u201d\u2033]|-?inch))?"
)
# Words that name a maker or a line; the value is the vendor that they imply.
BRANDS = {
    **dict.fromkeys(("nvidia", "geforce", "rtx", "gtx", "tesla", "jetson", "nvgpu"), "nvidia"),
    **dict.fromkeys(("amd", "radeon", "rx", "instinct"), "amd"),
    **dict.fromkeys(("intel", "arc", "habana"), "intel"),
    **dict.fromkeys(("huawei", "ascend"), "huawei"),
    **dict.fromkeys(("hygon", "dcu"), "hygon"),
    **dict.fromkeys(("mtt", "mthreads", "moore", "threads"), "moore-threads"),
    **dict.fromkeys(("google", "tpu"), "google"),
    **dict.fromkeys(("aws", "amazon"), "aws"),
    "apple": "apple",
    "metax": "metax",
    "cambricon": "cambricon",
    "kunlunxin": "kunlunxin",
    "iluvatar": "iluvatar",
    "enflame": "enflame",
    "biren": "biren",
    "qualcomm": "qualcomm",
    "tenstorrent": "tenstorrent",
    "furiosaai": "furiosa",
}
_NOISE = frozenset(
    (
        *("gpu", "gpus", "npu", "graphics", "card", "cards", "accelerator", "tensor", "video"),
        *("vram", "memory", "ram", "unified", "series", "generation", "gen", "edition", "with"),
        *("w", "the", "of", "chip", "soc", "developer", "kit", "module", "devkit", "desktop"),
        *("gddr6", "gddr6x", "gddr7", "lpddr5", "lpddr5x"),
    )
)
# Words of a device's name that people leave out: board forms and architectures.
_OPTIONAL = lazily(
    r"sxm|pcie|nvl|oam|hbm\d?[a-z]?|workstation|server|blackwell|ada|turing|quadro|hgx|dgx"
    r"|\d+core|ac"
)
# Words that describe a device which has one such form alone: kinds of memory, counts of cores.
_DETAIL = lazily(r"hbm\d?[a-z]?|gddr\d[a-z]?|\d+core")
# Dashes that word processors write instead of the plain one.
_DASHES = lazily("[\u2010-\u2015]")
_SAME = {"mobile": "laptop", "notebook": "laptop", "pci": "pcie"}
# "MLU370-X8 x8": the second x8 is a count, and no word of the name.
_REPEATED = lazily(r"x?\d{1,4}")
_FORM = lazily(r"(sxm|pcie)\d+")


def normal(text: str) -> str:
    """Lower case, full-width forms as plain ones, Chinese brands in Latin script."""
    plain = text.casefold() if text.isascii() else _latin(text)
    plain = _MARKS.sub(" ", plain) if "(" in plain else plain
    plain = _MACS.sub(" apple ", plain) if "mac" in plain or "air" in plain else plain
    plain = _MAX_Q.sub("maxq", plain)
    return _CORES.sub(r" \1core ", plain) if "core" in plain else plain


def _latin(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for chinese, latin in _CHINESE.items():
        plain = plain.replace(chinese, latin)
    return _DASHES.sub("-", _TRADEMARKS.sub(" ", plain))


def take_size(text: str) -> tuple[str, float | None]:
    """The text without its first size, and that size in GiB (80GB, 80 G and 81920 MiB are 80)."""
    found = _SIZE.search(text)
    if not found:
        return text, None
    size = float(found[1]) * _UNITS[found[2][0]]
    return f"{text[: found.start()]} {text[found.end() :]}", size


def words(text: str) -> tuple[str, ...]:
    """The words of a normal text that tell devices apart, in order; brands are among them."""
    formed = _FORM.sub(r"\1", text) if "sxm" in text or "pcie" in text else text
    found = [_SAME.get(chunk, chunk) for chunk in _CHUNKS.findall(formed)]
    return tuple([chunk for chunk in found if chunk not in _NOISE])


def is_optional(word: str) -> bool:
    """Whether people leave this word of a device's name out."""
    return _OPTIONAL.fullmatch(word) is not None


def is_detail(word: str) -> bool:
    """Whether a word describes a device rather than names it."""
    return _DETAIL.fullmatch(word) is not None


def vendors(found: Collection[str]) -> frozenset[str]:
    """The vendors that brand words among ``found`` imply."""
    return frozenset(BRANDS[word] for word in found if word in BRANDS)


def regroup(found: tuple[str, ...], known: Collection[str]) -> frozenset[str]:
    """Words as the table has them: ``910 b3`` joined, ``rtx4070tisuper`` taken apart."""
    joined: list[str] = []
    for position, word in enumerate(found):
        if word in found[:position] and _REPEATED.fullmatch(word):
            joined.append(f"{word} again")
            continue
        last = joined[-1] if joined else ""
        apart = last in BRANDS or (last in known and word in known)
        if last and not apart and last + word in known:
            joined[-1] = last + word
        else:
            joined.append(word)
    return frozenset(part for word in joined for part in _apart(word, known))


def _apart(word: str, known: Collection[str]) -> tuple[str, ...]:
    if word in known or word in BRANDS or len(word) > 40:  # noqa: PLR2004  # no name is longer
        return (word,)
    return _splitter(frozenset(known))(word) or (word,)


@cache
def _splitter(known: frozenset[str]) -> Callable[[str], tuple[str, ...] | None]:
    """A function that cuts a word into the fewest known words, if it can be cut at all."""
    vocabulary = known | BRANDS.keys() | _NOISE

    @cache
    def split(word: str) -> tuple[str, ...] | None:
        if not word or word in vocabulary:
            return (word,) if word and word not in _NOISE else ()
        cuts = ((word[:at], split(word[at:])) for at in range(len(word) - 1, 0, -1))
        ways = [(head, *tail) for head, tail in cuts if head in vocabulary and tail is not None]
        return min(ways, key=len, default=None)

    return split


_UNIT = r"(?:卡|张|块|个|片|颗|台|cards?|gpus?|pcs)"
_NUMBER = r"([-+]?\d[\d.,e+-]*)"
_TIMES = "x*\u00d7✕✖"
_COUNTS = (
    lazily(rf"^(.+?)\s*:\s*([^:]*?)\s*{_UNIT}?$"),
    lazily(rf"^(.+?)\s*[{_TIMES}]\s*{_NUMBER}\s*{_UNIT}?$"),
    lazily(rf"^{_NUMBER}\s*{_UNIT}?\s*[{_TIMES}]\s*(.+)$"),
    lazily(rf"^{_NUMBER}\s*{_UNIT}\s*(.+)$"),
    lazily(rf"^(.+?)[\s,]*{_NUMBER}\s*{_UNIT}$"),
    lazily(rf"^(.+?)\s+{_NUMBER}\s*[{_TIMES}]$"),
    lazily(rf"^(.+?)\s*\(\s*x?\s*{_NUMBER}\s*{_UNIT}?\s*\)$"),
    lazily(rf"^{_NUMBER}\s+(.+)$"),
)
_COUNT_FIRST = frozenset((2, 3, 7))
_HAN = {"单": 1, "一": 1, "双": 2, "两": 2, "二": 2, "三": 3, "四": 4, "六": 6, "八": 8, "十六": 16}
_HAN_COUNT = lazily(rf"(十六|[单一双两二三四六八])\s*({_UNIT}?)")


def counted(text: str) -> Iterator[tuple[str, str]]:
    """Every reading of ``text`` as a name and a count: ``4090x2``, ``8 卡 H100``, ``H100:8``."""
    plain = _HAN_COUNT.sub(lambda m: f" {_HAN[m[1]]}{m[2] or '卡'} ", text).strip()
    yield from _counted(plain)
    if plain != text:  # the number may be part of the name
        yield from _counted(text)


def _counted(plain: str) -> Iterator[tuple[str, str]]:
    for position, pattern in enumerate(_COUNTS):
        found = pattern.match(plain)
        if found:
            first, second = found[1].strip(), found[2].strip()
            yield (second, first) if position in _COUNT_FIRST else (first, second)
