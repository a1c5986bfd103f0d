"""``python -m recommender`` is ``llmpick``."""

import gc
import signal


def main() -> None:
    """Start the command line."""
    # The process ends before garbage could matter; collecting it costs a tenth of a start.
    gc.disable()
    # End quietly when a reader such as head has enough; Windows has no such signal.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    from recommender.cli.main import run

    run()


if __name__ == "__main__":
    main()
