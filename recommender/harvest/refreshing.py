"""A release is read, held against the knowledge, and written into it."""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from recommender import __version__
from recommender.errors import InputError, printable
from recommender.facts.noun import changed, noun
from recommender.facts.refresh import BrokenTemplate, Refresh, Wheel
from recommender.harvest import checking, release, store, updating
from recommender.harvest.packages import Found, Package, named
from recommender.knowledge_source import read_yaml
from recommender.lint import option_lists
from recommender.lint.option_lists import OptionList
from recommender.releases import index
from recommender.releases.index import File


@noun
class Wish:
    """What is to be refreshed, and how.

    ``source`` is a folder of sources in place of the package, of the day ``day``; ``binaries``
    whether the code for devices is read, for which the whole of each wheel is downloaded.
    """

    root: Path
    framework: str
    version: str | None = None
    source: Path | None = None
    day: str | None = None
    binaries: bool = True
    dry_run: bool = False
    today: date


@noun
class _Read:
    """A release as it was read."""

    version: str
    day: str
    found: Found
    metadata: release.Metadata | None = None
    wheels: tuple[Wheel, ...] = ()


def refresh(wish: Wish, tell: release.Tell) -> Refresh:
    """Read a release, hold it against the knowledge, and write it, unless ``dry_run``.

    Raises:
        InputError: the release cannot be had, has lost more than a fifth of its options, or the
            folder is none of knowledge.
    """
    package = named(wish.framework)
    updating.file_of(wish.root, wish.framework)
    known = _known(wish)
    read = _from_folder(wish, package) if wish.source else _from_index(wish, package, tell)
    spelt = read.version if wish.source else package.spelt(read.version)
    day = known.versions.get(spelt, read.day) if known else read.day
    merged = store.merged(wish.framework, known, spelt, day, read.found)
    place = merged.order.index(spelt)
    before = merged.order[place - 1] if place else None
    tell(f"{wish.framework} {spelt}: the knowledge is checked")
    found = Refresh(
        llmpick_version=__version__,
        framework=wish.framework,
        package=None if wish.source else package.name,
        version=spelt,
        day=read.day,
        before=before,
        options={name: len(options) for name, options in read.found.items()},
        changes=store.changes(merged, before, spelt) if before else (),
        requires_python=read.metadata.requires_python if read.metadata else None,
        wheels=read.wheels,
        pins=read.metadata.pins if read.metadata else {},
        dry_run=wish.dry_run,
    )
    return _applied(wish, package, read, merged, found)


def _known(wish: Wish) -> OptionList | None:
    path = _list_of(wish)
    return option_lists.load(path) if path.is_file() else None


def _list_of(wish: Wish) -> Path:
    return wish.root / "options" / f"{wish.framework}.json"


def _from_folder(wish: Wish, package: Package) -> _Read:
    if not (wish.version and wish.day and wish.source):
        message = "--source is a folder of sources: say of which --version and --day they are"
        raise InputError(message)
    message = f"--source {printable(wish.source)}: holds no sources of {wish.framework}"
    try:
        found = package.read(wish.source)
    except (OSError, StopIteration, ValueError) as error:
        raise InputError(message) from error
    if not any(found.values()):
        raise InputError(message)
    return _Read(version=wish.version, day=wish.day, found=found)


def _from_index(wish: Wish, package: Package, tell: release.Tell) -> _Read:
    release.check_installed()
    files = _files(package.name or "")
    chosen = release.of_version(files, package.name or "", wish.version)
    version = chosen[0].version
    tell(f"{package.name} {version}: its sources are read")
    found, day = release.options(package, chosen)
    metadata = release.metadata(chosen)
    built = release.wheels(chosen)
    if wish.binaries and _has_code(wish, package.name or ""):
        built = _with_code(package, metadata, built, tell)
    wheels = tuple(wheel for wheel, _ in built)
    return _Read(version=version, day=day, found=found, metadata=metadata, wheels=wheels)


def _files(package: str) -> tuple[File, ...]:
    return index.files(index.address(), package)


def _has_code(wish: Wish, package: str) -> bool:
    document = read_yaml(updating.file_of(wish.root, wish.framework))
    return any(place.row.get("capabilities") for place in updating.rows(document, package))


Built = tuple[tuple[Wheel, File], ...]


def _with_code(
    package: Package,
    metadata: release.Metadata | None,
    built: Built,
    tell: release.Tell,
) -> Built:
    """The wheels with the code for devices in them, or in the package of kernels that is pinned."""
    code: Built = built
    pinned = metadata.pins.get(package.kernels) if metadata and package.kernels else None
    if package.kernels and pinned:
        every = _files(package.kernels)
        code = release.wheels(release.of_version(every, package.kernels, pinned))
    found = []
    for wheel, file in built:
        same = (f for w, f in code if (w.os, w.arch) == (wheel.os, wheel.arch))
        holder = next(same, None)
        if holder and wheel.os in {"linux", "windows"}:
            read = release.code_of(holder, package.libraries, tell)
            told = {"capabilities": read.capabilities, "ptx": read.ptx, "cuda": read.cuda}
            found.append((changed(wheel, **told), file))
        else:
            found.append((wheel, file))
    return tuple(found)


def _applied(
    wish: Wish, package: Package, read: _Read, merged: OptionList, found: Refresh
) -> Refresh:
    """What is wrong with the knowledge as it would be, and the files of it written."""
    files = {f"options/{wish.framework}.json": store.text(merged)}
    followers = _followers(wish, package)
    if read.metadata is not None:
        found = _with_facts(wish, package, read, followers, found, files)
    broken: tuple[BrokenTemplate, ...] = ()
    if found.version == merged.order[-1]:
        broken = checking.templates(wish.root, merged, found.version, followers)
    said = set(checking.sentences(wish.framework, broken))
    findings = checking.knowledge(wish.root, files, wish.today)
    done = changed(
        found, templates=broken, findings=tuple(one for one in findings if one not in said)
    )
    return done if wish.dry_run else changed(done, written=_written(wish.root, files))


def _with_facts(  # what was read, and where it goes
    wish: Wish,
    package: Package,
    read: _Read,
    followers: tuple[str, ...],
    found: Refresh,
    files: dict[str, str],
) -> Refresh:
    """The facts of packages that change; the files with them in place are put into ``files``."""
    told = _release(wish, package, read)
    path = updating.file_of(wish.root, wish.framework)
    update = updating.update(path, told)
    files[f"frameworks/{path.name}"] = update.text
    if update.moved:
        title = f"{package.name} {read.version} wheels: options, metadata, code for devices"
        files["sources.yaml"] = updating.sourced(wish.root / "sources.yaml", told, title)
    staying = updating.others(read_yaml(path), followers, update.moved, found.version)
    return changed(found, facts=update.facts, left=(*update.left, *staying))


def _release(wish: Wish, package: Package, read: _Read) -> updating.Release:
    spelt = wish.framework.replace(".", "-")
    return updating.Release(
        framework=wish.framework,
        package=package.name or "",
        version=read.version,
        day=read.day,
        today=wish.today.isoformat(),
        source=f"{spelt}-{read.version}-{'sdist' if package.is_sdist else 'wheel'}",
        metadata=read.metadata or release.Metadata(pins={}),
        wheels=read.wheels,
    )


def _followers(wish: Wish, package: Package) -> tuple[str, ...]:
    """The platforms that this package's releases are for; all of them where it is for none."""
    rows = read_yaml(wish.root / "releases.yaml")["releases"]
    own = [row for row in rows if row["framework"] == wish.framework]
    told = [row for row in own if any(feed.get("package") == package.name for feed in row["feeds"])]
    return tuple(name for row in told or own for name in row["platforms"])


def _written(root: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """The files that changed: all are written beside the old ones before the first is replaced."""
    changes = {name: text for name, text in files.items() if _text(root / name) != text}
    fresh: dict[Path, Path] = {}
    try:
        for name, text in changes.items():
            path = root / name
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            fresh[temporary] = path
            temporary.write_text(text, encoding="utf-8")
        for temporary, path in fresh.items():
            temporary.replace(path)
    except OSError as error:
        message = f"{printable(error.filename)} cannot be written ({error.strerror})"
        raise InputError(message) from error
    finally:
        _removed(fresh)
    return tuple(changes)


def _removed(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
