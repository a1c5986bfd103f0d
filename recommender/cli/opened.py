"""What is wanted of the server beside the work, checked as it was typed."""

import re

from recommender.errors import InputError, printable, visible
from recommender.launch.image import is_reference
from recommender.targets.registry import TARGETS, Target

_PORTS = range(1, 65536)
_LONGEST_NAME = 63
_PROGRAMS = ("pip", "native")


def port(port: int | None) -> int | None:
    """A port that there is."""
    if port is not None and port not in _PORTS:
        message = f"--port {port} is out of range; it is 1 to {_PORTS[-1]}"
        raise InputError(message)
    return port


def name(name: str | None) -> str | None:
    """A DNS label (RFC 1123), which every target takes."""
    if name is None:
        return None
    plain = name.replace("-", "a")
    label = plain.isascii() and plain.isalnum() and name == name.casefold()
    if not label or len(name) > _LONGEST_NAME or name[0] == "-" or name[-1] == "-":
        message = (
            f"--name '{printable(name)}' is no DNS label: lower-case letters, digits and -, "
            f"at most {_LONGEST_NAME}"
        )
        raise InputError(message)
    return name


def served_name(name: str | None) -> str | None:
    """A name for the API that is no option and can be seen."""
    if name is not None and (not name.strip() or visible(name) != name):
        message = f"--served-name '{printable(name)}' is empty or holds invisible characters"
        raise InputError(message)
    if name is not None and name.startswith("-"):
        message = f"--served-name '{printable(name)}' begins with -, as options do; leave it out"
        raise InputError(message)
    return name


def version(version: str | None) -> str | None:
    """A version, as far as its form tells."""
    if version is not None and not re.fullmatch(r"v?b?\d[\w.+-]{0,40}", version):
        message = f"--for-version '{printable(version)}' is no version; write it like 0.32.0"
        raise InputError(message)
    return version


def image(image: str | None, chosen: Target, install: str | None) -> str | None:
    """The name of an image, where the target starts one."""
    if image is None:
        return None
    if not is_reference(image):
        message = (
            f"--image '{printable(image)}' is no name of an image; write it like "
            "registry.example.org/team/name:tag, in lower-case letters"
        )
        raise InputError(message)
    if not chosen.boxes:
        names = ", ".join(name for name, item in TARGETS.items() if item.boxes)
        message = (
            f"--image has no use with --target {chosen.name}, which starts no container; "
            f"take one of {names}"
        )
        raise InputError(message)
    if install in _PROGRAMS:
        message = f"--image is for a container, and --install {install} starts none; leave out one"
        raise InputError(message)
    return image
