"""What of the work would make another framework the pick."""

from recommender.facts.answer import Answer
from recommender.facts.noun import noun


@noun
class Turn:
    """A framework, and the ``options`` of which each alone would put it first."""

    framework: str
    options: tuple[str, ...]


@noun
class Turned(Answer):
    """An answer that also tells what would change the pick."""

    turns: tuple[Turn, ...] = ()
