"""Tests of recommender.render."""
