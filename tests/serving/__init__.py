"""Tests of the servers that llmpick starts and asks."""
