"""What a learner reads: the message of a check, and a figure of both paths where that helps."""

import ast
import functools
import html
import linecache
import re
import sys
from dataclasses import dataclass, field

import numpy as np

from descent.lives import code, inline

from .judging import right
from .playing import start, walks
from .torch_stand_in import LACKS


@dataclass(frozen=True, repr=False)
class Report:
    """The answer of `check`. Jupyter shows it with a figure, `print` as text.

    Attributes
    ----------
    passed : bool
    mistake : str or None
        The id of the known mistake that was made.
    variant : str or None
        The id of a form that is right elsewhere, and not what was asked for.
    message : str
    title : str
        Of what was checked; empty where nothing was.
    printed : str
        What the submission printed.
    drawn : object
        What the figure shows, or None.
    table : str
        Numbers side by side, as text.
    """

    passed: bool
    message: str
    mistake: str | None = None
    variant: str | None = None
    title: str = ""
    printed: str = ""
    drawn: object = field(default=None, compare=False)
    table: str = ""

    def __repr__(self):
        mark = "✓" if self.passed else "✗" if self.title else "·"
        head = f"{mark} {self.title}: " if self.title else ""
        parts = [head + self.message, self.table, self._print() if self.printed else ""]
        return "\n".join(filter(None, parts))

    def _print(self):
        return "It printed:\n" + self.printed

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self):
        """The message as HTML, with the figure.

        Returns
        -------
        str
        """
        mark = "✓" if self.passed else "✗" if self.title else "·"
        end = "" if self.title.endswith("?") else "."
        title = f"<strong>{mark} {inline(self.title)}{end}</strong> " if self.title else ""
        text = inline(self.message).replace("\n", "<br>")
        parts = [f'<div class="practice"><p>{title}{text}</p>']
        if self.table:
            parts.append(f"<pre>{html.escape(self.table)}</pre>")
        if self.printed:
            parts.append(f"<p>It printed:</p><pre>{html.escape(self.printed)}</pre>")
        if self.drawn is not None:
            parts.append(_figure(*self.drawn))
        return "".join(parts) + "</div>"


def seen(function):
    """Let a report be seen where others follow it in its cell, which shows its last value alone.

    Parameters
    ----------
    function : callable
        What a learner calls, and what answers with a Report.
    """

    @functools.wraps(function)
    def asked(*args, **kwargs):
        report = function(*args, **kwargs)
        if _is_passed_over(function.__name__, sys._getframe(1)):
            from IPython.display import display  # Only where a notebook runs.

            display(report)
        return report

    return asked


def _is_passed_over(name, frame):
    """Whether a call of this name is a line of a cell, and not its last."""
    shell = sys.modules.get("IPython")
    if frame.f_code.co_name != "<module>" or shell is None or shell.get_ipython() is None:
        return False
    try:
        cell = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except SyntaxError:
        return False
    return any(
        line.lineno <= frame.f_lineno <= line.end_lineno
        for line in cell.body[:-1]
        if isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Call)
        and ast.unparse(line.value.func).split(".")[-1] == name
    )


def shown(printed, last=False):
    """What a function printed, cut short: the first lines, or the last before it was stopped."""
    lines = printed.splitlines()
    short = [_cut(line, 80) for line in (lines[-5:] if last else lines[:5])]
    left_out = ["..."] * (len(lines) > 5)
    return "\n".join(left_out + short if last else short + left_out)


def _cut(line, most):
    """A line, with three dots where it is cut."""
    return line if len(line) <= most else line[: most - 3] + "..."


def trouble_message(trouble, function):
    """What to say of a function that came to no result.

    Parameters
    ----------
    trouble : Trouble
    function : str
        What it is called.
    """
    where = _line(trouble.place)
    at = f", {where}" if where else ""
    if trouble.kind == "busy":
        return (
            f"The check did not come to an end within {trouble.seconds} seconds. The time went "
            f"into the check itself, and not into {function}: the machine may have much to do just "
            "now, so run this cell again. If it stays so, is what comes back very large?"
        )
    if trouble.kind == "endless":
        return (
            f"{function} did not come to an end within {trouble.seconds} seconds, and was stopped"
            f"{at}. Is there a loop whose condition never changes, or much more work than one step "
            "needs?"
        )
    if trouble.kind == "blocked":
        return (
            f"{function} did not come to an end within {trouble.seconds} seconds, and had to be "
            f"killed{at}. Does it wait for something, or compute a huge number?"
        )
    if trouble.kind == "ended":
        return (
            f"{function} ended Python itself{at}. It should only compute and return: what exits, "
            "forks or recurses without end has no place in it."
        )
    said = f"{trouble.kind}: {trouble.text}" if trouble.text else trouble.kind
    begun = f"{function} stopped with an error{at}:\n{code(said)}\n"
    if "for ^" in trouble.text or "bitwise_xor" in trouble.text:
        return begun + "In Python, `^` is not a power."
    missing = re.match(r"name '(\w+)' is not defined", trouble.text)
    if missing and missing[1] in sys.stdlib_module_names and f"{missing[1]}." in where:
        return begun + f"That is a module of Python's: `import {missing[1]}` comes first."
    if missing and hasattr(np, missing[1]):
        return begun + f"NumPy has that name, and Python doesn't know it alone: `np.{missing[1]}`."
    if missing and missing[1] in _LIBRARIES:
        return begun + _HANDED_IN
    if "inhomogeneous" in trouble.text or (
        trouble.kind == "TypeError" and "operand" in trouble.text and "'tuple'" in trouble.text
    ):
        return begun + _PAIR
    if LACKS in trouble.text:
        return begun + "It may well be right in PyTorch. Leave it out for the check."
    return begun + _ADVICE.get(trouble.kind, _ADVICE[None])


# What a learner would write for a library that no exercise needs.
_LIBRARIES = {"torch", "nn", "optim", "F", "jax", "jnp", "optax", "tf", "keras"}
_HANDED_IN = (
    "Such a library may not be here, and isn't needed: what the exercise needs is handed in, under "
    "the names of the arguments."
)
_PAIR = (
    "Things that belong together were taken for one number or array. A rule returns two: take them "
    "apart first, as in `w, memory = rule(...)`."
)

_ADVICE = {
    None: "What does each name on that line hold? Print them just before it.",
    "ModuleNotFoundError": _HANDED_IN,
    "NameError": "A name is used there that nobody has set. Is it spelled as elsewhere?",
    "UnboundLocalError": (
        "A name is read there before it is set in the function. A function that sets a name "
        "anywhere has its own, and doesn't see one of that name outside."
    ),
    "ZeroDivisionError": "What is divided by there is zero. At which step, and why?",
    "RecursionError": "The function calls itself again and again. What should make that stop?",
    "MemoryError": (
        "More memory was asked for than an exercise may have, 1 GB. Gradients here have a few "
        "numbers: which array grows?"
    ),
    "SystemExit": "The function asked Python to exit. It should return its result instead.",
    "KeyboardInterrupt": "The function raised an interrupt itself. It should return its result.",
    "AssertionError": "An `assert` of your own did not hold there.",
    "EOFError": "A function that is checked has nobody to ask: it gets all that it needs.",
    "KeyError": "There is no such key. Which keys are there? Print them just before that line.",
    "IndexError": "There is no such entry. Which shape has the array there?",
    "AttributeError": "What stands before the dot has no such thing. Print its type.",
    "TypeError": (
        "An operation met something that it can't take, or a call had the wrong arguments. What "
        "does each name on that line hold?"
    ),
    "ValueError": "Two shapes that don't fit, or a value that can't be used? Print the shapes.",
}


def _line(place):
    """A line of the learner's in words: its number and its text."""
    if place is None:
        return ""
    text = linecache.getline(place.file, place.line).strip()
    shown = f", {code(_cut(text, 100))}" if text else ""
    return f"in line {place.line} of {place.function}{shown}"


def _figure(exercise, played, parting):
    """Both paths, as a drawing with its text; nothing where they can't be compared."""
    answer = right(exercise)
    case = answer.values[parting.index][0]
    rows = [i for i, value in enumerate(answer.values) if value[0] == case]
    if any(answer.values[i][2].shape != played.values[i][2].shape for i in rows):
        return ""
    gradients = next(gradients for title, gradients, _ in walks(exercise) if title == case)
    paths = []
    for values in (answer.values, played.values):
        numbers = np.array([values[i][2][parting.at] for i in rows])
        begun = start(gradients)[parting.at] if exercise.before else 0.0
        path = numbers if exercise.before else -np.cumsum(numbers)
        paths.append(np.append(begun, path))
    correct, mine = paths
    if not np.isfinite(mine[-1]):
        return ""
    at = rows.index(parting.index) + 1
    end = f"{mine[-1]:.3g} where {correct[-1]:.3g} is right"
    alt = (
        f"Where the steps lead one parameter, over {len(rows)} steps: your path parts from the "
        f"right one at step {at}, and ends at {end}."
    )
    entry = parting.at[0] if len(parting.at) == 1 else parting.at
    return _drawing(correct, mine, at, f"parameter{f', entry {entry}' if parting.at else ''}", alt)


# Of the drawing, in its own units, which are pixels where there is room.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 200, 64, 64, 24, 34


def _drawing(correct, mine, at, what, alt):
    """Two paths over the steps as SVG, in the color of the text around it: no library draws it."""
    finite = np.concatenate([correct, mine[np.isfinite(mine)]])
    low, high = finite.min(), finite.max()
    size = high - low or 1.0
    steps = max(len(correct) - 1, 1)

    def x(step):
        return _LEFT + step / steps * (_WIDTH - _LEFT - _RIGHT)

    def y(value):
        return _TOP + (high - value) / size * (_HEIGHT - _TOP - _BOTTOM)

    def path(values, mark, dash):
        points = [(x(k), y(v)) for k, v in enumerate(values) if np.isfinite(v)]
        line = "L".join(f"{a:.1f},{b:.1f}" for a, b in points)
        marks = "".join(mark.format(a, b) for a, b in points)
        return f'<path d="M{line}" fill="none" stroke-width="1.6" {dash}/>{marks}'

    def text(a, b, words, anchor="middle"):
        return (
            f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="{anchor}" stroke="none" '
            f'fill="currentColor">{html.escape(words)}</text>'
        )

    base = _HEIGHT - _BOTTOM
    ends = sorted([(y(correct[-1]), "right"), (y(mine[-1]), "yours")])
    apart = max(0.0, 14 - (ends[1][0] - ends[0][0])) / 2
    labels = [
        text(x(steps) + 10, place + 4 + (apart if i else -apart), name, "start")
        for i, (place, name) in enumerate(ends)
    ]
    return "".join(
        [
            f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {_WIDTH} {_HEIGHT}" ',
            f'width="{_WIDTH}" style="max-width: 100%; height: auto; font: 12px sans-serif" ',
            'stroke="currentColor" fill="none">',
            f'<path d="M{_LEFT},{_TOP}V{base}H{_WIDTH - _RIGHT}" stroke-width="1"/>',
            f'<path d="M{x(at):.1f},{_TOP}V{base}" stroke-width="1" stroke-dasharray="1 3"/>',
            path(correct, '<circle cx="{:.1f}" cy="{:.1f}" r="2.6" fill="currentColor"/>', ""),
            path(mine, '<path d="M{:.1f},{:.1f}m-4,0h8m-4,-4v8"/>', 'stroke-dasharray="6 2"'),
            *labels,
            text(_LEFT - 6, y(high) + 4, f"{high:.3g}", "end"),
            text(_LEFT - 6, y(low) + 4, f"{low:.3g}", "end"),
            text(_LEFT, 12, what, "start"),
            text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "step"),
            *(text(x(k), base + 16, str(k)) for k in sorted({0, at, steps})),
            "</svg>",
        ]
    )
