"""Inputs of a target by hypothesis: its seeds with pieces cut out and others put in."""

from functools import cache

from hypothesis import strategies as some

from tests.fuzz.target import Target, corpus, mutated

_MOST_EDITS = 6
_LONGEST_PIECE = 24


@cache
def _seeds(target: Target) -> tuple[bytes, ...]:
    return tuple(corpus(target)) or (b"",)


def inputs(target: Target) -> some.SearchStrategy[bytes]:
    """Mutated seeds, pieces of one in another, and now and then bytes of no form at all."""
    seeds = some.sampled_from(_seeds(target))
    words = [word.encode(errors="surrogatepass") for word in target.words] or [b""]
    place = some.integers(0, target.longest)
    pieces = (
        some.sampled_from(words)
        | some.binary(max_size=_LONGEST_PIECE)
        | some.builds(_piece, seeds, place, some.integers(1, 400))
    )
    dropped = some.sampled_from((0, 0, 1, 1, 2, 7, 40, 400))
    edits = some.lists(some.tuples(place, dropped, pieces), min_size=1, max_size=_MOST_EDITS)
    changed = some.builds(mutated, seeds, edits)
    free = some.binary(max_size=200) | some.text(max_size=200).map(_encoded)
    return (changed | changed | changed | free).map(lambda data: data[: target.longest])


def _piece(seed: bytes, place: int, length: int) -> bytes:
    at = place % (len(seed) + 1)
    return seed[at : at + length]


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
