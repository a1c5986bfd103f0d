"""What a site lays over the knowledge."""
