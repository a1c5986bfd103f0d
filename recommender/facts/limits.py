"""What no machine goes beyond, for whatever reads one: a probe, a file, a cluster."""

LARGEST = 1e9
"""Sizes in GiB and counts are below."""
LONGEST_WORD = 2000
"""Characters of one text."""
MOST_DEVICES, MOST_KINDS, MOST_NODES = 4096, 32, 1_000_000
