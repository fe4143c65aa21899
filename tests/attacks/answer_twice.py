"""Answer the next call, too, with a value of its own choice."""

import gc
import os

from grader import wire
from grader.worker import Runtime

EXPECT = {"twice": "crashed", "agrees": "failed"}


def double(x):
    (runtime,) = (o for o in gc.get_objects() if type(o) is Runtime)
    # It comes first, so that it is taken for the answer to this call.
    os.write(3, wire.encode((runtime.next_id >> 18, [("value", "passed")]))[0])
    return x
