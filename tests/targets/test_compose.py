"""What is written for Docker Compose, read by its schema and by Docker Compose itself."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from recommender.errors import InputError
from recommender.facts import Accelerator
from recommender.facts.plan import Opening, Plan
from recommender.targets import compose
from tests.launch.test_commands import nvidia
from tests.targets.plans import (
    A_FILE,
    HOSTILE,
    OPEN,
    QWEN_8B,
    Named,
    every,
    hostile,
    plan,
    two_machines,
)
from tests.targets.programs import compose as docker_compose
from tests.targets.programs import done

ADDRESSES = ("HEAD_IP", "OWN_IP", "SUPERVISOR_IP", "WORKER_IP", "WORKER_IPS", "NIC_NAME")
KEYS = (
    "XINFERENCE_ADMIN_PASSWORD",
    "API_KEY",
    "LEMONADE_API_KEY",
    "LLAMA_API_KEY",
    "LLMPICK_API_KEY",
    "VLLM_API_KEY",
)
EVERYTHING_GIVEN = dict.fromkeys((*ADDRESSES, *KEYS), "10.0.0.1")


def written() -> dict[Named, str]:
    found = {}
    for name, made in every("docker").items():
        try:
            found[name] = compose.write(made)
        except InputError:
            continue
    return found


def read(text: str, env: Mapping[str, str] | None = None, *profiles: str) -> dict[str, Any]:
    """The file as Docker Compose understands it; ``$`` in words comes back as it was meant."""
    words = [word for profile in profiles for word in ("--profile", profile)]
    told = done(
        [*docker_compose(), "-f", "-", *words, "config", "--format", "json"],
        EVERYTHING_GIVEN if env is None else env,
        text,
    )
    assert told.returncode == 0, told.stderr
    assert not told.stderr
    document: dict[str, Any] = json.loads(told.stdout.replace("$$", "$"))
    return document


def made(framework: str, **more: Any) -> Plan:
    found = plan(framework, nvidia(8), opening=Opening(methods=("docker",), **more))
    assert found is not None
    return found


def test_only_what_is_no_container_is_refused() -> None:
    """And the refusal names what starts it instead."""
    for name, whole in every("docker").items():
        alone = len(whole.of("server")) == 1 and not any(item.shell for item in whole.processes)
        if alone:
            assert compose.write(whole), name
        else:
            with pytest.raises(InputError, match="--target shell"):
                compose.write(whole)


def test_every_file_fits_the_schema(tmp_path: Path) -> None:
    files = []
    for at, text in enumerate(written().values()):
        files.append(tmp_path / f"{at}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    told = done([program, "--builtin-schema", "vendor.compose-spec", *map(str, files)])
    assert told.returncode == 0, told.stdout


def test_docker_compose_reads_every_file() -> None:
    """Once for each image: what a model or an open port changes, other tests hold."""
    once = {name[:2]: text for name, text in written().items()}
    assert len(once) > 35
    for name, text in once.items():
        services = read(text)["services"]
        assert services["server"]["image"], name


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "tgi", "tensorrt-llm"])
def test_a_hostile_name_comes_out_as_one_word(framework: str) -> None:
    whole = hostile(framework, "docker")
    command = read(compose.write(whole))["services"]["server"]["command"]
    assert tuple(command) == whole.server.argv
    assert HOSTILE in command


def test_a_path_with_spaces_and_dollars_is_mounted_as_it_is() -> None:
    whole = plan("llama.cpp", nvidia(1), A_FILE, Opening(methods=("docker",)))
    assert whole is not None
    server = read(compose.write(whole))["services"]["server"]
    mounts = {item["source"]: item for item in server["volumes"]}
    assert mounts[A_FILE.id]["read_only"] is True
    assert mounts[A_FILE.id]["bind"].get("create_host_path", False) is False


def test_without_its_key_nothing_starts() -> None:
    whole = made("vllm", exposed=True, guarded=True)
    whole = replace_key(whole, "VLLM_API_KEY")
    told = done([*docker_compose(), "-f", "-", "config"], text=compose.write(whole))
    assert told.returncode != 0
    assert "VLLM_API_KEY" in told.stderr
    server = read(compose.write(whole), {"VLLM_API_KEY": "a $b"})["services"]["server"]
    assert server["environment"]["VLLM_API_KEY"] == "a $b"


def replace_key(whole: Plan, name: str) -> Plan:
    """The plan with a key that the server reads from a variable."""
    from recommender.facts.plan import Key

    box = whole.server.container
    assert box is not None
    kept = tuple(item for item in box.passed if item != name)
    server = replace(whole.server, container=replace(box, passed=(*kept, name)))
    others = tuple(item for item in whole.processes if item.role != "server")
    return replace(whole, key=Key(env=name), processes=(server, *others))


def test_a_token_is_handed_through_only_where_there_is_one() -> None:
    text = compose.write(made("vllm"))
    without = read(text, {})["services"]["server"]["environment"]
    assert without["HF_TOKEN"] is None
    with_token = read(text, {"HF_TOKEN": "mine"})["services"]["server"]["environment"]
    assert list(with_token.values()) == ["mine"]


def test_a_model_is_loaded_once_the_server_is_healthy() -> None:
    document = read(compose.write(made("ollama")))
    load, server = document["services"]["load"], document["services"]["server"]
    assert load["depends_on"]["server"]["condition"] == "service_healthy"
    assert load["network_mode"] == "service:server"
    assert (*load["entrypoint"], *load["command"])[:2] == ("ollama", "pull")
    assert load["environment"]["OLLAMA_HOST"] == server["environment"]["OLLAMA_HOST"]
    assert server["healthcheck"]["test"] == ["CMD", "ollama", "list"]
    assert [mount["source"] for mount in server["volumes"]] == ["ollama"]
    assert "ollama" in document["volumes"]


def test_a_model_file_is_read_by_what_makes_a_model_of_it() -> None:
    whole = plan("ollama", nvidia(1), A_FILE, Opening(methods=("docker",)))
    assert whole is not None
    load = read(compose.write(whole))["services"]["load"]
    assert load["entrypoint"] == ["sh"]
    assert "/models/model.gguf" in load["command"][1]
    assert "/models/model.gguf" in {mount["target"] for mount in load["volumes"]}


def test_files_of_the_driver_are_never_made_as_folders() -> None:
    card = Accelerator(vendor="huawei", name="Ascend 910B3", memory_gib=64.0, chip="910B3", index=0)
    machine = replace(nvidia(1), accelerators=(card,), arch="aarch64")
    found = plan("vllm", machine, opening=Opening(methods=("docker",)))
    assert found is not None
    volumes = yaml.safe_load(compose.write(found))["services"]["server"]["volumes"]
    made = {item["source"]: item["bind"]["create_host_path"] for item in volumes}
    assert made["/usr/local/Ascend/driver/version.info"] is False
    assert made["/etc/ascend_install.info"] is False
    assert made["~/.cache"] is True


def test_as_many_gpus_are_reserved_as_are_used() -> None:
    some, whole = made("vllm"), plan("vllm", nvidia(1), opening=Opening(methods=("docker",)))
    assert whole is not None
    assert some.devices < some.hardware.devices
    assert _reserved(some) == some.devices
    assert _reserved(whole) == -1  # all of them


def _reserved(whole: Plan) -> int:
    deploy = read(compose.write(whole))["services"]["server"]["deploy"]
    (device,) = deploy["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    return len(device["device_ids"]) if "device_ids" in device else int(device["count"])


def test_larger_weights_are_waited_for_longer() -> None:
    small, large = made("vllm"), replace(made("vllm"), weights_gib=600.0)
    periods = [
        yaml.safe_load(compose.write(item))["services"]["server"]["healthcheck"]["start_period"]
        for item in (small, large)
    ]
    short, long = (int(period.removesuffix("s")) for period in periods)
    assert 15 * 60 < short < long


def test_unprivileged_containers_gain_no_privileges() -> None:
    for name, text in written().items():
        server = yaml.safe_load(text)["services"]["server"]
        closed = "no-new-privileges:true" in server.get("security_opt", [])
        assert closed or server.get("privileged"), name


def test_capabilities_are_dropped_where_the_image_is_known_to_run_without() -> None:
    server = read(compose.write(replace(made("vllm"), drop_capabilities=True)))["services"]
    assert server["server"]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
def test_each_of_several_machines_has_its_profile(framework: str) -> None:
    text = compose.write(two_machines(framework, "docker"))
    first = read(text, {"HEAD_IP": "10.0.0.1"}, "head")["services"]
    third = read(text, {"HEAD_IP": "10.0.0.1", "NODE_RANK": "2"}, "worker")["services"]
    assert set(first) == {"server"}
    assert set(third) == {"worker"}
    for services, rank in ((first, "0"), (third, "2")):
        (service,) = services.values()
        command = service["command"]
        assert service["network_mode"] == "host"
        assert command[command.index("--node-rank") + 1] == rank
        assert any("10.0.0.1" in word for word in command)
    told = done([*docker_compose(), "-f", "-", "--profile", "head", "config"], text=text)
    assert told.returncode != 0
    assert "HEAD_IP" in told.stderr


def test_a_supervisor_and_its_workers_know_one_another() -> None:
    whole = plan("xinference", nvidia(8, nodes=2), QWEN_8B, Opening(methods=("docker",)))
    assert whole is not None
    assert whole.of("worker")
    text = compose.write(whole)
    env = {"SUPERVISOR_IP": "10.0.0.1", "WORKER_IP": "10.0.0.2", "XINFERENCE_ADMIN_PASSWORD": "p"}
    first, second = (read(text, env, profile)["services"] for profile in ("head", "worker"))
    assert set(first) == {"server", "beside", "load", "load-2"}
    assert first["beside"]["depends_on"]["server"]["condition"] == "service_healthy"
    assert set(second) == {"worker"}
    assert "http://10.0.0.1:9997" in second["worker"]["command"]
    assert first["server"]["healthcheck"]["test"][-1].startswith("http://10.0.0.1:9997/")


def test_what_the_command_prints_is_piped_into_docker_compose() -> None:
    flags = ["--gpu", "H100 80GB:8", "--model", "Qwen/Qwen3-32B", "--target", "compose"]
    printed = subprocess.run(
        [sys.executable, "-m", "recommender", "launch", "vllm", *flags],
        capture_output=True,
        text=True,
        check=True,
    )
    assert read(printed.stdout)["name"] == "qwen3-32b"


def test_what_has_to_be_prepared_is_said() -> None:
    prepared = 0
    for name, whole in every("docker").items():
        if any(line.argv[:2] != ("docker", "pull") for line in whole.install):
            prepared += 1
            assert "# Before, in the folder of this file:\n" in compose.write(whole), name
    assert prepared


def test_an_open_port_is_open_and_a_closed_one_is_not() -> None:
    closed = yaml.safe_load(compose.write(made("vllm")))["services"]["server"]["ports"]
    opened = yaml.safe_load(compose.write(made("vllm", exposed=OPEN.exposed)))
    assert closed == ["127.0.0.1:8000:8000"]
    assert opened["services"]["server"]["ports"] == ["8000:8000"]
