"""The GPUs of a Windows computer: by the registry, else by what PowerShell tells of them."""

from collections.abc import Iterable
from dataclasses import replace

from recommender.probe.context import Context, Findings, Read
from recommender.probe.windows import registry
from recommender.probe.windows.adapters import Adapter, adapter, part, problems
from recommender.probe.windows.texts import Record, records

__all__ = ["probe", "understood"]

_POWERSHELL = "Windows/System32/WindowsPowerShell/v1.0/powershell.exe"
_WMI = "Win32_VideoController"
_PROPERTIES = (
    *("Name", "AdapterCompatibility", "PNPDeviceID", "DriverVersion", "AdapterRAM"),
    "ConfigManagerErrorCode",
)
_QUESTION = (
    *("-NoProfile", "-NonInteractive", "-Command"),
    f"Get-CimInstance {_WMI} | Select-Object {','.join(_PROPERTIES)} | ConvertTo-Json",
)
_VERSIONS = {"nvidia": "nvidia_driver"}


def probe(context: Context) -> Findings:
    """The GPUs, without NVIDIA's where its own library is there: that one knows them better."""
    if not context.live:
        return Findings()
    from recommender.probe import signs, winhost

    found, source = registry.adapters(), registry.SOURCE
    if not found:
        found, source = list(_asked(context)), _WMI
    told_by_others = {"nvidia"} & set(signs.seen(context))
    gpus = [gpu for gpu in map(adapter, found) if gpu and gpu.vendor not in told_by_others]
    told = _findings(gpus, source)
    return replace(told, problems=(*told.problems, *winhost.emulated()))


def understood(text: str) -> Findings:
    """GPUs in what wmic, PowerShell, reg or dxdiag printed about the display adapters."""
    return _findings([gpu for gpu in map(adapter, records(text)) if gpu], _WMI)


def _asked(context: Context) -> Iterable[Record]:
    from recommender.probe import tools

    program = tools.find(context, "powershell", _POWERSHELL)
    return records(tools.ask(context, program, _QUESTION)[0] or "")


def _findings(gpus: list[Adapter], source: str) -> Findings:
    software: dict[str, Read] = {}
    for gpu in gpus:
        if gpu.driver_version:
            name = _VERSIONS.get(gpu.vendor, f"versions.{gpu.vendor}-driver")
            software.setdefault(name, (gpu.driver_version, source))
    return Findings(
        devices=tuple(part(gpu, source) for gpu in gpus),
        software=software,
        problems=tuple(problem for gpu in gpus for problem in problems(gpu)),
    )
