"""Whatever surroundings a command meets: no traceback, nothing of the user's lost, no half file."""
