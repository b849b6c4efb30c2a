"""Static figures: what they leave alone, their colors, and that they can be read everywhere."""

import base64
import io
import itertools
import re
import subprocess
import sys

import matplotlib.style
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

import pictures as stored_pictures
from contents import BOOK, NOTEBOOKS
from descent import explore, plot, rules
from descent.explore import base
from descent.pictures import LIGHT, NARROW, check, compress, draw, pictures, same, stack

UNCHANGED = """
import matplotlib
def settings():
    # As they are stored: to read the backend's would choose one.
    return {key: repr(value) for key, value in dict.items(matplotlib.rcParams)}
before = settings()

from descent import contest, explore, ledger, plot, practice, predict, rules, surfaces
explore.walk(rules.adam, lr=(0.001, 1, 0.1)).html()
explore.stream().html()
explore.walk(rules.gd, lr=(0.001, 1, 0.1)).widget()
def adam(g, m=0, v=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return lr * m / (v**0.5 + eps), dict(m=m, v=v, t=t)

assert "<svg" in practice.check("adam", adam).html()

assert settings() == before, set(settings().items()) ^ set(before.items())
assert not plot.plt.get_fignums()
"""


def test_importing_checking_and_drawing_change_nothing_of_matplotlibs():
    run = subprocess.run([sys.executable, "-c", UNCHANGED], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


# Colors.


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """As the Web Content Accessibility Guidelines define it."""
    low, high = sorted(linear(c) @ (0.2126, 0.7152, 0.0722) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


LIGHT_PAGES, DARK_PAGES = ("#FFFFFF", "#FFFEFC", "#FAFAF5"), ("#101010", "#15181C", "#1C1F24")


@pytest.mark.parametrize("name", plot.LOOK)
def test_a_rule_is_seen_on_light_and_dark_pages(name):
    assert all(contrast(plot.LOOK[name][0], page) >= 3 for page in LIGHT_PAGES)
    assert all(contrast(plot.DARK[name], page) >= 3 for page in DARK_PAGES)
    lighter = linear(plot.DARK[name]).sum() > linear(plot.LOOK[name][0]).sum()
    assert lighter and set(plot.DARK) == set(plot.LOOK)


@pytest.mark.parametrize("fraction", [0, 0.2, 0.6, 1])
@pytest.mark.parametrize("name", plot.LOOK)
def test_a_tint_is_seen_too_and_has_its_twin(name, fraction):
    light = plot.tint(name, fraction)
    dark = plot.dark(light)
    assert contrast(light, LIGHT_PAGES[-1]) >= 3 and contrast(dark, DARK_PAGES[-1]) >= 3
    want = np.array(to_rgb(plot.DARK[name])) * (1 - fraction)
    want = want + np.array(to_rgb(plot.DARK_INK)) * fraction
    np.testing.assert_allclose(dark, want, atol=0.01)


# What the color-blind see (Machado, Oliveira and Fernandes, 2009), and the space in which equal
# distances look equally large (OKLab).
SEEN = {
    "all": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}
CONES = [[0.4122, 0.5363, 0.0515], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
LAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


@pytest.mark.parametrize("colors", [{n: c[0] for n, c in plot.LOOK.items()}, plot.DARK])
@pytest.mark.parametrize("eyes", SEEN)
def test_rules_are_told_apart_by_all_eyes(eyes, colors):
    def place(color):
        seen = np.clip(np.array(SEEN[eyes]) @ linear(color), 0, 1)
        return np.array(LAB) @ np.cbrt(np.array(CONES) @ seen)

    apart = {
        pair: np.linalg.norm(place(colors[pair[0]]) - place(colors[pair[1]]))
        for pair in itertools.combinations(colors, 2)
    }
    # Okabe and Ito's own six, two of which are too light for a white page, have 0.076.
    assert min(apart.values()) > 0.08, min(apart, key=apart.get)


def test_the_dark_has_the_same_grays_from_the_other_end_and_leaves_other_colors():
    np.testing.assert_allclose(plot.dark((1.0, 1.0, 1.0)), to_rgb(plot.DARK_PAGE), atol=1e-9)
    np.testing.assert_allclose(plot.dark(to_rgb(plot.INK)), to_rgb(plot.DARK_INK), atol=1e-9)
    grays = [plot.dark((g, g, g, 0.5)) for g in np.linspace(0.2, 1, 9)]
    assert all(a[0] > b[0] for a, b in itertools.pairwise(grays)) and grays[0][3] == 0.5
    assert plot.dark(to_rgb("ivory")) == to_rgb("ivory")


def everything(color):
    """A figure with one of each thing that is drawn in this book, all in one color."""
    fig = Figure(figsize=(5, 3))
    ax = fig.subplots()
    ax.plot([0, 1], [0, 1], "o-", color=color, mfc="white", mec=color, label="line")
    ax.scatter([0.2, 0.4], [0.8, 0.8], color=color)
    ax.fill_between([0, 0.5], [0, 0], [0.1, 0.1], color=color)
    ax.contour(np.outer(np.arange(3), np.arange(3)), levels=[1], colors=color)
    ax.bar([1.5], [1], width=0.2, color=color)
    ax.errorbar([1.2], [0.5], [0.2], color=color, capsize=3)
    arrow = dict(arrowstyle="->", color=color)
    ax.annotate("$x^2$ there", (0.7, 0.4), (0.8, 0.1), color=color, arrowprops=arrow)
    ax.text(0.1, 0.6, "plate", color=color, bbox=dict(fc="white", ec=color))
    ax.axvline(1.8, color=color, ls=":")
    ax.legend(loc="lower right")
    return fig


def solid(png):
    """The colors of a picture's opaque pixels, and how many pixels have each."""
    rgba = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).reshape(-1, 4)
    found, count = np.unique(rgba[rgba[:, 3] == 255, :3], axis=0, return_counts=True)
    return {tuple(color.tolist()): n for color, n in zip(found, count, strict=True)}


def in_bytes(color):
    return tuple(round(255 * c) for c in to_rgb(color))


def test_nothing_in_the_dark_keeps_its_light_color():
    with matplotlib.style.context(plot.STYLE):
        (light, dark), _ = draw(everything(plot.LOOK["adam"][0]), same, plot.dark)
    assert solid(light.png)[in_bytes(plot.LOOK["adam"][0])] > 1000
    colors = solid(dark.png)
    assert in_bytes(plot.LOOK["adam"][0]) not in colors and in_bytes(plot.INK) not in colors
    assert colors[in_bytes(plot.DARK["adam"])] > 1000 and in_bytes(plot.DARK_INK) in colors
    # White in a figure is the page that shows through: no spot is left over in the dark.
    assert (255, 255, 255) not in colors


def images(html):
    """The PNG files in an element."""
    return stored_pictures.pictures([{"data": {"text/html": html}}])


@pytest.mark.parametrize(
    "figure, name",
    [
        (explore.walk(rules.rmsprop, lr=(0.001, 1, 0.1)), "rmsprop"),
        (explore.walk(rules.gd, lr=(0.001, 1, 0.1), noise=1.0), "sgd"),
        (explore.stream(), "adam"),
    ],
)
def test_a_static_figure_has_the_colors_of_the_live_one(figure, name):
    light, dark, narrow, narrow_dark = images(figure.html())
    colors = base.looks()[name]["color"]
    assert colors == (plot.LOOK[name][0], plot.DARK[name])
    for color, pngs in zip(colors, ((light, narrow), (dark, narrow_dark)), strict=True):
        for png in pngs:
            assert solid(png).get(in_bytes(color), 0) > 100


# Sizes and labels.


def test_panels_stand_below_each_other_on_a_phone_with_their_own_labels():
    with matplotlib.style.context(plot.STYLE):
        fig = Figure(figsize=(7.4, 2.5))
        axes = fig.subplots(1, 3, sharey=True)
        axes[0].set_ylabel("loss")
        for ax in axes:
            ax.set(xlabel="step", title="A panel")
        draw(fig, same)
        stack(fig)
        picture, texts = draw(fig, same)
    boxes = [ax.get_position() for ax in axes]
    assert picture[0].width == round(100 * NARROW)
    assert all(a.y0 > b.y1 for a, b in itertools.pairwise(boxes))
    assert all(box.width > 0.7 for box in boxes)
    assert [text for text, *_ in texts].count("loss") == 3
    assert not check(fig, texts, 1)


def test_a_grid_of_small_pictures_keeps_two_columns():
    with matplotlib.style.context(plot.STYLE):
        fig = Figure(figsize=(7.4, 3.4))
        axes = fig.subplots(2, 3)
        draw(fig, same)
        stack(fig)
        draw(fig, same)
    lefts = [round(ax.get_position().x0, 1) for ax in axes.flat]
    assert lefts[::2] == lefts[:1] * 3 and lefts[1::2] == lefts[1:2] * 3 and lefts[0] < lefts[1]


@pytest.mark.parametrize(
    "text, problem",
    [
        (dict(x=0.5, y=0.5, s="alone"), None),
        (dict(x=0.12, y=0.5, s="a second"), "'first' and 'a second' overlap"),
        (dict(x=0.5, y=0.5, s="small", fontsize=7), "'small' is 9.7 pixels high"),
        (dict(x=0.97, y=0.5, s="beyond the edge"), "'beyond the edge' is cut off"),
    ],
)
def test_what_cannot_be_read_is_told(text, problem):
    fig = Figure(figsize=(5, 3))
    fig.text(0.1, 0.5, "first")
    fig.text(**text)
    _, texts = draw(fig, same)
    assert check(fig, texts, 1) == ([problem] if problem else [])


def test_labels_of_two_lines_are_checked_line_by_line():
    fig = Figure(figsize=(5, 3))
    fig.text(0.5, 0.5, "GD\nN = 1")
    assert not check(fig, draw(fig, same)[1], 1)
    fig.text(0.55, 0.5, "GD\nN = 2")
    assert "'N = 1' and 'N = 2' overlap" in check(fig, draw(fig, same)[1], 1)
    fig.text(0.1, 0.5, "upright", rotation=90)
    (box,) = (box for text, box, _ in draw(fig, same)[1] if text == "upright")
    assert box.height > 3 * box.width


@pytest.mark.parametrize(
    "points, drawn, covered",
    [
        ([0.05, 0.95], "-", True),
        ([0.6, 0.6], "-", False),
        ([0.1] * 9 + [0.93, 0.1], "o", True),
        ([0.05, 0.3], "o", False),
    ],
)
def test_a_legend_on_a_curve_is_found(points, drawn, covered):
    fig = Figure(figsize=(5, 3))
    ax = fig.subplots()
    ax.plot(np.linspace(0, 1, len(points)), points, drawn, label="a curve")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.legend(loc="upper right")
    assert ("a legend lies on a curve" in check(fig, draw(fig, same)[1], 1)) == covered


def test_a_figure_that_cannot_be_read_warns():
    fig = Figure(figsize=(5, 3))
    ax = fig.subplots()
    for x in (0.4, 0.45):
        ax.text(x, 0.5, f"a label at {x}")
    with pytest.warns(UserWarning, match="wide: 'a label at 0.4' and 'a label at 0.45' overlap"):
        plot.html(fig, "Two labels.")


def test_a_palette_keeps_the_frequent_colors_and_is_near_to_the_others():
    rng = np.random.default_rng(0)
    picture = np.zeros((60, 80, 4), np.uint8)
    picture[:20] = (0, 99, 158, 255)
    picture[20:30] = (0, 99, 158, 51)  # a band
    picture[40:44] = rng.integers(0, 256, (4, 80, 4))
    png = compress(picture)
    found = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    assert Image.open(io.BytesIO(png)).mode == "P" and compress(picture) == png
    assert (found[:40] == picture[:40]).all()
    one = np.full((5, 5, 4), 255, np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(compress(one))).convert("RGBA")) == one).all()


def stored_figures(name):
    for cell in nbformat.read(BOOK / name, as_version=4).cells:
        if found := stored_pictures.pictures(cell.get("outputs", [])):
            yield cell, found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_stored_figure_is_light_and_has_its_sizes(name):
    for cell, found in stored_figures(name):
        assert len(found) == 4, cell.id
        assert max(map(len, found)) <= LIGHT, cell.id
        light, dark, narrow, narrow_dark = (Image.open(io.BytesIO(png)).size for png in found)
        assert light == dark and narrow == narrow_dark
        (output,) = (o for o in cell.outputs if "data" in o and stored_pictures.pictures([o]))
        sizes = output.metadata.get("image/png") or {
            name.removeprefix("data-"): int(number)
            for name, number in re.findall(r'([\w-]+)="(\d+)"', output.data["text/html"])
        }
        assert sizes["width"] / sizes["height"] == pytest.approx(light[0] / light[1], rel=0.01)
        assert sizes["narrow_width"] == round(100 * NARROW)
        assert (
            0
            < sizes["narrow_height"] / sizes["narrow_width"]
            == pytest.approx(narrow[1] / narrow[0], rel=0.01)
        )


def test_a_figure_is_drawn_in_the_courses_colors():
    for name in NOTEBOOKS:
        for cell in nbformat.read(BOOK / name, as_version=4).cells:
            if cell.cell_type == "code":
                assert not re.search(r"[\"']#[0-9a-fA-F]{6}[\"']", cell.source), (name, cell.id)


def test_all_four_pictures_are_in_the_output(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    with matplotlib.style.context(plot.STYLE):
        fig = Figure(figsize=(5, 3))
        fig.subplots().plot([0, 1])
        plot.show(fig, "A line.")
    data, metadata = shown[0]._repr_png_()
    assert metadata["alt"] == "A line." and (metadata["width"], metadata["height"]) == (500, 300)
    with matplotlib.style.context(plot.STYLE):
        fig = Figure(figsize=(5, 3))
        fig.subplots().plot([0, 1])
        again, problems = pictures(fig, plot.dark)
    assert not problems
    assert base64.b64decode(data) == again["light"].png
    for kind in ("dark", "narrow", "narrow_dark"):
        assert base64.b64decode(metadata[kind]) == again[kind].png


@pytest.mark.parametrize("kind", ["light", "dark", "narrow", "narrow_dark"])
def test_a_page_that_asks_for_one_picture_gets_that_one(monkeypatch, kind):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    sizes = {}
    for wanted in (kind, ""):
        monkeypatch.setenv(plot.KIND, wanted)
        with matplotlib.style.context(plot.STYLE):
            fig = Figure(figsize=(5, 3))
            fig.subplots(1, 2)[0].plot([0, 1])
            plot.show(fig, "A line.")
        sizes[wanted] = shown[-1]._repr_png_()
    data, metadata = sizes[kind]
    _, everything = sizes[""]
    narrow = "narrow_" if kind.startswith("narrow") else ""
    assert set(metadata) == {"alt", "width", "height"} and metadata["alt"] == "A line."
    for side in ("width", "height"):
        # In some versions of Matplotlib a pixel is cut off or not.
        assert abs(metadata[side] - everything[f"{narrow}{side}"]) <= 1
    # As in the stored one, but for its palette.
    stored = sizes[""][0] if kind == "light" else everything[kind]
    one, all_ = (decoded(code).astype(int) for code in (data, stored))
    rows = min(len(one), len(all_))
    assert one.shape[1:] == all_.shape[1:] and max(len(one), len(all_)) <= rows + 2
    assert np.abs(one[:rows] - all_[:rows])[..., 3].mean() < 2


def decoded(code):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGBA"))


def test_what_a_rule_changes_is_read_from_its_own_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plot.changes(rules.momentum, rules.momentum_ema)
    assert shown[0].data == "```diff\n- m = beta * m + g\n+ m = beta * m + (1 - beta) * g\n```"
    assert plot.changed_lines(rules.adam, rules.adam) == []
    assert len(plot.changed_lines(rules.momentum, rules.momentum_ema)) == 2
