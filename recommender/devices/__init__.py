"""What people call accelerators, and what is known of the device behind a name."""
