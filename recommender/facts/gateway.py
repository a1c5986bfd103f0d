"""What stands before several servers, so that clients need one address."""

from recommender.facts.noun import noun


@noun
class Backend:
    """Servers of one model: ``urls`` are the base addresses of its copies, without a path.

    ``framework`` is the id of what serves, ``model`` the name by which clients call the model,
    ``key_env`` the environment variable with the key that the servers ask for.
    """

    framework: str
    model: str
    urls: tuple[str, ...]
    key_env: str | None = None


@noun
class Gateway:
    """One program before several servers: why it, how it is installed, started and asked.

    ``install``, ``serve`` and ``check`` are lines for a POSIX shell. ``file`` is the text of the
    configuration that ``serve`` reads under ``file_name``. Keys stand nowhere in it: lines and file
    name the environment variables that hold them.
    """

    id: str
    name: str
    reasons: tuple[str, ...]
    install: tuple[str, ...]
    file_name: str | None = None
    file: str | None = None
    serve: tuple[str, ...]
    check: tuple[str, ...]
    notes: tuple[str, ...] = ()
    source: str
    checked: str
