"""Fuzz targets: whatever comes from outside, and what must hold of each byte of it.

``python -m tests.fuzz.run`` drives them by coverage with atheris; tests/fuzz/test_targets.py tries
some hundred inputs of each in the ordinary tests.
"""
