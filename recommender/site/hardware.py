"""Devices of a site: new ones, and other names and figures for those that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from recommender.devices import spelling
from recommender.devices.catalogue import Spec
from recommender.errors import nearest, printable
from recommender.site.checks import Findings
from recommender.site.rows import fields_of
from recommender.site.tree import Node

_KEYS = frozenset(field.name for field in fields(Spec)) - {"source"} | {"like"}
# What a row has for itself alone.
_OWN = frozenset(("name", "aliases", "common", "source", "note"))
# Between the devices of a list that somebody types.
_SEPARATORS = ",;、:"


def accelerators(
    nodes: Sequence[Node], installed: Sequence[Mapping[str, Any]], findings: Findings
) -> tuple[dict[str, Any], ...]:
    """The rows of a site, each whole: what is left out is taken from the row that it stands for."""
    known = {str(row["name"]).casefold(): row for row in installed}
    vendors = sorted({str(row["vendor"]) for row in installed})
    made: dict[str, dict[str, Any]] = {}
    for node in nodes:
        row = _row(node, known, vendors, findings)
        if row is None:
            continue
        if row["name"] in made:
            findings.add(node, f"'{printable(row['name'])}' stands twice among the accelerators")
        made[row["name"]] = row
    return tuple(made.values())


def _row(
    node: Node, known: Mapping[str, Mapping[str, Any]], vendors: Sequence[str], findings: Findings
) -> dict[str, Any] | None:
    given = findings.mapping(node, _KEYS)
    if "name" not in given:
        findings.add(node, "name is missing: what people type, or how the driver calls the device")
        return None
    own = fields_of(Spec, given, findings)
    if "name" not in own:
        return None
    _check_names(given, own, findings)
    if "vendor" in given:
        findings.one_of(given["vendor"], vendors)
    base = _base(given, own, known, findings)
    if "vendor" not in {**base, **own}:
        hint = nearest(own["name"], [str(row["name"]) for row in known.values()])
        findings.add(node, f"vendor is missing: llmpick knows no device of this name{hint}")
        return None
    same = known.get(own["name"].casefold(), {})
    aliases = [*same.get("aliases", ()), *own.get("aliases", ())]
    name = same.get("name", own["name"])
    common = {} if same else {"common": True}
    return {**base, **common, **own, "name": name, "aliases": aliases, "source": node.place}


def _base(
    given: Mapping[str, Node],
    own: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    findings: Findings,
) -> Mapping[str, Any]:
    """The row that it changes, or that it is like."""
    if "like" not in given:
        return known.get(own["name"].casefold(), {})
    like = findings.text(given["like"])
    if like is None:
        return {}
    if like.casefold() not in known:
        hint = nearest(like, [str(row["name"]) for row in known.values()])
        what = f"there is no row '{printable(like)}' among the devices of llmpick{hint}"
        findings.add(given["like"], what)
        return {}
    row = known[like.casefold()]
    return {key: value for key, value in row.items() if key not in _OWN}


def _check_names(given: Mapping[str, Node], own: Mapping[str, Any], findings: Findings) -> None:
    for name in (own["name"], *own.get("aliases", ())):
        plain, _ = spelling.take_size(spelling.normal(name))
        telling = frozenset(spelling.words(plain)) - spelling.BRANDS.keys()
        if not telling or any(mark in name for mark in _SEPARATORS):
            what = (
                f"'{printable(name)}' is no name of a device; take a word of its own, without , ; :"
            )
            findings.add(given["name"], what)
