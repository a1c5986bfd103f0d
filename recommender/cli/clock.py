"""The reader's day: nothing below the command line asks what day it is."""

from datetime import date


def today() -> date:
    """The day on this machine's clock and in its time zone, whatever the clock says."""
    return date.today()  # noqa: DTZ011  # the reader's day
