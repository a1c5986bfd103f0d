"""How much faster two workers answer: ``python -m tests.acceptance.run_sweep [COUNT]``.

Asks about COUNT machines (2,000) of as many kinds in one process, in the processes of this machine,
and on a Ray cluster with two processors that is started here, from the first question to the last
answer: the start of the workers counts, that of the cluster does not. Exit code 1 where answers
differ or a bound is not kept. It needs two processors that nobody else uses, and llmpick[ray].
"""

import gc
import hashlib
import pickle
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from recommender.facts import Machine, Workload
from recommender.facts.codec import decode, encode
from recommender.fleet.parallel import everywhere
from recommender.fleet.wishes import Answering, Wish, here
from recommender.render.document import as_json
from tests.acceptance.run_fleet import kinds

COUNT, WORKERS = 2000, 2
# Times as fast as one process.
BOUND = 1.6
_WORK = Workload(use_case="production", concurrency=100)


def wishes(count: int) -> Iterator[Wish]:
    """A question about each of as many machines, which differ in what decides."""
    every = [decode(Machine, kind) for kind in kinds()]
    for number in range(count):
        machine = every[number % len(every)]
        memory = replace(machine.memory, total_gib=64.0 + number // len(every))
        yield Wish(machine=replace(machine, memory=memory), workload=_WORK)


def asked(answering: Answering, questions: Iterable[Wish]) -> tuple[float, str]:
    """Seconds until the last answer, and what stands for all of them."""
    start = time.perf_counter()
    found = [pickle.dumps(answer) for answer in answering(questions)]
    seconds = time.perf_counter() - start
    digest = hashlib.sha256()
    for one in found:
        digest.update(as_json(encode(pickle.loads(one)), indent=False).encode())  # noqa: S301  # made here
    return seconds, digest.hexdigest()


def measured(count: int) -> dict[str, tuple[float, str]]:
    """What each way of answering takes, and what it answers."""
    from ray.cluster_utils import Cluster

    from recommender.fleet.ray_cluster import connected

    questions = list(wishes(count))
    found = {"one process": asked(here, questions)}
    with everywhere() as answering:
        found["processes"] = asked(answering, questions)
    head = {"num_cpus": WORKERS, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        with connected(cluster.address) as ray:
            found["ray"] = asked(ray.answering, questions)
    finally:
        cluster.shutdown()
    return found


def main() -> int:
    """Print each time, and how it compares."""
    gc.disable()  # as the command does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    found = measured(count)
    alone, answers = found["one process"]
    sys.stdout.write(f"{count} machines of {count} kinds, {WORKERS} workers, bound {BOUND}\n")
    for name, (seconds, _) in found.items():
        sys.stdout.write(f"{name:>12} {seconds:8.2f} s  {alone / seconds:5.2f} times as fast\n")
    same = all(told == answers for _, told in found.values())
    sys.stdout.write(f"the answers are {'the same' if same else 'not the same'}\n")
    return int(not same or alone / found["ray"][0] < BOUND)


if __name__ == "__main__":
    sys.exit(main())
