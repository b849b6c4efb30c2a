"""What a learner has done, in a file of theirs: `progress.json` in their folder `my-work`.

Nothing is written anywhere else, and nothing leaves the machine. `book/_js/record.mjs` keeps the
same on the book's pages; tests/recalls.json holds the two together.
"""

import datetime
import inspect
import json
import zlib
from pathlib import Path

from .calls import is_function

FOLDER = "my-work"
# How much of it is kept: days on which it was right, mistakes made.
DAYS, MISTAKES = 10, 5
# The day of what was passed with an earlier version, which wrote no days.
EARLIER = "2000-01-01"


def file():
    """The file of this learner, or None outside of `my-work`."""
    try:
        here = Path.cwd()
    except OSError:  # The folder was deleted under the notebook.
        return None
    for folder in (here, *here.parents):
        if folder.name == FOLDER:
            return folder / "progress.json"
    return None


def read(path):
    """What has been done, and what is wrong with the file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    (dict, str)
        For each name an entry: ``tries``, until it was passed; ``passed``; ``days``, when it was
        right, the first time and then again without a mistake on that day; ``last``, when it was
        right at all; ``mistakes``, the last ones as pairs of an id (empty if it has no name) and a
        day; ``answer``, a mark of the text that passed first. A file of an earlier version has the
        first two alone.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError) as error:
        return {}, f"{path.name} can't be read ({type(error).__name__})."
    try:
        return {str(name): _entry(entry) for name, entry in json.loads(text).items()}, ""
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return {}, f"{path.name} in {FOLDER} can't be understood. Delete it to begin a new one."


def _entry(found):
    entry = dict(tries=int(found["tries"]), passed=bool(found["passed"]))
    days = [_day(day) for day in found.get("days", ())]
    if entry["passed"]:
        entry["days"] = days or [EARLIER]
        entry["last"] = _day(found.get("last", entry["days"][-1]))
    if mistakes := [[str(id), _day(day)] for id, day in found.get("mistakes", ())]:
        entry["mistakes"] = mistakes
    if "answer" in found:
        entry["answer"] = str(found["answer"])
    return entry


def _day(text):
    return datetime.date.fromisoformat(text).isoformat()


def of_learner():
    """What this learner has done, as `read` tells, and what is wrong."""
    path = file()
    if path is None:
        return {}, (
            f"Progress is kept in the folder {FOLDER}, and this notebook is not in it. "
            "`make lab` copies the exercises there."
        )
    return read(path)


def note(name, passed, mistake=None, *, answer=None):
    """Write down one more try, if this is in `my-work`. It never raises.

    Parameters
    ----------
    name : str
        An exercise, a hunt, a goal or a question.
    passed : bool
    mistake : str, optional
        The id of the mistake that was named.
    answer : str, optional
        A mark of what was handed in (`mark`): the same text again is no new answer.
    """
    path = file()
    if path is None:
        return
    done, problem = read(path)
    if problem:  # It may hold something that is worth saving.
        return
    name = str(name)
    day = datetime.date.today().isoformat()
    done[name] = noted(done.get(name), bool(passed), mistake and str(mistake), day, answer)
    write(path, done)


def write(path, found):
    """Put something into a file as JSON, whole or not at all."""
    try:
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError:
        pass  # A folder that can't be written to is no reason to stop learning.


def noted(entry, passed, mistake, day, answer=None):
    """An entry after one more try, as `read` tells of them.

    Parameters
    ----------
    entry : dict or None
    passed : bool
    mistake : str or None
    day : str
        As "2026-11-26".
    answer : str, optional

    Returns
    -------
    dict
    """
    before = entry or dict(tries=0, passed=False)
    after = dict(before)
    if not before["passed"]:
        after["tries"] = before["tries"] + 1
    if not passed:
        slip, slips = [mistake or "", day], before.get("mistakes", [])
        after["mistakes"] = [*(one for one in slips if one != slip), slip][-MISTAKES:]
    elif not before["passed"]:
        after |= dict(passed=True, days=[day], last=day)
        if answer:
            after["answer"] = answer
    # Who runs a notebook again, with the answer still in it, has not written it again.
    elif answer is None or answer != before.get("answer"):
        after["last"] = day
        first, *others = before["days"]
        if is_new(before, day):
            after["days"] = [first, *[*others, day][1 - DAYS :]]
    return after


def is_new(entry, day):
    """Whether this is a later day, and nothing has gone wrong on it."""
    return day > max([*entry["days"], *(slip for _, slip in entry.get("mistakes", []))])


def is_first_try(entry):
    """Whether it was right at the first try."""
    return entry["passed"] and entry["tries"] == 1


def is_mastered(entry):
    """Whether it was right again on a later day, before any mistake on that day."""
    return len(entry.get("days", [])) > 1


def mark(submission):
    """A short mark of a function's text, or None where there is none."""
    if not is_function(submission):
        return None
    try:
        text = inspect.getsource(submission).strip()
    except Exception:  # No text, or a function that says it wraps itself.
        return None
    return f"{zlib.crc32(text.encode('utf-8', 'replace')):08x}"
