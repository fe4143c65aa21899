"""Loop while the file is loaded."""

EXPECT = {"twice": "timeout", "agrees": "timeout", "exact": "timeout", "counts": "timeout"}
SAYS = {"counts": "loading toy.py"}

while True:
    pass
