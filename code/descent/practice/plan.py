"""All exercises, page by page, and a plan: two weeks, 45 minutes a day, and what is left."""

from typing import NamedTuple


class Section(NamedTuple):
    """A section of an exercise page.

    Attributes
    ----------
    page : str
        As in ``book/exercises/PAGE.ipynb``.
    number : int
    title : str
    kind : str
        Such as "Write" or "Find the bug".
    level : int
        From 1 to 3.
    minutes : int
    names : tuple of str
        What of it is written down: exercises, hunts, goals, questions.
    """

    page: str
    number: int
    title: str
    kind: str
    level: int
    minutes: int
    names: tuple


class Day(NamedTuple):
    """A day of the plan.

    Attributes
    ----------
    read : str
        The chapter to read, or "".
    do : tuple of Section
    recalls : int
        Minutes for what `today` asks again.
    """

    read: str
    do: tuple
    recalls: int


TITLES = {
    "gradient_descent": "Gradient descent",
    "stochastic_gradient_descent": "Stochastic gradient descent",
    "momentum": "Momentum",
    "rmsprop": "RMSprop",
    "adagrad": "AdaGrad",
    "adam": "Adam",
    "adam_promises": "Adam's eight promises",
    "adam_challenges": "Adam's challenges",
    "beyond_adam": "Beyond Adam",
    "adam_in_pytorch": "Adam in PyTorch",
    "capstone": "A fair race",
    "mixed": "Mixed practice",
}

# Written by `python tools/plan.py`, from the notebooks: page, number, title, kind, level, minutes,
# and the names that are written down.
# fmt: off
_ROWS = (
    ("gradient_descent", 1, "The rule", "Write", 1, 10, "gradient_descent"),
    ("gradient_descent", 2, "All my points are the same", "Find the bug", 2, 10, "hunt-walk"),
    ("gradient_descent", 3, "Trust no gradient", "Write", 2, 10, "finite_difference"),
    ("gradient_descent", 4, "Who walked here?", "Explain", 2, 5,
     "ask-gd-who-walked ask-gd-doubled explain-gd-walks"),
    ("gradient_descent", 5, "Three steps", "Reach a goal", 3, 10, "goal-three-steps"),
    ("gradient_descent", 6, "Curvature decides", "Write", 2, 10, "stable_lr steps_needed"),
    ("gradient_descent", 7, "Catch a wrong gradient", "Write", 3, 15, "gradient_test"),
    ("stochastic_gradient_descent", 1, "One epoch", "Write", 2, 30,
     "order-minibatches minibatches goal-stream"),
    ("stochastic_gradient_descent", 2, "The museum of lost rows", "Find the bug", 2, 15,
     "hunt-minibatches-a hunt-minibatches-b"),
    ("stochastic_gradient_descent", 3, "Stairs", "Write", 2, 5, "schedule"),
    ("stochastic_gradient_descent", 4, "Broken images", "Extend", 3, 20, "clip goal-broken-images"),
    ("stochastic_gradient_descent", 5, "What is wrong with this curve?", "Explain", 2, 10,
     "ask-sgd-bug ask-sgd-floor ask-sgd-both explain-sgd-curves"),
    ("momentum", 1, "Two momentums", "Write", 2, 12,
     "order-momentum blank-momentum momentum momentum_ema"),
    ("momentum", 2, "The museum of heavy balls", "Find the bug", 2, 10,
     "hunt-momentum-a tells-momentum-b hunt-momentum-b"),
    ("momentum", 3, "Look ahead", "Write", 3, 10, "nesterov"),
    ("momentum", 4, "Three balls, one push", "Explain", 2, 5,
     "ask-momentum-ahead ask-momentum-beta explain-momentum-ahead"),
    ("momentum", 5, "Stop when it runs uphill", "Extend", 3, 15, "goal-uphill"),
    ("momentum", 6, "How long does it remember?", "Write", 1, 5, "beta_for ask-momentum-half"),
    ("momentum", 7, "One lr, four conventions", "Write", 2, 10, "convert"),
    ("rmsprop", 1, "The rule", "Write", 2, 11, "order-rmsprop blank-rmsprop rmsprop"),
    ("rmsprop", 2, "The museum of one average", "Find the bug", 2, 10,
     "tells-rmsprop-a hunt-rmsprop-a hunt-rmsprop-b"),
    ("rmsprop", 3, "Bring it to rest", "Reach a goal", 2, 10, "goal-rest"),
    ("rmsprop", 4, "A ball on even ground", "Write", 3, 15, "rmsprop_momentum"),
    ("adagrad", 1, "The rule", "Write", 2, 15, "order-adagrad blank-adagrad adagrad"),
    ("adagrad", 2, "The one that forgets", "Find the bug", 2, 10, "tells-adagrad hunt-adagrad"),
    ("adagrad", 3, "Foretell", "Predict", 2, 10,
     "ask-adagrad-short ask-adagrad-far ask-adagrad-rare ask-adagrad-grams"),
    ("adagrad", 4, "A learning rate without a search", "Extend", 3, 20, "goal-distance"),
    ("adam", 1, "An average that started at zero", "Write", 2, 5, "bias_correction"),
    ("adam", 2, "Adam, whole", "Write", 2, 20, "order-adam blank-adam adam"),
    ("adam", 3, "The museum of Adam's bugs", "Find the bug", 2, 20,
     "hunt-adam-a tells-adam-b hunt-adam-b hunt-adam-c hunt-adam-d ask-adam-accuracy"),
    ("adam", 4, "Three beliefs", "Predict", 2, 10,
     "ask-adam-longer ask-adam-bound ask-adam-smoother"),
    ("adam", 5, "Who walked here?", "Explain", 2, 5, "ask-adam-who-walked explain-adam-who-walked"),
    ("adam", 6, "Adam, or not?", "Extend", 3, 20, "goal-adam-or-not"),
    ("adam", 7, "Two steps by hand", "Write", 2, 10,
     "average_weights ask-adam-weights ask-adam-first ask-adam-second"),
    ("adam", 8, "A hundred impostors", "Extend", 3, 20, "adam_test"),
    ("adam_promises", 1, "A broken promise", "Find the bug", 2, 5, "tells-promise hunt-promise"),
    ("adam_promises", 2, "Two beliefs", "Predict", 2, 8,
     "ask-promises-tuning ask-promises-rotation"),
    ("adam_promises", 3, "Clip run by run", "Extend", 3, 10, ""),
    ("adam_promises", 4, "How short is best?", "Extend", 3, 20, "goal-how-short"),
    ("adam_promises", 5, "What eps hides", "Predict", 2, 8,
     "ask-promises-tiny ask-promises-scale ask-promises-eps"),
    ("adam_challenges", 1, "A rate that can't rise", "Write", 3, 8, "amsgrad"),
    ("adam_challenges", 2, "Which decay is it?", "Find the bug", 2, 15, "hunt-decay"),
    ("adam_challenges", 3, "Three names, one thing?", "Predict", 2, 8,
     "ask-challenges-same ask-challenges-left ask-challenges-minimum"),
    ("adam_challenges", 4, "Save Adam", "Reach a goal", 2, 12, "goal-save-adam"),
    ("adam_challenges", 5, "What was lost?", "Explain", 2, 8,
     "ask-challenges-lost explain-challenges-lost"),
    ("adam_challenges", 6, "Sixteen bits", "Extend", 3, 15, "goal-half"),
    ("beyond_adam", 1, "Lion", "Write", 3, 8, "lion"),
    ("beyond_adam", 2, "Adamax", "Write", 3, 8, "adamax"),
    ("beyond_adam", 3, "Warm-up and a cosine", "Write", 2, 10, "warmup_cosine"),
    ("beyond_adam", 4, "Whose steps are these?", "Explain", 2, 5,
     "ask-beyond-whose explain-beyond-whose"),
    ("beyond_adam", 5, "A schedule that pays", "Reach a goal", 2, 10, "goal-schedule"),
    ("beyond_adam", 6, "Your own successor", "Extend", 3, 20, ""),
    ("beyond_adam", 7, "AdaBelief", "Write", 3, 10, "adabelief"),
    ("beyond_adam", 8, "RAdam", "Write", 3, 15, "radam"),
    ("beyond_adam", 9, "Adafactor", "Write", 3, 15, "adafactor"),
    ("beyond_adam", 10, "Muon", "Write", 3, 15, "muon"),
    ("adam_in_pytorch", 1, "The loop, in its order", "Write", 2, 15,
     "order-training-loop training_loop"),
    ("adam_in_pytorch", 2, "Two loops, as published", "Find the bug", 2, 8,
     "hunt-first-loop hunt-second-loop"),
    ("adam_in_pytorch", 3, "A batch that doesn't fit", "Extend", 3, 15, "goal-in-parts"),
    ("adam_in_pytorch", 4, "One optimizer, many arrays", "Find the bug", 2, 10, "hunt-all-arrays"),
    ("adam_in_pytorch", 5, "Interrupted", "Write", 2, 10, "resume"),
    ("adam_in_pytorch", 6, "Read the memory", "Predict", 1, 5,
     "ask-pytorch-gradient ask-pytorch-step ask-pytorch-lost"),
    ("adam_in_pytorch", 7, "Not everything should decay", "Write", 2, 10, "parameter_groups"),
    ("adam_in_pytorch", 8, "A checkpoint", "Write", 3, 15, "checkpoint"),
    ("capstone", 1, "\"To be fair, the same lr for both\"", "Find the bug", 2, 10,
     "ask-race-fault goal-fair-race"),
    ("capstone", 2, "A judge that isn't fooled", "Extend", 3, 20, "goal-judge"),
    ("capstone", 3, "Sixteen runs", "Reach a goal", 2, 15, "goal-sixteen-runs"),
    ("capstone", 4, "A race that was handed in", "Find the bug", 2, 10, "hunt-race"),
    ("mixed", 1, "Never at rest", "Find the bug", 1, 5, "hunt-mixed-1"),
    ("mixed", 2, "Nothing gained", "Find the bug", 2, 8, "hunt-mixed-2"),
    ("mixed", 3, "A jump", "Find the bug", 2, 8, "hunt-mixed-3"),
    ("mixed", 4, "Three times too far", "Find the bug", 3, 10, "hunt-mixed-4"),
    ("mixed", 5, "Never quite as good", "Find the bug", 2, 6, "hunt-mixed-5"),
    ("mixed", 6, "A short memory", "Find the bug", 2, 8, "hunt-mixed-6"),
    ("mixed", 7, "The steeper, the more wrong", "Find the bug", 2, 8, "hunt-mixed-7"),
    ("mixed", 8, "Still shrinking", "Find the bug", 3, 8, "hunt-mixed-8"),
)
# fmt: on

SECTIONS = tuple(Section(*row[:-1], tuple(row[-1].split())) for row in _ROWS)

MINUTES, RECALLS = 45, 10
# The chapter to read, and the sections of exercise pages, by page and numbers.
_DAYS = (
    ("gradient_descent", {"gradient_descent": (1, 2, 3)}),
    (
        "stochastic_gradient_descent",
        {"stochastic_gradient_descent": (3,), "gradient_descent": (4, 5)},
    ),
    ("", {"stochastic_gradient_descent": (1,)}),
    ("momentum", {"momentum": (1, 4)}),
    ("rmsprop", {"rmsprop": (1,), "momentum": (2,)}),
    ("adagrad", {"adagrad": (1,)}),
    ("adam", {"adam": (1, 4)}),
    ("", {"adam": (2, 5), "momentum": (3,)}),
    ("adam_promises", {"adam_promises": (1, 2)}),
    ("adam_challenges", {"adam_challenges": (1, 4)}),
    ("beyond_adam", {"beyond_adam": (1, 4, 5)}),
    ("adam_in_pytorch", {"adam_in_pytorch": (1,)}),
    ("capstone", {"capstone": (1,), "mixed": (1, 2)}),
    ("", {"capstone": (3,), "mixed": (3,), "adam_challenges": (5,)}),
)


# So many days are the course; what they leave out comes after them.
CORE = len(_DAYS)


def days():
    """The plan: two weeks through every chapter, then the exercises that they leave out.

    Returns
    -------
    list of Day
        The first has nothing to recall yet. The days after `CORE` have nothing to read, and are
        filled in the order of the pages.

    Raises
    ------
    ValueError
        If it asks for a section that no page has.
    """
    known = {(section.page, section.number): section for section in SECTIONS}
    plan = []
    for read, wanted in _DAYS:
        keys = [(page, number) for page, numbers in wanted.items() for number in numbers]
        if lost := [key for key in keys if key not in known]:
            raise ValueError(f"day {len(plan) + 1} asks for {lost}, and no exercise page has that")
        plan.append(Day(read, tuple(known.pop(key) for key in keys), RECALLS if plan else 0))
    do, left = (), MINUTES - RECALLS
    for section in known.values():
        if do and section.minutes > left:
            plan.append(Day("", do, RECALLS))
            do, left = (), MINUTES - RECALLS
        do, left = (*do, section), left - section.minutes
    return [*plan, Day("", do, RECALLS)] if do else plan


def of_names():
    """The section of each name, a dict."""
    return {name: section for section in SECTIONS for name in section.names}


def asked_again():
    """What is asked again on another day, a list of names.

    It is what a learner writes from a blank page or foretells: whoever has found a bug, or has
    reached a goal, knows it. Names with a hyphen that stand where something is written are the
    lower rungs that lead there.
    """
    return [
        name
        for name, section in of_names().items()
        if section.kind == "Predict" or (section.kind == "Write" and "-" not in name)
    ]
