"""What holds for all tests and notebooks: one thread for matrices, and pictures are compared."""

import os

# Before NumPy is loaded, and for the notebooks' kernels: with several threads, the last digits of a
# matrix product depend on the number of processors.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
from nbval.plugin import IPyNbCell

from pictures import difference


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare a notebook cell's pictures too: nbval compares the rest of its outputs."""
    result = yield
    if isinstance(item, IPyNbCell) and item.options["check"]:
        problem = difference(item.cell.outputs, item.test_outputs)
        if problem:
            item.raise_cell_error(problem)
    return result
