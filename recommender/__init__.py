"""llmpick: which LLM serving framework to run on this hardware, why, and with which command."""

__version__ = "0.1.0"
