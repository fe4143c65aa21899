"""Lay modules and settings beside the file that Python or pytest would pick up."""

import numpy as np

EXPECT = {"twice": "failed", "agrees": "failed"}
BESIDE = {
    "conftest.py": "import os; os._exit(0)",
    "sitecustomize.py": "import os; os._exit(0)",
    "usercustomize.py": "import os; os._exit(0)",
    "evil.pth": "import os; os._exit(0)",
    "numpy.py": "def __getattr__(name): return lambda *a, **k: True",
    "pytest.ini": "[pytest]\naddopts = --collect-only",
    "checks.py": "",
}


def double(x):
    return x + np.ones(3)
