"""Names of devices become facts."""
