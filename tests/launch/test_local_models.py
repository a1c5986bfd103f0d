"""A model on this machine's disk: containers see it, GGUF engines say what they need."""

import shlex

from recommender.devices.described import describe
from recommender.facts import Launch, Model, Workload
from recommender.pipeline import recommend


def _launches(path: str, install: str | None = None) -> dict[str, Launch]:
    machine = describe(["H100 SXM 80GB"], ram_gib=128, os="ubuntu-24.04", docker=True)
    model = Model(id=path, params=8_000_000_000)
    answer = recommend(machine, Workload(install=install), model)
    return {item.framework: item.launch for item in answer.ranking if item.launch}


def _words(launch: Launch) -> list[str]:
    return [word for line in launch.serve for word in shlex.split(line)]


def test_a_container_sees_a_local_folder_where_it_lies() -> None:
    words = _words(_launches("/data/models/x", "docker")["vllm"])
    image = next(index for index, word in enumerate(words) if word.startswith("vllm/"))
    assert words[words.index("/data/models/x:/data/models/x:ro") - 1] == "-v"
    assert words.index("/data/models/x:/data/models/x:ro") < image
    assert words[image + 1] == "/data/models/x"


def test_a_relative_folder_asks_for_its_absolute_path() -> None:
    launch = _launches("./x", "docker")["vllm"]
    assert not any(word.startswith("./x:") for word in _words(launch))
    assert any("absolute path" in note for note in launch.notes)


def test_a_folder_is_no_gguf_file_and_no_name_of_a_registry() -> None:
    launches = _launches("/data/models/x")
    assert "/data/models/x" not in _words(launches["llama.cpp"])
    assert "./x-Q4_K_M.gguf" in _words(launches["llama.cpp"])
    assert not any("ollama pull" in line for line in launches["ollama"].check)
    for name, file in (("llama.cpp", "./x-Q4_K_M.gguf"), ("ollama", "./x-F16.gguf")):
        assert any(file in note for note in launches[name].notes)


def test_a_gguf_file_is_taken_as_it_is() -> None:
    machine = describe([], ram_gib=32, os="ubuntu-24.04", cpu="AMD Ryzen 9 7950X", arch="x86_64")
    answer = recommend(machine, Workload(), Model(id="/m/x.gguf", format="gguf", weights_gib=4.0))
    launch = next(i.launch for i in answer.ranking if i.framework == "llama.cpp")
    assert launch is not None
    assert "/m/x.gguf" in _words(launch)
    assert launch.notes == ()
