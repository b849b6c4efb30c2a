"""Sphinx extension: the exercises, with their signatures and the mistakes that are named.

In `practice.md` the line `% the exercises` becomes a section to an exercise, made from the package.
"""

import re
from pathlib import Path

from descent import practice
from descent.practice import plan
from descent.practice.exercises import EXERCISES

LINE = re.compile(r"^% the exercises$", re.MULTILINE)


def section(exercise):
    """What the page says of an exercise, in Markdown.

    Parameters
    ----------
    exercise : descent.practice.exercises.Exercise

    Returns
    -------
    str
    """
    named, variants = (
        ", ".join(f"`{mistake.id}`" for mistake in exercise.mistakes if mistake.variant is variant)
        for variant in (False, True)
    )
    place = plan.of_names().get(exercise.name)  # Some are no answer by themselves.
    where = place and f"[{plan.TITLES[place.page]}, exercise {place.number}]"
    return (
        f"### `{exercise.name}`\n\n`{exercise.signature}`\n\n{exercise.asks}\n"
        f"For example: {exercise.case}.\n"
        + (f"Asked in {where}(exercises/{place.page}.ipynb).\n" if place else "")
        + f"\n<details><summary>Mistakes that are named</summary>\n\nNamed: {named}.\n"
        + f"Variants: {variants}.\n" * bool(variants)
        + "\n</details>\n"
    )


def fill(app, docname, source):
    """Put the sections into their page, and build it again when the exercises change."""
    if LINE.search(source[0]):
        text = "\n".join(map(section, EXERCISES.values()))
        source[0] = LINE.sub(lambda _: text, source[0])
        for path in Path(practice.__file__).parent.glob("*.py"):
            app.env.note_dependency(str(path))


def setup(app):
    """Fill the page as it is read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
