"""``llmpick probe``: what this machine is."""

from typing import Annotated

import typer

from recommender.cli import inputs, options, output
from recommender.errors import InputError, printable, visible
from recommender.facts import Machine

LESS_THAN_REQUIRED = 4
_ANY = "accelerator"
_MOST = 100_000
# Of a host (RFC 1035).
_LONGEST_NAME = 253

Evidence = Annotated[bool, typer.Option("--evidence")]
Require = Annotated[list[str] | None, typer.Option("--require", metavar="VENDOR[:COUNT]")]
Node = Annotated[str | None, typer.Option("--node", metavar="NAME")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("probe")(probe)


def probe(
    evidence: Evidence = False,
    require: Require = None,
    node: Node = None,
    knowledge: options.KnowledgeFolder = None,
    lang: options.Lang = None,
    out: options.Output = "table",
    json: options.Json = False,
) -> None:
    """Show what this machine is: system, processors, memory, accelerators, drivers, software.

    Needs no root, writes nothing, uses no network.
    """
    del knowledge  # its callback has named the folder
    form = output.chosen(out, json=json)
    language = inputs.language(lang)
    wanted = [_requirement(text) for text in require or ()]
    from recommender.probe import probe as look

    found = look(evidence=evidence, node=node is not None)
    if node is not None:
        from recommender.probe.outside import of_node

        found = of_node(found, _name(node))
    if not output.written(found, form):
        _show(found, form, language)
    _check(found, wanted, language)


def _name(node: str) -> str:
    if not node or visible(node) != node or len(node) > _LONGEST_NAME:
        message = (
            f"--node '{printable(node)}' is no name of a node: give its own, without spaces around"
        )
        raise InputError(message)
    return node


def _show(found: Machine, form: str, language: str) -> None:
    from recommender.knowledge import load

    words = load().speak(language)
    if form == "name":
        for device in found.accelerators:
            output.write(printable(device.name or device.pci_id or words.key("value.unknown")))
        return
    from recommender.render import machine

    machine.show(found, words, output.console())
    machine.evidence(found, words, output.console())
    from recommender.cli.next_step import suggest

    suggest(words, ("recommend",), ("doctor",))


def _requirement(text: str) -> tuple[str, int]:
    from recommender.devices.spelling import BRANDS
    from recommender.knowledge import load

    word, colon, count = text.strip().casefold().partition(":")
    vendors = (_ANY, *load().document["devices"]["vendors"])
    vendor = inputs.one_of("--require", BRANDS.get(word, word) or text, vendors)
    if not colon:
        return vendor, 1
    if not count.isdecimal() or not 1 <= int(count[:9]) <= _MOST:
        message = (
            f"--require '{printable(text)}': after the colon stands a number from 1 to {_MOST}"
        )
        raise InputError(message)
    return vendor, int(count)


def _check(found: Machine, wanted: list[tuple[str, int]], language: str) -> None:
    """End with code 4 where a requirement is not met, after the result was written."""
    missing = [
        f"{count} x {vendor} required, {there} usable found"
        for vendor, count in wanted
        if (there := _usable(found, vendor)) < count
    ]
    if not missing:
        return
    from recommender.knowledge import load

    words = load().speak(language)
    for line in missing:
        typer.echo(f"llmpick: {words.said(line)}", err=True)
    raise typer.Exit(LESS_THAN_REQUIRED)


def _usable(found: Machine, vendor: str) -> int:
    return sum(not d.unusable and vendor in (_ANY, d.vendor) for d in found.accelerators)
