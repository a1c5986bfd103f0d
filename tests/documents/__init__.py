"""The README, its Chinese form and docs/ say what is so."""
