"""Many machines: what a list of hosts, Kubernetes or Slurm knows of them, in pools of equal ones.

sources.py finds the records in a stream; machines.py, kubernetes.py and slurm.py read one record
each; pools.py puts equal machines together; answering.py ranks each pool once.
"""
