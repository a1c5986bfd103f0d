"""How a GGUF file is made of a model that has none."""

from recommender.facts.noun import noun
from recommender.facts.platform import Line


@noun
class Quantizer:
    """The program that quantizes, by the words that start the ``server`` beside which it lies."""

    server: str
    program: str
    source: str
    checked: str


@noun
class Conversions:
    """The document knowledge/conversions.yaml.

    ``build`` is the build of llama.cpp whose tools are taken where the server is none of it,
    ``image`` holds them.
    """

    image: str
    build: str
    quantize: tuple[Quantizer, ...]
    lines: tuple[Line, ...]
