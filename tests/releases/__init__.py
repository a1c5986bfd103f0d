"""Releases, as a package index and GitHub that the tests serve tell of them."""
