"""The ledger of claims: what was predicted, what was measured, and what follows from it.

`claims.toml` lists the evidence (a statement, what was predicted of its number, and the section of
the book that measures it) and the claims, each with the evidence that speaks for it and against it.
A prediction may be missed: it stays as it was written, and the miss is a result.
"""

import tomllib
from functools import cache
from html import escape
from importlib.resources import files

import numpy as np

HOLDS, CONDITIONS, NOT = "Holds", "Holds under conditions", "Not as stated"
OPEN = "Not shown here"
KINDS = ("identity", "law", "experiment")
# From how many of its values on a statement is borne out, and up to how many it is refuted: 18 of
# 20, and 2 of 20. Between these, 6 to 14 of 20 are even, as was fixed before the runs; 15 to 17 and
# 3 to 5 are neither, and have words of their own. To a verdict they are worth what even ones are.
BORNE_OUT, REFUTED = 0.9, 0.1
EVEN = 0.3, 0.7


@cache
def claims():
    """Read the ledger.

    Returns
    -------
    dict
        `evidence`: a dict of key to `notebook`, `anchor`, `measures`, `kind` (one of `KINDS`),
        `prediction` (where it comes from), `low` or `high` or both, `format`, and sometimes
        `counts_from` or `counts_to` (what a value must be to bear the statement out, where that is
        not the predicted range), `study` (the table that it was measured from), `after_a_look`
        (the prediction was made or changed after a first result was known), `learned` (from a
        miss) and `in_sight` (one of the few misses that the answer page doesn't fold). `claim`: a
        list of dicts of `says`, `part`, `for`, `against` and `truth`. `question`: of `asks`,
        `answer`, `for` and `against` of the statement that it asks after, and `search` (words by
        which the book's search finds it). `slip`: of `says`, `means`, and sometimes `against`.
    """
    return tomllib.loads(files("descent").joinpath("claims.toml").read_text(encoding="utf-8"))


def weigh(key, measured):
    """Hold a measurement against its prediction, and show both in one line.

    Parameters
    ----------
    key : str
        The evidence's name in `claims.toml`.
    measured : number or array
        The measurement. Of an array, such as one number a run, the median is compared with the
        prediction, and it is counted in how many runs the statement held.

    Raises
    ------
    KeyError
        When there is no evidence of that name.
    ValueError
        When there is nothing measured.
    """
    evidence = claims()["evidence"]
    if key not in evidence:
        raise KeyError(f"claims.toml has no evidence {key!r}")
    values = np.atleast_1d(np.asarray(measured, float))
    if not values.size:
        raise ValueError(f"{key}: there is nothing to weigh")
    line = told(evidence[key], values)
    from IPython.display import display  # Only where a notebook runs.

    page = f'<p class="weighed"><a href="claims.html#{key}">{escape(line)}</a></p>'
    display({"text/plain": f"{key}: {line}", "text/html": page}, raw=True)


def told(entry, values):
    """A prediction, its measurement, and whether it was hit, as a line of text.

    Parameters
    ----------
    entry : dict
        One of `claims()["evidence"]`.
    values : ndarray
        What was measured.

    Returns
    -------
    str
    """

    def show(value):
        shown, size = format(value, entry["format"]), abs(value)
        lost = size >= 1e5 or (size and not float(shown.strip("%")))
        # What happens on data may be far from what its format was made for.
        if entry["kind"] == "experiment" and lost:
            return format(value, ".0e")
        return shown

    middle = np.median(values)
    hit = "as predicted" if _within(entry, "low", "high", middle) else "missed"
    spread, held = "", bears_out(entry, values)
    if values.size > 1:
        so = f"{np.count_nonzero(held)} of {values.size} {_counted(entry)}"
        spread = f" ({show(values.min())} to {show(values.max())}; {so})"
    elif counts(entry):
        spread = f" (one number, {'' if held.all() else 'not '}{_counted(entry)})"
    elif entry["kind"] == "experiment":
        spread = " (one number)"
    return f"predicted {expected(entry)} · measured {show(middle)}{spread} · {hit}"


def _counted(entry):
    """Which values are counted, in words."""
    if not counts(entry):
        return "as predicted"
    style = entry["format"] if "%" in entry["format"] else "g"
    ends = {"at least": entry.get("counts_from"), "at most": entry.get("counts_to")}
    return " and ".join(f"{word} {end:{style}}" for word, end in ends.items() if end is not None)


def bears_out(entry, values):
    """Which values bear an entry's statement out.

    Parameters
    ----------
    entry : dict
        One of `claims()["evidence"]`.
    values : ndarray

    Returns
    -------
    ndarray of bool
    """
    ends = ("counts_from", "counts_to") if counts(entry) else ("low", "high")
    return _within(entry, *ends, values)


def _within(entry, low, high, values):
    """Which values lie between two ends that an entry names, if it has them."""
    return (values >= entry.get(low, -np.inf)) & (values <= entry.get(high, np.inf))


def counts(entry):
    """Whether an entry says itself what counts, apart from what was predicted.

    Parameters
    ----------
    entry : dict
        One of `claims()["evidence"]`.

    Returns
    -------
    bool
    """
    return bool({"counts_from", "counts_to"} & set(entry))


def loose(entry):
    """Whether an entry's predicted range has one end, or is wider than a factor of two.

    Parameters
    ----------
    entry : dict
        One of `claims()["evidence"]`.

    Returns
    -------
    bool
    """
    low, high = entry.get("low"), entry.get("high")
    if low is None or high is None:
        return True
    near, far = sorted([abs(low), abs(high)])
    return low != high and (low * high <= 0 or far > 2 * near)


def expected(entry):
    """The range that an entry's measurement is predicted to be in, in words.

    Parameters
    ----------
    entry : dict
        One of `claims()["evidence"]`.

    Returns
    -------
    str
    """
    bounds = [entry.get("low"), entry.get("high")]
    low, high = (None if b is None else format(b, entry["format"]) for b in bounds)
    if high is None:
        return f"at least {low}"
    if low is None:
        return f"at most {high}"
    return low if low == high else f"{low} to {high}"


def word(share):
    """What is said of a statement that a share of its values bears out.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    {"borne out", "mostly", "even", "rarely", "refuted"}

    Raises
    ------
    ValueError
        If it is no share.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1; got {share}")
    if share >= BORNE_OUT:
        return "borne out"
    if share <= REFUTED:
        return "refuted"
    low, high = EVEN
    return "mostly" if share > high else "rarely" if share < low else "even"


def verdict(claim, shares):
    """What follows for a claim from its evidence.

    A statement that was borne out speaks for the claim, or against it, as listed. One that was to
    speak for it and was refuted speaks against it. One that held mostly, evenly or rarely is no
    result: beside others that speak for the claim, it says where that didn't show, which is a
    condition; alone, it decides nothing.

    Parameters
    ----------
    claim : dict
        One of `claims()["claim"]`.
    shares : dict
        For each key of evidence, the share of its values that bear its statement out.

    Returns
    -------
    str
        `HOLDS`, `CONDITIONS`, `NOT` or `OPEN`.
    """
    good = [shares[key] >= BORNE_OUT for key in claim["for"]]
    bad = any(shares[key] <= REFUTED for key in claim["for"])
    bad |= any(shares[key] >= BORNE_OUT for key in claim["against"])
    if any(good):
        return CONDITIONS if bad or not all(good) else HOLDS
    return NOT if bad else OPEN
