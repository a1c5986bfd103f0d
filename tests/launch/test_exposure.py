"""What is known of keys and probes, for every server that can be launched."""

import pytest

from recommender.facts import Exposure, Framework
from recommender.knowledge import load

KNOWN = {framework.id: framework for framework in load().frameworks}


def _exposures(framework: Framework) -> list[Exposure | None]:
    return [framework.exposure, *(item.exposure for item in framework.platforms if item.exposure)]


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_server_that_is_ranked_can_be_asked_and_guarded(name: str) -> None:
    for exposure in _exposures(KNOWN[name]):
        assert exposure is not None
        assert exposure.ready.startswith("/")
        assert not (exposure.key_env and exposure.key_args)
        assert exposure.key_args is None or exposure.key_args.split()[-1] == "{key}"
        assert exposure.key_env or exposure.key_args or exposure.text


def test_a_platform_may_have_an_exposure_of_its_own() -> None:
    vllm = KNOWN["vllm"]
    cuda = next(item for item in vllm.platforms if item.id == "cuda")
    assert vllm.exposure is not None
    assert cuda.exposure is not None
    assert (vllm.exposure.nonroot, cuda.exposure.nonroot) == (None, True)
    assert cuda.exposure.key_env == vllm.exposure.key_env == "VLLM_API_KEY"
