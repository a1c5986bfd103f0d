"""How far a starting server has come, for people: on standard error, a line a state."""

import sys
from collections.abc import Callable

from recommender.serving.readiness import DOWNLOADING, READY, State
from recommender.words import Words


def display(words: Words, url: str, weights_gib: float | None = None) -> Callable[[State], None]:
    """What ``run`` may tell its states to.

    A server writes to the same terminal, so nothing is drawn over: a terminal gets lines in colour
    and one for every step of a download, a pipe one line for each state.

    Args:
        words: the language.
        url: where the server serves once it is ready.
        weights_gib: the size of the model, if it is known, to tell how much is still to come.
    """
    terminal = sys.stderr.isatty()
    told: set[str] = set()

    def tell(state: State) -> None:
        again = state.name in told
        told.add(state.name)
        if terminal:
            _print(_line(state, words, url, weights_gib), ready=state.name == READY)
        elif not again:
            sys.stderr.write(f"llmpick: {_line(state, words, url, None)}\n")
            sys.stderr.flush()

    return tell


def _line(state: State, words: Words, url: str, weights_gib: float | None) -> str:
    seconds = round(state.after_s)
    if state.name == DOWNLOADING and state.downloaded_gib:
        key = "running.downloading-of" if weights_gib else "running.downloaded"
        return words.key(key, gib=state.downloaded_gib, size=weights_gib, seconds=seconds)
    return words.key(f"running.{state.name}", url=url, seconds=seconds)


def _print(line: str, *, ready: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    console.print(Text(f"● {line}", style="bold green" if ready else "cyan"), soft_wrap=True)
