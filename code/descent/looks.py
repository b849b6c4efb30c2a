"""How each rule is drawn, in pictures and in live figures. This needs no Matplotlib."""

# One color to a rule in the whole book: the hues are Okabe and Ito's, safe for the color-blind,
# each as dark as a line on white must be (3 : 1), and lighter in the dark. A marker and a dash of
# its own, so that color is never the only sign.
LOOK = {
    "gd": ("#00639E", "o", "-"),
    "sgd": ("#1E93CE", "v", (0, (5, 1, 1, 1, 1, 1))),
    "momentum": ("#C08200", "s", (0, (5, 1.5))),
    "nesterov": ("#4B0082", "*", (0, (7, 1, 2, 1))),
    "rmsprop": ("#C46C9D", "^", (0, (1, 1))),
    "adagrad": ("#027D5B", "D", (0, (4, 1, 1, 1))),
    "adam": ("#B44A01", "P", (0, (8, 1.5))),
    # A rule that somebody wrote.
    "own": ("#333333", "X", "-"),
}
DARK = {
    "gd": "#2E8BCC",
    "sgd": "#62C9FF",
    "momentum": "#FAB22F",
    "nesterov": "#7B5CFF",
    "rmsprop": "#ED95B7",
    "adagrad": "#0A9B73",
    "adam": "#DA6410",
    "own": "#DDDDDD",
}
# Whose look a rule has that has none of its own.
FAMILY = {
    "momentum_ema": "momentum",
    "lion": "momentum",
    "rmsprop_momentum": "rmsprop",
    "adamax": "adam",
    "nadam": "adam",
    "radam": "adam",
    "amsgrad": "adam",
    "adabelief": "adam",
}


def family(name):
    """The rule whose look a rule has.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        A key of `LOOK`; ``"own"`` for a rule that isn't ours.
    """
    name = FAMILY.get(name, name)
    return name if name in LOOK else "own"
