"""How a run that is made again is compared with its stored rows."""


def differences(name, again, before, seed, end):
    """Say how a run again differs from the stored one.

    The sum of the first ten losses must be the same to 1e-9; the loss at the end, in which a change
    of the last digit may have grown, must lie within the spread of all seeds.

    Parameters
    ----------
    name : str
        What the run is called.
    again : dict
        What it measured, its `first` and its `end` among it.
    before : descent.studies.Rows
        The stored runs of the same setting, a seed each.
    seed : int
        Of the run.
    end : str
        The column of the loss at the end.

    Yields
    ------
    str
    """
    first = before.where(seed=seed)["first"][0]
    if not abs(again["first"] / first - 1) <= 1e-9:
        yield f"{name}: the first losses sum to {again['first']!r}, not {first!r}"
    if not before[end].min() / 1.1 <= again[end] <= before[end].max() * 1.1:
        yield f"{name}: ends at {again[end]:.4g}"
