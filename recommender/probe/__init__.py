"""What this computer is: ``probe()`` reads it without raising, writing or asking the network."""

from recommender.probe.survey import probe

__all__ = ["probe"]
