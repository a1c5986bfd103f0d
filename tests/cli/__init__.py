"""Tests of recommender.cli."""
