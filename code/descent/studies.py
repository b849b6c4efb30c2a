"""The rows that the course's experiments produced (`studies/` makes them; notebooks read them)."""

import csv
import gzip
import io
from functools import cache
from importlib.resources import files

import numpy as np

STUDIES = ("races", "batches", "betas", "tails", "warmup", "resume", "roots", "moons", "shared")
# The columns that hold words, some of them empty; all others hold numbers.
WORDS = {"problem", "rule", "schedule", "phase", "by", "hyper"}


class Rows:
    """Rows of a table, by columns.

    Parameters
    ----------
    columns : dict of str to ndarray
        Arrays of one length.
    """

    def __init__(self, columns):
        self.columns = columns

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name):
        if name not in self.columns:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def where(self, **equal):
        """Choose rows.

        Parameters
        ----------
        **equal : value
            What a column must be.

        Returns
        -------
        Rows

        Raises
        ------
        KeyError
            If there is no such column.
        ValueError
            If no row is left.
        """
        keep = np.ones(len(self), bool)
        for name, value in equal.items():
            keep &= self[name] == value
        if not keep.any():
            raise ValueError(f"no row has {', '.join(f'{k}={v!r}' for k, v in equal.items())}")
        return Rows({name: column[keep] for name, column in self.columns.items()})


@cache
def rows(study):
    """Read the rows of a study.

    Parameters
    ----------
    study : str
        One of `STUDIES`.

    Returns
    -------
    Rows
        One row a run. Losses are in nats. What was not measured is NaN, a lost run's loss infinite.

    Raises
    ------
    ValueError
        If there is no such study.
    """
    lines = (line for line in io.StringIO(text(study)) if not line.startswith("#"))
    header, *entries = csv.reader(lines)
    columns = zip(header, zip(*entries, strict=True), strict=True)
    return Rows({name: _column(name, column) for name, column in columns})


def text(study):
    """Return a study's table as text: a comment with what it is of, a header, and a line a run.

    Parameters
    ----------
    study : str
        One of `STUDIES`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no such study.
    """
    if study not in STUDIES:
        raise ValueError(f"there is no study {study!r}; there are {', '.join(STUDIES)}")
    path = files("descent") / "data" / "studies" / f"{study}.csv.gz"
    return gzip.decompress(path.read_bytes()).decode()


def _column(name, entries):
    if name in WORDS:
        return np.array(entries)
    return np.array([float(entry or "nan") for entry in entries])
