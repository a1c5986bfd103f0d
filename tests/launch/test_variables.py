"""Names that only the machine knows where a command runs."""

import pytest

from recommender.launch.variables import mark, plain, variables, written


def test_a_marked_name_is_found_and_the_text_around_it_kept() -> None:
    word = mark("http://HEAD_IP:20000")
    assert variables(word) == ("HEAD_IP",)
    assert plain(word) == "http://HEAD_IP:20000"
    assert written(word, str.upper, "<{}>".format) == "HTTP://<HEAD_IP>:20000"


@pytest.mark.parametrize("word", ["MY_HEAD_IP", "HEAD_IPS", "NODE_RANKS"])
def test_a_longer_name_is_none(word: str) -> None:
    assert variables(mark(word)) == ()


def test_a_longer_variable_is_not_cut() -> None:
    assert variables(mark("WORKER_IPS")) == ("WORKER_IPS",)


def test_what_a_user_typed_is_never_one() -> None:
    assert written("HEAD_IP", str.lower, "<{}>".format) == "head_ip"
