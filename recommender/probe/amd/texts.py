"""Whatever AMD's tools printed, told apart by what it looks like."""

import re
from dataclasses import replace

from recommender.probe.amd import amd_smi, problems
from recommender.probe.context import Findings
from recommender.probe.rocm import agents, log
from recommender.probe.rocm.maker import Maker

MAKER = Maker(word="amd", pci_vendor="1002", tool="rocm-smi", driver="amdgpu")
# Hygon's tools print the same in other words.
_OTHERS = re.compile(r"\b[DH]CU(?:\s*\[\d|\s+Temp|\s+use)|Hygon|Haiguang|C-3000 IC", re.IGNORECASE)
# Marks of a quotation or a comment before a line.
_QUOTED = re.compile(r"^[ \t]*[>#]+ ?", re.MULTILINE)


def understood(text: str) -> Findings:
    """Devices, links, versions and failures in the output of amd-smi, rocm-smi or rocminfo.

    Args:
        text: what a tool of any release printed, perhaps cut or with warnings around it.

    """
    if _OTHERS.search(text):
        return Findings()
    plain = _QUOTED.sub("", text)
    readings = (amd_smi.read(plain), agents.read(plain, MAKER), log.read(plain, MAKER))
    software = {name: read for reading in readings for name, read in reading.software.items()}
    for reading in readings:
        if reading.devices:
            return replace(reading, software={**software, **reading.software})
    return Findings(software=software, problems=problems.complaint(text))
