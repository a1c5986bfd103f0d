"""Programs for those who keep the knowledge up to date; no part of the package."""
