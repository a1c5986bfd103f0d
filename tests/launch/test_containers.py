"""The words of docker run, read into a container and written back."""

import shlex

import pytest

from recommender.facts.plan import Container, Mount, Opening, Port, Process
from recommender.launch import container, engine
from tests.launch.grounds import NAMES, grounds, made
from tests.launch.test_commands import _sweep, each_platform

ASCEND = [(framework, platform) for framework, platform in NAMES if platform.startswith("ascend")]
WHOLE = Container(
    image="registry/server:1.0",
    name="box",
    entrypoint="bash",
    gpus="all",
    runtime="habana",
    devices=("/dev/kfd", "/dev/dri:/dev/dri"),
    mounts=(Mount(source="/a b", target="/models", read_only=True), Mount(source="v", target="/v")),
    ports=(Port(host=1, container=2, address="127.0.0.1"), Port(host=3, container=4)),
    passed=("HF_TOKEN",),
    network="host",
    ipc="host",
    shm="16g",
    user="root",
    groups=("video",),
    capabilities=("SYS_NICE",),
    dropped=("ALL",),
    security=("seccomp=unconfined",),
    ulimits=("memlock=-1",),
    privileged=True,
    restart="always",
    detached=True,
)


def test_everything_is_read_that_is_written() -> None:
    whole = Process(role="server", argv=("serve", "-p", "a=b"), env={"A": "b=c"}, container=WHOLE)
    assert container.run("server", engine.command(whole).argv) == whole


@each_platform
def test_every_container_of_knowledge_is_understood(framework: str, platform: str) -> None:
    for item in _sweep(framework, platform):
        for line in item.commands.serve:
            argv = tuple(shlex.split(line)) if item.machine.os.family != "windows" else ()
            if container.is_run(argv):
                read = container.run("server", argv)
                assert container.run("server", engine.command(read).argv) == read
                assert read.container
                assert ":" in read.container.image


def test_a_process_is_started_in_a_running_container() -> None:
    read = container.inside("load", ("docker", "exec", "-it", "box", "ollama", "pull", "m"))
    assert (read.within, read.argv) == ("box", ("ollama", "pull", "m"))
    assert engine.command(read).argv == ("docker", "exec", "box", "ollama", "pull", "m")


@pytest.mark.parametrize("words", [("--unheard-of", "x", "image"), ("--rm",)])
def test_knowledge_that_is_no_docker_run_is_told(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="docker run"):
        container.run("server", ("docker", "run", *words))


@pytest.mark.parametrize(("framework", "platform"), ASCEND)
def test_no_container_can_change_the_driver_of_its_host(framework: str, platform: str) -> None:
    boxes = [
        process.container
        for ground in grounds(framework, platform)
        for process in made(ground, Opening()).processes
        if process.container
    ]
    mounts = [mount for box in boxes for mount in box.mounts]
    of_host = [item for item in mounts if item.source.startswith(("/usr/", "/etc/", "/var/"))]
    assert bool(of_host) == bool(boxes)
    assert all(mount.read_only for mount in of_host)
