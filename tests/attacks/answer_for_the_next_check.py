"""Leave an answer on the wire that the next check would take for its own."""

import os

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed"}


def double(x):
    nothing = {"changed": (), "warnings": (), "output": "", "entered": {}, "seconds": 0.0}
    nothing["places"] = ()
    reply = {"value": (), "generators": (), **nothing}
    os.write(3, wire.encode({"number": 1, "replies": [reply]})[0] * 3)
    return x
