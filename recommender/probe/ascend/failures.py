"""Why npu-smi tells of no chip: told apart by what it prints and by the device nodes."""

import re
from collections.abc import Sequence

from recommender.facts.machine import Problem
from recommender.probe.ascend import nodes, versions
from recommender.probe.context import Context
from recommender.probe.files import clean

# "dcmi module initialize failed. ret is -8005"; for a device in use the driver says "model".
_DCMI = re.compile(
    r"(?:dcmi mod\w+ initialized? failed|npu get board type failed).*?ret is\s*(-?\d+)",
    re.IGNORECASE,
)
# Source of the number: DCMI_ERR_CODE_RESOURCE_OCCUPIED in the driver's interface.
_OCCUPIED = "-8020"
_LIBRARY = re.compile(r"loading shared libraries:\s*([\w.+-]+)")
_NO_CARD = "There is no NPU card"
_INCOMPLETE = "driver package may not be completely installed"

_RULE = "probe.ascend.driver"
_REBOOT = "after an upgrade of driver or firmware, reboot"
_GROUP = "HwHiAiUser"
_MOUNTS = " ".join(
    f"-v {path}:{path}"
    for path in ("/usr/local/bin/npu-smi", "/usr/local/dcmi", "/usr/local/Ascend/driver")
)
_DEVICES = " ".join(
    f"--device /dev/{name}" for name in ("davinci0", "davinci_manager", "devmm_svm", "hisi_hdc")
)


def said(text: str) -> tuple[Problem, ...]:
    """What npu-smi complains of, as far as its words alone tell."""
    code = _DCMI.search(text)
    library = _LIBRARY.search(text)
    known = (
        (library and _library(library[1])),
        (code and _refused(code[1])),
        (_NO_CARD in text and _no_card()),
    )
    return tuple(problem for problem in known if problem)[:1]


def warned(text: str) -> tuple[Problem, ...]:
    """What npu-smi says below a good answer."""
    if _INCOMPLETE not in text:
        return ()
    return (
        Problem(
            what="The Ascend driver says that its package is not completely installed.",
            fix="Install the driver package again (--full), then reboot.",
            rule="probe.ascend.install",
        ),
    )


def explained(
    context: Context, program: str | None, answers: Sequence[str | None]
) -> tuple[Problem, ...]:
    """Why no chip is told on this host: one problem, the most certain one."""
    if not context.live:
        return ()
    if program is None:
        return (_no_tool(context),)
    told = [answer for answer in answers if answer]
    if not told:
        return (_silent(),)
    problem = next(iter(said("\n".join(told))), None)
    if problem and problem.rule != _RULE:
        return (problem,)
    return (_by_nodes(context) or problem or _unknown(told[0]),)


def not_offered(bus_id: str) -> Problem:
    """A device on the bus, held by the driver, that the driver does not count."""
    return Problem(
        what=f"The Ascend driver holds the NPU at {bus_id}, but npu-smi does not list it; "
        "it cannot be used.",
        fix="Look for errors of it in the kernel log (sudo dmesg); a reboot may help.",
        rule="probe.ascend.not-offered",
    )


def _by_nodes(context: Context) -> Problem | None:
    absent, closed = nodes.missing(context.files), nodes.denied(context.files)
    if absent and context.contained:
        return Problem(
            what=f"This container was started without Ascend's {_named(absent)}.",
            fix=f"Start it with its NPUs (docker run {_DEVICES} {_MOUNTS} ...), "
            "or with Ascend Docker Runtime (-e ASCEND_VISIBLE_DEVICES=0).",
            rule=_RULE,
        )
    if absent:
        return Problem(
            what=f"The Ascend driver made no {_named(absent)}: it is not loaded, or not whole.",
            fix="Install the Ascend driver and firmware (--full), then reboot.",
            rule=_RULE,
        )
    return _denied(context, closed) if closed else None


def _denied(context: Context, closed: Sequence[str]) -> Problem:
    install = context.files.text(versions.INSTALL) or ""
    group = clean(versions.pairs(install).get("UserGroup") or _GROUP)
    mend = f"Join the driver's group (sudo usermod -aG {group} $USER), then log in again."
    if context.contained:
        mend = f"Run as root in the container, or give it the host's group {group} (--group-add)."
    what = f"This user may not use Ascend's {_named(closed)}."
    return Problem(what=what, fix=mend, rule=_RULE)


def _refused(code: str) -> Problem:
    if code == _OCCUPIED:
        return Problem(
            what=f"The Ascend NPU is in use by another container (dcmi error {code}).",
            fix="Stop that container, or give this one NPUs that are free (npu-smi info on the "
            "host shows them).",
            rule="probe.ascend.occupied",
        )
    return Problem(
        what=f"npu-smi cannot reach the Ascend driver (dcmi error {code}).",
        fix=f"Do what fits: {_REBOOT}; as another user than root, join the driver's group (sudo "
        f"usermod -aG {_GROUP} $USER) and log in again, or try sudo npu-smi info; in a "
        f"container, start it with {_DEVICES} that no other container has.",
        rule=_RULE,
    )


def _library(name: str) -> Problem:
    return Problem(
        what=f"npu-smi does not find the Ascend driver's library {name}.",
        fix="Install the Ascend driver again (--full); in a container, mount it "
        "(-v /usr/local/Ascend/driver:/usr/local/Ascend/driver).",
        rule="probe.ascend.library",
    )


def _no_card() -> Problem:
    return Problem(
        what="The Ascend driver runs, but offers no NPU.",
        fix="Look for errors of the NPUs in the kernel log (dmesg); in a container, start it with "
        f"its NPUs ({_DEVICES}).",
        rule="probe.ascend.none",
    )


def _no_tool(context: Context) -> Problem:
    if context.contained:
        return Problem(
            what="npu-smi is not in this container, so its Ascend NPUs cannot be read.",
            fix=f"Start the container with the driver's tools ({_MOUNTS}).",
            rule="probe.ascend.tool",
        )
    return Problem(
        what="npu-smi is not installed, so the Ascend NPUs cannot be read.",
        fix="Install the Ascend driver and firmware (--full), reboot, and put the folder of "
        "npu-smi (/usr/local/sbin) on PATH.",
        rule="probe.ascend.tool",
    )


def _silent() -> Problem:
    return Problem(
        what="npu-smi printed nothing: it did not start, or did not end in time.",
        fix=f"Run npu-smi info; if it hangs, {_REBOOT}.",
        rule="probe.ascend.timeout",
    )


def _unknown(text: str) -> Problem:
    line = next((clean(line) for line in text.splitlines() if line.strip()), "")
    return Problem(
        what=f'npu-smi names no NPU; it says "{line}".',
        fix="Run npu-smi info; if it shows NPUs, please report this with its output.",
        rule="probe.ascend.unknown",
    )


def _named(names: Sequence[str]) -> str:
    return "device nodes " + ", ".join(f"/dev/{name}" for name in names)
