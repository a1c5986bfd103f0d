"""Inputs that break readers elsewhere, by name: each is refused in one sentence or understood."""

import io
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from recommender import bounded_yaml, lint
from recommender.errors import InputError
from recommender.facts.codec import encode
from recommender.fleet.pools import gathered
from recommender.knowledge_source import read_yaml
from recommender.schema import LONGEST, read_machine
from recommender.serving import measurements
from tests.cli.conftest import Run
from tests.fuzz.properties import sentence, shown
from tests.models.written import memory_peak, refusal

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
MACHINE = '{"os": {"family": "linux"}, "memory": {"total_gib": %s}}'


def _named(value: object) -> str:
    """The beginning of a value that is too long for the name of a test."""
    return ascii(value)[:40]


# More digits than Python makes a number of without being asked (sys.int_info).
DIGITS = "9" * 1_000_000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[" * 100_000, "not valid JSON"),
        ("[" * 100_000 + "]" * 100_000, "not valid JSON"),
        ('{"os": ' * 100_000 + "}" * 100_000, "not valid JSON"),
        ('{"os": {}, "x": ' + "[" * 900 + "]" * 900 + "}", ""),
        (MACHINE % "NaN", "NaN"),
        (MACHINE % "Infinity", "Infinity"),
        (MACHINE % "-Infinity", "Infinity"),
        (MACHINE % "1e999", "must be zero or more|finite"),
        (MACHINE % "-1e-300", "must be zero or more"),
        (MACHINE % "-64", "must be zero or more"),
        (MACHINE % DIGITS, "not valid JSON"),
        (MACHINE % ("1." + DIGITS), ""),
        ('{"os": {}, "nodes": 1000000000000000000000000000000}', "nodes"),
        ('{"os": {}, "os": {"family": "linux"}}', "stands there twice"),
        ('{"os": {"family": "linux", "family": "macos"}}', "stands there twice"),
        ("\ufeff" + MACHINE % "64", ""),
        ("\ufeff\ufeff" + MACHINE % "64", "not valid JSON"),
        ((MACHINE % "64").replace(" ", "\r\n"), ""),
        ("\0" + MACHINE % "64", "not valid JSON"),
        ('{"os": {"family": "\\u0000"}}', ""),
        ('{"os": {"family": "a\0b"}}', "not valid JSON"),
        ('{"os": {"family": "\\ud800"}}', ""),
        ('{"os": {"\\ud800": "x"}}', ""),
        ('{"arch": "' + "x" * 1_000_000 + '"}', "longer than 2000 characters"),
        ('{"os": {"family": "linux"}, "' + "k" * 1_000_000 + '": 1}', ""),
        (json.dumps({"os": {}, **{f"k{n}": n for n in range(100_000)}}), ""),
        ('{"os": {}, "accelerators": [' + ",".join(["{}"] * 5000) + "]}", "5000 accelerators"),
    ],
    ids=_named,
)
def test_a_machine(text: str, why: str) -> None:
    machines = []
    said = refusal(lambda: machines.append(read_machine(text, "-")))
    if said:
        sentence(said)
        assert any(part in said for part in why.split("|")), said
    else:
        assert why == ""
        json.dumps(encode(machines[0]), allow_nan=False)
        assert len(machines[0].problems) <= 20


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_machine_in_another_encoding(llmpick: Run, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "machine.json"
    path.write_bytes('{"os": {"family": "li\u00f1ux"}}'.encode(encoding))
    done = llmpick("recommend", "--machine", str(path))
    assert done.code == 2
    sentence(done.err.strip())
    assert "UTF-8" in done.err or "not valid JSON" in done.err


def _filled(word: str) -> str:
    """A machine every text of which is this one."""
    device = {"name": word, "chip": word, "bus_id": word, "driver": word, "details": {"x": word}}
    return json.dumps(
        {
            "name": word,
            "arch": word,
            "os": {"family": word, "distro": word, "version": word, "libc": word, "kernel": word},
            "cpu": {"model": word, "vendor": word, "flags": [word, word]},
            "accelerators": [{"vendor": name, **device} for name in ("nvidia", "amd", word)],
            "links": [{"kind": word, "devices": [0, 1]}],
            "software": {"nvidia_driver": word, "cuda": word, "versions": {"x": word}},
            "problems": [{"what": word, "fix": word, "rule": word}],
            "evidence": {"arch": word},
        }
    )


WORDS = (
    "x" * 2000,
    "\x1b[31m\x9b2J\x07",
    "\u202e\u2066\u200b\ufeff\u2028\x85",
    "a\nb\r\nc\td\0",
    "-1",
    "9" * 2000,
    "{x} %s $(id) `id` ' \" \\",
    "",
    "\ud83d\ude00 \u0660 \uff11 \u00b2",
)


@pytest.mark.parametrize("word", WORDS, ids=_named)
def test_any_word_in_every_field_of_a_machine(llmpick: Run, word: str) -> None:
    for form in ("table", "json", "yaml", "csv", "markdown"):
        done = llmpick("recommend", "--machine", "-", "-o", form, stdin=_filled(word))
        assert done.code in {0, 3}, done.err
        shown(done.out)
        shown(done.err)


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ALIASES, "more than 1000000 values"),
        ("a: &a [*a]", "inside of what it stands for"),
        ("a: &a {b: *a}", "inside of what it stands for"),
        ("[" * 100_000, "nested deeper"),
        ("- " * 100_000 + "x", "nested deeper"),
        ("a: " + "{a: " * 100_000, "nested deeper"),
        ("a: 1\nb: 2\na: 3", "the key 'a' stands there twice (line 3)"),
        ("a: 1\n\0", "not valid YAML"),
        ("a: \x1b[31m", "not valid YAML"),
        ("a: !!python/object/apply:os.system [id]", "not valid YAML"),
        ("a: *nothing", "not valid YAML"),
        ("- a\n- b", "must hold a mapping"),
        ("", "must hold a mapping"),
        ("a: " + DIGITS, "not valid YAML"),
        ("a: 2026-99-99", "not valid YAML"),
        ("a: 1:60:1e5", ""),
        ("? [a, b]\n: 1", "not valid YAML"),
        ("? {a: b}\n: 1", "not valid YAML"),
        ("a: .nan\nb: .inf\nc: -.inf\nd: 1e999", ""),
        ("a: 1\r\nb: 2\r\n", ""),
        ("\ufeffa: 1", ""),
    ],
    ids=_named,
)
def test_a_file_of_knowledge(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "systems.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    said = refusal(lambda: read_yaml(path))
    assert why in said
    assert bool(said) == bool(why)
    if said:
        sentence(said)


def test_aliases_are_refused_before_anything_is_built() -> None:
    assert memory_peak(lambda: _refused_yaml(ALIASES)) < 4 * 2**20


def _refused_yaml(text: str) -> None:
    try:
        bounded_yaml.load(text)
    except ValueError as error:
        raise InputError(str(error)) from error


def test_a_file_of_knowledge_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "systems.yaml"
    path.write_bytes("a: ü".encode("utf-16"))
    assert "not valid YAML" in refusal(lambda: read_yaml(path))


def test_a_key_that_is_aliased_or_merged_is_no_repetition() -> None:
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nlist: [{a: 1}, {a: 2}]\na: 1"
    assert bounded_yaml.load(text)["more"] == {"a": 1, "b": 3}


def test_what_a_linter_cannot_look_at_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only some files have a shape that is checked before the linters look at them."""

    def findings(_: object) -> Iterator[str]:
        yield "first\x1b[2J"
        raise KeyError("a\x9bpart")  # noqa: EM101  # as a missing key is told

    linter = SimpleNamespace(findings=findings, __name__="recommender.lint.texts")
    monkeypatch.setattr(lint, "_FIRST", (linter,))
    first, second = lint.check(KNOWLEDGE)
    assert first == "first\\x1b[2J"
    assert second.startswith("texts: cannot be checked, for a part is missing")
    sentence(second)


class Endless(io.RawIOBase):
    """So many bytes that nobody holds."""

    def __init__(self, unit: bytes, size: int, head: bytes = b"") -> None:
        self._unit, self._left, self._head = unit * (2**20 // len(unit)), size, head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._head[: len(buffer)] or self._unit[: min(len(buffer), self._left)]
        self._left -= 0 if self._head else len(part)
        self._head = self._head[len(part) :]
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize(
    ("head", "unit", "size"),
    [
        (b"", b"x", 2**25),
        (b"", b" ", 2**25),
        (b'{"items": [', b" ", 2**25),
        (b'{"items": ["', b"x", 2**25),
        (b'{"os": "', b"x", 2**25),
        (b"NodeName=n1 Gres=", b"x", 2**25),
        (b"NodeName=n1\n  Gres=", b"\n  a=b", 2**19),
        (b"[", b"1,", 2**15),
        (b"{", b'"a":1,', 2**22),
    ],
    ids=_named,
)
def test_a_stream_without_end_takes_little_memory(head: bytes, unit: bytes, size: int) -> None:
    def read() -> object:
        return gathered(io.BufferedReader(Endless(unit, size, head)))

    assert memory_peak(read) < 160 * 2**20


def test_a_machine_without_end_is_read_up_to_its_bound() -> None:
    assert "longer than 8 MiB" in refusal(lambda: read_machine("x" * (LONGEST + 1), "-"))


@pytest.mark.parametrize(
    "line",
    [
        b'{"llmpick_version": NaN}',
        b"[" * 100_000,
        b'{"timing": {"requests": ' + DIGITS.encode() + b"}}",
        b"\xff\xfe",
        b"\0" * 1000,
        b'{"at": "\\ud800"}',
        b"9" * 1_000_000,
    ],
    ids=_named,
)
def test_a_line_that_is_no_measurement(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "m.jsonl"
    path.write_bytes(line + b"\n" + line)
    found, problems = measurements.read(path)
    assert found == ()
    assert "2 of its lines" in problems[0].what


@pytest.mark.parametrize(
    "words",
    [
        ("recommend", "--gpu", f"H100:{10**30}"),
        ("recommend", "--gpu", f"H100:{DIGITS[:100_000]}"),
        ("recommend", "--ram", DIGITS[:10_000]),
        ("recommend", "--ram", "nan"),
        ("recommend", "--ram", "inf"),
        ("recommend", "--ram", "1e999"),
        ("recommend", "--ram", "-64"),
        ("recommend", "--context", DIGITS[:100_000]),
        ("recommend", "--concurrency", "٣" * 30),
        ("recommend", "--nodes", f"{10**30}"),
        ("recommend", "--model", "x" * 100_000),
        ("recommend", "--machine", "a\udc80b"),
        ("recommend", "--machine", "x" * 100_000),
        ("recommend", "--machine", "."),
        ("recommend", "--use-case", "\x9b31m" * 1000),
        ("explain", "\u202e" * 1000),
        ("\udc80",),
        ("recommend", "--\udc80"),
        ("launch", "vllm", "--gpu", "H100", "-o", "\udc80/x"),
        ("launch", "vllm", "--gpu", "H100", "-o", "x" * 5000),
        ("launch", "vllm", "--gpu", "H100", "--port", DIGITS[:100_000]),
        ("verify", "http://" + "x" * 100_000),
        ("verify", "http://[::1"),
        ("verify", "http://127.0.0.1:1", "--timeout", "nan"),
        ("fleet", "/dev/null"),
        ("schema", "\x1b"),
        ("knowledge", "validate", "\udc80"),
        ("recommend", "--lang", "\x1b[31m"),
    ],
    ids=_named,
)
def test_a_command_line_is_refused_in_one_sentence(llmpick: Run, words: tuple[str, ...]) -> None:
    done = llmpick(*words)
    assert done.code == 2, done.out
    assert done.out == ""
    sentence(done.err.removesuffix("\n"))


@pytest.mark.parametrize("word", ["\x1b[2J\u202e", "a\udc80b", "\U000e0041", "\u2028x"])
def test_a_name_that_cannot_be_seen_is_spelt_out(llmpick: Run, word: str) -> None:
    for form in ("table", "json", "yaml", "csv", "markdown"):
        for option in ("--cpu", "--model"):
            done = llmpick("recommend", "--gpu", "L4", f"{option}={word}", "-o", form)
            assert done.code in {0, 2}, done.err
            shown(done.out)
            shown(done.err)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is bounded on Linux")
def test_a_line_of_two_gigabytes_takes_little_memory() -> None:
    """Through a real pipe, into a process that has half a gigabyte in all."""
    count = 2**31
    for command in (("recommend", "--machine", "-"), ("fleet",)):
        feeder = subprocess.Popen(["head", "-c", str(count), "/dev/zero"], stdout=subprocess.PIPE)
        done = subprocess.run(
            [sys.executable, "-m", "recommender", *command],
            stdin=feeder.stdout,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=_half_a_gigabyte,
        )
        feeder.kill()
        feeder.communicate()
        assert done.returncode == 2, done.stderr
        sentence(done.stderr.strip())


def _half_a_gigabyte() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))


@pytest.mark.parametrize("read", [lambda text: read_machine(text, "-")])
def test_numbers_of_a_million_digits(read: Callable[[str], object]) -> None:
    said = refusal(lambda: read('{"os": {}, "nodes": ' + DIGITS + "}"))
    sentence(said)
