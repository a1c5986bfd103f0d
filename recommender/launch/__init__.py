"""From a placement to commands: a neutral plan, then one file for each kind of shell."""
