"""The checker: every known mistake is named, and what is said about it helps."""

import json
import keyword
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import exercises
from contents import ROOT
from descent import practice, rules
from descent.practice import Report, check, judging, progress, sandbox
from descent.practice.exercises import EVERYWHERE, EXERCISES
from descent.practice.mistakes import BY_ID, MISTAKES, edited, function_of, source, wrong_answers
from test_practice_slips import SLIPS

# The list that the course was asked to know, from published code and bug reports.
ASKED = set(
    """
    no-correction only-m-corrected frozen-t beta-times-t correction-multiplies t-off-by-one
    t-per-tensor t-per-epoch corrected-kept betas-swapped beta1-for-v eps-inside eps-hat eps-outside
    no-root no-one-minus-beta doubled lr-inside-velocity ascent velocity-sign accumulator-averaged
    accumulator-summed seeded-with-gradient scalar-accumulator l2-for-decoupled decay-unscaled
    stale-m changed-input aliased-memory memory-forgotten gradients-not-cleared scheduler-first
    no-shuffle lost-rows unpaired-shuffle last-batch-dropped floor-forgotten difference-too-small
    """.split()  # noqa: SIM905
)


def named(report):
    assert not report.passed
    assert report.mistake is None or report.variant is None
    return report.mistake or report.variant


BANK = [
    pytest.param(exercise, name, wrong, id=f"{exercise.name} {name} {number}")
    for exercise in EXERCISES.values()
    for number, (name, _, wrong) in enumerate(wrong_answers(exercise.answer))
]
# One of each is run as where there is no fork. The others are our own functions, and too many to
# be watched.
WATCHED = {name: wrong for _, name, wrong in (case.values for case in reversed(BANK))}
WAYS = [True, False] if sandbox.CAN_FORK else [False]


@pytest.mark.parametrize("exercise, name, wrong", BANK)
def test_each_mistake_is_caught_and_named(exercise, name, wrong, monkeypatch):
    monkeypatch.setattr(sandbox, "CAN_FORK", False)
    if WATCHED[name] is not wrong:
        monkeypatch.setattr(practice, "run", lambda work, pace: (work(), ""))
    with np.errstate(all="ignore"):
        report = check(exercise.name, wrong)
    found = named(report)
    if found != name:
        # Where memory can't be looked into, a turned sign is a turned sign.
        assert {name, found} == {"ascent", "velocity-sign"} and not exercise.is_rule
    says = BY_ID[found].tells(exercise.name)
    assert says in report.message
    # Nothing is called by a name that this exercise doesn't have.
    known = set(re.findall(r"\w+", f"{exercise.signature} {source(exercise.answer)}"))
    assert set(re.findall(r"`(\w+)`", says)) <= known | set(keyword.kwlist)
    assert "eps" in known or not re.search(r"\beps\b", says)
    assert (report.variant == found) == BY_ID[found].variant


def test_no_way_to_make_a_mistake_is_idle():
    text = {name: source(exercise.answer) for name, exercise in EXERCISES.items()}
    for mistake in MISTAKES:
        for edit in mistake.edits:
            assert any(edited(t, edit) not in (None, t) for t in text.values()), (mistake.id, edit)


# Mistakes that are no edit of a line.


def in_place_m(g, m=0, *, lr, beta):
    m *= beta
    m += g
    return lr * m, dict(m=m)


def in_place_g(g, *, lr):
    g *= lr
    return g, {}


def keeps_the_gradient(g, m=None, *, lr, beta):
    if m is None:
        m = g
    else:
        m *= beta
        m += g
    return lr * m, dict(m=m)


def scales_its_memory(g, m=0, *, lr, beta):
    m = beta * m + g
    step = m
    step *= lr
    return step, dict(m=m)


def in_place_w(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    w *= 1 - lr * weight_decay
    w -= lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w, dict(m=m, v=v, t=t)


def moves_x(loss, x):
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        x[i] += 1e-5
        up = loss(x)
        x[i] -= 2e-5
        g[i] = (up - loss(x)) / 2e-5
    return g


def shuffles_in_place(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    return [(X[k : k + batch_size], y[k : k + batch_size]) for k in range(0, len(X), batch_size)]


def clips_in_place(g, *, max_norm):
    norm = np.linalg.norm(g)
    if norm > max_norm:
        g *= max_norm / norm
    return g


def walks_in_place(loss, x, *, lr, steps):
    points = [x.copy()]
    for _ in range(steps):
        x -= lr * loss(x)[1]
        points.append(x.copy())
    return np.array(points)


def collects_one_array(loss, x, *, lr, steps):
    x = np.array(x)
    points = []
    for _ in range(steps + 1):
        points.append(x)
        x -= lr * loss(x)[1]
    return points


def in_order(X, y, batch_size, rng):
    for k in range(0, len(X), batch_size):
        yield X[k : k + batch_size], y[k : k + batch_size]


def blocks(X, y, batch_size, rng):
    for k in rng.permutation(np.arange(0, len(X), batch_size)):
        yield X[k : k + batch_size], y[k : k + batch_size]


def same_seed(X, y, batch_size, rng):
    return from_order(X, y, batch_size, np.random.default_rng(0).permutation(len(X)))


def global_generator(X, y, batch_size, rng):
    return from_order(X, y, batch_size, np.random.permutation(len(X)))  # noqa: NPY002


def from_order(X, y, batch_size, order):
    X, y = X[order], y[order]
    return [(X[k : k + batch_size], y[k : k + batch_size]) for k in range(0, len(X), batch_size)]


def without_the_last_row(X, y, batch_size, rng):
    return from_order(X, y, batch_size, rng.permutation(len(X) - 1))


def one_batch_too_few(X, y, batch_size, rng):
    return from_order(X, y, batch_size, rng.permutation(len(X)))[:-1] or [(X, y)]


def a_row_too_few_in_each(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for k in range(0, len(X), batch_size):
        rows = order[k : k + batch_size - 1]
        yield X[rows], y[rows]


def drawn_with_replacement(X, y, batch_size, rng):
    return from_order(X, y, batch_size, rng.integers(0, len(X), len(X)))


def drawn_batch_by_batch(X, y, batch_size, rng):
    for _ in range(-(-len(X) // batch_size)):
        rows = rng.choice(len(X), min(batch_size, len(X)), replace=False)
        yield X[rows], y[rows]


def only_x_shuffled(X, y, batch_size, rng):
    X = X[rng.permutation(len(X))]
    return from_order(X, y, batch_size, np.arange(len(X)))


def shuffled_twice(X, y, batch_size, rng):
    return from_order(X[rng.permutation(len(X))], y[rng.permutation(len(y))], batch_size, ...)


def whole_batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for k in range(len(X) // batch_size):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield X[rows], y[rows]


def an_empty_one(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for k in range(len(X) // batch_size + 1):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield X[rows], y[rows]


def dealt_out(X, y, batch_size, rng):
    for rows in np.array_split(rng.permutation(len(X)), -(-len(X) // batch_size)):
        yield X[rows], y[rows]


def differences(h):
    def gradient(loss, x):
        g = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            e = np.zeros_like(x)
            e[i] = h
            g[i] = (loss(x + e) - loss(x - e)) / (2 * h)
        return g

    return gradient


def one_sided(h, sign=1):
    def gradient(loss, x):
        g = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            e = np.zeros_like(x)
            e[i] = sign * h
            g[i] = (loss(x + e) - loss(x)) / (sign * h)
        return g

    return gradient


def everywhere_at_once(loss, x):
    return (loss(x + 1e-5) - loss(x - 1e-5)) / 2e-5


OTHERS = [
    ("momentum", in_place_m, "changed-input"),
    ("gradient_descent", in_place_g, "changed-input"),
    ("walk", walks_in_place, "changed-input"),
    ("momentum", keeps_the_gradient, "aliased-memory"),
    ("momentum", scales_its_memory, "aliased-memory"),
    ("adamw", in_place_w, "changed-input"),
    ("finite_difference", moves_x, "changed-input"),
    ("minibatches", shuffles_in_place, "changed-input"),
    ("clip", clips_in_place, "changed-input"),
    ("walk", collects_one_array, "aliased-memory"),
    ("minibatches", in_order, "no-shuffle"),
    ("minibatches", blocks, "no-shuffle"),
    ("minibatches", same_seed, "same-shuffle"),
    ("minibatches", global_generator, "rng-ignored"),
    ("minibatches", without_the_last_row, "lost-rows"),
    ("minibatches", one_batch_too_few, "lost-rows"),
    ("minibatches", a_row_too_few_in_each, "lost-rows"),
    ("minibatches", drawn_with_replacement, "repeated-rows"),
    ("minibatches", drawn_batch_by_batch, "repeated-rows"),
    ("minibatches", only_x_shuffled, "unpaired-shuffle"),
    ("minibatches", whole_batches, "last-batch-dropped"),
    ("minibatches", an_empty_one, "empty-batch"),
    ("minibatches", dealt_out, "even-batches"),
    ("finite_difference", differences(1e-12), "difference-too-small"),
    ("finite_difference", differences(1e-14), "difference-too-small"),
    ("finite_difference", differences(1e-2), "difference-too-large"),
    ("finite_difference", differences(0.3), "difference-too-large"),
    ("finite_difference", one_sided(1e-8), "one-sided"),
    ("finite_difference", one_sided(1e-4), "one-sided"),
    ("finite_difference", one_sided(1e-6, -1), "one-sided"),
    ("finite_difference", everywhere_at_once, "all-at-once"),
]


@pytest.mark.parametrize("can_fork", WAYS)
@pytest.mark.parametrize("exercise, wrong, name", OTHERS)
def test_what_is_no_edit_is_named_too(exercise, wrong, name, can_fork, monkeypatch):
    monkeypatch.setattr(sandbox, "CAN_FORK", can_fork)
    report = check(exercise, wrong)
    assert named(report) == name, report.message
    says = BY_ID[name].says
    assert says[1:] in report.message


def test_every_mistake_that_was_asked_for_is_named_somewhere():
    found = {name for _, name, _ in (p.values for p in BANK)} | {name for *_, name in OTHERS}
    found |= {name for _, _, name, *_ in (p.values for p in SLIPS) if name}
    assert found >= ASKED
    assert set(BY_ID) == found


# Two mistakes together, and what the bank doesn't know


def adam_with(*edits):
    answer = EXERCISES["adam"].answer
    text = source(answer)
    for edit in edits:
        text = edited(text, edit)
    return function_of(text, answer)


EPS_INSIDE = "np.sqrt(v_hat) + eps -> np.sqrt(v_hat + eps)"
NO_CORRECTION = "m / (1 - beta1**t) -> m; v / (1 - beta2**t) -> v"


def test_two_mistakes_are_both_named():
    report = check("adam", adam_with(EPS_INSIDE, NO_CORRECTION))
    assert report.mistake == "no-correction"
    assert report.variant is None
    assert BY_ID["eps-inside"].says in report.message
    report = check("adam", adam_with("np.sqrt(v_hat) -> v_hat", "return lr -> return -lr"))
    assert {BY_ID["no-root"].says, BY_ID["ascent"].says} <= set(
        re.findall(r"(?:once\. |And: )(.*?)(?= And: | At step )", report.message)
    )


def test_two_mistakes_in_a_training_loop_are_both_named():
    answer = EXERCISES["training_loop"].answer
    text = edited(source(answer), "            optimizer.zero_grad()\n -> ")
    loop = function_of(edited(text, "        scheduler.step() -> "), answer)
    report = check("training_loop", loop)
    assert report.mistake == "gradients-not-cleared"
    assert BY_ID["scheduler-forgotten"].says in report.message


@pytest.mark.parametrize(
    "edit, words",
    [
        ("return lr * m_hat -> return 3 * lr * m_hat", "At step 1, entry 0, .* 3 times as much"),
        ("return lr * m_hat -> return 0.01 + lr * m_hat", "off by the same amount, 0.01"),
        ("t = t + 1 -> t = min(t + 1, 5)", "At step 6.* 5 results, is right"),
        ("return lr * m_hat -> return (lr * m_hat)[:: 1 - 2 * bool(g.ndim)]", "At step 1"),
    ],
)
def test_what_is_not_known_is_told_where_and_how_the_numbers_part(edit, words):
    report = check("adam", adam_with(edit))
    assert not report.passed
    assert report.mistake is report.variant is None
    assert re.search(words, report.message), report.message


def test_numbers_that_are_all_nan_are_told_apart_by_the_memory():
    assert check("adam", adam_with("t = t + 1 -> t = t")).mistake == "t-off-by-one"
    assert check("adam", adam_with("return lr -> return np.nan * lr")).mistake is None


def test_what_is_no_number_is_told_with_what_may_have_made_it():
    def rooted(g, v=0, *, lr, beta2, eps):
        return lr * g / (np.sqrt(beta2 * v + g * abs(g)) + eps), dict(v=beta2 * v + g * abs(g))

    message = check("rmsprop", rooted).message
    assert "1 of the 5 numbers there is NaN" in message and "root of a negative" in message
    assert "divided by 0" not in message

    told = " ".join(judging._not_finite(np.array([1.0, np.inf, -np.inf, np.nan, 2.0])))
    assert told.startswith("1 of the 5 numbers there is NaN")
    assert "2 of the 5 numbers there are infinite. Something may be divided by 0" in told
    (told,) = judging._not_finite(np.array([np.nan, np.nan]))
    assert told.startswith("All 2 numbers there are NaN")
    (told,) = judging._not_finite(np.array([np.inf]))
    assert told.startswith("The number there is infinite")


def test_a_negative_ratio_is_the_other_way():
    message = check("gradient_descent", lambda g, *, lr: (-2.06 * lr * g, {})).message
    assert "2.06 times as much, the other way (and so are all" in message
    assert "-2.06 times" not in message


def test_what_was_printed_at_the_step_that_is_told_is_shown():
    def talks(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        print("count", t + 1)
        step, memory = rules.radam(g, m, v, t, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
        return step * (1 if t < 5 else 1.3), memory

    report = check("radam", talks)
    assert "At step 6" in report.message
    assert report.printed == "At step 6:\ncount 6"

    # Where it stops, the last lines are what counts, however much came before.
    def stops(g, *, lr):
        print("x\n" * 3000, g.ravel()[0])
        return lr * g * (1 / int(g.ravel()[0] != -1.6)), {}

    report = check("gradient_descent", stops)
    assert "ZeroDivisionError" in report.message and report.printed.endswith("\n -1.6")
    assert report.printed.startswith("...\n")
    # The second step is played twice, and heard once.
    report = check("gradient_descent", lambda g, *, lr: (print(g.ravel()[0]), (lr * g, {}))[1])
    assert report.passed
    assert report.printed.splitlines()[:3] == ["1.3", "-0.7", "2.1"]


def test_where_numbers_part_is_said_in_words():
    report = check("schedule", lambda k, *, lr, every, factor: lr * factor ** (k // every) + 3e-3)
    assert re.search(r"At k = 0 .*yours is 0.503 and 0.5 was", report.message)
    report = check("clip", lambda g, *, max_norm: g * 1.1)
    assert "In a long gradient, entry 0, yours is 3.3" in report.message
    report = check("finite_difference", lambda loss, x: np.zeros(x.shape))
    assert "In the gradient of cubic, entry 0" in report.message


def test_a_message_names_the_numbers_of_the_learner_and_no_line_to_write():
    report = check("adam", adam_with(NO_CORRECTION))
    step = adam_with(NO_CORRECTION)(np.array(1.3), lr=0.1, beta1=0.8, beta2=0.95, eps=1e-2)[0]
    assert f"yours is {step:.4g}" in report.message
    for mistake in MISTAKES:
        for says in (mistake.says, *mistake.own.values()):
            assert not re.search(r"\*\*|np\.|return [a-z]+ [*+]|\bdef\b", says), mistake.id
            assert says.endswith((".", "?"))
            assert 25 < len(says) < 420


def test_no_text_of_an_exercise_is_idle():
    made = {(name, exercise.name) for exercise, name, _ in (p.values for p in BANK)}
    made |= {(name, exercise) for exercise, _, name, *_ in (p.values for p in SLIPS)}
    assert {(mistake.id, name) for mistake in MISTAKES for name in mistake.own} <= made


# A report, and what stands around it


def test_a_report_is_shown_as_text_and_as_html_with_a_figure():
    report = check("adam", adam_with(NO_CORRECTION))
    bundle = report._repr_mimebundle_()
    assert bundle["text/plain"].startswith("✗ adam: Your averages start at zero")
    page = bundle["text/html"]
    assert re.search(r'<svg role="img" aria-label="[^"]*your path parts[^"]*step 1[^"]*"', page)
    assert page.count("<circle") == page.count("m-4,0h8m-4,-4v8") > 3
    assert "<script" not in page
    passed = check("adam", EXERCISES["adam"].answer)
    assert repr(passed).startswith("✓ adam: Right")
    assert "<svg" not in passed._repr_mimebundle_()["text/html"]
    assert isinstance(passed, Report)


def test_no_figure_is_drawn_of_what_is_not_a_number():
    report = check("adam", lambda g, *, lr, beta1, beta2, eps: (g * np.nan, {}))
    assert "NaN" in report.html() and "<img" not in report.html()


def test_a_figure_of_parameters_begins_where_they_did():
    report = check("adamw", lambda w, g, *, lr, beta1, beta2, eps, weight_decay: (w, {}))
    assert "ends at -2 where" in report.html()


def test_the_checker_needs_numpy_alone():
    code = (
        "import sys; from descent.practice import check; from descent.rules import adam\n"
        "assert check('adam', adam).passed\n"
        "assert check('adam', lambda g, *, lr, beta1, beta2, eps: (g, {})).message\n"
        "assert not {'matplotlib', 'IPython', 'ipywidgets', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_exercises_are_listed_and_explained():
    listed = check().message
    for name, exercise in EXERCISES.items():
        assert name in listed and exercise.asks in listed and exercise.signature in listed
        assert exercise.signature in check(name).message


def test_a_name_that_is_not_there_is_one_sentence():
    assert "Is it `adam`?" in check("adamm", len).message
    assert "comes first" in check(len, "adam").message
    assert "check() lists them" in check(3).message


def test_the_page_tells_of_every_exercise_and_mistake():
    found = {name: set() for name in EXERCISES}
    for parameter in BANK:
        exercise, name, _ = parameter.values
        found[exercise.name].add(name)
    for name, _, mistake in (*OTHERS, *(p.values[:3] for p in SLIPS)):
        found[name] |= {mistake} - {None}
    source = [(ROOT / "book" / "practice.md").read_text(encoding="utf-8")]
    noted = []
    env = SimpleNamespace(note_dependency=noted.append)
    exercises.fill(SimpleNamespace(env=env), "practice", source)
    rows = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", source[0], re.MULTILINE | re.DOTALL))
    assert list(rows) == list(EXERCISES)
    for name, row in rows.items():
        exercise = EXERCISES[name]
        assert f"\n`{exercise.signature}`\n\n{exercise.asks}\n" in row
        assert f"For example: {exercise.case}.\n" in row
        told, _, variants = row.split("Named:")[1].partition("Variants:")
        told, variants = (set(re.findall(r"`([\w-]+)`", part)) for part in (told, variants))
        assert told | variants == found[name] - EVERYWHERE
        assert {mistake for mistake in told | variants if BY_ID[mistake].variant} == variants
    for mistake in MISTAKES:
        assert f"`{mistake.id}`" in source[0]
    assert judging.__file__ in noted


def test_the_page_shows_the_report_that_its_example_gets():
    text = (ROOT / "book" / "practice.md").read_text(encoding="utf-8")
    example, shown = re.search(r"```python\n([^`]*?\ncheck\([^`]*)```\n\n> (.*)", text).groups()
    names = dict(np=np)
    exec(example.replace("\ncheck(", "\nreport = check("), names)
    assert repr(names["report"]) == shown.replace("**", "")


def test_other_pages_stay_as_they_are():
    source = ["# A page\n\nwith % the exercises in a line\n"]
    exercises.fill(None, "page", source)
    assert source == ["# A page\n\nwith % the exercises in a line\n"]


# Progress


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A learner's folder, with the working directory below it."""
    folder = tmp_path / "my-work" / "later"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder.parent


def test_progress_is_kept_in_the_learners_folder(work):
    assert progress().message.startswith("0 of ")
    check("adam", None)
    check()
    assert not (work / "progress.json").exists()
    check("adam", adam_with(NO_CORRECTION))
    check("momentum", EXERCISES["momentum"].answer)
    check("momentum", EXERCISES["rmsprop"].answer)
    kept = json.loads((work / "progress.json").read_text())
    assert {name: (entry["tries"], entry["passed"]) for name, entry in kept.items()} == {
        "adam": (1, False),
        "momentum": (1, True),
    }
    assert sorted(path.name for path in work.rglob("*")) == ["later", "progress.json"]
    message = progress().message
    assert message.startswith("1 of ") and "1 at the first try" in message
    assert "Done: momentum (first try)." in message and "Tried: adam." in message


@pytest.mark.parametrize(
    "broken",
    [
        *["", "{", "[]", "3", '{"adam": 1}', '{"adam": {"tries": "x", "passed": 1}}', "\xff"],
        *['{"adam": {"tries": NaN, "passed": 1}}', '{"adam": {"tries": Infinity, "passed": 1}}'],
    ],
)
def test_a_broken_file_is_told_and_left_alone(work, broken):
    (work / "progress.json").write_bytes(broken.encode("latin-1"))
    assert check("adam", EXERCISES["adam"].answer).passed
    assert re.search(r"can't be (read|understood)", progress().message)
    assert (work / "progress.json").read_bytes() == broken.encode("latin-1")


def test_a_folder_for_a_file_does_no_harm(work):
    (work / "progress.json").mkdir()
    assert check("adam", EXERCISES["adam"].answer).passed
    assert "can't be read" in progress().message


def test_nothing_is_written_outside_of_the_learners_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check("adam", EXERCISES["adam"].answer).passed
    assert list(tmp_path.iterdir()) == []
    assert "make lab" in progress().message
