"""Iluvatar CoreX: ixsmi, whose forms are those of nvidia-smi."""

import re
from dataclasses import replace

from recommender.probe import asking
from recommender.probe.answers import version
from recommender.probe.asking import Tool
from recommender.probe.bounds import bounded
from recommender.probe.context import Context, Findings, Read
from recommender.probe.smi_forms import cards, untabled

_TOOL = Tool(
    vendor="iluvatar",
    label="Iluvatar",
    program="ixsmi",
    rules="probe.iluvatar",
    nodes=r"iluvatar\d+",
    places=("usr/local/corex/bin/ixsmi", "usr/bin/ixsmi"),
    libraries=("usr/local/corex/lib64", "usr/local/corex/lib"),
    variables=("CUDA_VISIBLE_DEVICES",),
    install="Install the Iluvatar driver and the CoreX toolkit, and load the driver (sudo modprobe "
    "iluvatar).",
    start="Start a container with --device=/dev/iluvatar0 (one for each device).",
    grant="Make the devices readable and writable (sudo chmod a+rw /dev/iluvatar*).",
)
_VERSIONS = {
    "versions.iluvatar-driver": re.compile(r"Driver Version\s*:\s*(\S+)"),
    "versions.ixsmi": re.compile(r"IX-ML\s*:\s*(\S+)"),
}
# The toolkit lies behind a link: /usr/local/corex -> corex-4.1.0.
_COREX = re.compile(r"corex-(\d[\w.]*)")


def probe(context: Context) -> Findings:
    """All devices that ixsmi shows."""
    found = asking.read(context, _TOOL, understood)
    corex = version(_COREX, context.files.link("usr/local/corex") or "")
    software: dict[str, Read] = {}
    if corex:
        software["versions.corex"] = (corex, "/usr/local/corex")
    return replace(found, software={**software, **found.software})


def understood(text: str) -> Findings:
    """What ixsmi printed in any of its forms, or why it could not tell anything."""
    text = bounded(text)
    shown = tuple(cards(text))
    devices = tuple(card.told("ixsmi", card.label) for card in shown) or untabled(text, "ixsmi")
    if not devices:
        return Findings(problems=asking.complaint(_TOOL, text))
    versions = {name: version(pattern, text) for name, pattern in _VERSIONS.items()}
    software = {name: (known, "ixsmi") for name, known in versions.items() if known}
    found = asking.told(_TOOL, *devices, software=software)
    broken = [card.told("ixsmi", card.label) for card in shown if card.broken]
    more = (asking.unhealthy(_TOOL, one, "broken (ERR!)") for one in broken)
    return replace(found, problems=(*found.problems, *more))
