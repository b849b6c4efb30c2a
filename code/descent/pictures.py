"""How a figure is stored: for the light and for the dark, wide, and narrow for a phone.

A figure is drawn once, by one piece of code. Each further picture comes from the same artists: for
the dark the renderer takes another color where they ask for one, and for a phone the panels stand
below each other. `check` finds what a reader of any of them could not read.
"""

import itertools
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox
from PIL import Image

# Pixels of a picture to one of the page: the first with which it is light enough.
SHARPNESS = (2, 1.5, 1.2, 1)
LIGHT = 25_000  # bytes
COLUMN = 672  # pixels of the page that a wide picture has at least
NARROW = 3.6  # inches; a page has 100 pixels to an inch
SMALLEST = 11  # pixels of the page that a label is high


@dataclass(frozen=True)
class Picture:
    """A figure in one coloring and width. Made by `draw`.

    Attributes
    ----------
    png : bytes
    width, height : int
        In pixels of the page.
    """

    png: bytes
    width: int
    height: int


class _Renderer(RendererAgg):
    """Matplotlib's own, which takes the twin of each color, and remembers where text stands."""

    def __init__(self, width, height, dpi, twin):
        super().__init__(width, height, dpi)
        self.twin = twin
        self.texts = []
        # The base class puts these two on the instance. (A mesh keeps its colors: it is a scale.)
        self._markers, self.draw_markers = self.draw_markers, self._draw_markers
        self._collection, self.draw_path_collection = self.draw_path_collection, self._draw_paths

    def new_gc(self):
        return _Context(self.twin)

    def _face(self, color):
        return color if color is None else self.twin(tuple(color))

    def draw_path(self, gc, path, transform, rgbFace=None):
        super().draw_path(gc, path, transform, self._face(rgbFace))

    def _draw_markers(self, gc, marker, marker_trans, path, trans, rgbFace=None):
        self._markers(gc, marker, marker_trans, path, trans, self._face(rgbFace))

    def _draw_paths(self, *args, **kwargs):
        args = list(args)
        for place in 6, 7:  # faces and edges
            args[place] = np.array([self.twin(tuple(c)) for c in args[place]]).reshape(-1, 4)
        self._collection(*args, **kwargs)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        width, height, below = self.get_text_width_height_descent(s, prop, ismath)
        place = Affine2D().rotate_deg(angle).translate(x, self.height - y)
        corners = place.transform(Bbox.from_bounds(0, -below, width, height).corners())
        box = Bbox([corners.min(axis=0), corners.max(axis=0)])
        if s.strip():
            self.texts.append((s, box, prop.get_size_in_points()))


class _Context(GraphicsContextBase):
    def __init__(self, twin):
        super().__init__()
        self._twin = twin

    def set_foreground(self, fg, isRGBA=False):
        known = fg is self._rgb  # set_alpha hands back what was set
        super().set_foreground(fg, isRGBA)
        if not known:
            self._rgb = self._twin(self._rgb)


class _Canvas(FigureCanvasAgg):
    def __init__(self, figure, twin):
        super().__init__(figure)
        self.twin = twin

    def get_renderer(self):
        # Once: what is measured must be what is drawn.
        size = self.figure.bbox.size
        if not hasattr(self, "renderer") or (self.renderer.width, self.renderer.height) != (*size,):
            self.renderer = _Renderer(*size, self.figure.dpi, self.twin)
        return self.renderer

    def draw(self):
        self.get_renderer().texts.clear()
        super().draw()


def same(color):
    """The color itself: how a figure is colored for the light.

    Parameters
    ----------
    color : tuple of float

    Returns
    -------
    tuple of float
    """
    return color


def _pixels(fig, sharpness, twin=same):
    """The figure as it is, as an RGBA array, and what was written in it."""
    fig.set_dpi(100 * sharpness)
    canvas = _Canvas(fig, twin)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()), list(canvas.renderer.texts)


def one(fig, kind, dark):
    """A single picture of a figure, large, but soon there: for a reader who has just asked for it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is narrow afterwards if the picture is.
    kind : {"light", "dark", "narrow", "narrow_dark"}
    dark : callable
        Takes a color to its twin in the dark.

    Returns
    -------
    Picture
    """
    twin = dark if kind.endswith("dark") else same
    if kind.startswith("narrow"):
        _pixels(fig, 1)
        stack(fig)
    width, height = (round(100 * side) for side in fig.get_size_inches())
    data = BytesIO()
    Image.fromarray(_pixels(fig, SHARPNESS[0], twin)[0]).save(data, "PNG")
    return Picture(data.getvalue(), width, height)


def quick(fig):
    """The figure as it is, on white, as PNG bytes: large, but soon there.

    Parameters
    ----------
    fig : matplotlib.figure.Figure

    Returns
    -------
    bytes
    """
    image = Image.fromarray(_pixels(fig, SHARPNESS[0])[0])
    data = BytesIO()
    Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).save(data, "PNG")
    return data.getvalue()


def draw(fig, *twins):
    """Draw a figure as it is, in several colorings, all as sharp as 25 kB allow each of them.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    *twins : callable
        Each takes an RGB or RGBA tuple to the color that is drawn.

    Returns
    -------
    list of Picture
        One to each coloring.
    texts : list of (str, matplotlib.transforms.Bbox, float)
        What is written, where, in pixels of the picture, and the size of its letters in points.
    """
    width, height = (round(100 * side) for side in fig.get_size_inches())
    for sharpness in SHARPNESS:
        found = []
        for twin in twins:
            pixels, texts = _pixels(fig, sharpness, twin)
            found.append(Picture(compress(pixels), width, height))
            if len(found[-1].png) > LIGHT and sharpness != SHARPNESS[-1]:
                break
        else:
            return found, texts


def compress(pixels, colors=64, exact=16):
    """An RGBA image as PNG bytes with a palette.

    The palette has the most frequent colors as they are. Of the others, which are those of soft
    edges, it has some that are far from one another, so that no pixel changes much. The same image
    has the same bytes.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 4)
    colors : int
        Size of the palette, at most 256.
    exact : int
        How many of them are taken by their frequency.

    Returns
    -------
    bytes
    """
    packed = np.ascontiguousarray(pixels).view("<u4").ravel()
    found, where, count = np.unique(packed, return_inverse=True, return_counts=True)
    rgba = found.view(np.uint8).reshape(-1, 4)
    chosen = [int(i) for i in np.argsort(-count, kind="stable")[:exact]]
    seen = rgba.astype(float)
    edges = np.ones(len(found), bool)
    edges[chosen] = False
    seen[edges, 3] = np.round(seen[edges, 3] / 255 * 7) * 255 / 7  # eight steps from line to page
    palette = np.round(seen).astype(np.uint8)
    seen[:, :3] *= seen[:, 3:] / 255  # a color counts as far as it is opaque
    distance = np.full(len(found), np.inf)
    nearest = np.zeros(len(found), np.uint8)
    for number in range(colors):
        if number >= len(chosen):
            chosen.append(int(distance.argmax()))
        apart = ((seen - seen[chosen[number]]) ** 2).sum(axis=1)
        closer = apart < distance
        nearest[closer], distance[closer] = number, apart[closer]
        if number + 1 >= len(chosen) and distance.max() == 0:
            break
    palette = palette[chosen]
    image = Image.fromarray(nearest[where.reshape(-1)].reshape(pixels.shape[:2]))
    image.putpalette(palette[:, :3].tobytes())
    data = BytesIO()
    image.save(data, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return data.getvalue()


def stack(fig):
    """Put the panels of a figure below each other, as wide as a phone, in place.

    Grids of small pictures, at least three by two, keep two columns.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It has been drawn.
    """
    renderer = fig.canvas.get_renderer()
    panels = [ax for ax in fig.axes if ax.get_subplotspec() is not None]
    spans = {ax: (ax.get_subplotspec().rowspan, ax.get_subplotspec().colspan) for ax in panels}
    panels.sort(key=lambda ax: (spans[ax][0].start, spans[ax][1].start))
    rows = 1 + max(row.stop - 1 for row, _ in spans.values())
    columns = 1 + max(column.stop - 1 for _, column in spans.values())
    side_by_side = 2 if columns >= 3 and rows >= 2 else 1
    heights = []
    for ax in panels:
        _, _, width, height = ax.get_position().bounds * np.tile(fig.get_size_inches(), 2)
        around = (ax.get_tightbbox(renderer).height - ax.bbox.height) / fig.dpi
        room = (NARROW - 0.6) / side_by_side
        # Less than in proportion: labels don't shrink.
        height = max(height * min(1, room / width) ** 0.25, min(height, 1.7))
        heights.append(height + min(around, 0.9))
    heights = [max(heights[i : i + side_by_side]) for i in range(0, len(heights), side_by_side)]
    grid = GridSpec(len(heights), side_by_side, figure=fig, height_ratios=heights)
    for ax, place in zip(panels, grid, strict=False):
        if side_by_side == 1:
            _tell_axes(ax, panels, spans)
        ax.set_subplotspec(place)
    fig.set_size_inches(NARROW, sum(heights) + 0.1 * len(heights))


def _tell_axes(ax, panels, spans):
    """Give a panel its own numbers and labels, where it had those of the one beside or below."""
    for other in panels:
        same_row, same_column = (a == b for a, b in zip(spans[ax], spans[other], strict=True))
        if same_row and ax.get_shared_y_axes().joined(ax, other):
            ax.tick_params(labelleft=True)
            ax.set_ylabel(ax.get_ylabel() or other.get_ylabel())
        if same_column and ax.get_shared_x_axes().joined(ax, other):
            ax.tick_params(labelbottom=True)
            ax.set_xlabel(ax.get_xlabel() or other.get_xlabel())


def check(fig, texts, shown):
    """What can't be read in a figure as it was drawn last.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    texts : list
        As `draw` returns it.
    shown : float
        Pixels of the page that the picture has, to one of its own.

    Returns
    -------
    list of str
        A sentence to each label that is too small, cut off, or covered by another, and to each
        legend that lies on a curve.
    """
    problems = []
    pixel = fig.dpi / 100
    inside = fig.bbox.padded(pixel)
    for text, box, size in texts:
        if size * 100 / 72 * shown < SMALLEST:
            problems.append(f"{text!r} is {size * 100 / 72 * shown:.1f} pixels high")
        if not _within(box, inside):
            problems.append(f"{text!r} is cut off")
    for legend in fig.findobj(Legend):
        box = legend.get_window_extent()
        if not _within(box, inside):
            problems.append("a legend is cut off")
        if legend.axes and any(_crosses(line, box) for line in legend.axes.lines):
            problems.append("a legend lies on a curve")
    for (a, first, _), (b, second, _) in itertools.combinations(texts, 2):
        if first.padded(-pixel).overlaps(second.padded(-pixel)):
            problems.append(f"{a!r} and {b!r} overlap")
    return problems


def _crosses(line, box):
    """Whether a curve, or one of its points if they aren't joined, is in a box of the picture."""
    points = line.get_transform().transform(line.get_xydata())
    points = points[np.isfinite(points).all(axis=1)]
    if line.get_linestyle() == "None":
        return any(box.contains(*point) for point in points)
    return len(points) > 1 and Path(points).intersects_bbox(box, filled=False)


def _within(box, frame):
    return np.all(frame.min <= box.min) and np.all(box.max <= frame.max)


def pictures(fig, dark):
    """A figure in all its pictures. It is narrow afterwards.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    dark : callable
        Takes a color to its twin in the dark.

    Returns
    -------
    dict of Picture
        ``light``, ``dark``, ``narrow``, ``narrow_dark``.
    problems : list of str
    """
    wide, texts = draw(fig, same, dark)
    problems = [f"wide: {p}" for p in check(fig, texts, min(1, COLUMN / wide[0].width))]
    stack(fig)
    narrow, texts = draw(fig, same, dark)
    problems += [f"narrow: {p}" for p in check(fig, texts, 1)]
    return dict(
        zip(("light", "dark", "narrow", "narrow_dark"), wide + narrow, strict=True)
    ), problems
