"""What ``scripts/build_real_environments.py`` built, and how to run it."""

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "LLMPICK_REAL_ENVIRONMENTS"
KEY = "sk-of-the-test"
_STUBS = Path(__file__).with_name("kernel_stubs")
# What would change a server's behaviour, and proxies, which must not stand before the loopback.
_FOREIGN = ("VLLM_", "SGLANG_", "XINFERENCE_", "HF_", "PYTHON", "OMP_", "HTTP_PROXY", "http_proxy")


@dataclass(frozen=True, slots=True)
class Environments:
    """The folder with one environment of each framework; some lie over another's."""

    folder: Path

    def has(self, name: str) -> bool:
        """Tell whether the environment was built."""
        return (self.folder / name).is_dir()

    def python(self, name: str) -> Path:
        """Return the interpreter that runs ``name``: its own, or that of the one below it."""
        own = self.folder / name / "bin" / "python"
        return own if own.exists() else self.folder / "vllm" / "bin" / "python"

    def parsing(self, name: str) -> dict[str, str]:
        """Return the variables under which the command-line parser of ``name`` can be imported."""
        return _clean() | self._paths(name)

    def serving(self, name: str) -> dict[str, str]:
        """Return the variables that a server of ``name`` needs where there is no GPU and no hub."""
        return _clean() | self._paths(name, _STUBS) | _SERVING.get(name, {})

    def _paths(self, name: str, *before: Path) -> dict[str, str]:
        overlay = self.folder / name
        if (overlay / "bin" / "python").exists():
            return {}
        return {"PYTHONPATH": os.pathsep.join(map(str, (*before, overlay)))}


_SERVING = {
    # Without it vLLM asks for 92 % of the memory; see what the knowledge says of its CPU platform.
    "vllm": {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_API_KEY": KEY},
}


def _clean() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"HF_HUB_OFFLINE": "1", "NO_PROXY": "127.0.0.1,localhost"}
