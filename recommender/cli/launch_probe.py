"""``llmpick launch probe``: the probe on every machine, in place of a server on one."""

from collections.abc import Callable, Mapping

from recommender.cli import files, inputs, output
from recommender.cli.asking import Asked, described
from recommender.errors import InputError, printable
from recommender.knowledge import load

WORD = "probe"


def deliver(
    asked: Asked,
    target: str | None,
    image: str | None,
    file: str | None,
    *,
    force: bool,
    mixed: bool,
) -> None:
    """Print what runs the probe, or write it to a file.

    Raises:
        InputError: there is no such way, or an option has no use here.
    """
    writers = _writers(image)
    name = (target or "shell").strip().casefold()
    if name not in writers:
        ways = ", ".join(writers)
        message = (
            f"--target '{printable(name)}' cannot run the probe on every machine; "
            f"it is one of {ways}"
        )
        raise InputError(message)
    if mixed or described(asked) or asked.model:
        message = (
            "launch probe asks every machine what it is; it takes --target, --image, -o, --force "
            "and --lang alone"
        )
        raise InputError(message)
    if image and name != "kubernetes":
        message = "--image is for --target kubernetes, the only one here that starts a container"
        raise InputError(message)
    text = writers[name]()
    if inputs.language(asked.lang) == "zh":
        text = load().translator.file(text)
    if file is None or file == "-":
        output.write(text.removesuffix("\n"))
    else:
        files.save(file, files.named(text, file), force=force)


def _writers(image: str | None) -> Mapping[str, Callable[[], str]]:
    from recommender.targets import probing, probing_scripts

    return {
        "kubernetes": lambda: probing.kubernetes(load().kubernetes, _image(image)),
        "slurm": probing_scripts.slurm,
        "shell": probing_scripts.shell,
    }


def _image(image: str | None) -> str | None:
    from recommender.cli import opened
    from recommender.targets.registry import TARGETS

    return opened.image(image, TARGETS["kubernetes"], None)
