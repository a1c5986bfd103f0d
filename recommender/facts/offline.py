"""How a machine without a network gets what a plan needs from one that has one."""

from collections.abc import Mapping
from dataclasses import field

from recommender.facts.noun import noun
from recommender.facts.platform import Line
from recommender.facts.sentence import Condition


@noun
class Brought:
    """What lines that install become, by the words that they begin with.

    ``fetch`` runs on the machine with a network, ``load`` stands in place of the line. Without
    ``load`` the line stays, with ``fetch_env`` there and ``load_env`` here; ``fetch_first`` and
    ``load_first`` stand once before all such lines.
    """

    begins: str
    fetch: tuple[Line, ...] = ()
    load: tuple[Line, ...] = ()
    fetch_first: tuple[Line, ...] = ()
    load_first: tuple[Line, ...] = ()
    fetch_env: Mapping[str, str] = field(default_factory=dict)
    load_env: Mapping[str, str] = field(default_factory=dict)
    source: str
    checked: str


@noun
class Carried:
    """What else is brought where ``when`` holds: weights, and programs that install."""

    when: Condition
    fetch: tuple[Line, ...]
    load: tuple[Line, ...]
    source: str
    checked: str


@noun
class Offline:
    """The document knowledge/offline.yaml; ``online`` are programs that need a network."""

    folder: str
    install: tuple[Brought, ...]
    online: tuple[str, ...]
    carry: tuple[Carried, ...]
