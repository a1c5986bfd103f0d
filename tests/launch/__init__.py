"""Tests of recommender.launch."""
