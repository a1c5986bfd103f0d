"""Names in a command that only the machine knows where it runs: ``HEAD_IP``, ``NODE_RANK``.

Inside a plan such a name stands between two NUL characters, which no word of a command can hold,
so that what a user typed is never taken for one.
"""

import re
from collections.abc import Callable

NAMES = (
    "SERVER_KEY",
    "HEAD_IP",
    "LORA_NAME",
    "LORA_PATH",
    "MIG_DEVICE",
    "NIC_NAME",
    "NODE_RANK",
    "OWN_IP",
    "SUPERVISOR_IP",
    "WORKER_IP",
    "WORKER_IPS",
    "WORKER_SLOTS",
)
ADAPTER = frozenset(("LORA_NAME", "LORA_PATH"))
"""Those of a LoRA adapter, which the user alone knows."""
KEY = "LLMPICK_API_KEY"
"""Where a key is read from that has to stand in the server's own command."""
_IN_TEMPLATE = re.compile(rf"(?<![A-Z_])({'|'.join(NAMES)})(?![A-Z_])")
_MARKED = re.compile("\0([A-Z_]+)\0")


def mark(template: str) -> str:
    """A line of knowledge with its variables marked; done before any value is put in."""
    return _IN_TEMPLATE.sub("\0\\1\0", template)


def marked(name: str) -> str:
    """The variable of this name as it stands in a word."""
    return f"\0{name}\0"


def exported(name: str) -> str:
    """The variable of the environment that holds what a name stands for."""
    return KEY if name == "SERVER_KEY" else name


def plain(word: str) -> str:
    """A word with bare names, as people read it and replace them by hand."""
    return word.replace("\0", "")


def variables(word: str) -> tuple[str, ...]:
    """The names of the variables in a word, in order."""
    return tuple(_MARKED.findall(word))


def written(word: str, text: Callable[[str], str], variable: Callable[[str], str]) -> str:
    """A word whose text and whose variables are each written in the way of a target.

    Args:
        word: a word of a plan.
        text: writes what stands between variables; never called with an empty text.
        variable: writes the variable of this name.
    """
    pieces = _MARKED.split(word)
    return "".join(
        variable(piece) if at % 2 else text(piece) if piece else ""
        for at, piece in enumerate(pieces)
    )
