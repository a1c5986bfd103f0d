"""What the package index and GitHub tell of releases; nothing else of llmpick asks them."""
