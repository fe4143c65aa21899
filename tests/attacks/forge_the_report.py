"""Report values of types that no report has, so that the checker stumbles over them."""

from grader.worker import Runtime

EXPECT = {"twice": "crashed", "agrees": "crashed", "exact": "crashed", "counts": "crashed"}
SAYS = {"twice": "incomplete"}

Runtime.changed = lambda self, request, before: ([1], {"x": 2})


def double(x):
    return x
