"""How long a server takes until it answers, and how it is asked."""

from math import ceil

from recommender.facts.command import Command
from recommender.facts.plan import Plan

_SLOW_LINE = 100e6
"""Bits per second of the slowest line on which a download is still waited for (an assumption: a
server that is ready earlier counts as ready at once, so that a low value costs nothing)."""
_LOADING = 15 * 60
"""Seconds for the image and for loading and compiling, the value that podman-systemd.unit(5)
gives for a pull alone; vLLM compiles within the same time."""
UNKNOWN_GIB = 100
"""GiB of weights where their size is not known: most models of the catalogue are smaller."""
_MINUTE = 60
_BITS_OF_A_GIB = 8 * 2**30
_PYTHON = (
    "import sys, urllib.request as u; "
    "u.build_opener(u.ProxyHandler({})).open(sys.argv[1], timeout=5)"
)


def start_seconds(plan: Plan) -> int:
    """Seconds that the first start may take, download included, in whole minutes."""
    weights = UNKNOWN_GIB if plan.weights_gib is None else plan.weights_gib
    download = weights * _BITS_OF_A_GIB / _SLOW_LINE
    return _LOADING + ceil(download / _MINUTE) * _MINUTE


def address(plan: Plan) -> str:
    """Where the server answers once it is ready, seen from its own network.

    It may hold a variable, where the server is bound to an address that only its machine knows.
    """
    box = plan.server.container
    port = box.ports[0].container if box and box.ports else plan.port
    return f"http://{plan.address}:{port}{plan.ready}"


def asking(plan: Plan) -> Command:
    """The command of the machine itself that succeeds once the server is ready."""
    return Command(argv=("curl", "-fsS", "--noproxy", "*", "-o", "/dev/null", address(plan)))


def question(plan: Plan) -> tuple[str, ...]:
    """The words that succeed inside the container once the server is ready; none if unknown."""
    url = address(plan)
    asked = {
        "curl": ("curl", "-fsS", "--noproxy", "*", "-o", "/dev/null", url),
        "python3": ("python3", "-c", _PYTHON, url),
        "ollama": ("ollama", "list"),
    }
    return asked.get(plan.client or "", ())
