"""Figures that answer the hand: on a page and in Jupyter, and a picture where no script runs."""

from descent.explore.bias import average, bias, decay
from descent.explore.lab import lab
from descent.explore.race import race
from descent.explore.stream import stream
from descent.explore.valley import valley
from descent.explore.walk import walk

__all__ = ["average", "bias", "decay", "lab", "race", "stream", "valley", "walk"]
