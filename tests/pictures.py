"""Compare the pictures in a notebook cell's outputs by their pixels, in all their colorings.

Tolerance: both pictures are blurred by 2 pixels, which evens out how a line is drawn on another
processor. Then no color channel may differ by more than 8 % of its range anywhere, and at most
0.5 % of the pixels may differ by more than 1 %. That holds with the Matplotlib of constraints.txt:
others place letters otherwise, and of theirs it is only said whether all pictures are there.
"""

import base64
import io
import re
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageFilter

CONSTRAINTS = (Path(__file__).parent.parent / "constraints.txt").read_text(encoding="utf-8")
TESTED = re.search(r"^matplotlib==(\d+\.\d+\.)", CONSTRAINTS, re.MULTILINE)[1]
IS_TESTED = matplotlib.__version__.startswith(TESTED)

BLUR = 2
LARGEST = 0.08
SMALL = 0.01
SHARE = 0.005

INLINE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def pictures(outputs):
    """Return the PNG files in outputs, as bytes: outputs of their own, and those inside HTML.

    After each follow its variants: in the dark, narrow, narrow in the dark.
    """
    found = []
    for output in outputs:
        data = output.get("data", {})
        if "image/png" in data:
            stored = output.get("metadata", {}).get("image/png", {})
            found.append(data["image/png"])
            found += [stored[kind] for kind in ("dark", "narrow", "narrow_dark") if kind in stored]
        found += INLINE.findall(data.get("text/html", ""))
    return [base64.b64decode(picture) for picture in found]


def pixels(png):
    """Return a picture, blurred: floats from 0 to 1, of shape (height, width, 4).

    The last is how opaque it is, and the three colors count as far as that: so it doesn't matter
    on which page the picture stands.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGBA").convert("RGBa")
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(BLUR))) / 255


def compare(stored, computed):
    """Return in which way two PNG files differ, or None if they look the same."""
    if stored == computed:
        return None
    stored, computed = pixels(stored), pixels(computed)
    if stored.shape != computed.shape:
        height, width = stored.shape[:2]
        new_height, new_width = computed.shape[:2]
        return (
            f"the stored one is {width} x {height} pixels, the new one {new_width} x {new_height}"
        )
    apart = np.abs(stored - computed).max(axis=2)
    share = np.mean(apart > SMALL)
    if apart.max() > LARGEST or share > SHARE:
        row, column = np.unravel_index(apart.argmax(), apart.shape)
        return (
            f"{share:.2%} of the pixels differ by more than {SMALL:.0%}, the one at row {row}, "
            f"column {column} by {apart.max():.0%}"
        )
    return None


def difference(stored, computed):
    """Return a sentence on the first picture that differs between two lists of outputs, or None."""
    stored, computed = pictures(stored), pictures(computed)
    if len(stored) != len(computed):
        return (
            f"The notebook stores {len(stored)} pictures here, the code now draws {len(computed)}."
        )
    if not IS_TESTED:
        return None
    for number, pair in enumerate(zip(stored, computed, strict=True), start=1):
        how = compare(*pair)
        if how:
            return f"Picture {number} is no longer what the code draws: {how}."
    return None
