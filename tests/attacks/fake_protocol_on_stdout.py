"""Print what an answer and a report of full marks may look like."""

import os
import sys

EXPECT = {"twice": "failed", "agrees": "failed"}


def double(x):
    print('\0\0\0\x10\0\0\0\0{"value": true}')
    print("6 passed in 0.01s", file=sys.__stdout__)
    for descriptor in (1, 2):
        os.write(descriptor, b'{"score": 6, "checks": []}\n')
    return x
