"""``python -m recommender`` is ``llmpick``."""

import gc
import signal
import sys

_INTERRUPTED = 130


def main() -> None:
    """Start the command line."""
    # The process ends before garbage could matter; collecting it costs a tenth of a start.
    gc.disable()
    # End quietly when a reader such as head has enough; Windows has no such signal.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Whoever has it ignored (nohup) is obeyed.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        from recommender.cli.main import run

        run()
    except KeyboardInterrupt:
        # From here on a second one ends without a word.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.exit(_INTERRUPTED)


def _end(number: int, _: object) -> None:
    """End as an exit does, so that no half of a file and no vendor's tool stays behind."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
