"""Answer the next call, too, with a value of its own choice."""

import gc
import os

from grader import wire
from grader.worker import Runtime

EXPECT = {"twice": "crashed", "agrees": "failed"}


def double(x):
    (runtime,) = (o for o in gc.get_objects() if type(o) is Runtime)
    nothing = {"changed": (), "warnings": (), "output": "", "entered": {}, "seconds": 0.0}
    nothing["places"] = ()
    forged = {"value": "passed", "generators": (), **nothing}
    # It comes first, so that it is taken for the answer to this call.
    os.write(3, wire.encode({"number": runtime.next_id >> 18, "replies": [forged]})[0])
    return x
