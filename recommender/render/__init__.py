"""Answers as text: for machines (document) and for people (terminal)."""
