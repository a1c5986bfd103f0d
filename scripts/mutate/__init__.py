"""Changes one thing of the rules or of the knowledge at a time: some test must notice."""
