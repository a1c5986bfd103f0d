"""The options that several commands share."""

from typing import Annotated, TypeAlias

import typer

_MACHINE = "The machine"
_WORK = "The work"
_OUTPUT = "Output"

MachineFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--machine",
        metavar="FILE|-",
        help="Read a machine as `llmpick probe --json` wrote it; - is standard input. Without this "
        "and the options below, this one is probed.",
        rich_help_panel=_MACHINE,
    ),
]
Gpu: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--gpu",
        metavar="NAME[:COUNT]",
        help="Describe a machine: 'H100 80GB:8', 4090x2, 'Ascend 910B3:8', none. Repeatable.",
        rich_help_panel=_MACHINE,
    ),
]
MachineFiles: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--machine",
        metavar="FILE|-",
        help="One more machine, as `llmpick probe --json` wrote it. Repeatable.",
        rich_help_panel=_MACHINE,
    ),
]
Gpus: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--gpu",
        metavar="NAME[:COUNT]",
        help="One machine: 'RTX 4090:2' (two cards in it), L40S, none. Repeatable.",
        rich_help_panel=_MACHINE,
    ),
]
Ram: TypeAlias = Annotated[
    float | None,
    typer.Option("--ram", metavar="GIB", help="Its main memory.", rich_help_panel=_MACHINE),
]
OsName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--os", help="Its system: linux, 'ubuntu 22.04', windows, macos.", rich_help_panel=_MACHINE
    ),
]
Arch: TypeAlias = Annotated[
    str | None,
    typer.Option("--arch", help="Its architecture: x86_64, aarch64.", rich_help_panel=_MACHINE),
]
CpuName: TypeAlias = Annotated[
    str | None, typer.Option("--cpu", help="Its processor's name.", rich_help_panel=_MACHINE)
]
Driver: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--driver", metavar="VERSION", help="Its accelerator driver.", rich_help_panel=_MACHINE
    ),
]
Nodes: TypeAlias = Annotated[
    int | None,
    typer.Option("--nodes", help="How many such machines.", rich_help_panel=_MACHINE),
]
UseCase: TypeAlias = Annotated[
    str, typer.Option("--use-case", help="What it is for.", rich_help_panel=_WORK)
]
Concurrency: TypeAlias = Annotated[
    int, typer.Option("--concurrency", help="Requests at the same time.", rich_help_panel=_WORK)
]
ModelName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Hub repository, name, tag or path of the model (default: one is proposed).",
        rich_help_panel=_WORK,
    ),
]
Hub: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--hub",
        help="Read headers of the model's repository from its hub: an unknown one, or a build.",
        rich_help_panel=_WORK,
    ),
]
Quant: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--quant", help="Its quantization: bf16, fp8, awq-int4, q4_k_m, ...", rich_help_panel=_WORK
    ),
]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option("--format", help="Its file format: safetensors, gguf.", rich_help_panel=_WORK),
]
Context: TypeAlias = Annotated[
    int,
    typer.Option("--context", metavar="TOKENS", help="Longest request.", rich_help_panel=_WORK),
]
Priority: TypeAlias = Annotated[
    str | None,
    typer.Option("--priority", help="throughput, latency, simplicity, ...", rich_help_panel=_WORK),
]
Need: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--need", help="A feature that is needed. Repeatable.", rich_help_panel=_WORK),
]
Install: TypeAlias = Annotated[
    str | None, typer.Option("--install", help="pip, docker or native.", rich_help_panel=_WORK)
]
Offline: TypeAlias = Annotated[
    bool, typer.Option("--offline", help="No network where it runs.", rich_help_panel=_WORK)
]
Region: TypeAlias = Annotated[
    str | None, typer.Option("--region", help="CN for mainland China.", rich_help_panel=_WORK)
]
Lifecycle: TypeAlias = Annotated[
    str | None, typer.Option("--lifecycle", help="new or existing.", rich_help_panel=_WORK)
]
Allow: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        help="Also propose: plugin, source, experimental, wsl2. Repeatable.",
        rich_help_panel=_WORK,
    ),
]
NvidiaOnly: TypeAlias = Annotated[
    bool,
    typer.Option("--nvidia-only", help="It will only ever run on NVIDIA.", rich_help_panel=_WORK),
]
Orchestrator: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--orchestrator", help="What starts it: kubernetes, ray, slurm.", rich_help_panel=_WORK
    ),
]
Managed: TypeAlias = Annotated[
    str | None,
    typer.Option("--managed", help="The service that runs it: sagemaker.", rich_help_panel=_WORK),
]
Rules: TypeAlias = Annotated[
    str,
    typer.Option(
        "--rules",
        help="current, or article: its table and list, and what hardware makes impossible.",
        rich_help_panel=_WORK,
    ),
]
Include: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        help="Also rank: challengers, or one of them by name. Repeatable.",
        rich_help_panel=_WORK,
    ),
]
Frameworks: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--framework",
        metavar="NAME",
        help="Try only this one, a challenger too. Repeatable.",
        rich_help_panel=_WORK,
    ),
]
Lang: TypeAlias = Annotated[
    str | None, typer.Option("--lang", help="en or zh.", rich_help_panel=_OUTPUT)
]
Output: TypeAlias = Annotated[
    str,
    typer.Option(
        "--output", "-o", help="table, json, yaml, csv, markdown or name.", rich_help_panel=_OUTPUT
    ),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Short for -o json.", rich_help_panel=_OUTPUT)
]
Verbose: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Every reason with its points, layer, source and date.",
        rich_help_panel=_OUTPUT,
    ),
]
