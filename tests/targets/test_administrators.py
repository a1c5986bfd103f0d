"""A server with an administrator never starts for others without that one's password."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from recommender.facts.noun import changed
from recommender.facts.plan import Key, Opening, Plan
from recommender.targets.registry import TARGETS
from tests.launch.test_commands import nvidia
from tests.targets.plans import plan
from tests.targets.programs import compose, done
from tests.targets.scheduled import by_hand, process
from tests.targets.stage import KEY, Stage, submitted

NAME = "XINFERENCE_ADMIN_PASSWORD"
ASKED = {
    "shell": (f': "${{{NAME}:?',),
    "docker": (f': "${{{NAME}:?', f"-e {NAME}"),
    "compose": (f"Start: {NAME}=... docker compose", f"{NAME}: ${{{NAME}:?"),
    "systemd": (f"{NAME}=...", "ExecStartPre=/bin/sh", f"$${{{NAME}:?"),
    "quadlet": (
        f'printf %s "${NAME}" | podman secret create llmpick-qwen3-8b-admin -',
        f"\nSecret=llmpick-qwen3-8b-admin,type=env,target={NAME}\n",
    ),
    "kubernetes": ("kubectl create secret generic qwen3-8b-admin --from-literal=password=",),
    "slurm": ('key_file="$HOME"/.config/llmpick/qwen3-8b.admin\n', f"export {NAME}\n"),
    "skypilot": (f"sky launch -c qwen3-8b --secret {NAME} FILE", f"\n  {NAME}: null\n"),
}


def exposed(target: str) -> Plan:
    methods = TARGETS[target].methods
    opening = Opening(methods=methods, exposed=True, guarded=True)
    found = plan("xinference", nvidia(1), opening=opening)
    assert found is not None
    assert found.admin_env == NAME
    return found


@pytest.mark.parametrize("target", ASKED)
def test_every_target_asks_for_the_password(target: str) -> None:
    text = TARGETS[target].write(exposed(target))
    for words in ASKED[target]:
        assert words in text, words


def test_no_target_has_been_forgotten() -> None:
    """PowerShell is for Windows; LWS and Ray do not know the framework."""
    assert set(TARGETS) - set(ASKED) == {"powershell", "lws", "ray"}


def test_compose_stops_without_it() -> None:
    text = TARGETS["compose"].write(exposed("compose"))
    told = done([*compose(), "-f", "-", "config"], text=text)
    assert told.returncode != 0
    assert "the password of its administrator" in told.stderr


def test_no_pod_starts_without_its_secret() -> None:
    import yaml

    documents = list(yaml.safe_load_all(TARGETS["kubernetes"].write(exposed("kubernetes"))))
    (deployment,) = (item for item in documents if item["kind"] == "Deployment")
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        wanted = {"name": "qwen3-8b-admin", "key": "password"}
        assert _secret(container) == wanted, container["name"]


def _secret(container: dict[str, Any]) -> Any:
    (found,) = (item for item in container["env"] if item["name"] == NAME)
    return found["valueFrom"]["secretKeyRef"]


@pytest.mark.skipif(sys.platform != "linux", reason="Slurm runs on Linux")
def test_a_job_has_it_beside_its_key(tmp_path: Path) -> None:
    found = by_hand(process("server", "bin/serve --key SERVER_KEY"))
    key = Key(env="LLMPICK_API_KEY", in_argv=True)
    found = changed(found, key=key, admin_env="ADMIN_PASSWORD", name="mine")
    stage = Stage(tmp_path)
    stage.stub("bin/serve")
    submitted(stage, found)
    file = stage.folder / ".config/llmpick/mine.admin"
    made = file.read_text(encoding="utf-8")
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert file.stat().st_mode & 0o777 == 0o600
    told = stage.environment(0, "serve")
    assert {f"LLMPICK_API_KEY={KEY}", f"ADMIN_PASSWORD={made}"} <= set(told)
