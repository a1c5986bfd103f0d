"""Which package each framework is read from, and what a person reads where none has it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import InputError, choices, printable
from recommender.harvest import natives, others, sglang, vllm
from recommender.lint.option_lists import Option

Found = dict[str, list[Option]]
Reader = Callable[[Path], Found]


@dataclass(frozen=True)
class Package:
    """Where a framework's options are read: a package of the index, or a checkout alone.

    ``is_sdist`` is for packages whose wheels hold no sources. ``spelt`` turns the package's
    version into the framework's own. ``kernels`` is the package that holds the code for devices
    where it is another one, ``libraries`` a pattern of the libraries which every model needs: the
    others have kernels of single models. ``people`` are the pages that only a person can read.
    """

    read: Reader
    name: str | None = None
    is_sdist: bool = False
    spelt: Callable[[str], str] = str
    kernels: str | None = None
    libraries: str = ""
    people: tuple[str, ...] = ()


def _build(version: str) -> str:
    """Release 2026.10.11549 of xllamacpp holds build b11549 of llama.cpp."""
    found = re.fullmatch(r"20\d\d\.\d+\.(\d+)", version)
    if found is None:
        message = f"--version '{printable(version)}' names no build; write it like 2026.10.11549"
        raise InputError(message)
    return f"b{found[1]}"


PACKAGES = {
    "vllm": Package(vllm.harvest, "vllm", libraries=r"^/vllm/_C[._]"),
    "sglang": Package(
        sglang.harvest, "sglang", kernels="sglang-kernel", libraries=r"/common_ops\."
    ),
    "lmdeploy": Package(others.lmdeploy, "lmdeploy", libraries=r"/_turbomind\."),
    "xinference": Package(others.xinference, "xinference"),
    "mlx-lm": Package(others.mlx_lm, "mlx-lm"),
    # Its releases name the build of llama.cpp inside; those of llama-cpp-python do not.
    "llama.cpp": Package(natives.llama_cpp, "xllamacpp", is_sdist=True, spelt=_build),
    "tgi": Package(
        natives.tgi,
        people=(
            "https://github.com/huggingface/text-generation-inference/releases",
            "https://github.com/huggingface/text-generation-inference/blob/main/launcher/src/main.rs",
        ),
    ),
    "ollama": Package(
        natives.ollama,
        people=(
            "https://github.com/ollama/ollama/releases",
            "https://github.com/ollama/ollama/blob/main/envconfig/config.go",
            "https://github.com/ollama/ollama/blob/main/docs/gpu.mdx",
        ),
    ),
    "tensorrt-llm": Package(
        others.trtllm,
        people=(
            "https://github.com/NVIDIA/TensorRT-LLM/releases",
            "https://github.com/NVIDIA/TensorRT-LLM/blob/main/tensorrt_llm/commands/serve.py",
            "https://nvidia.github.io/TensorRT-LLM/reference/support-matrix.html",
        ),
    ),
}


def named(framework: str) -> Package:
    """The package of a framework.

    Raises:
        InputError: its options are not read.
    """
    if framework not in PACKAGES:
        hint = choices(framework, PACKAGES)
        message = f"nothing is read of '{printable(framework)}'{hint}"
        raise InputError(message)
    return PACKAGES[framework]
