"""Which pool of a fleet serves which model, with how many servers and on which nodes.

units.py asks what one server of a model can be in a pool; assignment.py chooses how many of which;
packing.py puts them on nodes; shortage.py says what is not met; planned.py joins these.
"""
