"""Batch scripts for Slurm: what each rank is started with, and what sbatch is asked for."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.facts.noun import changed
from recommender.facts.plan import Container, Key, Mount, Plan, Process
from recommender.launch.references import enroot
from recommender.targets import slurm
from recommender.targets.slurm import write
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
from tests.targets.stage import KEY, Stage, shellcheck, submitted

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Slurm runs on Linux")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A cluster whose machines are ranks that run one after the other."""
    return Stage(tmp_path)


def asked(found: Plan) -> list[str]:
    return re.findall(r"(?m)^#SBATCH --(.*)$", write(found))


def test_every_platform_is_written_or_refused(tmp_path: Path) -> None:
    told = {name for name, _ in every("slurm")}
    assert told == {f"{framework}-{platform}" for framework, platform in PLATFORMS}
    texts = written("slurm")
    assert {name.partition("-")[0] for name in texts} >= {
        *("vllm", "sglang", "lmdeploy", "ollama", "tgi", "xinference", "llama.cpp"),
        "tensorrt",
    }
    shellcheck(tmp_path, texts)
    for name, reason in refused("slurm").items():
        assert " cannot be written for slurm: " in reason, name
        assert "; " in reason, name


def test_a_server_that_was_not_to_be_exposed_listens_on_its_machine_alone() -> None:
    for name, text in written("slurm").items():
        assert "0.0.0.0" not in text, name


def test_every_rank_gets_the_words_of_the_plan(stage: Stage) -> None:
    for framework in ("vllm", "sglang"):
        found = two_machines("slurm", framework, port=18123)
        submitted(stage, found)
        head = words(found.server, HEAD_IP="node1", NODE_RANK="0", SERVER_KEY=KEY)
        other = words(found.of("worker")[0], HEAD_IP="node1", NODE_RANK="1")
        assert stage.called(0, framework) == head[1:]
        assert stage.called(1, framework) == other[1:]
        assert other != head


def _programs() -> Iterator[Plan]:
    """Plans of every platform that start one program of the machine itself."""
    for _, found in every("slurm"):
        if isinstance(found, Plan) and found.hardware.os == "linux" and not found.of("load"):
            server = found.server
            if not server.container and not server.shell and server.argv[0][0] not in "/~":
                yield changed(found, port=18123)


def test_every_program_of_every_platform_gets_its_words(tmp_path: Path) -> None:
    started = set()
    for at, found in enumerate({found.platform: found for found in _programs()}.values()):
        folder = tmp_path / str(at)
        folder.mkdir()
        cluster = Stage(folder)
        submitted(cluster, found)
        server = words(found.server, SERVER_KEY=KEY)
        assert cluster.called(0, Path(server[0]).name) == server[1:]
        started.add(found.framework)
    assert {"vllm", "lmdeploy", "llama.cpp"} <= started


def test_a_model_is_loaded_once_the_server_is_ready(stage: Stage) -> None:
    found = plan("slurm", "ollama", nvidia(1), port=18123)
    submitted(stage, found)
    assert stage.called(0, "curl")[-1] == f"http://127.0.0.1:18123{found.ready}"
    assert ["serve"] in stage.calls()
    assert words(found.of("load")[0])[1:] in stage.calls()
    assert "OLLAMA_HOST=127.0.0.1:18123" in stage.environment(0, "ollama")


def test_all_roles_have_their_place(stage: Stage) -> None:
    found = by_hand(
        process("before", "bin/prepare it"),
        process("beside", "bin/helper --on OWN_IP"),
        process("server", "bin/serve --rpc WORKER_IPS --head HEAD_IP", WHERE="x y"),
        process("worker", "bin/join HEAD_IP"),
        process("worker", "bin/rpc --host WORKER_IP -p 50052 --rank NODE_RANK"),
        nodes=3,
        world_size=24,
    )
    submitted(stage, found)
    assert stage.called(0, "prepare") == ["it"]
    assert stage.called(0, "helper") == ["--on", "10.0.0.1"]
    assert stage.called(0, "serve") == ["--rpc", "node2:50052,node3:50052", "--head", "node1"]
    assert "WHERE=x y" in stage.environment(0, "serve")
    assert stage.called(2, "join") == ["node1"]
    assert stage.called(2, "rpc") == ["--host", "node3", "-p", "50052", "--rank", "2"]


def test_a_worker_that_only_joins_keeps_its_rank(stage: Stage) -> None:
    joining = process("worker", "bin/ray start --address HEAD_IP:6379")
    found = by_hand(process("server", "bin/serve"), joining, nodes=2, world_size=16)
    submitted(stage, found)
    assert stage.called(1, "ray") == ["start", "--address", "node1:6379"]
    assert stage.called(1, "sleep") == ["infinity"]
    staying = changed(joining, argv=(*joining.argv, "--block"))
    assert "infinity" not in write(by_hand(process("server", "bin/serve"), staying, nodes=2))


def test_over_mpi_every_device_has_a_rank(stage: Stage) -> None:
    served = process(
        "server", "mpirun -n 16 trtllm-llmapi-launch trtllm-serve a/model --tp_size 16"
    )
    found = by_hand(served, nodes=2, world_size=16)
    submitted(stage, changed(found, processes=(changed(served, argv=served.argv[3:]),)))
    assert "ntasks-per-node=8" in asked(found)
    options = (stage.record / "srun").read_text(encoding="utf-8").splitlines()
    assert "--mpi=pmix" in options
    for rank in range(16):
        assert stage.called(rank, "trtllm-llmapi-launch") == words(served)[4:]
    assert "mpirun" not in write(found)
    assert "Ranks of MPI download nothing" in write(found)


def test_an_image_runs_in_the_step(stage: Stage) -> None:
    found = plan("slurm", "tgi", nvidia(2))
    text = write(changed(found, port=18123))
    stage.stub("text-generation-launcher")
    done = stage.run(text, NODES="1", SLURM_JOB_NODELIST="node1")
    assert done.returncode == 0, done.stderr
    assert stage.called(0, "text-generation-launcher") == words(found.server)
    options = (stage.record / "srun").read_text(encoding="utf-8").splitlines()
    image = str(found.server.container and found.server.container.image)
    assert f"--container-image={enroot(image)}" in options
    assert f"--container-mounts={stage.folder}/.cache/huggingface:/data" in options
    assert (stage.folder / ".cache/huggingface").is_dir()


def test_folders_with_strange_names_are_mounted(stage: Stage) -> None:
    strange = '/models/it\'s $(touch owned) "a"'
    mounts = (
        Mount(source=strange, target=strange, read_only=True),
        Mount(source="kept", target="/kept"),
    )
    box = Container(image="nvcr.io/a/b:1", mounts=mounts)
    submitted(stage, by_hand(Process(role="server", argv=("serve", strange), container=box)))
    options = (stage.record / "srun").read_text(encoding="utf-8").splitlines()
    volume = stage.folder / ".local/share/llmpick/kept"
    assert f"--container-mounts={strange}:{strange}:ro,{volume}:/kept" in options
    assert volume.is_dir()
    assert stage.called(0, "serve") == [strange]


def test_images_as_enroot_names_them() -> None:
    assert (
        enroot("nvcr.io/nvidia/tensorrt-llm/release:1.2")
        == "nvcr.io#nvidia/tensorrt-llm/release:1.2"
    )
    assert enroot("localhost:5000/a/b:1") == "localhost:5000#a/b:1"
    assert enroot("lmsysorg/sglang:v0.5") == "lmsysorg/sglang:v0.5"
    assert enroot("ubuntu:24.04") == "ubuntu:24.04"


def test_the_key_comes_from_a_file_that_nobody_else_reads(stage: Stage) -> None:
    found = by_hand(process("server", "bin/serve --key SERVER_KEY"))
    found = changed(found, key=Key(env="LLMPICK_API_KEY", in_argv=True), name="mine")
    file = stage.folder / ".config/llmpick/mine.key"
    file.parent.mkdir(parents=True)
    file.write_text("a secret\n", encoding="utf-8")
    file.chmod(0o644)
    stage.stub("bin/serve")
    refused = stage.run(write(found), NODES="1", SLURM_JOB_NODELIST="node1")
    assert refused.returncode == 1
    assert "chmod 600" in refused.stderr
    file.chmod(0o600)
    submitted(stage, found)
    assert stage.called(0, "serve") == ["--key", "a secret"]
    assert "LLMPICK_API_KEY=a secret" in stage.environment(0, "serve")


@pytest.mark.parametrize("framework", ["vllm", "sglang", "llama.cpp", "lmdeploy"])
def test_on_a_machine_of_many_the_server_asks_for_a_key(stage: Stage, framework: str) -> None:
    found = plan("slurm", framework, nvidia(1), port=18123)
    assert found.key is not None
    file = stage.folder / f".config/llmpick/{found.name}.key"
    stage.stub(found.server.argv[0])
    done = stage.run(write(found), NODES="1", SLURM_JOB_NODELIST="node1")
    assert done.returncode == 0, done.stderr
    made = file.read_text(encoding="utf-8")
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert file.stat().st_mode & 0o777 == 0o600
    told = stage.environment(0, Path(found.server.argv[0]).name)
    assert f"{found.key.env}={made}" in told


def test_who_knows_no_key_says_so() -> None:
    assert "whoever else works on that machine" in write(plan("slurm", "ollama", nvidia(1)))


def test_what_is_asked_of_slurm() -> None:
    whole = by_hand(process("server", "serve"))
    assert asked(whole)[:6] == [
        *("job-name=model", "nodes=1", "ntasks-per-node=1", "gpus-per-node=8", "exclusive"),
        "mem=0",
    ]
    part = changed(whole, world_size=2)
    assert {"gpus-per-node=2", "cpus-per-task=4"} <= set(asked(part))
    sized = changed(whole.hardware, memory_gib=79.6)
    assert "mem=160G" in asked(changed(part, hardware=sized))
    known = changed(whole.hardware, cores=96, ram_gib=1000.0)
    assert {"cpus-per-task=24", "mem=250G"} <= set(asked(changed(part, hardware=known)))
    alone = changed(
        whole, hardware=changed(whole.hardware, vendor=None, devices=0), memory_gib=20.2
    )
    assert {"exclusive", "mem=21G"} <= set(asked(alone))
    assert not any("gpu" in text for text in asked(alone))
    sliced = changed(whole.hardware, partition="1g.10gb", devices=1)
    assert "gres=gpu:1g.10gb:1" in asked(changed(whole, hardware=sliced, world_size=1))
    other = changed(whole.hardware, vendor="huawei")
    assert "gres=gpu:8" in asked(changed(whole, hardware=other))
    assert "sinfo -o %G" in write(changed(whole, hardware=other))
    assert "sinfo -o %G" not in write(whole)


def test_what_slurm_cannot_start_is_refused() -> None:
    served = Process(role="server", argv=("serve",), container=Container(image="a/b:1"))
    box = served.container
    assert box
    lacking = {
        "privileged": changed(box, privileged=True),
        "the runtime habana": changed(box, runtime="habana"),
        "a comma": changed(box, mounts=(Mount(source="/a,b", target="/a,b"),)),
    }
    for why, other in lacking.items():
        with pytest.raises(InputError, match=why):
            write(by_hand(changed(served, container=other)))
    with pytest.raises(InputError, match="starts by itself"):
        write(by_hand(changed(served, argv=("--model", "x"))))
    beside = Process(role="beside", argv=("x",), container=changed(box, image="c/d:1"))
    with pytest.raises(InputError, match="several images"):
        write(by_hand(served, beside))
    windows = by_hand(process("server", "serve"))
    windows = changed(windows, hardware=changed(windows.hardware, os="windows"))
    with pytest.raises(InputError, match="nothing on windows"):
        write(windows)
    with pytest.raises(InputError, match="further machines"):
        write(by_hand(process("server", "serve"), nodes=2))


def test_a_taken_port_ends_the_job_with_a_reason(stage: Stage) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = by_hand(process("server", "bin/serve"), port=taken.getsockname()[1])
        stage.stub("bin/serve")
        done = stage.run(write(found), NODES="1", SLURM_JOB_NODELIST="node1")
    assert done.returncode != 0
    assert f"port {found.port} is taken" in done.stderr


def test_install_lines_are_comments_whatever_they_hold() -> None:
    found = two_machines("slurm", "vllm")
    lines = found.install
    assert lines
    install = (changed(lines[-1], argv=("prepare", "a\nrm -rf b")),)
    text = write(changed(found, install=install))
    assert "#   rm -rf b'" in text.splitlines()
    assert shlex.split(text, comments=True)[0] == "set"
    assert slurm.write(found).startswith("#!/bin/bash\n# ")
    assert shutil.which("bash")
