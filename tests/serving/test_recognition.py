"""The signs of knowledge/servers.yaml are of frameworks, and tell them apart."""

from collections import Counter

from recommender.knowledge import load
from recommender.serving.verifying import signs


def test_every_sign_is_of_a_framework_that_is_ranked_and_every_one_has_a_sign() -> None:
    assert {sign.framework for sign in signs()} == {head.id for head in load().heads}


def test_no_two_frameworks_have_the_same_sign() -> None:
    owners = Counter(sign.owned_by for sign in signs() if sign.owned_by)
    shown = Counter((path, sign.shows) for sign in signs() if sign.shows for path in sign.asks)
    assert max(owners.values()) == max(shown.values()) == 1


def test_every_framework_has_a_way_to_be_recognised() -> None:
    for sign in signs():
        assert sign.owned_by or sign.header or (sign.asks and sign.shows)
