"""Take memory in small pieces until there is none."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "MemoryError"}


def double(x):
    pieces = []
    while True:
        pieces.append(np.zeros(1 << 18))
