"""A real llama-server runs the commands that llmpick prints."""
