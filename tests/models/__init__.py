"""Names of models become facts."""
