"""``llmpick probe``: evidence, requirements and how it ends."""

import pytest

import recommender.probe
from recommender.facts import Accelerator, Cpu, Machine, Memory, Os, Software
from tests.cli.conftest import Run


@pytest.fixture
def two_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three NVIDIA devices of which one is hidden."""
    devices = [
        Accelerator(vendor="nvidia", usable_gib=80.0, visible=v) for v in (None, True, False)
    ]
    monkeypatch.setattr(
        recommender.probe, "probe", lambda **_: Machine(accelerators=tuple(devices))
    )


@pytest.mark.usefixtures("two_of_three")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (("nvidia",), 0),
        (("nvidia:2",), 0),
        (("Accelerator:2", "nvidia"), 0),
        (("nvidia:3",), 4),
        (("GeForce:2",), 0),
        (("ascend",), 4),
        (("nvidia", "amd"), 4),
    ],
)
def test_requirements(llmpick: Run, wanted: tuple[str, ...], code: int) -> None:
    done = llmpick("probe", "--json", *(part for word in wanted for part in ("--require", word)))
    assert done.code == code
    assert done.json["accelerators"]
    assert ("required" in done.err) == bool(code)


@pytest.mark.parametrize("wish", ["nvidiaa", "amd:x", "amd:0", "amd:", ":2", "amd:9999999999"])
def test_a_requirement_that_is_none(llmpick: Run, wish: str) -> None:
    done = llmpick("probe", "--require", wish)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("llmpick: --require")
    assert done.err.count("\n") == 1


def test_every_known_fact_of_this_machine_says_where_it_was_read(llmpick: Run) -> None:
    machine = llmpick("probe", "--evidence", "--json").json
    evidence = machine["evidence"]
    assert evidence["memory.total_gib"]
    assert evidence["cpu.logical_cores"]
    for part in ("os", "cpu", "memory"):
        known = {name for name, value in machine[part].items() if value not in (None, [], {})}
        assert known <= {path.split(".")[1] for path in evidence if path.startswith(f"{part}.")}
    table = llmpick("probe", "--evidence").out
    assert "memory.total_gib = " in table


def test_evidence_is_left_out_unless_asked_for(llmpick: Run) -> None:
    assert llmpick("probe", "--json").json["evidence"] == {}
    assert "memory.total_gib" not in llmpick("probe").out


@pytest.mark.parametrize(("container", "distro"), [("none", "debian"), ("kubernetes", None)])
def test_what_a_job_or_a_container_tells_of_its_node(
    llmpick: Run,
    monkeypatch: pytest.MonkeyPatch,
    container: str,
    distro: str | None,
) -> None:
    seen = Machine(
        os=Os(family="linux", distro="debian", kernel="6.1", container=container),
        cpu=Cpu(logical_cores=64, quota_cores=0.05),
        memory=Memory(total_gib=512, limit_gib=0.5, group_used_gib=0.1),
        software=Software(nvidia_driver="580.95.05", docker=False, absent=("docker",)),
        shm_gib=0.06,
    )
    monkeypatch.setattr(recommender.probe, "probe", lambda **_: seen)
    told = llmpick("probe", "--json", "--node", "n7").json
    assert (told["name"], told["os"]["container"], told["os"]["distro"]) == ("n7", "none", distro)
    assert (told["cpu"]["logical_cores"], told["cpu"]["quota_cores"]) == (64, None)
    assert (told["memory"]["total_gib"], told["memory"]["limit_gib"]) == (512, None)
    assert told["software"]["nvidia_driver"] == "580.95.05"
    assert told["software"]["docker"] is (False if distro else None)


@pytest.mark.parametrize("name", ["", "a\x1b[31m", "x" * 300])
def test_a_name_that_no_node_has(llmpick: Run, name: str) -> None:
    done = llmpick("probe", "--node", name)
    assert (done.code, done.out) == (2, "")
    assert "is no name of a node" in done.err
