"""Real servers run the commands that llmpick prints."""
