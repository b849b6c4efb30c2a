"""How each exercise is played: the calls that a submission is checked with.

The recorded gradients are chosen so that no two known mistakes look alike: two scales of gradient,
a coordinate whose gradient is always 0 and one that falls silent, betas that are not the defaults,
an eps large enough to be seen, a learning rate that changes at the third step.
"""

import copy
import functools
import inspect
import re
from collections.abc import Mapping

import numpy as np

from .calls import Caller, NotBegun, Played, Refused, Rule, brief, name_of, numbers, parameters
from .torch_stand_in import Loss, Model, Optimizer, Prediction, Scheduler

# One row a step. The scales differ by 10,000, and the smallest is below eps at first; the fourth is
# always 0; the last falls silent.
GRADIENTS = np.array(
    [
        [1.3, -90.0, 0.004, 0.0, 0.5],
        [-0.7, -140.0, 0.031, 0.0, 0.5],
        [2.1, 60.0, 0.008, 0.0, 0.5],
        [0.4, -30.0, -0.027, 0.0, 0.5],
        [-1.6, 8.0, 0.019, 0.0, 0.0],
        [0.9, 15.0, -0.005, 0.0, 0.0],
        [1.1, -4.0, 0.022, 0.0, 0.0],
        [-0.3, 2.0, 0.016, 0.0, 0.0],
    ]
)
MAIN = dict(
    lr=0.1, beta=0.8, beta1=0.8, beta2=0.95, eps=1e-2, momentum_decay=0.25, weight_decay=0.3
)
OTHER = dict(
    lr=0.05, beta=0.7, beta1=0.7, beta2=0.9, eps=1e-3, momentum_decay=0.1, weight_decay=0.2
)
SMALL = dict(
    lr=1e-3, beta=0.9, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=4e-3, weight_decay=0.01
)


# Rules


@functools.cache
def walks(exercise):
    """The walks of a rule: a title, the gradients, and the hyper-parameters at each step."""
    n, names = len(GRADIENTS), exercise.hyper
    main, other, small = ({name: values[name] for name in names} for values in (MAIN, OTHER, SMALL))
    changing = [other if k < 2 else other | dict(lr=0.01) for k in range(n)]
    found = [
        ("main", GRADIENTS, [main] * n),
        ("float32", GRADIENTS[:, :3].astype(np.float32), [main] * n),
        ("number", 1e-3 * GRADIENTS[:, 0], [small] * n),
        # The last one, since what keeps its memory to itself has its learning rate once for all.
        ("changing", 10 * GRADIENTS[::-1, [0, 1, 2, 4]].reshape(n, 2, 2), changing),
    ]
    if "eps" not in names and "beta2" in names:  # Only the signs of the averages can be seen.
        waves = np.sin(np.outer(np.arange(40), [0.7, 1.1, 1.9, 2.6, 2.9, 3.1])) + 0.1
        found.insert(1, ("waves", waves, [main] * len(waves)))
    return found


TITLES = {
    "main": "",
    "changing": "in the walk whose learning rate changes at step 3",
    "float32": "with float32 gradients",
    "waves": "in a walk along waves",
    "number": "with single numbers for gradients",
}


def play_rule(exercise, submission):
    """Feed a rule the recorded gradients, one walk after the other."""
    rule = Rule(submission, exercise.memory, exercise.hyper, exercise.before)
    return _arrays_or_numbers(lambda played, apart: _play_walks(exercise, rule, played, apart))


def _arrays_or_numbers(play):
    """`play(played, apart)`, first with arrays, and if these can't be taken, number by number."""
    played = Played()
    try:
        play(played, False)
    except (TypeError, ValueError) as error:
        if not _wants_numbers(error):
            raise
        played = Played(
            note="It takes one number at a time; with NumPy's functions it would take arrays too."
        )
        play(played, True)
    return played


def _wants_numbers(error):
    return bool(
        re.search(
            r"only .*(length-1|0-dimensional|size-1)|must be real number|truth value of an array",
            str(error),
        )
    )


def _play_walks(exercise, rule, played, apart):
    for title, gradients, hyper in walks(exercise):
        if (title != "main" and rule.alone) or (title == "changing" and rule.makes):
            continue
        shape = gradients.shape[1:]
        if apart:
            first, columns = start(gradients).ravel(), gradients.reshape(len(gradients), -1).T
            whole = [
                _play_walk(rule, played, column[:, None], hyper, first[[i]], number=True)
                for i, column in enumerate(columns)
            ]
            values = [np.concatenate(parts) for parts in zip(*(v for v, _ in whole), strict=True)]
            memories = [{}] * len(values)
        else:
            try:
                values, memories = _play_walk(rule, played, gradients, hyper, start(gradients))
            except (Refused, NotBegun):
                raise
            except Exception:
                if title != "number":
                    raise
                # What writes into its own arrays may need arrays with an axis.
                gradients = gradients[:, None]
                values, memories = _play_walk(rule, played, gradients, hyper, start(gradients))
        for k, (value, memory) in enumerate(zip(values, memories, strict=True)):
            value = value.reshape(shape) if value.size == np.prod(shape) else value
            played.add(title, f"At step {k + 1}", value, "The result")
            played.memory.append(memory)


def _play_walk(rule, played, gradients, hyper, w, number=False):
    """What a rule returns for each of these gradients, and its memory."""
    walk = rule.start(played, hyper[0])
    values, memories = [], []
    for now, g in zip(hyper, gradients, strict=True):
        given = [w.copy(), g.copy()] if len(rule.given) == 2 else [g.copy()]
        value, memory = walk(*([a[0] for a in given] if number else given), **now)
        value = numbers(value, f"The {rule.returns} that {name_of(rule.function)} returned")
        if value.ndim == 0:
            value = np.broadcast_to(value, g.shape)
        values.append(value)
        memories.append(_readable(memory))
        if len(rule.given) == 2:
            if value.shape != w.shape:
                raise Refused(f"The w that came back has shape {value.shape} instead of {w.shape}.")
            w = value
    return values, memories


def start(gradients):
    """The parameters that a walk of `adamw` starts from."""
    g = gradients[0]
    return np.linspace(-2, 3, g.size, dtype=g.dtype).reshape(g.shape)


def _readable(memory):
    """What of a memory can be compared."""
    found = {}
    for name, value in memory.items():
        try:
            found[str(name)] = np.array(value, np.float64)
        except (TypeError, ValueError):
            continue
    return found


# Functions


def _caller(exercise, submission, played):
    call = Caller(submission, played, [*exercise.required, *exercise.memory])
    call.check_fit(len(exercise.required), exercise.hyper)
    return call


def _losses():
    def bowl(x):
        return (0.5 * x[0] ** 2 + 2 * x[1] ** 2), np.stack([x[0], 4 * x[1]])

    def trough(x):
        return float(x[0] ** 4 / 4 + x[0] * x[1] + x[1] ** 2 + x[2] ** 2), np.array(
            [x[0] ** 3 + x[1], x[0] + 2 * x[1], 2 * x[2]]
        )

    yield bowl, np.array([-4.0, 1.5]), 0.1, 6
    yield trough, np.array([1.0, -2.0, 0.5]), 0.05, 9


def play_walk(exercise, submission):
    """Walk on two surfaces; the loss may hand out the same array each time."""
    played = Played()
    call = _caller(exercise, submission, played)
    for loss, x, lr, steps in _losses():
        points = call(loss, x.copy(), lr=lr, steps=steps)
        points = _listed(points, "the points")
        played.add(f"{steps} steps with lr={lr}", "In the points", points, "The points")
    return played


def _listed(result, what):
    """A list of what a function returned, whether it is a list, an array or a generator."""
    if inspect.isgenerator(result):
        return list(result)
    if isinstance(result, tuple | list) and any(part is Ellipsis for part in result):
        raise NotBegun
    return result


def play_finite_difference(exercise, submission):
    """Ask for gradients of three functions, and write down where it looks at them."""
    played = Played(seen=dict(points=[]))
    call = _caller(exercise, submission, played)

    def cubic(x):
        return float((x**3).sum() / 3 + x[0] * x[1])

    def waves(x):
        return float(np.sin(x).sum() + np.exp(x.flat[0] / 2))

    def steep(x):
        return float((50 * x**2).sum() + 3 * x[0])

    for loss, x in (
        (cubic, np.array([0.5, -1.2, 2.0])),
        (waves, np.array([[0.3, 1.4], [-0.8, 2.2]])),
        (steep, np.array([1.5, -0.2])),
    ):
        looked = []

        def watched(at, loss=loss, looked=looked, x=x):
            at = np.array(numbers(at, "What the loss was called with"))
            if at.shape != x.shape:
                raise Refused(
                    f"The loss was called with an array of shape {at.shape}; it needs all of x, "
                    f"of shape {x.shape}."
                )
            looked.append(at)
            return loss(at)

        g = call(watched, x.copy())
        name = f"In the gradient of {loss.__name__}"
        played.add(name, name, g, "The gradient")
        played.seen["points"].append((x, looked))
    return played


def play_minibatches(exercise, submission):
    """Ask for epochs of several sizes; every row carries a number by which it is known again."""
    played = Played(seen=dict(epochs=[]))
    call = _caller(exercise, submission, played)
    going_on = np.random.default_rng(7)
    for n, size, rng in (
        (148, 64, going_on),
        (148, 64, going_on),
        (148, 64, np.random.default_rng(7)),
        (128, 64, np.random.default_rng(1)),
        (5, 8, np.random.default_rng(2)),
        (4, 1, np.random.default_rng(3)),
    ):
        X = np.stack([np.arange(n), np.arange(n) ** 2], axis=1).astype(float)
        y = np.arange(n)[:, None] * [1, 0] if n == 128 else np.arange(n)
        result = call(X, y, size, rng)
        batches = _batches(result, name_of(submission))
        X_again, y_again = np.arange(n), (y[:, 0] if y.ndim == 2 else y)
        if not (np.array_equal(X[:, 0], X_again) and np.array_equal(y_again, np.arange(n))):
            played.changed.add("X and y")
        played.seen["epochs"].append((n, size, batches))
        rows = [row for batch, _ in batches for row in batch] or [-1.0]
        played.add(f"{n} rows in batches of {size}", "rows", rows, "The rows")
        played.add(f"{n} rows in batches of {size}", "sizes", [len(a) for a, _ in batches], "")
    return played


def _batches(result, name):
    """The row numbers of X and of y in each batch."""
    form = "One epoch is a list, or a generator, of pairs `(X_batch, y_batch)`."
    if result is None:
        raise Refused(f"{name} returned None. {form} Is there a `return` or a `yield`?")
    if result is Ellipsis:
        raise NotBegun
    try:
        batches = []
        for batch in result:
            batches.append(batch)
            if len(batches) > 1000:
                raise Refused(f"{name} gave more than 1000 batches for 148 rows. {form}")
    except TypeError as error:
        if "not iterable" not in str(error):
            raise
        raise Refused(f"{name} returned {brief(result)}. {form}") from None
    pairs = []
    for batch in batches:
        if not (isinstance(batch, tuple | list) and len(batch) == 2):
            raise Refused(f"One of the batches is {brief(batch)}. {form}")
        X, y = (numbers(part, "A batch") for part in batch)
        if X.ndim != 2 or X.shape[1] != 2:
            raise Refused(
                f"A batch of X has shape {X.shape}. Its rows should be rows of X, which has 2 "
                "columns here."
            )
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 2 else y
        if y.ndim != 1 or len(y) != len(X):
            raise Refused(f"A batch has {len(X)} rows of X and answers of shape {y.shape}.")
        pairs.append((X[:, 0].tolist(), y.tolist()))
    return pairs


def play_bias_correction(exercise, submission):
    """Correct averages after 1 to 12 steps, arrays and single numbers."""
    played = Played()
    call = _caller(exercise, submission, played)
    for beta, m in (
        (0.8, GRADIENTS[0]),
        (0.95, GRADIENTS[1, :4].reshape(2, 2)),
        (0.999, np.float64(0.25)),
    ):
        for t in (1, 2, 3, 7, 12):
            given = m.copy()
            try:
                corrected = call(given, t, beta=beta)
            except (TypeError, ValueError) as error:
                if not (_wants_numbers(error) and np.ndim(m)):
                    raise
                corrected = [call(float(x), t, beta=beta) for x in np.ravel(m)]
                corrected = np.reshape(corrected, np.shape(m))
            played.add(f"beta={beta}", f"At t = {t}", corrected, "The corrected average")
    return played


def play_adam_all(exercise, submission):
    """Steps for three arrays of one shape at once, and for one array that is alone."""
    return _arrays_or_numbers(lambda *how: _play_adam_all(exercise, submission, *how))


def _play_adam_all(exercise, submission, played, apart):
    call = _caller(exercise, submission, played)
    hyper = {name: MAIN[name] for name in exercise.hyper}
    rows = [dict(W1=r[:2], b1=r[[4, 2]], W2=r[[2, 0]], w=r) for r in GRADIENTS[:6]]
    for title, names in (("three arrays", ("W1", "b1", "W2")), ("one array", ("w",))):
        columns = range(len(rows[0][names[0]])) if apart else [slice(None)]
        steps = []
        for column in columns:
            state, path = None, []
            for k, row in enumerate(rows):
                gradients = {name: row[name][column].copy() for name in names}
                result = call(gradients, **(dict(state=state) if k else {}), **hyper)
                named, state = _two(result, submission, "the steps, a dict, and its state")
                path.append(_steps(named, gradients))
            steps.append(path)
        for k, parts in enumerate(zip(*steps, strict=True)):
            together = np.stack(parts, axis=-1).ravel()  # One name after the other.
            played.add(title, f"At step {k + 1}", together, "The steps")


def _two(result, submission, form):
    """The two things that a function returned."""
    if result is Ellipsis:
        raise NotBegun
    if isinstance(result, tuple) and any(part is Ellipsis for part in result):
        raise NotBegun
    if not (isinstance(result, tuple | list) and len(result) == 2):
        raise Refused(
            f"{name_of(submission)} returned {brief(result)}. It returns two things: {form}."
        )
    return result


def _steps(steps, gradients):
    """The steps for some arrays, one after the other."""
    names = ", ".join(gradients)
    if not isinstance(steps, Mapping):
        raise Refused(
            f"The steps should be a dict with the names {names}: they are {brief(steps)}."
        )
    if set(steps) != set(gradients):
        got = ", ".join(map(str, steps)) or "no names"
        raise Refused(
            f"The steps should have the names of the gradients, {names}. They have {got}."
        )
    found = []
    for name, g in gradients.items():
        step = numbers(steps[name], f"The step of {name}")
        if step.shape != g.shape:
            raise Refused(f"The step of {name} has shape {step.shape}, and its gradient {g.shape}.")
        found.append(step.ravel())
    return np.concatenate(found)


def play_resume(exercise, submission):
    """Ten gradients in one go; five, a saved state, and five; and twice from the same state."""
    return _arrays_or_numbers(lambda *how: _play_resume(exercise, submission, *how))


def _play_resume(exercise, submission, played, apart):
    call = _caller(exercise, submission, played)
    hyper = {name: MAIN[name] for name in exercise.hyper}
    begin = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
    ten = np.concatenate([GRADIENTS, -GRADIENTS[:2]])

    def go(w, gradients, *state):
        result = call(w.copy(), [g.copy() for g in gradients], *state, **hyper)
        new, state = _two(result, submission, "the new w, and a state to carry on from")
        new = numbers(new, "The w that came back")
        if new.shape != w.shape:
            raise Refused(f"The w that came back has shape {new.shape} instead of {w.shape}.")
        return new + 0.0, state

    ends = []
    for column in range(len(begin)) if apart else [slice(None)]:
        w, gradients = begin[column], ten[:, column]
        middle, state = go(w, gradients[:5])
        saved = copy.deepcopy(state)
        end = [go(w, gradients)[0], middle]
        end += [go(middle, gradients[5:], s)[0] for s in (state, saved)]
        ends.append(end)
    titles = ["at one go", "interrupted", "interrupted", "from a saved copy of the state"]
    places = ["After 10 gradients", "After the first 5", "After 5 + 5", "After 5 + 5"]
    for title, place, parts in zip(titles, places, zip(*ends, strict=True), strict=True):
        played.add(title, place, np.ravel(parts), "w")


def _play_schedule(exercise, submission, cases):
    played = Played()
    own = parameters(submission)
    factory = bool(own) and own[0].name in exercise.hyper
    for hyper, ks in cases:
        if factory:
            made = submission(**hyper)
            call = Caller(made, played, ["k"])
            one = call
        else:
            call = _caller(exercise, submission, played)

            def one(k, call=call, hyper=hyper):
                return call(k, **hyper)

        title = ", ".join(f"{name}={value}" for name, value in hyper.items())
        rates = [numbers(one(k), "The learning rate") for k in ks]
        for k, rate in zip(ks, rates, strict=True):
            if rate.size != 1:
                raise Refused(
                    f"The learning rate should be one number; at k = {k} it is {brief(rate)}."
                )
            played.add(title, f"At k = {k}", rate.reshape(()), "The learning rate")
    return played


def play_schedule(exercise, submission):
    """Learning rates at and between the drops."""
    cases = (
        (dict(lr=0.5, every=4, factor=0.1), [*range(14), 39, 40]),
        (dict(lr=1e-3, every=10, factor=0.5), [0, 1, 9, 10, 11, 19, 20, 25, 99]),
    )
    return _play_schedule(exercise, submission, cases)


def play_warmup_cosine(exercise, submission):
    """Learning rates from the first step to some after the last."""
    cases = (
        (dict(lr=0.5, warmup=4, steps=20), [*range(24)]),
        (dict(lr=1e-3, warmup=10, steps=50), [0, 1, 8, 9, 10, 11, 30, 40, 49, 50, 70]),
    )
    return _play_schedule(exercise, submission, cases)


def play_clip(exercise, submission):
    """Long gradients, short ones, none, and matrices."""
    played = Played()
    call = _caller(exercise, submission, played)
    for title, g, max_norm in (
        ("In a long gradient", np.array([3.0, -4.0, 12.0]), 2.0),
        ("In a short gradient", np.array([0.3, -0.4, 0.1]), 2.0),
        ("In a gradient of length max_norm", np.array([0.6, -0.8]), 1.0),
        ("In a matrix", np.array([[3.0, -4.0], [0.5, 8.0]]), 5.0),
        ("In a gradient of zeros", np.zeros(3), 1.0),
    ):
        played.add(title, title, call(g.copy(), max_norm=max_norm), "The gradient")
    return played


# PyTorch's training loop


def play_training_loop(exercise, submission):
    """Two trainings; what every step of the optimizer makes of the weight, and at which rate."""
    played = Played(seen=dict(logs=[]))
    call = _caller(exercise, submission, played)
    X = [np.array([[1.0], [2.0]]), np.array([[-1.0], [0.5]]), np.array([[1.5], [-0.5]])]
    for epochs, n in ((3, 3), (2, 1)):
        log = []
        model = Model(log)

        def loss_function(prediction, y, log=log):
            if not isinstance(prediction, Prediction):
                raise Refused(
                    f"The loss was called with {brief(prediction)} first; it takes what the model "
                    "returned, and then y."
                )
            log.append("loss_function")
            return Loss(prediction, y, log)

        optimizer = Optimizer(model, log)
        scheduler = Scheduler(optimizer, log)
        batches = [(x, 3 * x + 0.1) for x in X[:n]]
        result = call(model, loss_function, optimizer, scheduler, batches, epochs)
        if not log:
            raise NotBegun if result in (None, Ellipsis) else Refused("Nothing was called.")
        path = np.array(optimizer.updates or np.empty((0, 2)))
        title = f"{epochs} epochs of {n} batches"
        played.add(title, "In the number of steps", len(path), "")
        for k in range(epochs * n):
            row = path[k] if k < len(path) else np.full(2, np.nan)
            played.add(title, f"At step {k + 1}", row, "")
        played.add(title, "In the last learning rate", scheduler.get_last_lr()[0], "")
        played.seen["logs"].append(log)
    return played
