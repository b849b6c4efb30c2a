"""What holds for all tests and notebooks: one thread for matrices, and all outputs are compared."""

import os

# Before NumPy is loaded, and for the notebooks' kernels: with several threads, the last digits of a
# matrix product depend on the number of processors.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
from nbval.plugin import IPyNbCell

import pictures
import rounding


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare a notebook cell's pictures too, and all outputs of those that nbval ignores."""
    result = yield
    if isinstance(item, IPyNbCell):
        how = pictures if item.options["check"] else rounding
        problem = how.difference(item.cell.outputs, item.test_outputs)
        if problem:
            item.raise_cell_error(problem)
    return result
