"""Versions of driver, firmware and CANN in the ``key=value`` files that their installers leave."""

import re
from collections.abc import Iterator, Mapping

from recommender.probe.context import Context, Read
from recommender.probe.files import Files, clean

INSTALL = "etc/ascend_install.info"
_HOME = "usr/local/Ascend"
_FIRST_WINS = ("ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH")
# CANN's folders below its home: 8.5 and later, earlier toolkits, inference and training engines.
_CANN = ("cann", "ascend-toolkit/latest", "nnrt/latest", "nnae/latest")
_INSTALLED = re.compile(r"ascend_(toolkit|nnrt|nnae)_install\.info")
_PACKAGES = tuple(
    f"{folder}/version.info" for folder in ("share/info/runtime", "runtime", "compiler", "opp")
)
# Which file a text is, by a key of its own -> what it tells, by keys; the first that is there.
# ``Version`` of a package of CANN 8.2 and before is a number of its own: its folder has CANN's.
_TEXTS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("ascendhal_version", "versions.ascend-driver", ("package_version", "Version"), "the driver"),
    ("compatible_version_drv", "versions.ascend-firmware", ("Version",), "the firmware"),
    ("version_dir", "cann", ("version_dir", "Version"), "CANN"),
)
_TITLE = re.compile(r"npu-smi\s+(\d[\w.+-]*).*?\bVersion:\s*(\d[\w.+-]*)", re.ASCII)
_TOOL = re.compile(r"npu-smi version\s*:\s*(\d[\w.+-]*)", re.ASCII | re.IGNORECASE)


def libraries(context: Context) -> dict[str, str]:
    """Where npu-smi finds the driver's libraries: login shells are told, services are not."""
    home = _folder(context.files, "Driver")
    folders = (f"{home}/lib64{name}" for name in ("", "/common", "/driver"))
    there = [context.files.path(folder) for folder in folders if context.files.exists(folder)]
    known = context.env.get("LD_LIBRARY_PATH")
    every = ":".join([*([known] if known else []), *there])
    return {"LD_LIBRARY_PATH": every} if every else {}


def installed(context: Context) -> dict[str, Read]:
    """What is installed, by Software's names; the environment decides which CANN is meant."""
    files = context.files
    driver, firmware = (f"{_folder(files, name)}/version.info" for name in ("Driver", "Firmware"))
    cann = next(_cann(context), None)
    told = {
        "versions.ascend-driver": _version(files, driver, "package_version", "Version"),
        "versions.ascend-firmware": _version(files, firmware, "Version"),
        "versions.cann-arch": _version(files, cann[1], "arch") if cann else None,
        "cann": cann,
    }
    return {name: read for name, read in told.items() if read}


def understood(text: str) -> dict[str, Read]:
    """Versions in a text of one of these files, in npu-smi's table or in its own version."""
    title, tool = _TITLE.search(text), _TOOL.search(text)
    found: dict[str, Read] = {}
    if title:
        found["versions.npu-smi"] = (title[1], "npu-smi info")
        found["versions.ascend-driver"] = (title[2], "npu-smi info")
    elif tool:
        found["versions.npu-smi"] = (tool[1], "npu-smi -v")
    return {**found, **_of_file(pairs(text))}


def pairs(text: str) -> dict[str, str]:
    """The ``key=value`` lines of a text."""
    split = (line.partition("=") for line in text.splitlines())
    return {key.strip(): clean(value) for key, equals, value in split if equals}


def _folder(files: Files, name: str) -> str:
    """Where the installer put Driver or Firmware: it may be told another place."""
    install = pairs(files.text(INSTALL) or "")
    return f"{install.get(f'{name}_Install_Path_Param') or _HOME}/{name.lower()}"


def _of_file(told: Mapping[str, str]) -> dict[str, Read]:
    if told.get("package_name", "").startswith("Ascend-cann") and told.get("version"):
        return {"cann": (told["version"], "ascend_toolkit_install.info")}
    for sign, name, keys, owner in _TEXTS:
        version = next((told[key] for key in keys if told.get(key)), None)
        if sign in told and version:
            return {name: (version, f"version.info of {owner}")}
    return {}


def _cann(context: Context) -> Iterator[Read]:
    """The version of each CANN that can be found, the one in use first."""
    for home in _homes(context):
        folders = [
            home,
            *(f"{home}/{name}" for name in context.files.names(home) if name.endswith("-linux")),
        ]
        for folder in folders:
            for name in filter(_INSTALLED.fullmatch, context.files.names(folder)):
                yield from _told(context.files, f"{folder}/{name}", "version")
        for package in _PACKAGES:
            yield from _told(context.files, f"{home}/{package}", "version_dir", "Version")


def _homes(context: Context) -> Iterator[str]:
    yield from filter(None, (context.env.get(name) for name in _FIRST_WINS))
    own = context.env.get("HOME", "")
    for root in (_HOME, f"{own}/Ascend"):
        yield from (f"{root}/{name}" for name in _CANN)
        kept = [name for name in context.files.names(root) if name.startswith("cann-")]
        yield from (f"{root}/{name}" for name in sorted(kept, key=_numbers, reverse=True))


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", name)]


def _told(files: Files, name: str, *keys: str) -> Iterator[Read]:
    read = _version(files, name, *keys)
    if read:
        yield read


def _version(files: Files, name: str, *keys: str) -> Read | None:
    told = pairs(files.text(name) or "")
    version = next((told[key] for key in keys if told.get(key)), None)
    return (version, f"/{name.lstrip('/')}") if version else None
