"""What runs on the nodes of a Ray cluster: the package is shipped there, its dependencies are not.

Nothing here needs more than the standard library and what it imports of llmpick.
"""

import gc
import json
import os

# Of the machine that ships: what it means is compiled into what was shipped.
_OWN = "LLMPICK_KNOWLEDGE_DIR"


def probed() -> str:
    """The machine that this node is, as ``llmpick probe --json`` writes it."""
    os.environ.pop(_OWN, None)
    from recommender.facts.codec import encode
    from recommender.probe import probe

    return json.dumps(encode(probe()))


def answered(batch: bytes) -> bytes:
    """The answers to a batch of pickled wishes, pickled."""
    os.environ.pop(_OWN, None)
    # As in the command itself: answers leave no garbage that has to be looked for.
    gc.disable()
    from recommender.fleet.parallel import answers

    return answers(batch)
