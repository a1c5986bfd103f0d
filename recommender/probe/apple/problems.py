"""What keeps programs on a Mac from using its GPU, or this one from reading it."""

from collections.abc import Iterator, Mapping

from recommender.facts.machine import Accelerator, Problem
from recommender.probe import sysctl

SILENT = Problem(
    what="system_profiler did not tell the GPUs of this Mac.",
    fix="Run it by hand: /usr/sbin/system_profiler -json SPDisplaysDataType",
    rule="probe.apple.silent",
)
NO_FIGURES = Problem(
    what="The system's own figures (sysctl) could not be read.",
    fix="Run /usr/sbin/sysctl hw.memsize by hand; a sandbox may forbid it.",
    rule="probe.apple.sysctl",
)


def translated(values: Mapping[str, str]) -> Iterator[Problem]:
    """A Python for Intel on an Apple chip, by the figures of sysctl."""
    if sysctl.number(values, "sysctl.proc_translated"):
        yield Problem(
            what="This Python is built for Intel and is translated by Rosetta: frameworks that it "
            "installs are for Intel too, and do not use the GPU.",
            fix="Install a Python for Apple silicon (arch -arm64 brew install python), and llmpick "
            "with it.",
            rule="probe.apple.rosetta",
        )


def without_metal(gpu: Accelerator) -> Iterator[Problem]:
    """A GPU that is there but that Metal does not offer."""
    if gpu.usable_gib == 0:
        yield Problem(
            what="Metal offers no GPU to this process.",
            fix="Run outside of the virtual machine or the sandbox, or let it have the GPU.",
            rule="probe.apple.no-metal",
        )
