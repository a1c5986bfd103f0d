"""Packages of GPU kernels and media that SGLang imports at its start and does not call on a CPU.

Python imports ``sitecustomize`` at every start when this folder is on PYTHONPATH. A stubbed package
has every name and submodule, all of them mocks: code that would compute with one gets nonsense or
an error, so a server that answers did not need it.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

STUBBED = frozenset(
    {"cutlass", "flashinfer", "sgl_kernel", "torchaudio", "torchcodec", "torchvision"}
)
# Newer than any version that the callers ask for.
_VERSION = "99.0.0"
_ASKED_FIRST = ("torchvision", "torchaudio", "torchcodec", "flash_attn_2")


class Stub(ModuleType):
    """A module in which every public name is a mock, made when it is first asked for."""

    def __init__(self, name: str) -> None:
        """Make the module; ``__path__`` makes it a package."""
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = _VERSION

    def __getattr__(self, name: str) -> Any:
        """Return the mock of ``name``; what Python itself asks for is not there."""
        if name.startswith("__"):
            raise AttributeError(name)
        mock = MagicMock(name=f"{self.__name__}.{name}")
        setattr(self, name, mock)
        return mock


class Stubs(MetaPathFinder, Loader):
    """Finds the stubbed packages before anything else does."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  # the finder's protocol
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Claim the stubbed packages and all below them."""
        if fullname.partition(".")[0] in STUBBED:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the stub."""
        return Stub(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stub has no code."""


def _remember_what_is_missing() -> None:
    """Let transformers see that the packages are missing; it keeps its first impression."""
    from transformers.utils import import_utils

    for name in _ASKED_FIRST:
        getattr(import_utils, f"is_{name}_available", bool)()


def install() -> None:
    """Put the finder first."""
    _remember_what_is_missing()
    sys.meta_path.insert(0, Stubs())


if __name__ == "sitecustomize":
    install()
