"""Let vLLM say what it makes of model folders; run by the Python in which it is installed.

``python ask_vllm.py ASKED ANSWERS``: ASKED is a JSON object with ``folders``, ``max_model_len``,
``max_num_batched_tokens`` and ``kv_cache_memory_bytes``. ANSWERS becomes an object from each folder
to its ``layers``, ``kv_heads``, ``head_size``, ``block_size`` and the error with which the engine
stops, for the memory given is too little. Weights are random: ``config.json`` is enough.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any


def main(asked: str, answers: str) -> None:
    """Ask about every folder and write the answers."""
    # The engine in this very process: a second model then takes seconds and no second import.
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
    wish = json.loads(Path(asked).read_text(encoding="utf-8"))
    folders = wish.pop("folders")
    found = {folder: _facts(folder, wish) for folder in folders}
    Path(answers).write_text(json.dumps(found), encoding="utf-8")


def _facts(folder: str, wish: dict[str, Any]) -> dict[str, Any]:
    from vllm import LLM
    from vllm.engine.arg_utils import EngineArgs

    length = wish["max_model_len"]
    config = EngineArgs(
        model=folder, load_format="dummy", max_model_len=length
    ).create_engine_config()
    model, parallel = config.model_config, config.parallel_config
    facts = {
        "layers": model.get_num_layers(parallel),
        "kv_heads": model.get_num_kv_heads(parallel),
        "head_size": model.get_head_size(),
        "block_size": config.cache_config.block_size,
        "said": None,
    }
    try:
        LLM(model=folder, load_format="dummy", enforce_eager=True, **wish)
    except ValueError as error:
        facts["said"] = str(error)
    return facts


if __name__ == "__main__":
    main(*sys.argv[1:])
