"""How a server tells that it is ready, and what guards it once others can reach it."""

from recommender.facts.noun import noun
from recommender.facts.sentence import Text


@noun
class Exposure:
    """What a server's door is like.

    ``key_env`` is the variable from which the server itself reads its API key; ``key_args`` are
    words of its command instead, ``{key}`` standing for the key. With neither it has no key, and
    ``text`` says what to put in front. ``ready`` is the path that answers 200 once the model is
    loaded. ``nonroot`` and ``drop_capabilities`` say whether the image is known to run as another
    user than root, and without the kernel's capabilities; None is unknown. ``user`` is the one that
    it is made for (uid or uid:gid; any, where it is left out), ``home`` the home of that user.
    """

    key_env: str | None = None
    key_args: str | None = None
    ready: str
    text: Text | None = None
    nonroot: bool | None = None
    user: str | None = None
    home: str | None = None
    drop_capabilities: bool | None = None
    source: str
    checked: str
