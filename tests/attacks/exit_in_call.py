"""End the process with status 0 in the middle of a call, as if all had gone well."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed"}
SAYS = {"twice": "exit status 0"}


def double(x):
    os._exit(0)
