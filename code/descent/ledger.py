"""The ledger of claims: what was predicted, and whether a measurement bears it out.

`claims.toml` lists the evidence (a measurement, its prediction with a tolerance, and the section of
the book where it is made) and the claims, each with the evidence that speaks for it and against it.
"""

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np

HOLDS, CONDITIONS, NOT = "Holds", "Holds under conditions", "Not as stated"


@cache
def claims():
    """Read the ledger.

    Returns
    -------
    dict
        `evidence`: a dict of key to `notebook`, `anchor`, `measures`, `prediction`, `low` or `high`
        or both, and `format`. `claim`: a list of dicts of `says`, `part`, `for`, `against` and
        `truth`.
    """
    return tomllib.loads(files("descent").joinpath("claims.toml").read_text(encoding="utf-8"))


def weigh(key, measured):
    """Hold a measurement against its prediction, and print both.

    Parameters
    ----------
    key : str
        The evidence's name in `claims.toml`.
    measured : number or array
        The measurement. Of an array, such as one number a run, every number must be as predicted,
        and the median is printed with the lowest and the highest.

    Raises
    ------
    KeyError
        When there is no evidence of that name.
    AssertionError
        When the measurement is not what was predicted.
    """
    evidence = claims()["evidence"]
    if key not in evidence:
        raise KeyError(f"claims.toml has no evidence {key!r}")
    entry = evidence[key]
    values = np.atleast_1d(np.asarray(measured, float))
    low, high = entry.get("low", -np.inf), entry.get("high", np.inf)

    def show(value):
        return format(value, entry["format"])

    line = f"{key}: {show(np.median(values))} ("
    if values.size > 1:
        line += f"{values.size} values, {show(values.min())} to {show(values.max())}; "
    line += f"predicted {expected(entry)})"
    assert ((low <= values) & (values <= high)).all(), f"not as predicted: {line}"
    print(line)


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


def verdict(claim):
    """What follows for a claim from its evidence, all of which was found to be as predicted.

    Parameters
    ----------
    claim : dict
        One of `claims()["claim"]`.

    Returns
    -------
    str
        `HOLDS`, `CONDITIONS` or `NOT`.
    """
    if claim["for"]:
        return CONDITIONS if claim["against"] else HOLDS
    return NOT
