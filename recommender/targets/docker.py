"""The commands of a container engine, one after the other, for a POSIX shell."""

from recommender.facts.plan import Plan
from recommender.targets import shell


def write(plan: Plan) -> str:
    """A script that pulls the image and runs the containers."""
    return shell.write(plan)
