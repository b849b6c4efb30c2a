"""What is asked again on a day: a few things that were passed some days ago, at growing distances.

`book/_js/record.mjs` chooses by the same rules on the book's pages; tests/recalls.json holds the
two together.
"""

import datetime

from descent.lives import code

from . import plan, record
from .exercises import EXERCISES
from .mistakes import MISTAKES, first_sentence
from .report import Report, seen

# Days from the last time that it was right, after the first time, the second, and so on.
SPACING = (1, 3, 7, 14, 30)
ASKED = 3


def due(days, slips):
    """The day on which something is to be asked again.

    Parameters
    ----------
    days : list of str
        When it was right, as `record.read` tells.
    slips : list of (str, str)
        The mistakes, likewise.

    Returns
    -------
    str
        The day after a mistake since then, else later each time.
    """
    last, wait = days[-1], SPACING[min(len(days), len(SPACING)) - 1]
    wrong = max((day for _, day in slips), default="")
    if wrong > last:
        last, wait = wrong, 1
    return (datetime.date.fromisoformat(last) + datetime.timedelta(wait)).isoformat()


def chosen(done, date):
    """What is asked again on a day, and where in the plan that is.

    All follows from what was done before that day, so the choice stays the same on it.

    Parameters
    ----------
    done : dict
        As `record.read` tells.
    date : str
        As "2026-11-26".

    Returns
    -------
    (list of dict, int or None)
        Three at most, each with the ``name``; the ``mistake`` that was made last and its ``day``,
        or None for both; and whether it is ``done`` on that day already. The first is one with a
        mistake, if there is any; then what is due comes first. And the number of the first day of
        the plan that isn't done, if one is left.
    """
    found = []
    for place, name in enumerate(plan.asked_again()):
        entry = done.get(name, {})
        days = [day for day in entry.get("days", []) if day < date]
        if not days:
            continue
        slips = [slip for slip in entry.get("mistakes", []) if slip[1] < date]
        since = [slip for slip in slips if slip[1] >= days[-1] and says(name, slip[0])]
        mistake, day = since[-1] if since else (None, None)
        asked = dict(name=name, mistake=mistake, day=day, done=entry["last"] == date)
        found.append((due(days, slips), place, asked))
    found.sort(key=lambda one: one[:2])
    recalls = [asked for _, _, asked in found]
    wrong = [asked for asked in recalls if asked["mistake"]]
    if wrong:
        own = max(wrong, key=lambda asked: asked["day"])
        recalls.remove(own)
        recalls = [dict(asked, mistake=None, day=None) for asked in recalls]
        recalls.insert(0, own)
    # One of a section: several of its questions, side by side, would be the same one asked thrice.
    section = plan.of_names()
    first = {section[asked["name"]]: asked for asked in reversed(recalls)}
    recalls = [asked for asked in recalls if first[section[asked["name"]]] is asked]
    return recalls[:ASKED], _next_day(done, date)


def _next_day(done, date):
    for number, day in enumerate(plan.days(), 1):
        names = [name for section in day.do for name in section.names]
        if not all(done.get(name, {}).get("days", [date])[0] < date for name in names):
            return number
    return None


def says(name, mistake):
    """The first sentence of what was said to a mistake, or "".

    It holds wherever the mistake is made, so it doesn't say that the first step is right.

    Parameters
    ----------
    name : str
        The exercise.
    mistake : str
        An id, or "".
    """
    own = _SENTENCES.get(mistake, {})
    return own.get(name) or own.get("", "")


_SENTENCES = {
    mistake.id: {"": first_sentence(mistake.later or mistake.says)}
    | {name: first_sentence(text) for name, text in mistake.own.items()}
    for mistake in MISTAKES
    if not mistake.variant
}


def known():
    """All that a page needs to choose and to tell the same, as data.

    Returns
    -------
    dict
    """
    return dict(
        sections=[[s.page, s.number, s.title, s.kind, s.names] for s in plan.SECTIONS],
        days=[[day.read, [[s.page, s.number] for s in day.do]] for day in plan.days()],
        titles=plan.TITLES,
        again=plan.asked_again(),
        spacing=SPACING,
        asked=ASKED,
        says=_SENTENCES,
    )


@seen
def today(date=None):
    """Show what to do today: what is asked again, and what comes next in the plan.

    Parameters
    ----------
    date : datetime.date or str, optional
        Another day, as "2026-11-26".

    Returns
    -------
    Report
    """
    try:
        date = datetime.date.today() if date is None else datetime.date.fromisoformat(str(date))
    except ValueError:
        given = code(str(date)[:40])
        return Report(False, f"A date is written as 2026-11-26, and this is {given}.")
    done, problem = record.of_learner()
    if problem:
        return Report(False, problem)
    recalls, number = chosen(done, date.isoformat())
    lines = [f"Today, {date:%B} {date.day}:"]
    lines += [f"{place}. {_told(asked, date)}" for place, asked in enumerate(recalls, 1)]
    if number:
        begin = "Then, in the plan" if recalls else "Nothing is asked again yet. In the plan"
        lines.append(f"{begin}: {_planned(number)}")
    elif not recalls:
        lines.append("The plan is done.")
    return Report(False, "\n".join(lines))


def _told(asked, date):
    name, section = asked["name"], plan.of_names()[asked["name"]]
    where = f"`{name}`" if name in EXERCISES else section.title
    told = f"{'✓ ' * asked['done']}{where} ({section.page}.ipynb, exercise {section.number})"
    if asked["mistake"]:
        day = datetime.date.fromisoformat(asked["day"])
        when = f"{day:%A}" if (date - day).days < 7 else f"{day:%B} {day.day}"
        told += f". On {when}, this was said of your answer: “{says(name, asked['mistake'])}”"
    if name in EXERCISES:
        new = f"{name}_again"
        told += f"{'' if told.endswith('”') else '.'} Write it in a new cell, as `{new}`, without "
        told += f'looking it up: `check("{name}", {new})`.'
    return told if told.endswith(".") else f"{told}."


def _planned(number):
    day = plan.days()[number - 1]
    parts = [f"read {plan.TITLES[day.read]}"] * bool(day.read)
    pages = {}
    for section in day.do:
        pages.setdefault(section.page, []).append(str(section.number))
    parts += [f"{page}.ipynb, {', '.join(numbers)}" for page, numbers in pages.items()]
    return f"day {number}: {'; '.join(parts)}."
