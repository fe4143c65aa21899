"""Send a pickle, in the hope that the other side loads it."""

import os
import pickle
import struct

EXPECT = {"twice": "crashed", "agrees": "crashed"}


class Payload:
    def __reduce__(self):
        return os.system, ("touch /tmp/attacked",)


def double(x):
    data = pickle.dumps(Payload())
    os.write(3, struct.pack(">II", len(data), 0) + data)
    return x
