"""The facts of packages that a release changes, and the files of knowledge with them in place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recommender.errors import InputError
from recommender.facts.noun import noun
from recommender.facts.refresh import FactChange, Wheel
from recommender.harvest.editing import Editing
from recommender.harvest.release import Metadata
from recommender.knowledge_source import read_yaml
from recommender.versions import rank


@noun
class Release:
    """A release as far as it was read; ``source`` is its id in sources.yaml."""

    framework: str
    package: str
    version: str
    day: str
    today: str
    source: str
    metadata: Metadata
    wheels: tuple[Wheel, ...]


@noun
class Place:
    """One row of a package: where it stands, and what stands in it."""

    platform: str
    path: tuple[str | int, ...]
    row: Mapping[str, Any]


@noun
class Update:
    """A framework's file with a release in it, what changed, and what is left to a person."""

    text: str
    facts: tuple[FactChange, ...] = ()
    left: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


def file_of(root: Path, framework: str) -> Path:
    """The file of a framework.

    Raises:
        InputError: the folder has none.
    """
    path = root / "frameworks" / f"{framework.replace('.', '-')}.yaml"
    if not path.is_file():
        message = f"{root} is no knowledge folder; name one with --from, such as knowledge"
        raise InputError(message)
    return path


def rows(document: Mapping[str, Any], package: str) -> tuple[Place, ...]:
    """The wheels of a package among the packages of a framework's platforms."""
    return tuple(
        Place(platform=platform["id"], path=("platforms", at, "packages", place), row=row)
        for at, platform in enumerate(document["platforms"])
        for place, row in enumerate(platform.get("packages", ()))
        if row["name"] == package and row["kind"] == "wheel"
    )


def update(path: Path, release: Release) -> Update:
    """A framework's file with what the release's wheels say.

    Only platforms that install a wheel of the package move to its version: nothing was read of
    images and of the builds of others. Their ``source`` and ``checked`` stay, as those of all that
    the wheel does not say.

    Raises:
        InputError: a value cannot be changed where it stands.
    """
    document = read_yaml(path)
    editing = Editing(path.read_text(encoding="utf-8"))
    places = [place for place in rows(document, release.package) if not _is_older(place, release)]
    facts: list[FactChange] = []
    left: list[str] = []
    for place in places:
        facts += _row(place, release, editing, left)
    moved = tuple(dict.fromkeys(place.platform for place in places if not _is_same(place, release)))
    for name in moved:
        left += _move(document, name, release, editing)
    if moved and document.get("upkeep"):
        news = {"released": release.day, "source": release.source, "checked": release.today}
        for key, value in news.items():
            editing.put(("upkeep", key), value, after="released")
    left += [_shared(name) for name in editing.shared]
    return Update(
        text=editing.text, facts=tuple(facts), left=tuple(dict.fromkeys(left)), moved=moved
    )


def _is_older(place: Place, release: Release) -> bool:
    """A release that is older than what is known adds its options alone."""
    own, new = rank(str(place.row["version"])), rank(release.version)
    return own is not None and (new is None or new < own)


def _is_same(place: Place, release: Release) -> bool:
    return str(place.row["version"]) == release.version


def _row(place: Place, release: Release, editing: Editing, left: list[str]) -> Iterator[FactChange]:
    """What changes in a row; one of the same version keeps its source, as only more was read."""
    row = place.row
    fitting = [wheel for wheel in release.wheels if _fits(wheel, row)]
    where = f"{release.framework}/{place.platform}"
    if not fitting:
        left.append(f"{where}: {release.version} has no wheel for {_target(row)}")
        return
    read = {"version": release.version, **dict(_read(row, fitting[0], release, left, where))}
    news = {field: value for field, value in read.items() if value != row.get(field)}
    for field, value in news.items():
        editing.put((*place.path, field), value)
        yield _change(place, release, field, row.get(field), value)
    if "version" in news:
        editing.put((*place.path, "source"), release.source)
    if news:
        editing.put((*place.path, "checked"), release.today)


def _target(row: Mapping[str, Any]) -> str:
    return " ".join((*row.get("os", ("linux",)), *row.get("arch", ())))


def _fits(wheel: Wheel, row: Mapping[str, Any]) -> bool:
    if wheel.os == "any":
        return True
    return wheel.os in row.get("os", ("linux",)) and wheel.arch in row.get("arch", (wheel.arch,))


def _change(place: Place, release: Release, field: str, old: Any, new: Any) -> FactChange:
    package = f"{release.package} {_target(place.row)}"
    return FactChange(
        platform=place.platform,
        package=package,
        field=field,
        old=None if old is None else _shown(old),
        new=_shown(new),
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(map(str, value))


def _read(
    row: Mapping[str, Any], wheel: Wheel, release: Release, left: list[str], where: str
) -> Iterator[tuple[str, str | list[str]]]:
    """What a wheel says of the fields that a row has; what it does not say stays."""
    if wheel.glibc:
        yield "glibc", wheel.glibc
    torch = release.metadata.pins.get("torch")
    if torch and row.get("torch"):
        yield "torch", torch
    if row.get("pythons"):
        served = _served(wheel, release.metadata, row["pythons"])
        yield "pythons", [name for name in row["pythons"] if name in served]
        more = [name for name in served if name not in row["pythons"]]
        if more:
            left.append(f"{where}: the package accepts Python {', '.join(more)}, too: try it first")
    if wheel.capabilities and row.get("capabilities"):
        yield "capabilities", list(wheel.capabilities)
    known = str(row.get("stack", {}).get("cuda", ""))
    if wheel.cuda and known and known.partition(".")[0] != wheel.cuda:
        left.append(f"{where}: the wheel asks for CUDA {wheel.cuda}, stack says {known}")


def _served(wheel: Wheel, metadata: Metadata, known: Sequence[str]) -> list[str]:
    every = {*known, *metadata.pythons, *wheel.pythons}
    accepted = [name for name in every if metadata.serves(name)]
    if wheel.pythons and "-abi3-" not in wheel.name:
        accepted = [name for name in accepted if name in wheel.pythons]
    return sorted(accepted, key=lambda name: int(name.partition(".")[2]))


def _move(
    document: Mapping[str, Any], name: str, release: Release, editing: Editing
) -> Iterator[str]:
    """The platform becomes of the new version; what brings the old one says so."""
    at = next(i for i, one in enumerate(document["platforms"]) if one["id"] == name)
    platform = document["platforms"][at]
    old = str(platform["version"])
    editing.put(("platforms", at, "version"), release.version)
    for method, told in platform.get("methods", {}).items():
        image = told.get("image")
        if image and "version" not in told:
            editing.put(("platforms", at, "methods", method, "version"), old, after="image")
            yield (
                f"{release.framework}/{name}: {image} still brings {old}; when there is one of"
                f" {release.version}, name it and drop the version of the method"
            )


def _shared(anchor: str) -> str:
    return f"other rows share what is called {anchor}, and changed with it: look at them"


def others(
    document: Mapping[str, Any], names: Iterable[str], moved: Iterable[str], version: str
) -> Iterator[str]:
    """Platforms that are told of by the same feed, and of which the wheel says nothing."""
    waiting, new = set(names) - set(moved), rank(version)
    for platform in document["platforms"]:
        name, known = platform["id"], str(platform["version"])
        own = rank(known)
        if name in waiting and own and new and new > own:
            yield (
                f"{document['id']}/{name} stays at {known}: its builds are not in this"
                " package; read them"
            )


def sourced(path: Path, release: Release, title: str) -> str:
    """sources.yaml with the release in it."""
    editing = Editing(path.read_text(encoding="utf-8"))
    if release.source not in read_yaml(path)["sources"]:
        lines = (
            f'title: "{title}"',
            f"publisher: {release.framework} project",
            f'address: "pkg:pypi/{release.package}@{release.version}"',
            f'version: "{release.version}"',
        )
        editing.add(("sources",), release.source, lines)
    return editing.text
