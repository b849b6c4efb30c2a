"""Gradient descent to Adam, and what came after: rules of a few lines, and loops that run them."""

from .loop import Optimizer, Trace, descend

__version__ = "0.1.0"

__all__ = ["Optimizer", "Trace", "__version__", "descend"]
