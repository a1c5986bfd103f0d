"""Whose devices a text is about, where AMD's tools and their descendants print the same."""

from recommender.facts.noun import noun


@noun
class Maker:
    """Our word, four hexadecimal digits of the PCI vendor, the tool and the driver by name."""

    word: str
    pci_vendor: str
    tool: str
    driver: str
