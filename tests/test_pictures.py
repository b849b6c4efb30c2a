"""The comparison of pictures must not pass what a reader would see."""

import base64
import functools
import io

import numpy as np
import pytest
from PIL import Image

from descent.pictures import compress
from pictures import compare, difference, pictures


@functools.cache
def draw(shift=0.0, color="#CC79A7", dots=False, width=6.0):
    """Return a PNG of a curve on axes, the curve moved up by ``shift`` pixels."""
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", {"savefig.dpi": 100}]):
        figure = Figure(figsize=(width, 4))
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8), xlim=(0, 1), ylim=(0, 320))
        x = np.linspace(0, 1, 30)
        y = 160 + 100 * np.sin(5 * x) + shift
        ax.plot(x, y, ("o" if dots else "-"), color=color)
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return file.getvalue()


def html(png):
    return (
        f'<p><img alt="A curve" src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'
    )


def outputs(*pngs):
    return [
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(png)}}
        for png in pngs
    ]


def test_the_same_drawing_passes():
    assert compare(draw(), draw()) is None


@pytest.mark.parametrize("dots", [False, True])
@pytest.mark.parametrize("color", ["#CC79A7", "0.8", "black"])
@pytest.mark.parametrize("shift", [4, -4, 30])
def test_a_moved_curve_fails(shift, color, dots):
    assert compare(draw(color=color, dots=dots), draw(shift, color=color, dots=dots))


def test_a_missing_curve_and_another_color_fail():
    assert compare(draw(), draw(shift=10_000))
    assert compare(draw(), draw(color="#D55E00"))


def test_one_moved_dot_fails():
    picture = np.full((400, 600, 3), 255, np.uint8)
    first, second = picture.copy(), picture.copy()
    first[100:105, 100:105] = second[100:105, 104:109] = (213, 94, 0)
    assert compare(png(first), png(second))


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format="png")
    return file.getvalue()


def test_another_size_fails():
    assert "600 x 400 pixels, the new one 700 x 400" in compare(draw(), draw(width=7))


def test_what_another_processor_changes_passes():
    # A thousandth of a pixel in the data, and a few levels of gray here and there.
    assert compare(draw(), draw(0.001)) is None
    clean = np.asarray(Image.open(io.BytesIO(draw())).convert("RGBA"))
    noisy = clean[..., :3] + np.random.default_rng(0).integers(-3, 4, clean[..., :3].shape)
    assert compare(draw(), png(noisy.clip(0, 255).astype(np.uint8))) is None
    assert compare(draw(), compress(clean)) is None
    moved = np.asarray(Image.open(io.BytesIO(draw(0.001))).convert("RGBA"))
    assert compare(compress(clean), compress(moved)) is None


def test_a_line_that_snaps_to_the_next_pixel_passes():
    first = np.full((400, 600, 3), 255, np.uint8)
    second = first.copy()
    first[200, 100:110] = second[201, 100:110] = 0
    assert compare(png(first), png(second)) is None


def test_pictures_are_found_in_outputs_and_in_html():
    a, b = draw(), draw(30)
    assert difference(outputs(a, b), outputs(a, b)) is None
    assert difference(outputs(a, b), outputs(b, a)).startswith("Picture 1 ")
    assert difference(outputs(a), outputs(a, b)) == (
        "The notebook stores 1 pictures here, the code now draws 2."
    )
    page = [{"output_type": "display_data", "data": {"text/html": html(a)}}]
    moved = [{"output_type": "display_data", "data": {"text/html": html(b)}}]
    assert difference(page, page) is None
    assert difference(page, moved).startswith("Picture 1 ")


def test_what_shows_through_on_one_page_only_counts():
    black = np.zeros((40, 60, 4), np.uint8)
    line = black.copy()
    line[20, :, 3] = 255
    assert compare(png(black), png(line))


@pytest.mark.parametrize("kind", ["dark", "narrow", "narrow_dark"])
def test_a_changed_variant_fails(kind):
    code = {k: base64.b64encode(draw()).decode() for k in ("dark", "narrow", "narrow_dark")}
    other = code | {kind: base64.b64encode(draw(30)).decode()}
    first, second = outputs(draw()), outputs(draw())
    first[0]["metadata"], second[0]["metadata"] = {"image/png": code}, {"image/png": other}
    assert len(pictures(first)) == 4
    assert difference(first, first) is None
    assert "is no longer what the code draws" in difference(first, second)
    attributes = [" ".join(f'data-{k}="{v}"' for k, v in kinds.items()) for kinds in (code, other)]
    first, second = (
        [{"data": {"text/html": html(draw()).replace("<img", f"<img {a}")}}] for a in attributes
    )
    assert len(pictures(first)) == 4
    assert difference(first, first) is None
    assert "is no longer what the code draws" in difference(first, second)
