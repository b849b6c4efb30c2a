"""What all figures share: settings that are traits, and three lives.

On a page and in Jupyter the same module draws: `data/figures.mjs`, which `tools/bundle.py` makes
from `book/_js/figures`, with the rules of `rules.py` and the looks of `looks.py` before it.
"""

import functools
import html
import inspect
import json
from dataclasses import dataclass
from importlib import resources

from descent import rules, translate
from descent.lives import Lives
from descent.looks import DARK, FAMILY, LOOK, family

try:
    import traitlets
except ImportError:  # In a page's Python. There the settings are plain attributes.
    traitlets = None
Plain = traitlets.HasTraits if traitlets else object
try:  # Without it the figure is HTML, and its settings are traits all the same.
    from anywidget import AnyWidget as Widget
except ImportError:
    Widget = Plain

LABEL = {
    "lr": "learning rate, lr",
    "kappa": "condition number, κ",
    "beta": "momentum, beta",
    "beta1": "memory of gradients, beta1",
    "beta2": "memory of squares, beta2",
    "eps": "eps",
    "batch": "rows in a mini-batch, B",
    "C": "the rare slope, C",
    "rare": "steps from one gradient of x₂ to the next, n",
    "spike": "a spike in the gradient, times",
    "tries": "tries for each rule",
    "luck": "which draw of them",
}
# How Matplotlib draws "-" and the tuples of `looks.LOOK`, in SVG.
SOLID = "none"


@dataclass(frozen=True)
class Slider:
    """A quantity that the hand moves.

    Attributes
    ----------
    name : str
    low, high, value : float
        Its range, and where it starts.
    step : float, optional
        The distance of its places, such as 1 for whole numbers.
    scale : {"linear", "log"}, optional
        Logarithmic unless given where `low` is above 0, `high` at least 20 times that, and there
        is no `step`.
    hidden : bool
        Whether it has no slider of its own: it is moved by the figure.
    toward : float, optional
        A limit above the range. Equal distances on the slider are equal factors of the distance
        from it: so a beta goes from .9 to .99 as far as from .99 to .999.
    called : str, optional
        What to call it beside the slider, where `LABEL` doesn't say it.
    """

    name: str
    low: float
    high: float
    value: float
    step: float | None = None
    scale: str | None = None
    hidden: bool = False
    toward: float | None = None
    called: str = ""

    @property
    def label(self):
        """What to call it beside the slider."""
        return self.called or LABEL.get(self.name, self.name)

    @property
    def log(self):
        """Whether equal distances on the slider are equal factors."""
        if self.scale or self.toward:
            return self.scale == "log"
        return not self.step and self.low > 0 and self.high >= 20 * self.low

    @property
    def trait(self):
        """The trait that holds its value."""
        return traitlets.CFloat(self.value, min=self.low, max=self.high)

    @property
    def described(self):
        """What the script needs to know of it."""
        own = dict(low=self.low, high=self.high, log=self.log, step=self.step)
        own |= dict(hidden=True) if self.hidden else {}
        own |= dict(toward=self.toward) if self.toward else {}
        return dict(name=self.name, label=self.label, kind="range", value=self.value) | own


@dataclass(frozen=True)
class Choice:
    """One of several names.

    Attributes
    ----------
    name : str
    options : tuple of str, or of (str, str)
        Each a name, or a name and what to call it.
    value : str
    """

    name: str
    options: tuple
    value: str
    label: str = ""

    @property
    def trait(self):
        """The trait that holds its value."""
        names = [o if isinstance(o, str) else o[0] for o in self.options]
        return traitlets.Enum(names, self.value)

    @property
    def described(self):
        """What the script needs to know of it."""
        label = self.label or LABEL.get(self.name, self.name)
        return dict(
            name=self.name, label=label, kind="choice", value=self.value, options=self.options
        )


@dataclass(frozen=True)
class Switch:
    """On or off.

    Attributes
    ----------
    name : str
    value : bool
    """

    name: str
    value: bool
    label: str = ""

    @property
    def trait(self):
        """The trait that holds its value."""
        return traitlets.Bool(self.value)

    @property
    def described(self):
        """What the script needs to know of it."""
        label = self.label or LABEL.get(self.name, self.name)
        return dict(name=self.name, label=label, kind="switch", value=self.value)


@dataclass(frozen=True)
class Point:
    """A ring to drag.

    Attributes
    ----------
    name : str
    value : (float, float)
    window : ((float, float), (float, float))
        From where to where each coordinate goes.
    """

    name: str
    value: tuple
    window: tuple
    label: str = ""

    @property
    def trait(self):
        """The trait that holds its value."""
        return traitlets.Tuple(
            *(traitlets.CFloat(min=low, max=high) for low, high in self.window),
            default_value=tuple(map(float, self.value)),
        )

    @property
    def described(self):
        """What the script needs to know of it."""
        return dict(
            name=self.name,
            label=self.label or self.name,
            kind="point",
            value=self.value,
            window=self.window,
        )


class Figure(Lives, Widget):
    """A figure that answers the hand; a subclass is a dataclass with ``eq=False, repr=False``.

    A subclass has

    - ``kind``, the name of its JavaScript module;
    - ``settings``, a tuple of `Slider`, `Choice`, `Switch` and `Point`, whose values are traits of
      the figure: ``figure.lr = 0.1``, ``figure.observe(f, "lr")``;
    - ``trace(**values)``, Python's own arithmetic at these values, the others where they start;
    - ``verdict(trace)``, what is said of it; ``task``, what the reader is asked to do;
    - ``draw(fig, **values)``, the static picture, and ``alt``, its words;
    - ``details``, what the script needs to know besides.
    """

    # The height of the live figure in pixels, on a wide page and on a narrow one: as much room is
    # kept for it, so that nothing moves when it comes.
    tall = (400, 600)

    # Whether Python reckons for the script: then `send` does it, whenever a setting has changed.
    remote = False

    @property
    def details(self):
        """What the script needs to know besides."""
        return {}

    def __post_init__(self):
        taken = [s.name for s in self.settings if hasattr(type(self), s.name)]
        if taken:
            raise TypeError(f"a figure can't have a setting called {', '.join(taken)}")
        if not traitlets:
            vars(self).update({s.name: s.value for s in self.settings})
            return
        traits = {s.name: s.trait.tag(sync=True) for s in self.settings}
        if Widget is not Plain:
            traits |= dict(
                _esm=traitlets.Unicode(module()).tag(sync=True),
                _kind=traitlets.Unicode(self.kind).tag(sync=True),
                _spec=traitlets.Dict(json.loads(self.written)).tag(sync=True),
                _sent=traitlets.Any(None, allow_none=True).tag(sync=True),
            )
        self.add_traits(**traits)
        super().__init__()
        if self.remote and "_sent" in traits:
            self.send()
            self.observe(self.send, [s.name for s in self.settings])

    @property
    def spec(self):
        """What the script needs to know of this figure."""
        start = dict(kind=self.kind, task=self.task)
        return start | dict(settings=[s.described for s in self.settings]) | self.details

    @property
    def written(self):
        """The same as JSON."""
        return json.dumps(self.spec, ensure_ascii=False)

    def at(self, moved):
        """The values where the figure starts, but for those that are given.

        Parameters
        ----------
        moved : dict

        Returns
        -------
        dict

        Raises
        ------
        TypeError
            When one is given for which there is no setting.
        """
        start = {s.name: s.value for s in self.settings}
        if unknown := moved.keys() - start.keys():
            raise TypeError(f"there is no setting {min(unknown)!r}; there are {sorted(start)}")
        return start | moved

    def picture(self, **values):
        """The static picture at the given values, as HTML."""
        # Not by pyplot, which would choose a backend for the reader and keep the figure.
        from matplotlib import style
        from matplotlib.figure import Figure as Canvas

        from descent import plot

        with style.context(plot.STYLE):
            fig = Canvas()
            self.draw(fig, **values)
            return plot.html(fig, self.alt)

    def element(self, still):
        """The custom element around what it shows until the script takes over.

        Parameters
        ----------
        still : str
            HTML.

        Returns
        -------
        str
        """
        wide, narrow = self.tall
        room = f"--tall: {wide}px; --tall-narrow: {narrow}px"
        spec = html.escape(self.written, quote=False).replace("'", "&#x27;")
        return (
            f"<descent-figure kind='{self.kind}' style='{room}' spec='{spec}'>"
            f"<div class='still'>{still}</div></descent-figure>"
        )

    def html(self):
        """A custom element; until the script takes over, it holds the figure as it starts."""
        said = f"{self.task} {self.verdict(self.trace())}"
        return self.element(f"{self.picture()}<p>{said}</p>")

    def widget(self):
        """The figure itself.

        Raises
        ------
        ImportError
            Without anywidget.
        """
        if Widget is Plain:
            raise ImportError("a live figure in a notebook needs anywidget")
        return self

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self.html()}
        if Widget is Plain:
            return bundle
        view = Widget._repr_mimebundle_(self) or {}
        view = view[0] if isinstance(view, tuple) else view
        return bundle | {k: v for k, v in view.items() if "widget-view" in k}

    def __repr__(self):
        return f"Explore. {self.task}"


def is_ours(rule):
    """Whether a rule is one of `descent.rules`, which the page has.

    Parameters
    ----------
    rule : function

    Returns
    -------
    bool
    """
    return getattr(rules, rule.__name__, None) is rule


def looks():
    """Color (light, dark), marker and dash of each rule, as the script reads them.

    Returns
    -------
    dict
    """
    names = [*LOOK, *FAMILY]
    found = {}
    for name in names:
        color, marker, dash = LOOK[family(name)]
        strokes = " ".join(f"{2 * n:g}" for n in dash[1]) if isinstance(dash, tuple) else SOLID
        found[name] = dict(color=(color, DARK[family(name)]), marker=marker, dash=strokes)
    return found


@functools.cache
def module():
    """The figures' whole JavaScript module: the rules, their looks, and what draws with them.

    Returns
    -------
    str
    """
    ours = filter(inspect.isfunction, vars(rules).values())
    bundle = resources.files("descent") / "data" / "figures.mjs"
    look = json.dumps(looks(), ensure_ascii=False)
    text = bundle.read_text(encoding="utf-8")
    return f"{translate.module(ours)}\nexport const look = {look};\n{text}"
