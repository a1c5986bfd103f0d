"""``llmpick knowledge refresh``: what a release of a framework is, read from its package.

Options come from sources as syntax trees and patterns, the rest from the package's metadata and
from the code for devices inside of it; nothing of it is installed or run.
"""
