"""An upper bound above the device is said, as a warning or as fewer requests."""

from dataclasses import replace

import pytest

from recommender.devices.described import describe
from recommender.facts import Candidate, DeviceMemory, Fit, Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import as_asked
from recommender.rules.bounds import bound_facts

DEVICE = DeviceMemory(
    weights_gib=12.0,
    kv_cache_gib=8.0,
    activations_gib=1.0,
    overhead_gib=2.0,
    free_gib=1.0,
    interval=(21.0, 25.0),
    total_gib=24.0,
)
FIT = Fit(fits=True, per_device=(DEVICE,), concurrent_requests=4)


def _candidate(gpu: str, users: int, lang: str = "en") -> Candidate:
    found, _ = find_model("Qwen/Qwen3-32B")
    work = Workload(use_case="production", concurrency=users)
    answer = as_asked(describe([gpu]), work, found, frameworks=["tensorrt-llm"], lang=lang)
    return answer.ranking[0]


def test_the_cache_of_one_request_alone_has_to_fit_where_the_server_sizes_it() -> None:
    facts = bound_facts(FIT)
    assert facts["fit.over_gib"] == 1.0
    assert facts["fit.over_with_one_gib"] == -5.0
    copies = replace(FIT, data_parallel=4, per_device=(DEVICE,) * 4)
    assert bound_facts(copies)["fit.over_with_one_gib"] == 1.0


def test_the_device_with_the_least_left_counts() -> None:
    roomy = replace(DEVICE, total_gib=48.0)
    both = replace(FIT, per_device=(roomy, DEVICE))
    assert bound_facts(both)["fit.total_gib"] == 24.0


def test_what_has_no_bound_has_no_facts() -> None:
    assert set(bound_facts(Fit(fits=None)).values()) == {None}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_may_not_fit_is_warned_about(lang: str) -> None:
    found = _candidate("RTX 4090", 1, lang)
    said = {one.rule: one.text for one in found.warnings}
    assert found.fit is not None
    most = found.fit.per_device[0].interval
    assert most is not None
    assert most[1] > (found.fit.per_device[0].total_gib or 0)
    assert f"{most[1]:.1f}" in said["placement.may-not-fit"]


def test_a_cache_that_would_be_smaller_is_no_warning() -> None:
    found = _candidate("H100 SXM", 20)
    assert "placement.may-not-fit" not in {one.rule for one in found.warnings}
    assert found.fit is not None
    assert any("upper bound" in one for one in found.fit.choices)
