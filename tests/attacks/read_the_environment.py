"""Find secrets and paths in the environment, the arguments and the main module."""

import __main__
import os
import sys

KNOWN = {
    "HOME",
    "LANG",
    "LC_CTYPE",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONHASHSEED",
    "TMPDIR",
    "VECLIB_MAXIMUM_THREADS",
}


def double(x):
    if more := set(os.environ) - KNOWN:
        raise RuntimeError(f"in the environment: {more}")
    for said in (sys.argv, sys.orig_argv, sys.path, vars(__main__), os.getcwd()):
        if "@COURSE@" in str(said):
            raise RuntimeError(f"paths: {said}")
    return 2 * x
