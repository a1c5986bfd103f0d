"""What is wrong in a site's folder is told by file and line, and never as a traceback."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.devices.described import describe
from recommender.errors import InputError
from recommender.facts import Workload
from recommender.knowledge import overlaid
from recommender.pipeline import recommend
from recommender.render.document import as_json
from recommender.site import check, read
from tests.site.running import llmpick, written

WRONG = [
    ("rule: []", "s.yaml:1: there is no key 'rule' here; did you mean rules?"),
    ("rules: {}", "s.yaml:1: a list is expected here"),
    ("rules: [3]", "s.yaml:1: keys with values are expected here"),
    ("rules: [{}]", "a rule has one of never, only,"),
    ("rules:\n- never: vllm\n  only: tgi", "s.yaml:2: a rule has one of"),
    ("rules:\n\n- never: vlm", "s.yaml:3: there is no framework 'vlm'; did you mean vllm"),
    ("rules: [{never: zzzzzz}]", "there is no framework 'zzzzzz'; known are"),
    ("rules: [{never: []}]", "this list is empty"),
    ("rules: [{never: vllm, framework: vllm}]", "framework does not go with never"),
    (
        "rules:\n- never: vllm\n  never: tgi",
        "s.yaml:3: the key 'never' stands twice, first in line 2",
    ),
    ("rules: [{never: vllm, wen: {}}]", "there is no key 'wen' here; did you mean when"),
    ("rules: [{never: vllm, when: {device.vendr: amd}}]", "no fact 'device.vendr'; did you mean"),
    ("rules: [{never: vllm, when: {port: 1}}]", "there is no fact 'port'"),
    ("rules: [{never: vllm, when: {nodes: {atleast: 2}}}]", "no operator 'atleast'; did you mean"),
    ("rules: [{never: vllm, when: {nodes: {known: 2}}}]", "true or false is expected here"),
    ("rules: [{never: vllm, when: {arch: {matches: '('}}}]", "this is no regular expression"),
    ("rules: [{never: vllm, when: {holds: heavy}}]", "'heavy' is unknown; did you mean heavy-load"),
    ("rules: [{never: vllm, when: {any: {}}}]", "a list is expected here"),
    ("rules: [{never: vllm, when: x}]", "a condition is expected here"),
    ("rules: [{never: vllm, because: {en: a}}]", "give one text, or both en and zh"),
    ("rules: [{never: vllm, because: 'a {device.nme}'}]", "no fact 'device.nme' to fill in"),
    ('rules: [{never: vllm, because: "a\\e[31mb"}]', "invisible character"),
    ('rules: [{never: vllm, because: "a\\u202eb"}]', "invisible character"),
    (f"rules: [{{never: vllm, because: {'x' * 500}}}]", "longer than 400 characters"),
    ("rules: [{never: vllm, id: A B}]", "the id 'A B' has other signs"),
    (
        "rules:\n- {never: vllm, id: a}\n- {never: tgi, id: a}",
        "s.yaml:3: the id 'a' is that of s.yaml:2",
    ),
    ("rules: [{points: .nan}]", "a number from -1000 to 1000 is expected"),
    ("rules: [{points: .inf}]", "a number from -1000 to 1000 is expected"),
    (f"rules: [{{points: {10**30}}}]", "a number from -1000 to 1000 is expected"),
    (f"rules: [{{points: {'9' * 5000}}}]", "a number from -1000 to 1000 is expected"),
    ("rules: [{points: true}]", "a number from -1000 to 1000 is expected"),
    ("accelerators: [{vendor: nvidia}]", "name is missing"),
    ("accelerators: [{name: X9}]", "vendor is missing: llmpick knows no device of this name"),
    ("accelerators: [{name: H100 SXM 80GBB}]", "did you mean H100"),
    ("accelerators: [{name: X9, vendor: nvida}]", "'nvida' is unknown; did you mean nvidia"),
    ("accelerators: [{name: GPU, vendor: nvidia}]", "'GPU' is no name of a device"),
    ("accelerators: [{name: 'a:8', vendor: nvidia}]", "'a:8' is no name of a device"),
    ("accelerators: [{name: X9, like: H10}]", "there is no row 'H10' among the devices"),
    ("accelerators: [{name: X9, vendor: nvidia, memory_gib: -1}]", "a number from 0 to"),
    ("accelerators: [{name: X9, vendor: nvidia, memory_gb: 1}]", "did you mean memory_gib"),
    ("accelerators: [{name: X9, vendor: nvidia}, {name: X9, vendor: amd}]", "stands twice among"),
    ("models: [{params: 3}]", "id is missing"),
    ("models: [{id: Qwen/Qwen3-8B, params: 0}]", "a number from 1 to 1e+15 is expected here"),
    ("models: [{id: a/b, params: 3}]", "layers is missing: llmpick does not know this model"),
    ("models: [{id: a/b, params: 3.5, layers: 1}]", "a whole number is expected here"),
    ("models: [{id: Qwen/Qwen3-8B, quantization: bf61}]", "'bf61' is unknown; did you mean bf16"),
    (
        "models: [{id: Qwen/Qwen3-8B, layer: 3}]",
        "there is no key 'layer' here; did you mean layers",
    ),
    ("images: {vllm: a/b:1}", "name the platform, too: vllm/cuda, "),
    ("images: {vlm/cuda: a/b:1}", "there is no platform 'vlm/cuda'; did you mean vllm/cuda"),
    ("images: {vllm/cuda: 'a b; rm -rf /'}", "is no name of a container image"),
    ("images: {mlx-lm/metal: a/b:1}", "mlx-lm/metal is never started from an image"),
    ("versions: {vllm/cuda: latest}", "'latest' is no version like 0."),
    ("versions: {vllm/cuda: '0.1 --index-url http://evil'}", "is no version like 0."),
    ("versions: {vlm: 0.1.0}", "there is no platform 'vlm'; did you mean vllm"),
    ("versions: {llama.cpp: b1}", "no command of llama.cpp names a version"),
    ("mirrors: {package: x}", "there is no key 'package' here; did you mean packages"),
    ("mirrors: {packages: 'https://u:p@x/simple'}", "is not written like https://mirror"),
    ("mirrors: {packages: 'https://x/$(id)'}", "is not written like https://mirror"),
    ("mirrors: {packages: 'https://x/{device.name}'}", "is not written like https://mirror"),
    ("mirrors: {images: {docker.io: 'a b'}}", "is not written like registry.example"),
    ("mirrors: {images: []}", "keys with texts are expected here"),
    ("mirrors: []", "keys with values are expected here"),
    ("- rules", "s.yaml:1: the file must hold keys with their values"),
    ("rules: [", "s.yaml:1: this is not valid YAML"),
    ("\t- x", "s.yaml:1: this is not valid YAML"),
    ("a: 1\n---\nb: 2", "s.yaml:2: a second document begins here"),
    ("? [a]\n: b", "a key must be a plain word"),
    ("rules: *nothing", "s.yaml:1: there is no anchor 'nothing' before this alias"),
    ("rules: &a [*a]", "before this alias"),
    ("<<: {rules: []}", "there is no key '<<' here"),
    ("rules: " + "[" * 100_000, "this is nested deeper than 16 levels"),
    ("rules: " + "{a: " * 5000 + "}" * 5000, "this is nested deeper than 16 levels"),
    ("rules: [" + "1," * 60_000 + "]", "the file holds more than 50000 values"),
    ("#" + "x" * 300_000, "s.yaml: the file is longer than 256 KiB"),
    ("rules: !!python/object/apply:os.system [id]", "keys with values are expected here"),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_told_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    folder = written(tmp_path, s=text)
    found = check(folder)
    assert any(told in sentence for sentence in found), found
    assert all(sentence.startswith("s.yaml") and "\n" not in sentence for sentence in found)
    with pytest.raises(InputError, match=r"has mistakes \(\d+\): s\.yaml"):
        read(folder)


BYTES = [
    (b"\xff\xfer\x00u\x00", "s.yaml: the file is not UTF-8 text"),
    (b"rules: [{never: vllm}]\x00", "s.yaml: this is not valid YAML"),
    (b"rules:\xc2\x9b []", "this is not valid YAML"),
]


@pytest.mark.parametrize(("data", "told"), BYTES)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    folder = written(tmp_path)
    (folder / "s.yaml").write_bytes(data)
    assert [told in sentence for sentence in check(folder)] == [True]


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "s.yaml").write_bytes(b"\xef\xbb\xbfrules:\r\n- never: vllm\r\n")
    assert read(folder).requirements[0]["source"] == "s.yaml:2"


def test_aliases_that_grow_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    begun = time.process_time()
    found = check(written(tmp_path, s="\n".join(lines)))
    assert "the file holds more than 50000 values" in found[0]
    assert time.process_time() - begun < 5


def test_a_chain_of_aliases_is_not_deeper_than_it_may_be(tmp_path: Path) -> None:
    lines = [f"a0: &a0 {'[' * 10}x{']' * 10}"]
    lines += [f"a{n}: &a{n} {'[' * 10}*a{n - 1}{']' * 10}" for n in range(1, 150)]
    assert "nested deeper than 16 levels" in check(written(tmp_path, s="\n".join(lines)))[0]


def test_an_alias_is_what_it_stands_for(tmp_path: Path) -> None:
    text = "rules:\n- never: &slow [tgi, ollama]\n- {framework: *slow, points: -5}"
    own = read(written(tmp_path, s=text))
    assert own.rules[0]["when"] == {"framework.id": ["tgi", "ollama"]}


def test_folders(tmp_path: Path) -> None:
    folder = written(tmp_path, **{f"f{n}": "rules: []" for n in range(51)})
    for path, told in (
        (tmp_path / "none", "cannot be read: No such file"),
        (folder / "f0.yaml", "cannot be read: Not a directory"),
        (tmp_path, "has no .yaml file"),
        (folder, "has more than 50 .yaml files"),
    ):
        with pytest.raises(InputError, match=told):
            read(path)


@pytest.mark.skipif(sys.platform == "win32", reason="such names and files are none of Windows")
def test_other_files_are_left_alone(tmp_path: Path) -> None:
    folder = written(tmp_path, s="rules: [{never: vllm}]")
    os.mkfifo(folder / "pipe.yaml")
    (folder / ".hidden.yaml").write_text("no: yes", encoding="utf-8")
    (folder / "notes.txt").write_text("no: yes", encoding="utf-8")
    (folder / "more.yaml").mkdir()
    assert check(folder) == []
    (folder / "a\x1b[31m.yaml").write_text("rules: []", encoding="utf-8")
    assert check(folder) == [
        f"knowledge folder {folder}: rename the file 'a\\x1b[31m.yaml' to letters, digits and -"
    ]


def test_commands_end_as_the_contract_says(tmp_path: Path) -> None:
    written(tmp_path, a="rules: [{never: vlm}]", b="rule: 1\nmodels: 3")
    asked, chinese, validated, helped, listed = llmpick(
        tmp_path,
        "llmpick recommend --gpu H100 --knowledge site",
        "llmpick recommend --gpu H100 --knowledge site --lang zh",
        "llmpick knowledge validate site",
        "llmpick recommend --help --knowledge site",
        "llmpick knowledge validate",
    )
    assert (asked.code, asked.out) == (2, "")
    assert asked.err == (
        "llmpick: knowledge folder site has mistakes (3): "
        "a.yaml:1: there is no framework 'vlm'; did you mean vllm, vllm-mlx, llm-d?\n"
    )
    assert "有 3 处错误：a.yaml:1：没有框架“vlm”；是否想用" in chinese.err
    assert validated.code == listed.code == 5
    assert len(validated.out.splitlines()) == 3
    assert helped.code == 0
    assert "--knowledge" in helped.out


# Words that lead further into the reader than any others.
_WORDS = st.sampled_from(
    [
        *("rules", "accelerators", "models", "images", "mirrors", "versions", "never", "only"),
        *("require", "points", "warn", "because", "when", "framework", "vllm", "vllm/cuda", "any"),
        *("device.vendor", "at_least", "name", "vendor", "nvidia", "like", "memory_gib", "id"),
        *("params", "layers", "packages", "addresses", "docker.io", "https://x.example", "0.32.1"),
        *("never_license", "matches", "none", "holds", "{device.name}", "aliases", "registry/a:1"),
    ]
)
_PLAIN = st.one_of(
    _WORDS, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)
)
_TREES = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_WORDS | st.text(max_size=4), inner, max_size=5),
    ),
    max_leaves=25,
)
_RULES = st.lists(st.dictionaries(_WORDS, _TREES, max_size=4), max_size=3)
_SITES = st.one_of(
    _TREES,
    st.fixed_dictionaries({}, optional={"rules": _RULES, "accelerators": _RULES, "models": _RULES}),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("images", "mirrors", "versions"), _TREES)),
)


def _read_or_told(folder: Path, data: bytes) -> None:
    (folder / "s.yaml").write_bytes(data)
    found = check(folder)
    assert all(line.isprintable() and len(line) < 2000 for line in found)
    if not found:
        answer = recommend(describe(["T4"]), Workload(), knowledge=overlaid(read(folder)))
        as_json(answer, indent=False)


_QUICK: Callable[..., Any] = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_QUICK
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    _read_or_told(tmp_path, data)


@_QUICK
@given(tree=_SITES, style=st.sampled_from([None, True, False]))
def test_any_yaml_is_read_or_refused(tmp_path: Path, tree: Any, style: bool | None) -> None:
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=style)
    _read_or_told(tmp_path, text.encode("utf-8", "surrogatepass"))
