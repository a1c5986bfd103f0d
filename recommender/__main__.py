"""``python -m recommender`` is ``llmpick``."""

import gc


def main() -> None:
    """Start the command line."""
    # The process ends before garbage could matter; collecting it costs a tenth of a start.
    gc.disable()
    from recommender.cli.main import run

    run()


if __name__ == "__main__":
    main()
