"""How a server is shown some of a machine's devices, where it would take all of them."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun
from recommender.facts.plan import Hardware


@noun
class Visible:
    """The variable by which one vendor's runtime hides the other devices.

    ``variable`` holds the numbers of the devices with commas between, ``sets`` what makes these
    numbers mean the same everywhere. ``series`` and ``platforms`` are those that read it, empty
    for all. It works for ``programs`` of the machine, in ``containers``, or in both; ``slices``
    says that a slice of a device has a name of its own there.
    """

    vendor: str
    variable: str
    series: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    programs: bool = False
    containers: bool = False
    slices: bool = False
    source: str
    checked: str

    def holds(self, hardware: Hardware, platform: str) -> bool:
        """Whether the devices of this machine read it, on this platform."""
        return (
            self.vendor == hardware.vendor
            and (not self.series or hardware.series in self.series)
            and (not self.platforms or platform in self.platforms)
        )
