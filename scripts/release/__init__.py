"""What must hold of a release, step by step; ``python -m scripts.check_release`` runs them all."""
