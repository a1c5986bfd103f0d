"""What is written for podman, made a unit by podman's own generator and read by systemd."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.facts.plan import Key, Opening, Plan
from recommender.targets import quadlet
from tests.launch.test_commands import nvidia
from tests.targets.plans import A_FILE, HOSTILE, Named, every, hostile, plan, two_machines
from tests.targets.programs import done, parsed, verified
from tests.targets.programs import quadlet as generator

_UNIT = re.compile(r"^---(.+?\.service)---$", re.MULTILINE)


def generated(texts: Iterable[str], folder: Path) -> list[Path]:
    """The units that the generator makes of the files; it must have nothing to say against any."""
    sources, units = folder / "sources", folder / "units"
    sources.mkdir()
    units.mkdir()
    for at, text in enumerate(texts):
        (sources / f"unit{at}.container").write_text(text, encoding="utf-8")
    told = done([*generator(), "-dryrun"], {"QUADLET_UNIT_DIRS": str(sources)})
    said = [line for line in told.stderr.splitlines() if "Loading source unit file" not in line]
    assert told.returncode == 0, told.stderr
    assert not said, said
    _, *parts = _UNIT.split(told.stdout)
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        (units / name).write_text(text, encoding="utf-8")
    return sorted(units.iterdir())


def verdict(units: Iterable[Path], folder: Path) -> str:
    """What systemd says of units whose podman is a stub, where this machine has none."""
    stub = folder / "podman"
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    changed = []
    for unit in units:
        text = unit.read_text(encoding="utf-8").replace("/usr/bin/podman", str(stub))
        unit.write_text(text, encoding="utf-8")
        changed.append(unit)
    return verified(changed)


def started(whole: Plan, folder: Path) -> list[str]:
    """The words with which systemd would start podman; variables of the unit are left."""
    (unit,) = generated([quadlet.write(whole)], folder)
    (words,) = parsed(unit)["ExecStart"]
    return [word.replace("$$", "$") for word in words]


def values(words: list[str], *options: str) -> list[str]:
    return [words[at + 1] for at, word in enumerate(words) if word in options]


def written() -> dict[Named, str]:
    found = {}
    for name, whole in every("docker").items():
        try:
            found[name] = quadlet.write(whole)
        except InputError:
            continue
    return found


def made(framework: str = "vllm") -> Plan:
    found = plan(framework, nvidia(1), opening=Opening(methods=("docker",)))
    assert found is not None
    return found


def test_podman_and_systemd_find_nothing_wrong_with_any_file(tmp_path: Path) -> None:
    texts = list(dict.fromkeys(written().values()))
    assert len(texts) > 60
    assert not verdict(generated(texts, tmp_path), tmp_path)


def test_podman_does_find_what_is_wrong(tmp_path: Path) -> None:
    """So that its silence means something."""
    text = quadlet.write(made()).replace("HealthInterval", "HealthIntervals")
    with pytest.raises(AssertionError, match="HealthIntervals"):
        generated([text], tmp_path)


def test_what_is_refused_names_what_starts_it() -> None:
    refused = 0
    for name, whole in every("docker").items():
        box = whole.server.container
        parts = {item.role for item in whole.processes} & {"before", "beside", "worker"}
        beside = box is not None and any(item.source.startswith(".") for item in box.mounts)
        alone = not (parts or beside or whole.server.shell or len(whole.of("server")) > 1)
        if alone and box and not box.runtime and not any(p.shell for p in whole.processes):
            assert quadlet.write(whole), name
        else:
            refused += 1
            with pytest.raises(InputError, match="--target"):
                quadlet.write(whole)
    assert refused


def test_several_machines_are_refused() -> None:
    with pytest.raises(InputError, match="one file is one container"):
        quadlet.write(two_machines("vllm", "docker"))


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "tgi", "tensorrt-llm"])
def test_a_hostile_name_comes_out_as_one_word(framework: str, tmp_path: Path) -> None:
    whole = hostile(framework, "docker")
    words = started(whole, tmp_path)
    assert tuple(words[-len(whole.server.argv) :]) == whole.server.argv
    assert HOSTILE in words


def test_a_word_that_ends_commands_is_refused() -> None:
    server = replace(made().server, argv=("serve", ";"))
    with pytest.raises(InputError, match="end of the command"):
        quadlet.write(replace(made(), processes=(server,)))


def test_values_of_variables_are_kept(tmp_path: Path) -> None:
    whole = made()
    server = replace(whole.server, env={"A": "b $c ${d} %h \\ \"q\" 'x'"})
    words = started(replace(whole, processes=(server,)), tmp_path)
    assert "A=b $c ${d} %h \\ \"q\" 'x'" in values(words, "--env")


def test_a_path_with_spaces_and_dollars_is_mounted_as_it_is(tmp_path: Path) -> None:
    whole = plan("llama.cpp", nvidia(1), A_FILE, Opening(methods=("docker",)))
    assert whole is not None
    mounts = values(started(whole, tmp_path), "--volume", "-v")
    assert any(mount.startswith(f"{A_FILE.id}:") and mount.endswith(":ro") for mount in mounts)


def test_devices_ports_and_memory_are_those_of_the_plan(tmp_path: Path) -> None:
    words = started(made("sglang"), tmp_path)
    assert values(words, "--device") == ["nvidia.com/gpu=all"]
    assert values(words, "--publish") == ["127.0.0.1:30000:30000"]
    assert values(words, "--shm-size") == ["32g"]
    assert values(words, "--ipc") == ["host"]
    assert values(words, "--security-opt") == ["label=disable"]
    assert "docker.io/lmsysorg/sglang:v0.5.23" in words


def test_the_check_is_words_and_no_shell(tmp_path: Path) -> None:
    (check,) = values(started(made(), tmp_path), "--health-cmd")
    words = json.loads(check)
    assert words[:2] == ["python3", "-c"]
    assert words[-1] == "http://127.0.0.1:8000/health"


def test_a_key_is_a_secret_of_podman(tmp_path: Path) -> None:
    whole = replace(made(), key=Key(env="VLLM_API_KEY"))
    secrets = values(started(whole, tmp_path), "--secret")
    assert secrets == ["llmpick-qwen3-8b-key,type=env,target=VLLM_API_KEY"]
    assert "podman secret create llmpick-qwen3-8b-key -" in quadlet.write(whole)


def test_a_key_among_the_words_is_a_variable_of_the_unit(tmp_path: Path) -> None:
    whole = made()
    server = replace(whole.server, argv=(*whole.server.argv, "--api-key", "\0SERVER_KEY\0"))
    whole = replace(whole, processes=(server,), key=Key(env="LLMPICK_API_KEY", in_argv=True))
    assert started(whole, tmp_path)[-1] == "${LLMPICK_API_KEY}"
    assert "\nEnvironmentFile=/etc/llmpick/qwen3-8b.env\n" in quadlet.write(whole)


def test_a_model_is_loaded_once_the_server_answers(tmp_path: Path) -> None:
    (unit,) = generated([quadlet.write(made("ollama"))], tmp_path)
    wait, load = parsed(unit)["ExecStartPost"]
    assert "podman exec llmpick-qwen3-8b-gguf ollama list" in wait[2]
    assert load[1:5] == ["exec", "llmpick-qwen3-8b-gguf", "ollama", "pull"]


def test_capabilities_are_dropped_where_the_image_is_known_to_run_without(tmp_path: Path) -> None:
    words = started(replace(made(), drop_capabilities=True), tmp_path)
    assert values(words, "--cap-drop") == ["all"]


def test_no_key_is_newer_than_the_podman_that_is_asked_for() -> None:
    """Keys by the tags of podman's source: all but two were there before 4.7."""
    early = {
        *("AddCapability", "AddDevice", "ContainerName", "DropCapability", "Environment"),
        *("EnvironmentFile", "Exec", "HealthCmd", "HealthInterval", "HealthStartPeriod"),
        *("Image", "Network", "NoNewPrivileges", "PodmanArgs", "PublishPort", "Secret"),
        *("SecurityLabelDisable", "User", "Volume"),
    }
    keys = set()
    for text in written().values():
        part = text.partition("[Container]")[2].partition("[Service]")[0]
        keys |= set(re.findall(r"^(\w+)=", part, re.MULTILINE))
    assert keys <= early | {"ShmSize", "Ulimit"}
    assert "(podman 4.7 on)" in quadlet.write(made())
