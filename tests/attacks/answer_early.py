"""Write an answer to the protocol's descriptor before the real one."""

import os

from grader import wire

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "not an answer"}


def double(x):
    nothing = {"changed": (), "warnings": (), "output": "", "entered": {}, "seconds": 0.0}
    nothing["places"] = ()
    reply = {"value": True, "generators": (), **nothing}
    os.write(3, wire.encode({"number": 0, "replies": [reply]})[0])
    return x
