"""Report an exception whose names, text and lines are not what they should be."""

from grader.worker import Runtime

EXPECT = {"twice": "crashed", "agrees": "crashed", "exact": "crashed", "counts": "crashed"}

real = Runtime.attempt
odd = [1, None, {"names": 1}, {"names": (), "message": 1, "frames": ()}, {"names": [[]]}]


def attempt(self, request):
    real(self, request)
    return {"error": odd.pop()} if odd else {}


Runtime.attempt = attempt


def double(x):
    return x
