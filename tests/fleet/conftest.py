"""Runs llmpick as the tests of the command line do."""

from tests.cli.conftest import llmpick

__all__ = ["llmpick"]
