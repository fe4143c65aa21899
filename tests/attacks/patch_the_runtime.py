"""Replace the function that carries out calls by one that says yes to everything."""

from grader.worker import Runtime

EXPECT = {"twice": "failed", "agrees": "failed", "exact": "failed", "counts": "failed"}

Runtime.attempt = lambda self, request: ("value", True, request)


def double(x):
    return x
