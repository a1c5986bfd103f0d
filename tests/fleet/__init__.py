"""Many machines: sources, pools, the command."""
