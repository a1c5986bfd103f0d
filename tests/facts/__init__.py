"""Tests of recommender.facts."""
