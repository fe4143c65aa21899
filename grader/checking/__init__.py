"""The vocabulary of check authors: all that a `checks.py` needs besides NumPy.

declaring   what a check is worth, and for which task
comparing   values against what they should be
gradients   gradients against finite differences of our own function
arrays      Hypothesis strategies for arrays, batches and networks
training    runs of training against reference runs
showing     pictures of what a check saw
"""

from grader.checking.comparing import (
    as_array,
    assert_close,
    assert_equal,
    assert_integers,
    assert_on_gpu,
    assert_quiet,
    assert_raises,
    assert_unchanged,
    fail,
    unpack,
)
from grader.checking.gradients import (
    assert_exact_gradient,
    assert_gradient,
    cotangent,
    numerical_gradient,
)
from grader.checking.showing import show_boundary, show_curve
from grader.checking.strategies import Network, arrays, batches, generators, given, labels, networks
from grader.checking.training import assert_reaches, assert_same_run
from grader.declaring import check

__all__ = [
    "Network",
    "arrays",
    "as_array",
    "assert_close",
    "assert_equal",
    "assert_exact_gradient",
    "assert_gradient",
    "assert_integers",
    "assert_on_gpu",
    "assert_quiet",
    "assert_raises",
    "assert_reaches",
    "assert_same_run",
    "assert_unchanged",
    "batches",
    "check",
    "cotangent",
    "fail",
    "generators",
    "given",
    "labels",
    "networks",
    "numerical_gradient",
    "show_boundary",
    "show_curve",
    "unpack",
]
