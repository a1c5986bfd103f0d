"""The files of a plan, on standard output or in a folder."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.cli import files, output
from recommender.errors import InputError, printable, visible
from recommender.facts.fleet import Fleet
from recommender.knowledge import load
from recommender.targets.registry import target
from recommender.words import Words

if TYPE_CHECKING:
    from recommender.facts.gateway import Gateway
    from recommender.planning.manifests import File

_JOINED = ".yaml"


def check(into: str | None, wished: str | None, *, planned: bool, force: bool) -> None:
    """That files are asked for in a way that has a meaning.

    Raises:
        InputError: it has none.
    """
    if wished is not None:
        target(wished)
    if (into or wished) and not planned:
        message = "--target and --into write the files of a plan; add --workloads FILE or --plan"
        raise InputError(message)
    if force and not into:
        message = "--force overwrites the files of --into; name its folder"
        raise InputError(message)
    if into and Path(into).exists() and not Path(into).is_dir():
        message = f"--into '{printable(into)}' is no folder; name one, which may be new"
        raise InputError(message)


def write(found: Fleet, into: str | None, wished: str | None, words: Words, *, force: bool) -> None:
    """Write every file, and say on standard error which servers have none.

    Raises:
        InputError: they cannot be written, or not to one stream.
    """
    from recommender.planning.front import front
    from recommender.planning.manifests import File
    from recommender.planning.manifests import files as files_of

    every = list(files_of(found, wished, words))
    made = [one for one in every if isinstance(one, File)]
    for one in every:
        if not isinstance(one, File):
            said = words.key("plan.unwritten", name=one.demand, pool=one.pool + 1, why=one.why)
            sys.stderr.write(f"{visible(said)}\n")
    before = front(made, words)
    if into is None:
        _joined(made, before, words)
    else:
        _saved(made, before, Path(into), words, force=force)


def _joined(made: Sequence["File"], gateway: "Gateway | None", words: Words) -> None:
    """All in one stream, where their form has a mark between documents.

    What stands before servers inside of a cluster is a manifest as they are.
    """
    forms = {target(one.target).suffix for one in made}
    if len(made) > 1 and forms != {_JOINED}:
        message = f"the plan has {len(made)} files; name a folder for them by --into DIR"
        raise InputError(message)
    for one in made:
        output.write(_text(one, words).removesuffix("\n"))
    if gateway and gateway.file and any(target(one.target).devices for one in made):
        output.write(f"---\n{gateway.file}".removesuffix("\n"))


def _saved(
    made: Sequence["File"], gateway: "Gateway | None", into: Path, words: Words, *, force: bool
) -> None:
    texts = {one.name: _text(one, words) for one in made}
    if gateway and gateway.file and gateway.file_name:
        texts[gateway.file_name] = gateway.file
    _check(texts, into, force=force)
    into.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = str(into / name)
        files.save(path, files.named(text, path), force=force, mark=name.endswith(".ps1"))
    for one in made:
        output.write(visible(_told(one, into, words)))
    if gateway:
        _front(gateway, words)


def _check(texts: dict[str, str], into: Path, *, force: bool) -> None:
    """All or none: one that is there stops the others, too."""
    there = [name for name in texts if (into / name).exists()]
    if there and not force:
        message = f"{printable(str(into / there[0]))} exists; --force overwrites such files"
        raise InputError(message)


def _text(one: "File", words: Words) -> str:
    return load().translator.file(one.text) if words.lang == "zh" else one.text


def _told(one: "File", into: Path, words: Words) -> str:
    path = into / one.name
    if one.nodes:
        return words.key("plan.file-on", file=path, nodes=", ".join(one.nodes))
    if one.times > 1:
        return words.key("plan.file-times", file=path, count=one.times)
    return words.key("plan.file", file=path)


def _front(gateway: "Gateway", words: Words) -> None:
    """The lines that start what stands before the servers."""
    why = words.key("fleet.between").join(gateway.reasons)
    output.write("")
    output.write(visible(words.key("plan.gateway", name=gateway.name, why=why)))
    for line in (*gateway.install, *gateway.serve, *gateway.check):
        output.write(visible(f"  {line}"))
    for note in gateway.notes:
        output.write(visible(f"! {note}"))
