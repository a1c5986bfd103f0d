"""Images, versions and mirrors of a site, in the commands that are printed."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recommender.devices.described import describe
from recommender.facts import Candidate, Launch, Workload
from recommender.facts.codec import decode, encode
from recommender.knowledge import installed, overlaid
from recommender.overlay import Overlay
from recommender.overlay.addresses import Addresses
from recommender.pipeline import recommend
from recommender.site import read
from tests.documents.reading import ROOT
from tests.site.running import llmpick, written

PLACES = """
images: {vllm/cuda: "registry.example:5000/llm/vllm:site"}
versions: {vllm: v0.32.1, sglang/cuda: 0.5.22}
mirrors:
  images:
    docker.io: registry.example/hub/
    ghcr.io: registry.example/ghcr
    ghcr.io/ggml-org: own.example
  packages: https://packages.example/simple
  models: https://hub.example
  modelscope: scope.example
  addresses: {"https://wheels.vllm.ai": "https://packages.example/vllm"}
"""


def _candidates(own: Overlay, gpu: str, **wish: Any) -> dict[str, Candidate]:
    work = Workload(concurrency=16, **wish)
    answer = recommend(describe([gpu], docker=True), work, knowledge=overlaid(own))
    return {item.framework: item for item in answer.ranking}


def _launch(item: Candidate) -> Launch:
    assert item.launch
    return item.launch


def _lines(item: Candidate) -> str:
    return str(encode(_launch(item)))


@pytest.fixture
def own(tmp_path: Path) -> Overlay:
    return read(written(tmp_path, places=PLACES))


def test_wheels_come_from_the_index_in_the_version_of_the_site(own: Overlay) -> None:
    found = _candidates(own, "H100")
    install = " ".join(_launch(found["vllm"]).install)
    assert "UV_DEFAULT_INDEX=https://packages.example/simple uv pip install" in install
    assert "vllm==0.32.1" in install
    assert "--torch-backend" not in install
    assert found["vllm"].version == "0.32.1"
    assert "sglang==0.5.22" in _lines(found["sglang"])
    assert "HF_ENDPOINT=https://hub.example" in " ".join(_launch(found["sglang"]).serve)
    assert "MODELSCOPE_DOMAIN=scope.example" in " ".join(_launch(found["sglang"]).serve)


def test_images_come_from_the_registries_of_the_site(own: Overlay) -> None:
    found = _candidates(own, "H100", install="docker")
    assert "registry.example:5000/llm/vllm:site" in _launch(found["vllm"]).serve[0]
    assert "registry.example/hub/lmsysorg/sglang:v0.5.22" in _launch(found["sglang"]).serve[0]
    assert "own.example/llama.cpp:server-cuda" in _launch(found["llama.cpp"]).serve[0]
    assert "registry.example/ghcr/huggingface/" in _launch(found["tgi"]).serve[0]
    assert "-e HF_ENDPOINT=https://hub.example" in _launch(found["tgi"]).serve[0]
    assert "HF_ENDPOINT" not in _lines(found["ollama"])


def test_a_way_that_does_not_name_the_version_keeps_its_own() -> None:
    install = [{"steps": [{"args": "uv pip install a=={version}"}]}]
    methods = {
        "pip": {"install": install},
        "docker": {"image": "a/a:latest", "install": []},
        "built": {"image": "a/a:x-v1.2-rocm", "install": []},
        "native": {"version": "1.1", "install": install},
    }
    body = {"id": "cuda", "version": "1.2", "methods": methods}
    made = Addresses(versions={"a/cuda": "1.3"}).platform("a/cuda", body, own_library=False)
    assert made["version"] == "1.3"
    assert {name: row.get("version") for name, row in made["methods"].items()} == {
        "pip": None,
        "docker": "1.2",
        "built": None,
        "native": "1.1",
    }
    assert made["methods"]["built"]["image"] == "a/a:x-v1.3-rocm"


def test_what_is_changed_is_told_as_the_sites(own: Overlay) -> None:
    found = _candidates(own, "H100", install="docker")
    told = {r.rule: r for r in found["vllm"].warnings if r.layer == "site"}
    assert list(told) == ["site.version", "site.mirrors", "site.image"]
    assert told["site.version"].source == "places.yaml:3"
    assert told["site.version"].checked is None
    assert "in place of vllm/vllm-openai:v" in told["site.image"].text


def test_addresses_in_lines_are_replaced(own: Overlay) -> None:
    lines = _lines(_candidates(own, "MI300X")["vllm"])
    assert "https://packages.example/vllm/rocm/" in lines
    assert "wheels.vllm.ai" not in lines


def test_nothing_of_it_is_asked_for_without_a_network(own: Overlay) -> None:
    serve = " ".join(_launch(_candidates(own, "H100", offline=True, install="pip")["vllm"]).serve)
    assert "HF_ENDPOINT" not in serve
    assert "HF_HUB_OFFLINE=1" in serve


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [
        ("ubuntu:24.04", "r.example/hub/library/ubuntu:24.04"),
        ("vllm/vllm-openai:v1", "r.example/hub/vllm/vllm-openai:v1"),
        ("docker.io/a/b", "r.example/hub/a/b"),
        ("ghcr.io/a/b@sha256:0", "ghcr.io/a/b@sha256:0"),
        ("localhost/a", "localhost/a"),
        ("docker.iox/a:1", "docker.iox/a:1"),
    ],
)
def test_registries(name: str, mirrored: str) -> None:
    assert Addresses(registries={"docker.io": "r.example/hub"}).image(name) == mirrored


def test_targets_know_the_sites_names_of_images(tmp_path: Path) -> None:
    written(tmp_path, places=PLACES)
    wish = "--gpu H100 --model Qwen/Qwen3-8B --knowledge site"
    box, unit, ray = llmpick(
        tmp_path,
        f"llmpick launch vllm {wish} --target kubernetes",
        f"llmpick launch vllm {wish} --target quadlet --install docker",
        f"llmpick launch vllm {wish} --target ray",
    )
    assert "image: registry.example:5000/llm/vllm:site" in box.out
    assert "Image=registry.example:5000/llm/vllm:site" in unit.out
    assert "python3" in unit.out  # the program of the known image that asks the server
    assert "registry.example/hub/rayproject/ray-llm" in ray.out


def test_a_site_goes_with_the_package_to_other_machines(tmp_path: Path) -> None:
    site = written(tmp_path, places=PLACES, house="rules: [{never: tgi}]")
    ship = (
        "import pathlib, sys; from recommender.fleet.shipping import packed; "
        "packed(pathlib.Path(sys.argv[1]))"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LLMPICK_K")}
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(
        [sys.executable, "-c", ship, str(there)],
        cwd=ROOT,
        check=True,
        env={**plain, "LLMPICK_KNOWLEDGE_DIR": str(site)},
    )
    command = [sys.executable, "-m", "recommender", "recommend", "--gpu", "H100", "--json"]
    done = subprocess.run(command, cwd=there, check=True, env=plain, capture_output=True, text=True)
    answer = json.loads(done.stdout)
    found = {item["framework"]: item for item in answer["ranking"]}
    assert found["vllm"]["version"] == "0.32.1"
    refused = {item["framework"]: item["reasons"][0]["source"] for item in answer["rejected"]}
    assert refused["tgi"] == "house.yaml:1"


def test_a_site_is_plain_data(own: Overlay) -> None:
    assert decode(Overlay, json.loads(json.dumps(encode(own)))) == own


def test_every_platform_is_read_with_any_addresses(own: Overlay) -> None:
    known = overlaid(own)
    for framework in (*known.frameworks, *known.challengers):
        for platform in framework.platforms:
            for method in platform.methods.values():
                assert "docker.io" not in str(method.image)
                assert not method.image or len(shlex.split(method.image)) == 1
    rows = own.document("hosts", installed("hosts"))["images"]
    assert {"registry.example:5000/llm/vllm", "own.example/llama.cpp"} <= {r["name"] for r in rows}
