"""``python -m recommender`` is ``llmpick``."""

from recommender.cli.main import main

if __name__ == "__main__":
    main()
