"""The tests of llmpick."""
