"""Print gigabytes."""

EXPECT = {"twice": "timeout", "agrees": "timeout"}


def double(x):
    line = "x" * 1_000_000
    while True:
        print(line)
