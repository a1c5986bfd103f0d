"""YAML for people: in the order in which it was made, with long texts as blocks."""

from typing import Any

# YAML 1.1 takes these for ends of lines too; only double quotes keep them apart.
_OTHER_BREAKS = frozenset("\x85\u2028\u2029")


def yaml_of(*documents: Any) -> str:
    """Documents of plain values as YAML, with ``---`` between them."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Without anchors; a text of several lines is a block where YAML allows one."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the name is PyYAML's
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = '"' if _OTHER_BREAKS.intersection(value) else "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump_all(
        documents, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=_NO_FOLDING
    )


# Words of a command must not be broken into lines; YAML itself has no limit.
_NO_FOLDING = 2**31
