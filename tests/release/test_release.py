"""What a release is checked with: bounds, licences, the audit's report, what archives hold."""

import io
import json
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scripts.release import archives, inventory, licences

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _pins(name: str) -> list[Requirement]:
    lines = (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines]


def test_the_lowest_versions_are_the_lower_bounds_and_all_have_upper_ones() -> None:
    extras = PROJECT["optional-dependencies"]
    apart = ("fleet", "hub", "ray", "refresh")
    more = (line for name in apart for line in extras[name])
    needs = [Requirement(line) for line in (*PROJECT["dependencies"], *more)]
    lowest = {(canonicalize_name(p.name), str(p.marker)): p.specifier for p in _pins("lowest.txt")}
    assert len(lowest) == len(needs)
    for need in needs:
        pin = str(lowest[canonicalize_name(need.name), str(need.marker)]).removeprefix("==")
        (least,) = (s.version for s in need.specifier if s.operator == ">=")
        assert SpecifierSet(f"=={least}.*").contains(pin) or pin == least, need
        assert any(bound.operator == "<" for bound in need.specifier), need
    (sdk,) = (Requirement(line) for line in extras["mcp"])
    pinned = {pin.name: pin for pin in _pins("lowest-mcp.txt")}
    assert sdk.specifier.contains(str(pinned["mcp"].specifier).removeprefix("=="))


def test_every_dependency_is_under_a_licence_of_the_list() -> None:
    told = {name: licences.licence(name) for name in licences.dependencies()}
    assert {"typer", "pydantic-core", "huggingface-hub", "mcp", "anyio"} <= set(told)
    assert {name: text for name, text in told.items() if not licences.allowed(text)} == {}


def test_the_page_has_the_licence_of_every_dependency_of_our_own() -> None:
    rows = dict(
        re.findall(r"^\| `(\S+)` \| (.*?) \|", licences.PAGE.read_text("utf-8"), re.MULTILINE)
    )
    extras = PROJECT["optional-dependencies"]
    for line in (
        *PROJECT["dependencies"],
        *(line for name in ("fleet", "hub", "mcp", "refresh") for line in extras[name]),
    ):
        name = canonicalize_name(Requirement(line).name)
        assert rows[name] == licences.licence(name)
    assert all(map(licences.allowed, rows.values()))


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("MIT", True),
        ("MPL-2.0 AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("(Apache-2.0) AND (GPL-2.0-or-later)", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_what_is_allowed(expression: str, *, fine: bool) -> None:
    assert licences.allowed(expression) == fine


def _report(*packages: Mapping[str, object]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


_FINE = {"name": "rich", "version": "15.0.0", "vulns": []}
_SKIPPED = {"name": "typer", "skip_reason": "not found"}
_WRONG = {"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "CVE-2024-22195"}]}


def test_an_audit_that_saw_nothing_says_so() -> None:
    assert inventory.outcome("").startswith("not audited")
    assert inventory.outcome(_report(_SKIPPED)).startswith("not audited")
    assert inventory.outcome(_report(_FINE, _SKIPPED)) == (
        "nothing is known against 1 packages, but for typer"
    )
    with pytest.raises(archives.ReleaseError, match=r"jinja2 3\.1\.2: CVE-2024-22195"):
        inventory.outcome(_report(_FINE, _WRONG))


def test_builds_that_differ_are_told_apart(tmp_path: Path) -> None:
    for folder, text in (("a", "1"), ("b", "2"), ("c", "1")):
        (tmp_path / folder).mkdir()
        with zipfile.ZipFile(tmp_path / folder / "x.whl", "w") as wheel:
            wheel.writestr(zipfile.ZipInfo("module.py"), text)
    one, two, three = (tmp_path / folder / "x.whl" for folder in "abc")
    archives.compare(one, three)
    with pytest.raises(archives.ReleaseError, match=r"differ in \['module.py'\]"):
        archives.compare(one, two)


def test_the_members_of_a_source_distribution_are_named_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        item = tarfile.TarInfo("x-1/docs/page.md")
        item.size = 4
        archive.addfile(item, io.BytesIO(b"text"))
    assert dict(archives.members(path)) == {"docs/page.md": b"text"}
