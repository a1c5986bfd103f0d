"""Servers that run: starting one, asking one, and what was measured of them."""
