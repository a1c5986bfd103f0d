"""Runners that hold llmpick against files of real situations."""
