"""Streams of machines: which are equal, and what becomes of lines that are none."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.devices.described import describe
from recommender.errors import InputError
from recommender.facts.codec import encode
from recommender.fleet import pools as pools_module
from recommender.fleet.pools import Pools, gathered
from recommender.fleet.records import LONGEST
from tests.fleet.nodes import A100, GPUS, SLURM, listed, node, one_line

H100 = encode(describe(["H100 SXM:8"], ram_gib=1007.4, driver="580.95.05"))
L40S = encode(describe(["L40S:4"], ram_gib=503.2))


def line(name: str | None = "n1", machine: Any = H100, **facts: Any) -> bytes:
    """A machine as ``llmpick probe --json`` writes it into a pipe."""
    document = {**machine, "name": name, **facts}
    ordered = {"name": document.pop("name"), **document}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(data: bytes, form: str = "auto") -> Pools:
    return gathered(io.BytesIO(data), form)


def sizes(pools: Pools) -> list[int]:
    return [len(kind.nodes) for kind in pools.largest_first()]


def test_equal_machines_are_one_pool() -> None:
    found = read(line("l1", L40S) + line("a") + line("b") + line("c"))
    assert [kind.nodes for kind in found.largest_first()] == [["a", "b", "c"], ["l1"]]
    assert found.largest_first()[0].machine.name is None


def test_what_is_a_machines_own_decides_nothing() -> None:
    memory = [{**H100["memory"], "total_gib": 1007.0 + n / 10, "available_gib": n} for n in (1, 2)]
    devices = [
        [
            {**device, "used_gib": n, "bus_id": f"0000:{n}{k}:00.0", "details": {"serial": str(n)}}
            for k, device in enumerate(H100["accelerators"])
        ]
        for n in (1, 2)
    ]
    problems = [[{"what": f"GPU 0000:0{n}:00.0 is hot", "fix": None}] for n in (1, 2)]
    lines = [
        line(
            f"n{n}",
            memory=memory[n],
            accelerators=devices[n],
            disk_free_gib=n,
            problems=problems[n],
            evidence={"arch": f"uname {n}"},
        )
        for n in (0, 1)
    ]
    assert sizes(read(b"".join(lines))) == [2]


@pytest.mark.parametrize(
    "other",
    [
        {"arch": "aarch64"},
        {"accelerators": H100["accelerators"][:7]},
        {"software": {**H100["software"], "nvidia_driver": "535.1"}},
        {"memory": {**H100["memory"], "total_gib": 503.0}},
        {"problems": [{"what": "it is hot"}]},
    ],
)
def test_what_decides_makes_a_pool(other: dict[str, Any]) -> None:
    assert sizes(read(line("a") + line("b", **other) + line("c") + line("d", **other))) == [2, 2]


def test_a_machine_that_was_seen_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bool] = []
    whole = json.loads

    def loads(*given: Any, **more: Any) -> Any:
        decoded.append(True)
        return whole(*given, **more)

    monkeypatch.setattr(json, "loads", loads)
    lines = [
        line(f"n{n}", memory={**H100["memory"], "available_gib": n + 0.5}, disk_free_gib=n)
        for n in range(50)
    ]
    assert (sizes(read(b"".join(lines))), len(decoded)) == ([50], 1)


def test_a_line_that_differs_in_an_unusual_way_is_decoded() -> None:
    odd = line("b").replace(b'"disk_free_gib":null', b'"disk_free_gib":-5')
    found = read(line("a") + odd + line("c"))
    assert (sizes(found), found.unreadable_count) == ([2], 1)
    assert "disk_free_gib" in found.unreadable[0].reason


@pytest.mark.parametrize(
    "name", ['a"b', "a\\b", "节点", "\x1b[31m", "a" * 500, "-oProxyCommand=x", " "]
)
def test_hostile_names(name: str) -> None:
    found = read(line(name) + line("b") + line(name + "2"))
    assert sizes(found) == [3]
    assert found.largest_first()[0].nodes[0] == name


def test_names_before_the_machine() -> None:
    plain = line(None)
    pdsh = b"gpu-1: " + plain + b"gpu-2: " + plain
    ansible = b"gpu-3 | CHANGED | rc=0 | (stdout) " + plain
    assert read(pdsh + ansible).largest_first()[0].nodes == ["gpu-1", "gpu-2", "gpu-3"]


def test_machines_without_a_name_are_called_by_their_line() -> None:
    assert read(line(None) + b"\n" + line(None)).largest_first()[0].nodes == ["line 1", "line 3"]


def test_a_name_stands_once() -> None:
    found = read(line("a") + line("a") + line("a", L40S) + line("b"))
    assert sizes(found) == [2]
    assert [one.node for one in found.set_apart] == ["a", "a"]
    assert "read before" in found.set_apart[0].reason


def test_without_a_driver() -> None:
    unbound = [{**device, "driver_bound": False} for device in H100["accelerators"]]
    found = read(
        line("a", accelerators=unbound)
        + line("b", accelerators=[*unbound[1:], H100["accelerators"][0]])
    )
    assert [one.node for one in found.set_apart] == ["a"]
    assert "no driver holds its accelerators: H100" in found.set_apart[0].reason


WHOLE = {
    "lines": line("a") + line("b"),
    "array": b"[" + line("a").strip() + b",\n" + line("b").strip() + b"]",
    "empty array first": b"[]\n[" + line("a").strip() + b"]" + line("b"),
    "pretty": json.dumps({**H100, "name": "a"}, indent=2).encode()
    + b"\n"
    + json.dumps({**H100, "name": "b"}, indent=2).encode(),
    "BOM": b"\xef\xbb\xbf" + line("a") + line("b"),
    "CRLF": (line("a") + line("b")).replace(b"\n", b"\r\n"),
    "kubectl": listed(node("a", A100, GPUS), node("b", A100, GPUS)),
    "kubectl on one line": listed(node("a", A100, GPUS), node("b", A100, GPUS), indent=None),
    "one node": json.dumps(node("a", A100, GPUS), indent=4).encode()
    + json.dumps(node("b", A100, GPUS)).encode(),
    "nodes by jq -c": b"\n".join(json.dumps(node(n, A100, GPUS)).encode() for n in "ab"),
    "scontrol": (SLURM.replace("gpu01", "a") + SLURM.replace("gpu01", "b")).encode(),
    "scontrol -o": (one_line().replace("gpu01", "a") + one_line().replace("gpu01", "b")).encode(),
    "scontrol --json": json.dumps(
        {
            "meta": {"plugin": {"type": "openapi/v0.0.39"}},
            "errors": [],
            "nodes": [{"name": n, "gres": "gpu:h100:8", "real_memory": 1} for n in "ab"],
            "last_update": 1763900000,
        },
        indent=1,
    ).encode(),
}


@pytest.mark.parametrize("form", WHOLE)
def test_forms(form: str) -> None:
    found = read(WHOLE[form])
    assert [kind.nodes for kind in found.largest_first()] == [["a", "b"]]
    assert (found.set_apart, found.unreadable_count) == ([], 0)


@pytest.mark.parametrize("form", [form for form in WHOLE if form != "empty array first"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.97])
def test_cut_off(form: str, share: float) -> None:
    data = WHOLE[form]
    found = read(data[: int(len(data) * share)])
    told = sum(sizes(found)) + len(found.set_apart) + found.unreadable_count
    assert 1 <= told <= 3
    if share < 0.4 and not form.startswith("scontrol"):
        assert found.unreadable_count == 1


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (b'{"a": 1}', "is no machine: none of"),
        (b"{", "is not valid JSON"),
        (b"[1]", "holds a JSON array"),
        (b"7", "holds a JSON number"),
        (b"null", "holds a JSON null"),
        (b"\x00", "is not valid JSON"),
        (b"\xff", "is not UTF-8 text"),
        (b"Permission denied (publickey).", "is not valid JSON"),
        (b'{"os": NaN}', "NaN is not a number"),
        (b'{"os":' + b"[" * 100_000, "is not valid JSON"),
        (b'{"os":{},"memory":{"total_gib":-1}}', "memory.total_gib"),
        (b'{"os":{},"nodes":0}', "nodes"),
        (b'{"kind":"Node","metadata":{"name":"k"},"status":{}}', None),
    ],
)
def test_lines_that_are_no_machine(wrong: bytes, reason: str | None) -> None:
    found = read(line("a") + wrong + b"\n" + line("b"))
    assert sum(sizes(found)) == (2 if reason else 3)
    if reason:
        assert [one.line for one in found.unreadable] == [2]
        assert reason in found.unreadable[0].reason


def test_another_form_than_was_named() -> None:
    mixed = line("a") + json.dumps(node("b")).encode() + b"\n"
    for form, count in (("auto", 2), ("jsonl", 1), ("kubernetes", 1), ("slurm", 0)):
        found = read(mixed, form)
        assert (sum(sizes(found)), found.unreadable_count) == (count, 2 - count), form


def test_nothing() -> None:
    for data in (b"", b" \r\n", b"\xef\xbb\xbf"):
        with pytest.raises(InputError, match="it is empty"):
            read(data)


class _Endless(io.RawIOBase):
    """One machine, a line of 100 MB that is never held whole, another machine."""

    def __init__(self) -> None:
        self._left: Iterator[bytes] = iter([line("a"), *[b"x" * 2**20] * 100, b"\n", line("b")])
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._left, b"")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def test_a_line_of_100_megabytes() -> None:
    import tracemalloc

    tracemalloc.start()
    found = gathered(io.BufferedReader(_Endless()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (sizes(found), [one.line for one in found.unreadable]) == ([2], [2])
    assert "longer than 16 MiB" in found.unreadable[0].reason
    assert peak < 4 * LONGEST


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools_module, "MOST_KINDS", 2)
    kinds = [line(f"n{n}", memory={"total_gib": 100.0 + n}) for n in range(4)]
    found = read(b"".join([*kinds, line("again", memory={"total_gib": 101.0})]))
    assert sizes(found) == [2, 1]
    assert [one.node for one in found.set_apart] == ["n2", "n3"]


def test_unreadable_lines_are_counted_and_the_first_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools_module, "MOST_UNREADABLE", 3)
    found = read(line("a") + b"x\n" * 10)
    assert ([one.line for one in found.unreadable], found.unreadable_count) == ([2, 3, 4], 10)


_PARTS = st.sampled_from(
    [
        line("a"), line("b"), line("c", L40S), line(None), line("d").strip()[:-40] + b"\n",
        json.dumps(node("e", A100, GPUS)).encode() + b"\n",
        json.dumps(node("f", unschedulable=True)).encode() + b"\n",
        b"gpu: " + line(None), b"x\n", b"{}\n", b"\xff\n", b"[]\n", b"null\n", b"{\n", b'"\n',
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(_PARTS, max_size=12))
def test_every_line_is_told_of_once(parts: list[bytes]) -> None:
    found = read(line("first") + b"".join(parts))
    told = sum(sizes(found)) + len(found.set_apart) + found.unreadable_count
    assert told == len(parts) + 1


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    for start in (b"", line("a"), b"[", b"{\n", b'{"items": [', b"NodeName=a State=IDLE\n"):
        try:
            found = read(start + data)
        except InputError:
            continue
        assert found.kinds or found.set_apart or found.unreadable or b"[" in start + data


def test_the_logs_of_pods() -> None:
    logs = b"".join(
        b"[pod/llmpick-probe-other-%d/probe] " % number + line(name)
        for number, name in enumerate(("n1", "n2", None))
    )
    found = read(b"[pod/llmpick-probe-other-9/probe] WARNING: the cache is off\n" + logs)
    assert [kind.nodes for kind in found.kinds.values()] == [["n1", "n2", "llmpick-probe-other-2"]]
    assert [one.line for one in found.unreadable] == [1]
