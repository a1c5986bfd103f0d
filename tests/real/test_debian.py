"""Where the private apt finds the mirror: the forms in which machines write their sources."""

import pytest

from .debian import Source, debian_mirrors, read_deb822_sources, read_one_line_sources

ONE_LINE = """\
# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/tool.gpg] https://tool.example/apt bookworm main  # a tool
deb [signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib
"""
DEB822 = """\
# written by the installer
Types: deb deb-src
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
# a comment inside
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBG
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_the_mirror_of_a_one_line_list_keeps_its_key() -> None:
    """A tool's repository may use the release's name too; source packages and comments do not."""
    first, *others = debian_mirrors(read_one_line_sources(ONE_LINE), "bookworm")
    assert (first.uris, first.signed_by) == ("http://mirror.example/debian", "/keys/debian.gpg")
    assert [other.uris for other in others] == ["https://tool.example/apt"]


def test_the_mirror_of_a_deb822_file_keeps_its_embedded_key() -> None:
    """Neither the security archive nor a disabled entry has sid."""
    (mirror,) = debian_mirrors(read_deb822_sources(DEB822), "bookworm")
    assert mirror.uris == "mirror+file:///etc/apt/mirrors/debian.list"
    assert mirror.signed_by is not None
    lines = mirror.signed_by.split("\n")
    assert lines[1:3] == [" -----BEGIN PGP PUBLIC KEY BLOCK-----", " ."]
    assert all(line.startswith(" ") for line in lines[1:])


@pytest.mark.parametrize(
    ("uri", "suite", "codename"),
    [
        ("http://mirror.example/x", "noble", "bookworm"),
        ("http://mirror.example/x", "noble", None),
        ("http://mirror.example/debian", "bookworm-updates", "bookworm"),
        ("cdrom:[Debian]/", "bookworm", "bookworm"),
    ],
)
def test_other_archives_are_not_tried(uri: str, suite: str, codename: str | None) -> None:
    """Another distribution's archive, an archive of updates and a disc have no sid."""
    source = Source(uri, frozenset({suite}), frozenset({"main"}))
    assert debian_mirrors([source], codename) == []
