"""Which model a name, a repository or a file means, and what is known of it."""
