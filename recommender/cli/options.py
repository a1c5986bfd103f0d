"""The options that several commands share."""

import os
from typing import Annotated, TypeAlias

import typer

from recommender.errors import InputError


def _use(folder: str | None) -> str | None:
    """Let the named folder stand for that of the variable, for whoever loads knowledge next."""
    if folder is not None:
        if not folder.strip():
            message = "--knowledge is empty; name a folder, or leave the option out"
            raise InputError(message)
        from recommender.knowledge_files import VARIABLE

        os.environ[VARIABLE] = folder
    return folder


KnowledgeFolder: TypeAlias = Annotated[
    str | None, typer.Option("--knowledge", metavar="FOLDER", is_eager=True, callback=_use)
]
MachineFile: TypeAlias = Annotated[str | None, typer.Option("--machine", metavar="FILE|-")]
Gpu: TypeAlias = Annotated[list[str] | None, typer.Option("--gpu", metavar="NAME[:COUNT]")]
MachineFiles: TypeAlias = Annotated[list[str] | None, typer.Option("--machine", metavar="FILE|-")]
Gpus: TypeAlias = Annotated[list[str] | None, typer.Option("--gpu", metavar="NAME[:COUNT]")]
Ram: TypeAlias = Annotated[float | None, typer.Option("--ram", metavar="GIB")]
OsName: TypeAlias = Annotated[str | None, typer.Option("--os")]
Arch: TypeAlias = Annotated[str | None, typer.Option("--arch")]
CpuName: TypeAlias = Annotated[str | None, typer.Option("--cpu")]
Driver: TypeAlias = Annotated[str | None, typer.Option("--driver", metavar="VERSION")]
Nodes: TypeAlias = Annotated[int | None, typer.Option("--nodes", metavar="COUNT")]
UseCase: TypeAlias = Annotated[str, typer.Option("--use-case")]
Concurrency: TypeAlias = Annotated[int, typer.Option("--concurrency", metavar="COUNT")]
ModelName: TypeAlias = Annotated[str | None, typer.Option("--model", metavar="MODEL")]
Hub: TypeAlias = Annotated[bool, typer.Option("--hub")]
Quant: TypeAlias = Annotated[str | None, typer.Option("--quant")]
Format: TypeAlias = Annotated[str | None, typer.Option("--format")]
Context: TypeAlias = Annotated[int, typer.Option("--context", metavar="TOKENS")]
Priority: TypeAlias = Annotated[str | None, typer.Option("--priority")]
Need: TypeAlias = Annotated[list[str] | None, typer.Option("--need")]
Install: TypeAlias = Annotated[str | None, typer.Option("--install")]
Offline: TypeAlias = Annotated[bool, typer.Option("--offline")]
Region: TypeAlias = Annotated[str | None, typer.Option("--region")]
Lifecycle: TypeAlias = Annotated[str | None, typer.Option("--lifecycle")]
Allow: TypeAlias = Annotated[list[str] | None, typer.Option("--allow")]
NvidiaOnly: TypeAlias = Annotated[bool, typer.Option("--nvidia-only")]
Orchestrator: TypeAlias = Annotated[str | None, typer.Option("--orchestrator")]
Managed: TypeAlias = Annotated[str | None, typer.Option("--managed")]
Rules: TypeAlias = Annotated[str, typer.Option("--rules")]
Include: TypeAlias = Annotated[list[str] | None, typer.Option("--include")]
Frameworks: TypeAlias = Annotated[list[str] | None, typer.Option("--framework", metavar="NAME")]
Source: TypeAlias = Annotated[str, typer.Option("--from", metavar="FORM")]
RayAddress: TypeAlias = Annotated[str | None, typer.Option("--ray", metavar="ADDRESS")]
Strict: TypeAlias = Annotated[bool, typer.Option("--strict")]
Interactive: TypeAlias = Annotated[bool, typer.Option("--interactive", "-i")]
Lang: TypeAlias = Annotated[str | None, typer.Option("--lang")]
Output: TypeAlias = Annotated[str, typer.Option("--output", "-o", metavar="FORM")]
Json: TypeAlias = Annotated[bool, typer.Option("--json")]
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v")]
