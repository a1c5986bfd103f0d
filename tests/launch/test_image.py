"""Names of images, and one of the user's own in place of the one that knowledge has."""

import pytest

from recommender.facts.plan import Opening
from recommender.launch.image import is_reference
from tests.launch.grounds import NAMES, grounds, made

OWN = "d"
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ubuntu",
            "my/x:1",
            "a/b/c_d:latest",
            f"a@{DIGEST}",
            f"reg.example.org:5000/a:1@{DIGEST}",
        ),
        *("localhost/a", "localhost:5000/a/b", "[fd00::1]:5000/a", "Host.Example/a", "a__b/c--d"),
    ],
)
def test_names_that_an_engine_takes(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-x", "--privileged", "A", "my/X", "a:", "a:-b", "a@sha256:12", "a b", "a\n"),
        *("$(id)/a", "a;b", "/a", "a/", "a//b", "http://a/b", "a" * 256, "é", "a:x\u202e"),
        *("0" * 64, "a:" + "t" * 129),
    ],
)
def test_names_that_it_refuses(text: str) -> None:
    assert not is_reference(text)


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_it_stands_wherever_the_known_one_stood(name: tuple[str, str]) -> None:
    """A name of one letter, which stands at the beginning of other words as well."""
    for ground in grounds(*name):
        try:
            plan = made(ground, Opening(image=OWN))
        except LookupError:
            assert made(ground, Opening()).server.container is None
            continue
        known = made(ground, Opening())
        boxes = [process.container for process in plan.processes if process.container]
        assert {box.image for box in boxes} <= {OWN}
        assert plan.known_image
        pulls = [command.argv for command in plan.install if command.argv[:2] == ("docker", "pull")]
        assert {words[2:] for words in pulls} <= {(OWN,)}
        for mine, theirs in zip(plan.processes, known.processes, strict=True):
            assert mine.argv == theirs.argv or plan.server.argv[0] == "srun"
