"""Compare the outputs of cells whose training is sensitive to rounding, tagged nbval-ignore-output.

Where a run is long or its rate is high, another processor's last digits grow into other numbers.
There the text must be the same but for its numbers, and of these nine in ten must be near; pictures
must be as many, as large, and alike in the most part. That such a cell's claim holds is asserted in
the cell itself.
"""

import re

import numpy as np

from pictures import IS_TESTED, SMALL, pictures, pixels

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?")
NEAR = 0.3
SHARE = 0.9
LIKE = 0.8


def difference(stored, computed):
    """Return a sentence on what differs between two lists of outputs, or None."""
    texts = ["".join(o.get("text", "") for o in outputs) for outputs in (stored, computed)]
    words = [NUMBER.sub("#", text).split() for text in texts]
    if words[0] != words[1]:
        return "The printed text is no longer the stored one, even without its numbers."
    numbers = [
        np.array([float(n.replace(",", "")) for n in NUMBER.findall(text)]) for text in texts
    ]
    near = np.abs(numbers[0] - numbers[1]) <= NEAR * np.maximum(*numbers)
    if len(near) and near.mean() < SHARE:
        return f"Only {near.mean():.0%} of the numbers printed are within {NEAR:.0%} of the stored."
    drawn = [list(map(pixels, pictures(outputs))) for outputs in (stored, computed)]
    if len(drawn[0]) != len(drawn[1]):
        return "The pictures are no longer as many as the stored ones."
    for old, new in zip(*drawn, strict=True) if IS_TESTED else ():
        if old.shape != new.shape:
            return "A picture is no longer as large as the stored one."
        alike = np.mean(np.abs(old - new).max(axis=2) <= SMALL)
        if alike < LIKE:
            return f"Only {alike:.0%} of a picture's pixels are as in the stored one."
    return None
