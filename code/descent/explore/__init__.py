"""Figures that answer the hand: on a page and in Jupyter, and a picture where no script runs."""

from descent.explore.race import race
from descent.explore.stream import stream
from descent.explore.walk import walk

__all__ = ["race", "stream", "walk"]
