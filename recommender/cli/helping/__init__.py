"""What --help, the man page, completion and wrong usage say, from knowledge/help.yaml."""
