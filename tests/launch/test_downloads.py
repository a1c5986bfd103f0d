"""What the commands download: into which folder of which hub, and with which extra."""

import pytest

from recommender.devices.described import describe
from recommender.facts import Workload
from recommender.models.catalogue import find_model
from recommender.pipeline import recommend


@pytest.mark.parametrize("use_case", ["production", "agents"])
@pytest.mark.parametrize(
    ("region", "offline", "folder", "token"),
    [
        (None, False, "huggingface", True),
        ("CN", False, "modelscope", False),
        ("CN", True, "huggingface", True),
    ],
)
def test_the_folder_of_the_hub_is_mounted(
    use_case: str, region: str | None, folder: str, *, offline: bool, token: bool
) -> None:
    machine = describe(["H100 80GB"], ram_gib=256, os="ubuntu-24.04", driver="590", docker=True)
    work = Workload(use_case=use_case, install="docker", region=region, offline=offline)
    model, _ = find_model("Qwen/Qwen3-8B")
    launch = recommend(machine, work, model).ranking[0].launch
    assert launch is not None
    (serve,) = launch.serve
    assert f"-v ~/.cache/{folder}:/root/.cache/{folder}" in serve
    assert ("-e HF_TOKEN" in serve) is token
    assert ("MODELSCOPE=True" in serve) is (folder == "modelscope")


def test_speech_models_get_the_extra_that_they_need() -> None:
    machine = describe(["RTX 4090"], ram_gib=64, os="ubuntu-24.04", driver="590")
    whisper, _ = find_model("openai/whisper-large-v3")
    launch = recommend(machine, Workload(use_case="production", install="pip"), whisper)
    first = launch.ranking[0].launch
    assert first is not None
    assert any("'vllm[audio]==" in line for line in first.install)
