"""Devices and models of a site."""

import json
from pathlib import Path

from recommender.devices.catalogue import with_spellings
from recommender.knowledge import installed
from recommender.models.table import with_index
from recommender.site import read
from tests.site.running import llmpick, written

HARDWARE = """
accelerators:
  - {name: gpu-large, like: H100 SXM 80GB, memory_gib: 64}
  - {name: geforce rtx 4090, aliases: [ws-card]}
  - name: 算力卡一号
    aliases: [Falcon X1]
    vendor: nvidia
    memory_gib: 96
    compute_capability: 9.0
"""
MODELS = """
models:
  - id: corp/Assistant-9B
    params: 9000000000
    layers: 40
    kv_bytes_per_token: 131072
    quantization: fp8
    format: safetensors
  - {id: qwen/qwen3-8b, context: 4096}
"""


def test_devices_and_models_are_known_by_the_sites_names(tmp_path: Path) -> None:
    written(tmp_path, hardware=HARDWARE, models=MODELS)
    knows = "--knowledge site"
    large, card, falcon, chinese, model, listed, changed = llmpick(
        tmp_path,
        f"llmpick recommend --gpu gpu-large:4 --json {knows}",
        f"llmpick recommend --gpu ws-cardx2 --json {knows}",
        f"llmpick recommend --gpu 'falcon x1' --json {knows}",
        f"llmpick recommend --gpu '算力卡一号 8卡' --json {knows}",
        f"llmpick fit corp/assistant-9b --gpu gpu-large --json {knows}",
        f"llmpick models assistant --json {knows}",
        f"llmpick models Qwen/Qwen3-8B --json {knows}",
    )
    first = large.json["machine"]["accelerators"][0]
    assert (first["name"], first["memory_gib"], len(large.json["machine"]["links"])) == (
        "gpu-large",
        64,
        1,
    )
    assert first["compute_capability"] == "9.0"
    devices = card.json["machine"]["accelerators"]
    assert [(one["name"], one["memory_gib"]) for one in devices] == [("GeForce RTX 4090", 24)] * 2
    for done, count in ((falcon, 1), (chinese, 8)):
        found = done.json["machine"]["accelerators"]
        assert [one["name"] for one in found] == ["算力卡一号"] * count
        assert found[0]["compute_capability"] == "9.0"
        assert done.json["ranking"]
    fits = {item["framework"]: item["fit"] for item in model.json["fits"]}
    assert fits["vllm"]["quantization"] == "fp8"
    assert [row["id"] for row in listed.json] == ["corp/Assistant-9B"]
    assert listed.json[0]["source"] == "models.yaml:3"
    assert changed.json[0]["context"] == 4096
    assert changed.json[0]["params"] > 8e9


def test_a_known_name_still_means_what_it_meant(tmp_path: Path) -> None:
    old, new = "{name: A100 PCIe 40GB, aliases: [old-card]}", "{name: A100 Z, like: A100 SXM 80GB}"
    own = read(written(tmp_path, hardware=f"accelerators: [{old}, {new}]"))
    table = own.document("accelerators", installed("accelerators"))["accelerators"]
    names = [row["name"] for row in table]
    assert names == [
        "A100 Z",
        *(row["name"] for row in installed("accelerators")["accelerators"]),
    ]
    changed = next(row for row in table if row["name"] == "A100 PCIe 40GB")
    before = next(
        row for row in installed("accelerators")["accelerators"] if row["name"] == changed["name"]
    )
    assert changed.get("common") == before.get("common")
    assert changed["aliases"][-1] == "old-card"


def test_what_the_build_made_of_its_rows_is_made_anew(tmp_path: Path) -> None:
    own = read(written(tmp_path, hardware=HARDWARE, models=MODELS))
    devices = json.loads(with_spellings(json.dumps(installed("accelerators"))))
    models = json.loads(with_index(json.dumps(installed("models"))))
    assert "spellings" not in own.document("accelerators", devices)
    assert "index" not in own.document("models", models)
    ladders = own.document("core", installed("core"))["ladders"]
    contexts = {
        row["context"] for one in ladders for row in one["models"] if row["id"] == "Qwen/Qwen3-8B"
    }
    assert contexts == {4096}
