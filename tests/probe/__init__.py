"""Tests of the probe against made-up computers, tools and libraries."""
