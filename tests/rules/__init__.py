"""Tests of recommender.rules."""
