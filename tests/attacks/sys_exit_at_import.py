"""Leave by SystemExit while the file is loaded."""

import sys

EXPECT = {"twice": "failed", "agrees": "failed", "exact": "failed", "counts": "failed"}
SAYS = {"counts": "SystemExit"}

sys.exit(0)
