"""What a plan is written for: one module a target, each with ``write(plan) -> str``."""
