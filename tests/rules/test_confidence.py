"""Confidence follows from unknown facts and from nothing else."""

from dataclasses import replace

from hypothesis import given

from recommender.facts import Machine, Model, Os, Software, Workload
from recommender.pipeline import recommend
from recommender.rules.confidence import confidence
from tests.rules.asked import question
from tests.rules.drawn import machines, models, some, workloads

_KNOWN = Os(family="linux", distro="ubuntu", version="24.04", libc="glibc", libc_version="2.39")


def test_what_is_known_gives_high_confidence() -> None:
    machine = question(["H100 80GB"], driver="590").machine
    known = replace(machine, os=_KNOWN, software=replace(machine.software, docker=True))
    first = recommend(known, Workload(use_case="production", concurrency=50)).ranking[0]
    assert (first.confidence, first.unknown) == ("high", ())


def test_an_unknown_driver_gives_medium() -> None:
    machine = replace(question(["H100 80GB"]).machine, os=_KNOWN, software=Software(docker=True))
    first = recommend(machine, Workload(use_case="production", concurrency=50)).ranking[0]
    assert first.confidence == "medium"
    assert first.unknown == ("driver.nvidia",)


def test_an_unknown_size_gives_low() -> None:
    machine = question(["H100 80GB"], driver="590").machine
    answer = recommend(machine, Workload(), Model(id="somebody/unheard-of"))
    assert {item.confidence for item in answer.ranking} == {"low"}
    assert all("fit.fits" in item.unknown for item in answer.ranking)


def test_the_words() -> None:
    assert confidence(()) == "high"
    assert confidence(("driver.nvidia",)) == "medium"
    assert confidence(("driver.nvidia", "platform.support")) == "low"


@some
@given(machines, workloads, models)
def test_nothing_unknown_is_high_and_something_is_not(
    machine: Machine, workload: Workload, model: Model | None
) -> None:
    for item in recommend(machine, workload, model).ranking:
        assert (item.confidence == "high") is (not item.unknown)
