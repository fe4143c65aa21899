"""Leave by SystemExit in a call."""

import sys

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "SystemExit"}


def double(x):
    sys.exit(0)
