"""Tasks for SkyPilot, held against its own schema, and run as its machines would run them."""

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from recommender.devices.catalogue import specs
from recommender.errors import InputError
from recommender.facts import Accelerator
from recommender.facts.noun import changed
from recommender.facts.plan import Container, Hardware, Key, Plan, Process
from recommender.launching import NothingRunsError
from recommender.targets.schedulers import called, schedulers
from recommender.targets.skypilot import write
from recommender.targets.waiting import start_seconds
from tests.launch.test_commands import PLATFORMS, nvidia
from tests.targets.scheduled import (
    by_hand,
    every,
    plan,
    process,
    refused,
    two_machines,
    words,
    written,
)
from tests.targets.stage import KEY, Stage, rented, shellcheck

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its machines run Linux")
SCHEMAS = Path(__file__).parents[1] / "schemas/schedulers/skypilot.json"


@cache
def _schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMAS.read_text(encoding="utf-8"))[name])


def valid(text: str) -> dict[str, Any]:
    """The task, after SkyPilot's schemas found nothing in it."""
    task: dict[str, Any] = yaml.safe_load(text)
    for name, part in (
        ("task", task),
        *((name, task.get(name)) for name in ("resources", "service")),
    ):
        errors = [] if part is None else list(_schema(name).iter_errors(part))
        assert not errors, (name, errors[0].message)
    return task


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A rented machine."""
    return Stage(tmp_path)


@cache
def of_devices() -> dict[str, Plan]:
    """Plans of every framework on every device that SkyPilot rents."""
    plans: dict[str, Plan] = {}
    rows = {row.name: row for row in specs()}
    for entry in schedulers().skypilot.accelerators:
        row = rows[entry.names[0]]
        device = Accelerator(
            vendor=row.vendor,
            name=row.name,
            index=0,
            memory_gib=row.memory_gib,
            compute_capability=row.compute_capability,
            gfx=row.gfx,
        )
        machine = replace(nvidia(1), accelerators=(device,))
        for framework in sorted({name for name, _ in PLATFORMS}):
            try:
                plans[f"{framework}-{entry.called}"] = plan("skypilot", framework, machine)
            except (NothingRunsError, LookupError):
                continue
    return plans


def test_every_platform_is_written_or_refused(tmp_path: Path) -> None:
    texts = {**written("skypilot"), **{name: write(found) for name, found in of_devices().items()}}
    scripts: dict[str, str] = {}
    for name, text in texts.items():
        task = valid(text)
        scripts |= {f"{name}-{part}": task[part] for part in ("setup", "run") if part in task}
    assert len({name for name, _ in every("skypilot")}) == len(PLATFORMS)
    assert len(texts) > 100
    shellcheck(tmp_path, scripts)
    for name, reason in refused("skypilot").items():
        assert " cannot be written for skypilot: " in reason, name
        assert "; " in reason, name


def test_devices_have_their_name_in_the_catalogue() -> None:
    driven = {name: found for name, found in of_devices().items() if found.hardware.vendor}
    assert {found.hardware.vendor for found in driven.values()} == {"amd", "nvidia"}
    for name, found in driven.items():
        accelerator = yaml.safe_load(write(found))["resources"]["accelerators"]
        assert name.endswith(f"-{accelerator.removesuffix(':1')}"), name
    table = schedulers().skypilot.accelerators
    probed = Hardware(vendor="nvidia", name="NVIDIA H100 80GB HBM3", devices=8)
    assert called(probed, table) == "H100"
    assert called(changed(probed, name="NVIDIA A100-SXM4-80GB"), table) == "A100-80GB"
    assert called(changed(probed, name="NVIDIA A100-SXM4-40GB"), table) == "A100"
    assert called(changed(probed, name="NVIDIA GeForce GT 710"), table) is None


def test_every_rank_gets_the_words_of_the_plan(stage: Stage) -> None:
    for framework in ("vllm", "sglang"):
        found = two_machines("skypilot", framework)
        for rank, item in enumerate((found.server, *found.of("worker"))):
            rented(stage, found, rank)
            expected = words(item, HEAD_IP="10.0.0.1", NODE_RANK=str(rank), SERVER_KEY=KEY)
            assert stage.called(rank, framework) == expected[1:]
            assert not any(
                line.startswith("HF_TOKEN") for line in stage.environment(rank, framework)
            )


def test_all_roles_have_their_place(stage: Stage) -> None:
    found = by_hand(
        process("before", "bin/prepare it"),
        process("beside", "bin/helper --on OWN_IP"),
        process("server", "bin/serve --rpc WORKER_IPS --head HEAD_IP", WHERE="x y"),
        process("load", "bin/load it"),
        process("worker", "bin/rpc --host WORKER_IP -p 50052 --rank NODE_RANK"),
        nodes=3,
        world_size=24,
    )
    rented(stage, found, 0)
    assert stage.called(0, "prepare") == ["it"]
    assert stage.called(0, "helper") == ["--on", "10.0.0.1"]
    assert stage.called(0, "serve") == [
        "--rpc",
        "10.0.0.2:50052,10.0.0.3:50052",
        "--head",
        "10.0.0.1",
    ]
    assert stage.called(0, "load") == ["it"]
    rented(stage, found, 2)
    assert stage.called(2, "rpc") == ["--host", "10.0.0.3", "-p", "50052", "--rank", "2"]


def test_a_container_stays_in_the_foreground(stage: Stage) -> None:
    box = Container(image="a/b:1", name="own", detached=True, restart="always")
    found = by_hand(Process(role="server", argv=("serve",), container=box))
    rented(stage, found, 0)
    assert stage.called(0, "docker") == ["run", "--rm", "--name", "own", "a/b:1", "serve"]


def test_what_is_of_devices() -> None:
    found = changed(by_hand(process("server", "serve")), weights_gib=100.0)
    task = valid(write(found))
    assert task["resources"] == {"accelerators": "H100:8", "disk_size": 256 + 108}
    assert task["secrets"] == {"HF_TOKEN": ""}
    assert "service" not in task
    alone = changed(found.hardware, vendor=None, devices=0)
    task = valid(write(changed(found, hardware=alone, memory_gib=10.0, weights_gib=None)))
    assert task["resources"] == {"memory": "11+", "disk_size": 256}


@pytest.mark.parametrize("framework", ["vllm", "llama.cpp", "ollama"])
def test_no_port_is_opened_that_nobody_asked_for(framework: str) -> None:
    found = plan("skypilot", framework, nvidia(1))
    text = write(found)
    assert "0.0.0.0" not in text
    assert "ports" not in valid(text)["resources"]
    assert "sky serve" not in text
    opened = plan("skypilot", framework, nvidia(1), expose=True)
    task = valid(write(opened))
    assert ("ports" in task["resources"]) == ("service" in task) == (opened.key is not None)
    assert (opened.key is None) == (framework == "ollama")


def test_a_server_with_a_key_may_be_reached_and_kept_running(stage: Stage) -> None:
    key = Key(env="OWN_API_KEY")
    found = changed(by_hand(process("server", "bin/serve")), key=key, weights_gib=100.0)
    assert "ports" not in valid(write(found))["resources"]
    found = changed(found, exposed=True)
    task = valid(write(found))
    assert task["secrets"] == {"HF_TOKEN": "", "OWN_API_KEY": None}
    assert task["resources"]["ports"] == 8123
    probe = {"path": "/health", "initial_delay_seconds": 1200 + start_seconds(found)}
    assert task["service"] == {"readiness_probe": probe, "replicas": 1}
    guarded = valid(write(changed(found, ready="/v1/models")))["service"]["readiness_probe"]
    assert guarded["headers"] == {"Authorization": "Bearer $OWN_API_KEY"}
    in_words = by_hand(process("server", "bin/serve --key SERVER_KEY"))
    in_words = changed(in_words, key=Key(env="LLMPICK_API_KEY", in_argv=True))
    rented(stage, in_words, 0, LLMPICK_API_KEY="a secret")
    assert stage.called(0, "serve") == ["--key", "a secret"]


def test_what_cannot_be_rented_is_refused() -> None:
    found = by_hand(process("server", "serve"))
    lacking: dict[str, dict[str, Any]] = {
        "no Ascend 910B3": {
            "hardware": changed(found.hardware, vendor="huawei", name="Ascend 910B3")
        },
        "no 1g.10gb": {"hardware": changed(found.hardware, partition="1g.10gb")},
        "no machine with macos": {"hardware": changed(found.hardware, os="macos")},
        "lies on a disk": {"model": "/models/mine"},
        "further machines": {"nodes": 2},
    }
    for why, other in lacking.items():
        with pytest.raises(InputError, match=why):
            write(changed(found, **other))


def test_the_real_skypilot_reads_it(tmp_path: Path) -> None:
    sky = pytest.importorskip("sky", reason="skypilot is not installed (pip install skypilot)")
    for at, text in enumerate((*written("skypilot").values(), *map(write, of_devices().values()))):
        path = tmp_path / f"{at}.yaml"
        path.write_text(text, encoding="utf-8")
        assert sky.Task.from_yaml(str(path)).run
