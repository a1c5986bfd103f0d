"""A described release of a distribution tells its C library, and so which wheels load."""

import pytest

from recommender.facts import Os
from recommender.rules.question import Question
from recommender.rules.situation import glibc_facts
from tests.rules.asked import question

RELEASES = {
    "debian": {"12": "2.36"},
    "amzn": {"2": "2.26", "2023": "2.34"},
    "sles": {"15.6": "2.38"},
}


@pytest.mark.parametrize(
    ("distro", "version", "expected"),
    [
        ("debian", "12", "2.36"),
        ("debian", "12.7", "2.36"),
        ("amzn", "2", "2.26"),
        ("amzn", "2023", "2.34"),
        ("sles", "15.6", "2.38"),
        ("sles", "15.5", None),
        ("arch", None, None),
        (None, None, None),
    ],
)
def test_the_release_before_the_major_version(
    distro: str | None, version: str | None, expected: str | None
) -> None:
    found = glibc_facts(Os(family="linux", distro=distro, version=version), RELEASES)
    assert found.get("os.libc_version") == expected
    assert (found.get("os.libc") == "glibc") is (expected is not None)


def _libc(asked: Question) -> object:
    return asked.base.fact("os.libc_version")


def test_an_old_release_keeps_wheels_away_and_a_new_one_does_not() -> None:
    old, new = (question(["H100 80GB"], os=os) for os in ("centos-7", "ubuntu-24.04"))
    assert (_libc(old), _libc(new)) == ("2.17", "2.39")
