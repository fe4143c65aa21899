"""Take memory in small pieces until there is none."""

EXPECT = {"twice": "failed", "agrees": "failed"}
SAYS = {"twice": "MemoryError"}


def double(x):
    pieces = []
    while True:
        pieces.append(bytearray(1 << 22))
