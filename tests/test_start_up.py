"""What a start may import; see docs/data-guidelines.md for why the knowledge is compiled."""

import subprocess
import sys

import pytest

HEAVY = (
    *("pydantic", "rich", "yaml", "psutil", "pynvml", "cpuinfo", "importlib.metadata"),
    "huggingface_hub",
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (("recommend", "--json"), ()),
        (("recommend", "--json", "--model", "Qwen/Qwen3-8B"), ()),
        (("recommend", "--json", "--hub", "--model", "Qwen/Qwen3-8B"), ()),
        (("recommend", "--json", "--gpu", "H100 80GB:8"), ()),
        (("recommend",), ("rich",)),
        (("fit", "Qwen/Qwen3-8B", "--json", "--gpu", "H100 80GB:8"), ()),
        (("fit", "Qwen/Qwen3-8B", "--gpu", "H100 80GB:8"), ("rich",)),
        (("compare", "--gpu", "RTX 4090", "--gpu", "L40S", "--json"), ()),
        (("probe", "--json"), ()),
        (("probe",), ("rich",)),
    ],
)
def test_imports(arguments: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "recommender", *arguments]
    for _ in range(2):  # The first start of a checkout compiles the knowledge.
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    for module in HEAVY:
        assert module in allowed or module not in imported
