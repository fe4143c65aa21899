"""End the process with status 0 while the file is loaded."""

import os

EXPECT = {"twice": "crashed", "agrees": "crashed", "exact": "crashed", "counts": "crashed"}
SAYS = {"counts": "exit status 0"}

os._exit(0)
