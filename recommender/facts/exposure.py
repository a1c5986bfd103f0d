"""What a server needs before others may reach it: a key, a probe, a user with few rights."""

from recommender.facts.noun import noun
from recommender.facts.sentence import Text


@noun
class Exposure:
    """How a server is guarded and asked; what is left out is unknown.

    ``key_env`` is the variable from which the server itself reads the key that clients must send,
    ``key_args`` the option that takes it where there is none (``{key}`` stands for the key). With
    neither, the server checks no key and ``text`` says what to put before it; beside a key ``text``
    says what the key leaves open. ``names`` is a pattern of the whole names for the API that the
    server takes (any, where it is left out), ``named`` what clients call the model where it takes
    none. ``pulls`` is a template of the name by which the server's own library has the model.
    ``admin_env`` is the variable with the password by which the lines set up an
    administrator. ``ready`` is the path that answers 200, without a key, once the server takes
    requests, ``ready_of_proxy`` that of the server which hands out work to several machines, where
    it is another; copies report to that one without a key, too. ``nonroot`` says whether the image
    can run as a user that is not root, ``user`` which one it is made for (uid or uid:gid; any,
    where it is left out) and ``home`` the home of that user, where caches lie;
    ``drop_capabilities`` whether every Linux capability can be dropped.
    """

    key_env: str | None = None
    key_args: str | None = None
    ready: str
    ready_of_proxy: str | None = None
    text: Text | None = None
    names: str | None = None
    named: Text | None = None
    pulls: str | None = None
    admin_env: str | None = None
    nonroot: bool | None = None
    user: str | None = None
    home: str | None = None
    drop_capabilities: bool | None = None
    source: str
    checked: str
