"""``llmpick recommend -i``: at most four questions, asked where no option answers them."""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NoReturn

import typer
from rich.columns import Columns
from rich.console import Console
from rich.prompt import InvalidResponse, PromptBase
from rich.text import Text

from recommender.cli import inputs
from recommender.cli.asking import Asked, Meant, described, meant
from recommender.cli.helping.texts import Texts, texts
from recommender.errors import InputError, nearest, printable, visible
from recommender.facts import Machine, Model
from recommender.facts.noun import changed
from recommender.knowledge import document, load

INTERRUPTED = 130
_CHOICES = "?"
_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)?[bm]", re.IGNORECASE)
# A model has the size that somebody names where it is this near: 8.19 for 8b.
_NEAR = 0.15


def completed(asked: Asked, given: Collection[str]) -> tuple[Asked, Machine]:
    """The question with the answers of a person in place of the options that were not ``given``.

    With it comes the machine that it is about, which was looked at to ask.

    Raises:
        InputError: there is no terminal, or an option has no meaning.
        typer.Exit: the person wants no more questions.
    """
    said = texts(asked.lang and inputs.language(asked.lang))
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError(said.say("questions", "terminal"))
    try:
        return _Dialogue(asked, given, said).run()
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        raise typer.Exit(INTERRUPTED) from None


class _Dialogue:
    """Asks on standard error, so that standard output holds the answer alone."""

    def __init__(self, asked: Asked, given: Collection[str], said: Texts) -> None:
        self.asked, self.given, self.said = asked, given, said
        self.console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self.words = load().speak(said.lang)
        self.choices: list[Text] = []

    def run(self) -> tuple[Asked, Machine]:
        """Every question that is open, in order."""
        question = meant(self.asked)
        self._begin(question)
        self._choose("use_case", "use_cases", self.asked.use_case)
        self._concurrency()
        if "model" not in self.given:
            self._model(question)
        self._choose("priority", "priorities", self._usual("priorities"))
        self._end()
        return self.asked, question.machine

    def _begin(self, question: Meant) -> None:
        from recommender.render.summary import machine_line

        machine = machine_line(question.machine, self.words)
        key = "described" if described(self.asked) else "found"
        self._tell(self.said.say("questions", key, machine=machine), "bold")
        self._tell(self.said.say("questions", "how"), "dim")

    def _end(self) -> None:
        from recommender.cli.next_step import line, same

        command = line(("recommend", *same(self.asked)))
        self.console.print()
        self._tell(self.said.say("questions", "same", command=command))
        self.console.print()

    def _choose(self, name: str, part: str, default: str) -> None:
        """A word of the vocabulary; the one that is so without an answer stays unsaid."""
        if name in self.given:
            return
        known = load().vocabulary(part)
        self._ask(name, [self._label(word, known[word][self.said.lang]) for word in known])
        answer = self._prompt(default, lambda text: self._one_of(text, list(known)))
        if answer != default:
            self.asked = changed(self.asked, **{name: answer})

    def _concurrency(self) -> None:
        if "concurrency" in self.given:
            return
        limits = document("core")["situations"]["situations"]
        light = limits["light-load"]["workload.concurrency"]["at_most"]
        heavy = limits["heavy-load"]["workload.concurrency"]["above"]
        self._ask("concurrency", (), light=str(light), heavy=str(heavy))
        answer = self._prompt(str(self.asked.concurrency), self._number)
        self.asked = changed(self.asked, concurrency=int(answer))

    def _model(self, before: Meant) -> None:
        """A model that llmpick would propose, or any other; the proposed one stays unsaid."""
        proposed = meant(self.asked, before.machine).answer().model
        default = proposed.id if proposed else ""
        models = _ladder(default)
        most = proposed.params if proposed else None
        suited = [one for one in models if most is None or (one.params or 0) <= most]
        self._ask("model", [model.id for model in suited])
        if default:
            users = str(self.asked.concurrency)
            said = self.said.say("questions", "proposed", model=default, users=users)
            self._tell(f"  {said}", "dim")
        answer = self._prompt(default, lambda text: self._named(text, suited, models))
        if answer != default:
            self.asked = changed(self.asked, model=answer)

    def _named(self, text: str, listed: Sequence[Model], models: Sequence[Model]) -> str:
        if text.isdecimal() and 1 <= int(text[:9]) <= len(listed):
            return listed[int(text) - 1].id
        if _SIZE.fullmatch(text):
            return self._sized(text, models)
        try:
            found, problems = inputs.model(text, None, None)
        except InputError as error:
            raise InvalidResponse(str(error)) from error
        # A repository that is not in the catalogue may be meant; a plain word is a slip.
        if found and found.params is None and problems and "/" not in text:
            raise InvalidResponse(problems[0].what)
        return text

    def _sized(self, text: str, models: Sequence[Model]) -> str:
        billions = float(text[:-1]) / (1 if text[-1] in "bB" else 1000)
        close = (
            model
            for model in models
            if model.params and abs(model.params / 1e9 - billions) <= _NEAR * billions
        )
        found = next(close, None)
        if found is None:
            self._refuse("size", value=text)
        return found.id

    def _number(self, text: str) -> str:
        most = inputs.MOST_USERS
        if not text.isdecimal() or not 1 <= int(text[:9]) <= most:
            self._refuse("number", value=printable(text), most=str(most))
        return str(int(text))

    def _one_of(self, text: str, known: list[str]) -> str:
        if text.isdecimal() and 1 <= int(text[:9]) <= len(known):
            return known[int(text) - 1]
        word = text.casefold()
        if word not in known:
            self._refuse("unknown", value=printable(text), nearest=nearest(word, known, 1))
        return word

    def _refuse(self, key: str, **values: str) -> NoReturn:
        raise InvalidResponse(self.said.say("questions", key, **values))

    def _usual(self, part: str) -> str:
        return next(word for word, item in load().vocabulary(part).items() if item.get("default"))

    def _label(self, word: str, meaning: str) -> str:
        return f"{word}: {meaning}" if self.said.lang == "en" else f"{word} {meaning}"

    def _ask(self, key: str, choices: Iterable[str], **values: str) -> None:
        self.console.print()
        self._tell(self.said.say("questions", key, **values), "bold")
        self.choices = [Text(f"  {number} {choice}") for number, choice in enumerate(choices, 1)]
        self._list()

    def _list(self) -> None:
        if self.choices:
            self.console.print(Columns(self.choices, column_first=True, padding=(0, 2)))

    def _prompt(self, default: str, read: Callable[[str], str]) -> str:
        def answered(text: str) -> str:
            if text == _CHOICES:
                self._list()
                raise InvalidResponse(Text())
            return read(text)

        return str(_Prompt(answered, self.console)(default=default))

    def _tell(self, text: str, style: str = "") -> None:
        self.console.print(Text(visible(text), style=style), soft_wrap=True)


def _ladder(proposed: str) -> tuple[Model, ...]:
    """The models among which the proposed one was found."""
    from recommender.models.rows import ladder

    every = [ladder(place) for place, _ in enumerate(document("core")["ladders"])]
    holding = (models for models in every if proposed in {model.id for model in models})
    return next(holding, every[-1])


class _Prompt(PromptBase[str]):
    """One line of input, asked for again after a line that says what was wrong."""

    prompt_suffix = " "

    def __init__(self, read: Callable[[str], str], console: Console) -> None:
        super().__init__(console=console)
        self.read = read

    def make_prompt(self, default: object) -> Text:
        """What stands before the cursor."""
        return Text(f"[{visible(str(default))}] > " if default else "> ", end="")

    def process_response(self, value: str) -> str:
        """The answer, or why it is none."""
        return self.read(value.strip())

    def on_validate_error(self, value: str, error: InvalidResponse) -> None:  # noqa: ARG002
        """One line that says what was wrong."""
        if error.message:
            self.console.print(Text(visible(str(error.message)), style="red"), soft_wrap=True)
