"""Finds English in a Chinese answer: what is no name, no command and no term of the field."""

import re
from collections.abc import Iterable
from functools import cache

from recommender.knowledge import document, load

# Words that engineers in mainland China write in Latin letters, and names of makers and products.
_TERMS = """
    adreno amd api app apple arc arm ascend awq aws batch blackwell cann cpu cuda dflash docker
    eager eagle epyc gaudi gbnf gguf gib google gptq gpu graphics gtt guidance hopper hpu hub
    igx inferentia instinct intel jetson json kernel kuberay kubernetes kv linux llguidance lora
    mac macos medusa metal mig mindcluster modelscope moe mpi mtp neuron ngram node npu nvidia
    nvml nxd opentelemetry openvino operator orin outlines pod ppu prefill prometheus python
    pytorch qualcomm radeon ram rank ray rdma rocm root rtx ryzen sdk shell skypilot slurm
    snapdragon socket spark suffix tensor thor token tpu trainium transformers turing url vllm
    vm volta vulkan wheel windows wsl xeon xgrammar xid xpu yaml
"""
TERMS = frozenset(_TERMS.split())
PHRASES = (
    *(
        "Atlas Duo",
        "Cloud AI",
        "Container Toolkit",
        "Data Center",
        "DGX Spark",
        "DRIVE OS",
        "Edge-LLM",
    ),
    *("Extension for PyTorch", "Fabric Manager", "Feature Discovery", "Hugging Face", "Level Zero"),
    *("Muse Spark", "NxD Inference", "OpenVINO GenAI", "RTX PRO", "Ryzen AI", "Secure Boot"),
    *(
        "Snapdragon X Elite",
        "Strix Halo",
        "Docker Runtime",
        "flash attention",
        "paged attention",
        "schedulerName volcano",
        "Device Plugin",
        "Ray Serve LLM",
        "Azure AI",
    ),
)
# Programs of the commands that sentences quote, up to the next Chinese character.
_PROGRAMS = (
    *(
        "apt",
        "apt-get",
        "arch",
        "brew",
        "cmake",
        "conda",
        "curl",
        "dkms",
        "dmesg",
        "docker",
        "exec",
    ),
    *(
        "hf",
        "hl-smi",
        "hy-smi",
        "irm",
        "kubectl",
        "llmpick",
        "lmdeploy",
        "lspci",
        "modprobe",
        "mpirun",
    ),
    *("mx-smi", "npu-smi", "nvidia-ctk", "nvidia-smi", "ollama", "pip", "podman", "ppu-smi", "sky"),
    *(
        "sbatch",
        "ssh",
        "sudo",
        "systemctl",
        "uv",
        "wsl",
        "xpu-smi",
        "amd-smi",
        "vulkaninfo",
        "winget",
    ),
    *("trtllm-serve", "llama-server", "reg", "rocminfo", "sysctl", "usermod", "mokutil"),
)
_WIDE = "\u3000-\u9fff\uff00-\uffef"
_COMMAND = re.compile(
    rf"(?<![\w./-])(?:{'|'.join(map(re.escape, _PROGRAMS))})(?![\w.-])[^{_WIDE}\n]*"
)
# A line that a shell reads: it goes on, or has options, paths or assignments and no Chinese.
_SHELL_LINE = re.compile(
    rf"^\s*(?:\$ .*|.*\\|.*`)$|^(?:# )? {{4,}}[^{_WIDE}]*(?: --?\w|[/=|$\"]).*$|^#   .*$"
)
_QUOTED = re.compile(r"`[^`\n]*`|“[^”\n]*”|'[^'\n]*'")
_CODE = re.compile(
    r"\S*[\d_/=@$\\<>{}\[\]*#~+]\S*|(?<!\w)--[A-Za-z][\w-]*(?: [a-z]+)?|(?<!\w)-[A-Za-z]\b"
    r"|\w+(?:[-.:]\w+)+"
)
_WORD = r"[A-Za-z]{2,}(?:'[a-z]+)?"
_RUN = re.compile(rf"{_WORD}(?:(?: |, |; |: |\. ){_WORD})+")


@cache
def names() -> re.Pattern[str]:
    """Names that knowledge gives: of frameworks, models, devices, packages, vendors, sources."""
    known = load()
    every = {*known.titles.values(), *PHRASES}
    for framework in (*known.frameworks, *known.challengers):
        every |= {framework.license or "", *framework.aliases}
        packages = (one for platform in framework.platforms for one in platform.packages)
        every |= {package.name for package in packages}
    vendors = known.document["devices"]["vendors"].values()
    parts = (part for row in vendors for part in (row, *row.get("parts", ())))
    every |= {str(row.get("zh", "")) for row in parts}
    every |= {str(row["name"]) for row in document("accelerators")["accelerators"]}
    every |= {str(row.get("title", "")) for row in document("sources")["sources"].values()}
    models = document("models")["models"]
    every |= {str(row[key]) for row in models for key in ("id", "name", "license") if key in row}
    texts = sorted((name for name in every if re.search("[A-Za-z]", name)), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in texts))


def english_left(text: str, quoted: Iterable[str] = ()) -> list[str]:
    """Runs of two or more English words in an answer.

    Args:
        text: what was printed.
        quoted: what the answer only repeats: words of the command line, of files, of devices.
    """
    text = "\n".join(line for line in text.split("\n") if not _SHELL_LINE.match(line))
    text = names().sub("·", text)
    for word in sorted(quoted, key=len, reverse=True):
        text = text.replace(word, "·")
    for pattern in (_QUOTED, _COMMAND, _CODE):
        text = pattern.sub("·", text)
    text = re.sub(r"[A-Za-z]+", lambda word: "·" if word[0].casefold() in TERMS else word[0], text)
    return _RUN.findall(text)
