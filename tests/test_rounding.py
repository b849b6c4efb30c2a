"""What is let through where training is sensitive to rounding, and what isn't."""

import base64
import io

import numpy as np
import pytest
from nbformat.v4 import new_output
from PIL import Image

from rounding import difference


def printed(*numbers, before="loss"):
    return [new_output("stream", text=before + "".join(f" {n:6.2f}," for n in numbers))]


def drawn(pixels):
    file = io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), pixels, np.uint8)).save(file, "png")
    picture = base64.b64encode(file.getvalue()).decode()
    return [new_output("display_data", {"image/png": picture})]


TABLE = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


def test_other_digits_are_let_through_and_one_number_in_ten():
    assert difference(printed(*TABLE), printed(*TABLE)) is None
    assert difference(printed(*TABLE), printed(*(1.2 * n for n in TABLE))) is None
    assert difference(printed(*TABLE), printed(*TABLE[:-1], 500)) is None
    assert difference(drawn(200), drawn(200)) is None


@pytest.mark.parametrize(
    "old, new, what",
    [
        (printed(*TABLE), printed(*TABLE[:-2], 500, 500), "Only 80% of the numbers"),
        (printed(1.0), printed(2.0), "Only 0% of the numbers"),
        (printed(*TABLE), printed(*TABLE[:-1]), "no longer the stored one"),
        (printed(1.0), printed(1.0, before="test loss"), "no longer the stored one"),
        (drawn(200), [], "no longer as many"),
        (drawn(200), drawn(90), "Only 0% of a picture's pixels"),
    ],
)
def test_another_result_is_not(old, new, what):
    assert what in difference(old, new)
