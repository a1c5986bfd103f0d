"""What commands take from the machine and the wish: slots, files, Pythons, builds, nodes."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.facts import DeviceMemory, Fit, Method, Model, Platform, Workload
from recommender.launch.values import is_path, python_for, repository_holds_gguf, values
from tests.launch.test_commands import (
    CURRENT,
    EVERYTHING,
    MODELS,
    NEVER,
    QWEN_8B,
    commands_of,
    nvidia,
    value_of,
)

LARGE = MODELS["deepseek-ai/DeepSeek-R1"]

PLATFORM = Platform(
    id="p",
    name="P",
    support="supported",
    version="1.2",
    device={},
    port=4711,
    source="s",
    checked="2026-11-22",
)
METHOD = Method(image="registry/image:1.2", host="0.0.0.0")
QWEN = Model(id="Qwen/Qwen3-8B", gguf_repos=("unsloth/Qwen3-8B-GGUF",), ollama_tag="qwen3:8b")


def _values(fit: Fit, model: Model | None = None, users: int = 1) -> dict[str, object]:
    return values(PLATFORM, METHOD, fit, model, Workload(concurrency=users))


def test_what_the_platform_and_its_method_say() -> None:
    found = _values(Fit(fits=True, model="m/x"))
    assert found["port"] == 4711
    assert found["version"] == "1.2"
    assert (found["image"], found["host"]) == ("registry/image:1.2", "0.0.0.0")
    assert found["model"] == "m/x"


@pytest.mark.parametrize(
    ("users", "holds", "slots"),
    [
        (1, 10, 1),
        (4, 10, 4),
        (40, 10, 10),
        (4, None, 4),
        (4, 0, 4),
        (500, 1000, 64),
        (500, None, 64),
    ],
)
def test_slots_are_what_is_wished_and_fits(users: int, holds: int | None, slots: int) -> None:
    fit = Fit(fits=True, context_tokens=2048, concurrent_requests=holds)
    found = _values(fit, users=users)
    assert found["slots"] == slots
    assert found["total_context"] == slots * 2048


@given(
    st.integers(min_value=1, max_value=10_000),
    st.none() | st.integers(min_value=0, max_value=10_000),
    st.none() | st.integers(min_value=2048, max_value=1_000_000),
)
def test_every_slot_gets_the_whole_context(users: int, holds: int | None, context: int) -> None:
    found = _values(Fit(fits=True, context_tokens=context, concurrent_requests=holds), users=users)
    slots, total = found["slots"], found["total_context"]
    assert isinstance(slots, int)
    assert isinstance(total, int)
    assert 1 <= slots <= users
    assert total == slots * (context or Workload().context_tokens)


@pytest.mark.parametrize(("kv", "expected"), [(0.2, 1), (7.9, 7), (300.9, 300)])
def test_the_cache_of_a_processor_is_whole_and_at_least_one(kv: float, expected: int) -> None:
    memory = DeviceMemory(
        weights_gib=1, kv_cache_gib=kv, activations_gib=0, overhead_gib=0, free_gib=0
    )
    assert _values(Fit(fits=True, per_device=(memory,)))["cpu_kv_gib"] == expected


@pytest.mark.parametrize(
    ("name", "quantization", "model", "expected"),
    [
        ("/data/a.gguf", "q8_0", None, (None, "/data/a.gguf", "Q8_0")),
        ("~/a.gguf", None, None, (None, "~/a.gguf", "")),
        ("unsloth/Qwen3-8B-GGUF", "q4_k_m", QWEN, ("unsloth/Qwen3-8B-GGUF", None, "Q4_K_M")),
        ("some/X-GGUF:IQ2_M", "q4_k_m", None, ("some/X-GGUF", None, "IQ2_M")),
        ("Qwen/Qwen3-8B", "q4_k_m", QWEN, ("unsloth/Qwen3-8B-GGUF", None, "Q4_K_M")),
        (
            "some/Other-9B",
            "q4_k_m",
            Model(id="some/Other-9B"),
            (None, "./Other-9B-Q4_K_M.gguf", "Q4_K_M"),
        ),
    ],
)
def test_where_a_gguf_comes_from(
    name: str,
    quantization: str | None,
    model: Model | None,
    expected: tuple[str | None, str | None, str],
) -> None:
    found = _values(Fit(fits=True, model=name, quantization=quantization), model)
    assert (found["gguf.repo"], found["gguf.file"], found["gguf.quant"]) == expected


@pytest.mark.parametrize(
    ("name", "quantization", "model", "expected"),
    [
        ("unsloth/Qwen3-8B-GGUF", "q4_k_m", QWEN, "qwen3:8b"),
        ("unsloth/Qwen3-8B-GGUF", "q8_0", QWEN, "hf.co/unsloth/Qwen3-8B-GGUF:Q8_0"),
        ("some/X-GGUF", "q4_k_m", Model(id="some/X-GGUF"), "hf.co/some/X-GGUF:Q4_K_M"),
        ("./a.gguf", "q8_0", None, "./a.gguf"),
    ],
)
def test_what_the_library_calls_a_model(
    name: str, quantization: str, model: Model | None, expected: str
) -> None:
    fit = Fit(fits=True, model=name, build="gguf", quantization=quantization)
    assert _values(fit, model)["library.name"] == expected


def test_a_repository_that_was_named_is_not_replaced_by_the_library() -> None:
    fit = Fit(fits=True, model="unsloth/Qwen3-8B-GGUF", build="own", quantization="q4_k_m")
    assert _values(fit, QWEN)["library.name"] == "hf.co/unsloth/Qwen3-8B-GGUF:Q4_K_M"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.gguf", True),
        ("/models/llama", True),
        ("./x", True),
        ("../x", True),
        ("~/x", True),
        ("C:\\models\\x", True),
        ("Qwen/Qwen3-8B", False),
        ("Qwen/Qwen3-8B-GGUF", False),
    ],
)
def test_a_path_is_told_from_a_repository(name: str, expected: bool) -> None:
    assert is_path(name) is expected


def test_a_repository_of_gguf_files_is_known_or_says_so() -> None:
    assert repository_holds_gguf("bartowski/anything-gguf", None)
    assert not repository_holds_gguf("ggml-org/gpt-oss-20b", None)
    listed = Model(id="openai/gpt-oss-20b", gguf_repos=("ggml-org/gpt-oss-20b",))
    assert repository_holds_gguf("ggml-org/gpt-oss-20b", listed)


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ("3.11.9", "3.11"),
        ("3.12", "3.12"),
        ("3.14.0", "3.12"),
        ("3.9", "3.12"),
        (None, "3.12"),
        (False, "3.12"),
        ("3", "3.12"),
    ],
)
def test_the_python_here_if_the_package_takes_it(installed: object, expected: str) -> None:
    assert python_for(Method(pythons=("3.12", "3.11")), installed) == expected


def test_no_python_for_what_is_no_package() -> None:
    assert python_for(Method(), "3.12") is None


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
@pytest.mark.parametrize("method", ["pip", "docker"])
def test_several_machines_start_one_server_together(framework: str, method: str) -> None:
    wish = Workload(use_case="production", concurrency=8, context_tokens=4096)
    found = commands_of(nvidia(8, nodes=2), framework, "cuda", LARGE, wish)[method]
    assert found.candidate.fit is not None
    assert found.candidate.fit.nodes == 2
    head, worker = (shlex.split(line) for line in found.commands.serve)
    for words in (head, worker):
        assert value_of(words, "--nnodes") == "2"
        assert any("HEAD_IP" in word for word in words)
        if method == "docker":
            assert {"--network=host"} <= set(words)
            assert "-p" not in words
    assert value_of(head, "--node-rank") == "0"
    assert value_of(worker, "--node-rank") == "NODE_RANK"
    assert "127.0.0.1" in head
    told = " ".join(warning.text for warning in found.candidate.warnings)
    assert "HEAD_IP" in told
    assert "NODE_RANK" in told


def test_one_machine_of_several_serves_alone_what_fits_it() -> None:
    wish = Workload(use_case="production", concurrency=8)
    found = commands_of(nvidia(8, nodes=2), "vllm", "cuda", QWEN_8B, wish)["pip"]
    assert len(found.commands.serve) == 1
    assert "--nnodes" not in found.commands.serve[0]


@pytest.mark.parametrize("method", ["pip", "docker"])
def test_a_cluster_of_xinference_has_a_supervisor_and_workers(method: str) -> None:
    wish = Workload(use_case="many-models")
    found = commands_of(nvidia(1, nodes=4), "xinference", "cuda", QWEN_8B, wish)[method]
    supervisor, worker = found.commands.serve
    assert "--host SUPERVISOR_IP" in supervisor
    assert "--endpoint http://SUPERVISOR_IP:9997" in worker
    assert not any("AUTH_ADVANCED" in line for line in found.commands.serve)
    assert any("XINFERENCE_ADMIN_PASSWORD" in warning.text for warning in found.candidate.warnings)


BUILDS = [5000, 6324, 6325, 7000, 7169, 7170, 9000, 10228, 11669]


def _llama_cpp(build: int | None, platform: str, *features: str) -> list[str]:
    software = replace(CURRENT, installed={} if build is None else {"llama.cpp": str(build)})
    bare = nvidia(1, software=software)
    machine = bare if platform == "cuda" else replace(bare, accelerators=())
    wish = Workload(use_case="chat", features=features, install="native", allow=EVERYTHING)
    found = commands_of(machine, "llama.cpp", platform, QWEN_8B, wish)["native"]
    (line,) = found.commands.serve
    return shlex.split(line)


@pytest.mark.parametrize("build", [None, *BUILDS])
def test_old_llama_cpp_is_told_to_use_the_gpu(build: int | None) -> None:
    words = _llama_cpp(build, "cuda")
    assert ("-ngl" in words) is (build is not None and build < 6325)
    assert "-ngl" not in words or value_of(words, "-ngl") == "99"
    assert "-ngl" not in _llama_cpp(build, "cpu")


@pytest.mark.parametrize("platform", ["cuda", "cpu"])
@pytest.mark.parametrize("build", [None, *BUILDS])
def test_old_llama_cpp_needs_jinja_for_tools(build: int | None, platform: str) -> None:
    old = build is not None and build < 7170
    assert ("--jinja" in _llama_cpp(build, platform, "function-calling")) is old
    assert "--jinja" not in _llama_cpp(build, platform)


@pytest.mark.parametrize("features", [(), ("function-calling",), ("kv-quant", "vision")])
@pytest.mark.parametrize("build", [None, *BUILDS])
def test_llama_cpp_gets_no_flag_that_a_build_lacks(
    build: int | None, features: tuple[str, ...]
) -> None:
    words = _llama_cpp(build, "cuda", *features)
    assert not NEVER & set(words)
    # The default port changed between builds, so that a command always names it.
    assert value_of(words, "--port") == "8080"
    assert value_of(words, "--host") == "127.0.0.1"
    # Until build 6325 it was a switch, since then it takes a value.
    if "-fa" in words:
        switch = build is not None and build < 6325
        assert (value_of(words, "-fa") in {"on", "off", "auto"}) is not switch


def test_an_installed_llama_cpp_is_not_installed_again() -> None:
    software = replace(CURRENT, installed={"llama.cpp": "11669"})
    wish = Workload(install="native")
    here = commands_of(nvidia(1, software=software), "llama.cpp", "cuda", QWEN_8B, wish)["native"]
    bare = commands_of(nvidia(1), "llama.cpp", "cuda", QWEN_8B, wish)["native"]
    assert here.commands.install == ()
    assert bare.commands.install
