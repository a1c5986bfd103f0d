"""Targets of what describes a machine: JSON of ``--machine``, words of ``--gpu`` and ``--cpu``."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

from recommender.devices import described
from recommender.errors import visible
from recommender.facts import Answer, Machine, Workload
from recommender.facts.codec import encode
from recommender.knowledge import document, load
from recommender.models import sources
from recommender.pipeline import recommend
from recommender.schema import read_machine
from tests.fuzz import seeds
from tests.fuzz.properties import Once, numbers, quickly, refused, sentence, shown
from tests.fuzz.target import NASTY, Target

_seen = Once()


def _json(data: bytes) -> None:
    """What ``recommend --machine -`` reads, to the end: ranked, and shown in every form."""

    def read() -> None:
        text = data.decode()
        answered(read_machine(text, "-"))

    with quickly():
        try:
            refused(read)
        except UnicodeDecodeError:
            return


def answered(machine: Machine) -> None:
    """The machine is ranked, and the answer can be written in every form."""
    from rich.console import Console

    from recommender.render import forms, terminal
    from recommender.render.document import as_json

    known = load()
    if _seen(json.dumps(encode(machine))):
        return
    answer = recommend(machine, Workload())
    text = as_json(answer, indent=True)
    shown(text)
    numbers(text)
    for write in (forms.as_yaml, forms.as_csv, forms.as_markdown):
        shown(write(answer))
    console = Console(file=StringIO(), width=80, highlight=False, markup=False, emoji=False)
    for lang in ("en", "zh"):
        terminal.show(answer, known.titles, known.speak(lang), console)
    shown(console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO
    _printed(answer)


def _printed(answer: Answer) -> None:
    for candidate in answer.ranking:
        started = candidate.launch
        for line in (*started.install, *started.serve) if started else ():
            shown(str(line))


def _words(data: bytes) -> None:
    """One line each for --gpu, --cpu, --driver, --os, --arch."""
    lines = data.decode(errors="surrogateescape").split("\n", 4)
    gpu, cpu, driver, system, arch = (*lines, *[""] * 5)[:5]

    def read() -> None:
        machine = described.describe(
            [gpu] if gpu else [],
            cpu=cpu or None,
            driver=driver or None,
            os=system or None,
            arch=arch or None,
            ram_gib=64.0,
        )
        text = json.dumps(encode(replace(machine, problems=())))
        read_machine(text, "-")
        for problem in machine.problems:
            sentence(problem.what)

    with quickly():
        refused(read)


def _model(data: bytes) -> None:
    """A model's name, a quantization and a format."""
    lines = data.decode(errors="surrogateescape").split("\n", 2)
    name, quant, form = (*lines, "", "")[:3]
    if name.strip().startswith(("/", "~", ".")):
        return  # files of this machine

    def read() -> None:
        model, problems = sources.read(name, quant=quant or None, fmt=form or None, offline=True)
        numbers(json.dumps(encode(model)))
        for problem in problems:
            sentence(problem.what)

    with quickly():
        refused(read)


def _translated(data: bytes) -> None:
    """A sentence in English, with anything in its holes."""
    text = visible(data.decode(errors="replace"))
    with quickly():
        shown(load().translator(text))
        shown(load().translator.file(data.decode(errors="replace").replace("\0", "")) and "")


def _sentences() -> Iterator[bytes]:
    """Every sentence that has Chinese, with its holes as they are."""
    every: dict[str, str] = document("translations")["sentences"]
    yield from (text.encode() for text in every)


def _machine_seeds() -> Iterator[bytes]:
    for text in seeds.descriptions():
        made = described.describe([text], ram_gib=64.0)
        yield json.dumps(encode(made)).encode()
    yield from (text for text in seeds.texts("cli/*.py", "rules/*.py") if text[:1] == b"{")
    yield from seeds.expected()


def _described_seeds() -> Iterator[bytes]:
    yield from (text.encode() for text in seeds.descriptions())
    yield b"RTX 4090:2\nIntel Xeon Gold 6430\n580.82\nubuntu 24.04\nx86_64"
    yield "昇腾910B3 8卡\n鲲鹏920\n25.0\nopenEuler\naarch64".encode()
    yield from (text.partition(b"\n")[0] for text in seeds.short("devices/*.py"))


TARGETS = (
    Target(name="machine-json", check=_json, seeds=_machine_seeds, words=NASTY),
    Target(name="described", check=_words, seeds=_described_seeds, words=NASTY, longest=1000),
    Target(
        name="model-names",
        check=_model,
        seeds=lambda: seeds.short("models/test_spelling.py", "models/test_catalogue.py"),
        words=NASTY,
        longest=1000,
    ),
    Target(name="translations", check=_translated, seeds=_sentences, words=NASTY, longest=4000),
)
