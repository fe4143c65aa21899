"""Report an exception with ten thousand lines of other people's files."""

from grader.worker import Runtime

EXPECT = {"twice": "failed", "agrees": "failed"}

real = Runtime.describe


def describe(self, error):
    names, message, _ = real(self, error)
    return names, message, (("/etc/passwd", 10**300, "root", "x" * 100),) * 10_000


Runtime.describe = describe


def double(x):
    raise ValueError
