"""The options of the frameworks' programs, read from their sources; nothing of them is run."""
