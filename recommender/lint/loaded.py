"""A knowledge folder in memory, as every linter sees it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recommender.facts.noun import noun
from recommender.knowledge_source import compile_document, read_yaml

# Keys under which a condition stands.
CONDITIONS = ("when", "needs", "device", "blocks", "spares")


@noun
class Loaded:
    """The documents of a folder: ``core`` has the frameworks with every shorthand spelt out."""

    root: Path
    core: Mapping[str, Any]
    accelerators: Mapping[str, Any]
    models: Mapping[str, Any]
    remedies: Mapping[str, Any]
    clusters: Mapping[str, Any]
    conflicts: Mapping[str, Any]
    conversions: Mapping[str, Any]
    gateways: Mapping[str, Any]
    hosts: Mapping[str, Any]
    offline: Mapping[str, Any]
    releases: Mapping[str, Any]
    speeds: Mapping[str, Any]
    servers: Mapping[str, Any]
    schedulers: Mapping[str, Any]
    article: Mapping[str, Any]
    help: Mapping[str, Any]
    translations: Mapping[str, Any]

    @property
    def frameworks(self) -> list[dict[str, Any]]:
        """Every framework, challenger and layer."""
        return self.core["frameworks"]  # type: ignore[no-any-return]

    @property
    def words(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences by key."""
        return self.core["words"]["words"]  # type: ignore[no-any-return]


def load(root: Path) -> Loaded:
    """Every file of a folder.

    Raises:
        InputError: a file is missing or no YAML mapping.
    """
    return Loaded(
        root=root,
        core=compile_document(root, "core"),
        accelerators=read_yaml(root / "accelerators.yaml"),
        models=read_yaml(root / "models.yaml"),
        remedies=compile_document(root, "remedies"),
        clusters=read_yaml(root / "clusters.yaml"),
        conflicts=read_yaml(root / "conflicts.yaml"),
        conversions=compile_document(root, "conversions"),
        gateways=compile_document(root, "gateways"),
        hosts=read_yaml(root / "hosts.yaml"),
        offline=compile_document(root, "offline"),
        releases=read_yaml(root / "releases.yaml"),
        speeds=read_yaml(root / "speed.yaml"),
        servers=read_yaml(root / "servers.yaml"),
        schedulers=read_yaml(root / "schedulers.yaml"),
        article=read_yaml(root / "article.yaml"),
        help=read_yaml(root / "help.yaml"),
        translations=read_yaml(root / "translations.yaml"),
    )


def nodes(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping inside ``value``, named by the id or rule of the nearest one that has any."""
    if isinstance(value, Mapping):
        name = value.get("rule") or value.get("id") or value.get("name")
        where = f"{path}/{name}" if isinstance(name, str) else path
        yield where, value
        for key, item in value.items():
            if key not in {*CONDITIONS, "situations"}:
                yield from nodes(item, where)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item, path)


def rule_ids(knowledge: Loaded) -> set[str]:
    """The id of every rule of the knowledge."""
    return {str(node["rule"]) for _, node in nodes(dict(knowledge.core)) if "rule" in node}
