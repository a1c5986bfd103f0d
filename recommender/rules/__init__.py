"""What runs, does it fit, and which is best: pure functions of values and knowledge."""
