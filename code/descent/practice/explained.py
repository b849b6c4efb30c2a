"""What a learner has explained, in a file of theirs: `explained.json` beside `progress.json`."""

import json

from . import record


def _all():
    path = record.file()
    if path is None:
        return None, {}
    path = path.with_name("explained.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return path, {}
    except (OSError, ValueError):
        return None, {}  # It may hold something that is worth saving.
    return (path, found) if isinstance(found, dict) else (None, {})


def read(name):
    """What was written to a question, and which of its points were ticked.

    Returns
    -------
    (str, list of bool)
    """
    entry = _all()[1].get(name)
    if not isinstance(entry, dict):
        return "", []
    text, ticks = entry.get("text"), entry.get("ticks")
    return text if isinstance(text, str) else "", ticks if isinstance(ticks, list) else []


def keep(name, text, ticks):
    """Keep what was written, if this is in `my-work`."""
    path, found = _all()
    if path is None:
        return
    found[name] = dict(text=text, ticks=[bool(tick) for tick in ticks])
    record.write(path, found)
