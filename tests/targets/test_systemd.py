"""What is written for systemd, checked and read by systemd itself."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.facts import Accelerator, Machine, Model, Os
from recommender.facts.noun import changed
from recommender.facts.plan import DeviceAccess, Key, Opening, Plan
from recommender.targets import systemd
from tests.launch.test_commands import nvidia
from tests.targets.plans import HOSTILE, Named, every, hostile, plan, two_machines
from tests.targets.programs import parsed, verified

PROGRAMS = ("pip", "native")


def on_linux() -> dict[Named, Plan]:
    plans = {**every("pip"), **every("native")}
    return {name: whole for name, whole in plans.items() if whole.hardware.os == "linux"}


def installed(texts: Sequence[str], folder: Path) -> list[Path]:
    """Units whose programs lie, as stubs, below a folder in place of /opt/llmpick."""
    units = []
    for at, text in enumerate(texts):
        here = text.replace("/opt/llmpick/", f"{folder}/opt/")
        for program in re.findall(
            rf"(?:^Exec\w+=|exec )({re.escape(str(folder))}/\S+)", here, re.MULTILINE
        ):
            stub = Path(program)
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text("#!/bin/sh\n")
            stub.chmod(0o755)
        units.append(folder / f"unit{at}.service")
        units[-1].write_text(here, encoding="utf-8")
    return units


def commands(whole: Plan, folder: Path) -> dict[str, list[list[str]]]:
    """The commands of a unit as systemd reads them, with what it would put for variables left."""
    (unit,) = installed([systemd.write(whole)], folder)
    unit.write_text(unit.read_text(encoding="utf-8").replace(f"{folder}/opt/", "/opt/llmpick/"))
    return {
        key: [[word.replace("$$", "$") for word in words] for words in lines]
        for key, lines in parsed(unit).items()
    }


def made(framework: str = "vllm", method: str = "pip", machine: Machine | None = None) -> Plan:
    found = plan(framework, machine or nvidia(1), opening=Opening(methods=(method,)))
    assert found is not None
    return found


def test_a_service_joins_the_groups_that_own_the_files_of_intel() -> None:
    card = Accelerator(vendor="intel", name="Arc B580", index=0, memory_gib=12.0)
    found = plan("llama.cpp", replace(nvidia(1), accelerators=(card,)))
    assert found is not None
    assert found.hardware.vendor == "intel"
    found = replace(found, processes=(replace(found.server, container=None),))
    text = systemd.write(found)
    assert "SupplementaryGroups=render video\n" in text
    assert "DevicePolicy" not in text


def settings(whole: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in systemd.write(whole).splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_systemd_finds_nothing_wrong_with_any_unit(tmp_path: Path) -> None:
    texts = list(dict.fromkeys(map(systemd.write, on_linux().values())))
    assert len(texts) > 60
    assert not verified(installed(texts, tmp_path))


def test_systemd_does_find_what_is_wrong(tmp_path: Path) -> None:
    """So that its silence means something."""
    text = systemd.write(made()).replace("RestartSec", "RestartSeconds")
    assert "RestartSeconds" in verified(installed([text], tmp_path))


def test_only_other_systems_are_refused() -> None:
    for method in PROGRAMS:
        for name, whole in every(method).items():
            if whole.hardware.os == "linux":
                assert systemd.write(whole), name
            else:
                with pytest.raises(InputError, match="--target shell"):
                    systemd.write(whole)


@pytest.mark.parametrize("framework", ["vllm", "sglang", "lmdeploy", "tensorrt-llm"])
def test_a_hostile_name_comes_out_as_one_word(framework: str, tmp_path: Path) -> None:
    whole = hostile(framework, "pip")
    (start,) = commands(whole, tmp_path)["ExecStart"]
    assert start[1:] == list(whole.server.argv[1:])
    assert HOSTILE in start


def test_a_hostile_name_breaks_no_line_of_the_header() -> None:
    for line in systemd.write(hostile("vllm", "pip")).split("[Unit]")[0].splitlines():
        assert line.startswith("#") or not line


def test_a_program_is_found_without_a_current_folder(tmp_path: Path) -> None:
    for name, whole in on_linux().items():
        start = settings(whole)["ExecStart"]
        assert len(start) == 1, name
        assert start[0].startswith("/"), name
    (start_words,) = commands(made("ollama", "native"), tmp_path)["ExecStart"]
    assert start_words == ["/usr/bin/env", "ollama", "serve"]


def test_a_model_is_loaded_once_the_server_answers(tmp_path: Path) -> None:
    wait, load = commands(made("ollama", "native"), tmp_path)["ExecStartPost"]
    assert wait[0] == "/bin/sh"
    assert "/api/version" in wait[2]
    assert load[-3:-1] == ["ollama", "pull"]


def test_without_its_key_a_server_does_not_start(tmp_path: Path) -> None:
    whole = replace(made(), key=Key(env="VLLM_API_KEY"))
    assert settings(whole)["EnvironmentFile"] == ["/etc/llmpick/qwen3-8b.env"]
    guard = commands(whole, tmp_path)["ExecStartPre"][0]
    assert guard[:2] == ["/bin/sh", "-c"]
    assert guard[2].startswith(': "${VLLM_API_KEY:?')
    header = systemd.write(whole).split("[Unit]")[0]
    assert "install -D -m 0600" in header


def test_a_key_among_the_words_is_a_variable_of_the_unit(tmp_path: Path) -> None:
    whole = made()
    server = replace(whole.server, argv=(*whole.server.argv, "--api-key", "\0SERVER_KEY\0"))
    (unit,) = installed([systemd.write(replace(whole, processes=(server,)))], tmp_path)
    assert parsed(unit)["ExecStart"][0][-1] == "${LLMPICK_API_KEY}"


def test_each_vendor_keeps_its_devices() -> None:
    shown = settings(made())
    assert shown["DeviceAllow"] == ["char-nvidia* rw"]
    assert shown["DevicePolicy"] == ["closed"]
    assert "SupplementaryGroups" not in shown
    rocm = settings(replace(made(), access=DeviceAccess(allow=("char-kfd",), groups=("render",))))
    assert rocm["SupplementaryGroups"] == ["render"]
    unknown = settings(replace(made(), access=None))
    assert "DeviceAllow" not in unknown
    assert "ProtectClock" not in unknown  # it would narrow the devices to the clock


def test_no_unit_hides_its_accelerators() -> None:
    for name, whole in on_linux().items():
        shown = settings(whole)
        assert "PrivateDevices" not in shown, name
        assert "MemoryDenyWriteExecute" not in shown, name
        assert shown["NoNewPrivileges"] == ["yes"], name


@pytest.mark.parametrize("framework", ["vllm", "sglang"])
def test_one_unit_is_for_every_machine(framework: str, tmp_path: Path) -> None:
    whole = two_machines(framework, "pip")
    texts = [systemd.write(whole)]
    assert not verified(installed(texts, tmp_path))
    (start,) = commands(whole, tmp_path)["ExecStart"]
    assert start[:2] == ["/bin/sh", "-c"]
    assert '"$NODE_RANK" -eq 0' in start[2]
    assert '--node-rank "${NODE_RANK}"' in start[2]
    assert settings(whole)["LimitMEMLOCK"] == ["infinity"]
    assert "NODE_RANK=..." in texts[0]
    assert "HEAD_IP=..." in texts[0]


def test_a_supervisor_and_its_workers_know_one_another(tmp_path: Path) -> None:
    whole = plan("xinference", nvidia(8, nodes=2), opening=Opening(methods=("pip",)))
    assert whole is not None
    text = systemd.write(whole)
    assert not verified(installed([text], tmp_path))
    read = commands(whole, tmp_path)
    first, others = read["ExecStart"][0][2].split("else")
    assert "xinference-supervisor" in first
    waiting, worker = first.index("/status; do sleep 2; done; exec "), first.index("worker")
    assert waiting < worker < first.index("xinference-supervisor")
    assert "xinference-supervisor" not in others
    assert '"${SUPERVISOR_IP}"' in read["ExecStartPost"][0][2]
    assert "XINFERENCE_ADMIN_PASSWORD" in text


def test_a_port_of_the_system_needs_its_right() -> None:
    assert settings(made())["CapabilityBoundingSet"] == [""]
    assert settings(replace(made(), port=80))["AmbientCapabilities"] == ["CAP_NET_BIND_SERVICE"]


def test_a_model_needs_an_absolute_path() -> None:
    model = Model(id="~/models/a.gguf", weights_gib=4.7, quantization="q4_k_m", format="gguf")
    machine = replace(nvidia(1), os=Os(family="linux", distro="ubuntu", version="24.04"))
    whole = plan("llama.cpp", machine, model, Opening(methods=("native",)))
    assert whole is not None
    with pytest.raises(InputError, match="absolute path"):
        systemd.write(whole)


def test_the_service_of_an_installer_gives_way() -> None:
    made = plan("ollama", nvidia(1), opening=Opening(methods=PROGRAMS))
    assert made is not None
    assert "Conflicts=ollama.service\n" in systemd.write(made)
    elsewhere = plan("ollama", nvidia(1), opening=Opening(methods=PROGRAMS, port=11435))
    assert elsewhere is not None
    assert "Conflicts=" not in systemd.write(elsewhere)
    there = systemd.write(changed(made, install=()))
    assert "#   systemctl disable --now ollama.service || true\n" in there


@pytest.mark.parametrize("capability", ["6.1", "8.9"])
def test_what_conda_installs_is_where_the_unit_starts_it(capability: str) -> None:
    machine = nvidia(2)
    cards = tuple(replace(card, compute_capability=capability) for card in machine.accelerators)
    opening = Opening(methods=PROGRAMS)
    made = plan("llama.cpp", replace(machine, accelerators=cards), opening=opening)
    assert made is not None
    (line,) = [command.argv for command in made.install if command.argv[:1] == ("conda",)]
    folder = line[line.index("-p") + 1]
    assert made.server.argv[0] == f"{folder}/bin/llama-server"
    assert f"ExecStart=/opt/llmpick/{made.name}/{folder}/bin/llama-server" in systemd.write(made)
    assert f"llama.cpp={made.version.removeprefix('b')}" in line
