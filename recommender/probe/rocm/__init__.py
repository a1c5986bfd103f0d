"""What AMD's compute stack and those made from it have in common: kernel, tools, names of chips.

AMD's own reader and that of Hygon, whose driver and tools are made from AMD's, both use this.
"""
