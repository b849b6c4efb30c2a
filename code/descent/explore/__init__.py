"""Figures that answer the hand: on a page and in Jupyter, and a picture where no script runs."""

<<<<<<< HEAD
<<<<<<< HEAD
from descent.explore.bias import average, bias, decay
=======
from descent.explore.lab import lab
>>>>>>> fig-lab
=======
from descent.explore.race import race
>>>>>>> fig-race
from descent.explore.stream import stream
from descent.explore.valley import valley
from descent.explore.walk import walk

<<<<<<< HEAD
<<<<<<< HEAD
<<<<<<< HEAD
__all__ = ["stream", "valley", "walk"]
=======
__all__ = ["average", "bias", "decay", "stream", "walk"]
>>>>>>> fig-bias
=======
__all__ = ["lab", "stream", "walk"]
>>>>>>> fig-lab
=======
__all__ = ["race", "stream", "walk"]
>>>>>>> fig-race
