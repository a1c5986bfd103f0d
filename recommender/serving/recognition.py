"""Which framework a running server is, by how it names itself; see knowledge/servers.yaml."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recommender.errors import InputError, printable
from recommender.facts.noun import noun
from recommender.serving.client import Client, Reply, WrongAnswer

_LONGEST = 200
_OK = 200


@noun
class Sign:
    """How the server of a framework is recognised, and where it tells more about itself.

    ``owned_by`` stands in its list of models, ``header`` in the header Server. ``asks`` are paths
    that tell more, under the keys ``version`` and ``weights``; an answer with the key ``shows``
    tells the framework where nothing else did. ``listing`` is a list of its own whose entries tell
    the quantization. ``extra`` is sent with every timed request.
    """

    framework: str
    owned_by: str | None = None
    header: str | None = None
    asks: tuple[str, ...] = ()
    shows: str | None = None
    version: str | None = None
    weights: str | None = None
    listing: str | None = None
    extra: Mapping[str, Any] | None = None
    source: str


@noun
class Server:
    """What a server says of itself; None where it does not."""

    framework: str | None = None
    version: str | None = None
    weights: str | None = None
    quantization: str | None = None
    extra: Mapping[str, Any] | None = None


def recognise(
    client: Client, row: Mapping[str, Any], signs: Sequence[Sign], wanted: str | None = None
) -> Server:
    """What the server is that lists ``row`` among its models.

    Args:
        client: talks to it.
        row: the model in question in its list.
        signs: those of the frameworks, in the order in which they are tried.
        wanted: the framework that somebody said it is.
    """
    named = wanted or _named(client, row, signs)
    for sign in signs:
        if named not in {None, sign.framework} or not (named or sign.shows):
            continue
        told = next(_told(client, sign), None)
        if named or told:
            return _server(client, sign, told or {}, row)
    return Server(framework=named, weights=_text(row.get("root")))


def _named(client: Client, row: Mapping[str, Any], signs: Sequence[Sign]) -> str | None:
    owner = row.get("owned_by")
    for sign in signs:
        if sign.owned_by and sign.owned_by == owner:
            return sign.framework
    heads = [sign for sign in signs if sign.header]
    header = _get(client, "/v1/models").server.casefold() if heads else ""
    return next((sign.framework for sign in heads if (sign.header or "") in header), None)


def _told(client: Client, sign: Sign) -> Iterator[Mapping[str, Any]]:
    for path in sign.asks:
        document = _object(_get(client, path))
        if document is not None and (sign.shows is None or sign.shows in document):
            yield document


def _server(client: Client, sign: Sign, told: Mapping[str, Any], row: Mapping[str, Any]) -> Server:
    return Server(
        framework=sign.framework,
        version=_text(told.get(sign.version)) if sign.version else None,
        weights=(_text(told.get(sign.weights)) if sign.weights else None) or _text(row.get("root")),
        quantization=_file_type(row) or _listed(client, sign, row),
        extra=sign.extra,
    )


def _file_type(row: Mapping[str, Any]) -> str | None:
    """The type of a GGUF file as its loader prints it: ``Q4_K - Medium``."""
    meta = row.get("meta")
    return _text(meta.get("ftype")) if isinstance(meta, dict) else None


def _listed(client: Client, sign: Sign, row: Mapping[str, Any]) -> str | None:
    """The quantization of the model in the framework's own list."""
    document = _object(_get(client, sign.listing)) if sign.listing else None
    models = document.get("models") if document else None
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and row["id"] in (model.get("name"), model.get("model")):
            details = model.get("details")
            return _text(details.get("quantization_level")) if isinstance(details, dict) else None
    return None


def _object(reply: Reply) -> Mapping[str, Any] | None:
    try:
        document = json.loads(reply.body) if reply.status == _OK else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _get(client: Client, path: str) -> Reply:
    try:
        return client.get(path)
    except (WrongAnswer, InputError):  # what only an administrator may ask, too
        return Reply(status=0, body=b"")


def _text(value: Any) -> str | None:
    return printable(value, _LONGEST) if isinstance(value, str) and value.strip() else None
