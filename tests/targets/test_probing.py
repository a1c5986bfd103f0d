"""The probe on every machine: manifests that are harmless, scripts whose lines stay whole."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from recommender import __version__
from recommender.fleet.pools import gathered
from recommender.knowledge import load
from recommender.targets import probing, probing_scripts
from tests.targets.pods import KUBERNETES
from tests.targets.stage import shellcheck

_SECONDS = 60


def documents(image: str | None = None) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(probing.kubernetes(load().kubernetes, image)))


def daemons(image: str | None = None) -> Mapping[str, dict[str, Any]]:
    """The specifications of the pods by the name of their DaemonSet."""
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]
        for item in documents(image)
        if item["kind"] == "DaemonSet"
    }


@pytest.mark.parametrize("image", [None, "registry.example.org/team/llmpick:1"])
def test_the_cluster_accepts_it(image: str | None) -> None:
    found = documents(image)
    assert [item["kind"] for item in found] == ["Namespace", "DaemonSet", "DaemonSet"]
    for item in found:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    for item in found[1:]:
        assert item["metadata"]["namespace"] == found[0]["metadata"]["name"]
        wanted = item["spec"]["selector"]["matchLabels"].items()
        assert wanted <= item["spec"]["template"]["metadata"]["labels"].items()


def test_it_is_allowed_nothing() -> None:
    """What the Pod Security Standard "restricted" asks, which the namespace enforces."""
    assert (
        documents()[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    )
    for pod in daemons().values():
        (box,) = pod["containers"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert box["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert [set(volume) - {"name"} for volume in pod["volumes"]] == [{"emptyDir"}]
        assert not any("." in name for name in box["resources"]["limits"])
        assert not pod.keys() & {"hostPID", "hostNetwork", "hostIPC", "serviceAccountName"}


def _terms(pod: dict[str, Any]) -> list[list[dict[str, Any]]]:
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return [term["matchExpressions"] for term in affinity["nodeSelectorTerms"]]


def _on(pod: dict[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a pod goes to a node with those labels, as the scheduler decides it."""
    return any(
        all((labels.get(one["key"]) in one["values"]) == (one["operator"] == "In") for one in term)
        for term in _terms(pod)
    )


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"nvidia.com/gpu.present": "true"},
        {"nvidia.com/gpu.present": "false"},
        {"feature.node.kubernetes.io/pci-0302_10de.present": "true", "x": "y"},
        {"feature.node.kubernetes.io/pci-0302_1002.present": "true"},
    ],
)
def test_every_node_is_asked_once(labels: dict[str, str]) -> None:
    found = daemons()
    there = [name for name, pod in found.items() if _on(pod, labels)]
    nvidia = any(
        value == "true" and ("nvidia" in key or "10de" in key) for key, value in labels.items()
    )
    assert there == [f"llmpick-probe-{'nvidia' if nvidia else 'other'}"]


def test_the_runtime_hands_in_what_no_pod_asks_for() -> None:
    found = daemons()
    env = {
        item["name"]: item.get("value")
        for item in found["llmpick-probe-nvidia"]["containers"][0]["env"]
    }
    assert env["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert found["llmpick-probe-nvidia"]["runtimeClassName"] == "nvidia"
    assert "runtimeClassName" not in found["llmpick-probe-other"]
    keys = {item["key"] for item in found["llmpick-probe-other"]["tolerations"]}
    assert keys == {device.resource for device in load().kubernetes.devices}


def test_this_version_comes_into_a_known_image() -> None:
    (_, _, command) = daemons()["llmpick-probe-other"]["containers"][0]["command"]
    assert f"llmpick=={__version__} " in command
    (box,) = daemons("mine:1")["llmpick-probe-other"]["containers"]
    assert box["image"] == "mine:1"
    assert "pip" not in box["command"][-1]


def _program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}


@pytest.mark.skipif(sys.platform == "win32", reason="the container runs a shell of Unix")
def test_what_a_pod_prints_is_its_node(tmp_path: Path) -> None:
    _program(tmp_path, "llmpick", f'exec "{sys.executable}" -m recommender "$@"')
    (box,) = daemons("mine:1")["llmpick-probe-other"]["containers"]
    env = {**_environment(tmp_path), "NODE_NAME": "node-7", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    with subprocess.Popen(box["command"], env=env, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        ready = subprocess.run(box["readinessProbe"]["exec"]["command"], env=env, check=False)
        until = 100
        while ready.returncode and until:
            ready = subprocess.run(box["readinessProbe"]["exec"]["command"], env=env, check=False)
            until -= 1
        assert ready.returncode == 0
        assert running.poll() is None
        running.kill()
    pools = gathered(io.BytesIO(b"[pod/llmpick-probe-other-x2x9k/probe] " + line))
    (kind,) = pools.kinds.values()
    assert kind.nodes == ["node-7"]
    told = json.loads(line)
    assert told["os"]["container"] == "none"
    assert (told["os"]["distro"], told["memory"]["limit_gib"], told["software"]["docker"]) == (
        None,
        None,
        None,
    )


def test_the_scripts_are_right(tmp_path: Path) -> None:
    shellcheck(tmp_path, {"slurm": probing_scripts.slurm(), "shell": probing_scripts.shell()})


@pytest.mark.skipif(sys.platform == "win32", reason="a script for a shell of Unix")
def test_lines_of_many_hosts_stay_whole(tmp_path: Path) -> None:
    filler = "x" * 20_000
    _program(
        tmp_path,
        "ssh",
        'shift 5; case "$1" in *down*) exit 255;; esac; '
        f'printf \'{{"arch": "aarch64", "{filler}": 1}}\\n\'',
    )
    (tmp_path / "probe").write_text(probing_scripts.shell())
    hosts = [f"root@host{number}" for number in range(70)]
    done = subprocess.run(
        ["bash", str(tmp_path / "probe"), *hosts, "down1"],
        env=_environment(tmp_path),
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.stderr.decode() == "down1: not probed\n"
    (kind,) = gathered(io.BytesIO(done.stdout)).kinds.values()
    assert sorted(kind.nodes) == sorted(host.removeprefix("root@") for host in hosts)
