"""Broken submissions: each gets a message that helps; none stops us, hangs or leaves a trace."""

import asyncio
import builtins
import ctypes
import functools
import gc
import inspect
import itertools
import linecache
import math
import os
import random
import re
import signal
import sys
import textwrap
import threading
import time
import warnings

import numpy as np
import pytest

from descent import practice, rules
from descent.practice import check, sandbox

CASES = []
WAYS = ["child", "here"] if sandbox.CAN_FORK else ["here"]

# What the course says is not stopped without a process of its own.
CHILD_ONLY = {
    # It ends Python.
    "leaves_at_once", "kills_itself", "reads_no_memory",
    # It stays inside one call of compiled code, or in threads.
    "sleeps", "blocks_in_c", "starts_threads",
    # It turns an alarm off that isn't there, or asks for memory, which isn't limited.
    "turns_the_alarm_off",
    "asks_for_all_memory", "asks_for_memory_and_catches", "asks_for_a_petabyte",
}  # fmt: skip
if not hasattr(sys, "monitoring"):
    CHILD_ONLY.add("recurses_and_catches")  # Python turns a tracer off where recursion is too deep.


def case(words, exercise="adam"):
    """Register a broken submission, with words that its message must contain."""

    def register(submission):
        name = getattr(submission, "__name__", type(submission).__name__)
        for way in WAYS:
            if way == "child" or name not in CHILD_ONLY:
                label = f"{way} {exercise} {name}"
                CASES.append(pytest.param(way, exercise, submission, words, id=label))
        return submission

    return register


# The form: what was handed in, what it takes, what it returns


@case("given name 'gg'|name 'gg' is not defined")
def misspelled(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * gg  # noqa: F821
    return m, dict(m=m, v=v, t=t)


@case("a module of Python's: `import copy` comes first")
def imports_nothing(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return copy.deepcopy(g), dict(m=m, v=v, t=t)  # noqa: F821


@case("is there a `return`")
def returns_nothing(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g


@case("the str `'step'`")
def returns_text(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return "step"


@case("the str `'step'`")
def a_step_of_text(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return "step", dict(m=m, v=v, t=t)


@case("two things: its step, and a dict")
def the_step_alone(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g


@case("a tuple of 4.*two things")
def everything_in_one_tuple(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, m, v, t


@case("a tuple of 3.*a dict of its memory")
def memory_in_a_tuple(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, (m, v, t)


@case("a dict of its memory")
def memory_of_none(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, None


@case("None as its memory `m`")
def a_memory_that_is_none(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, dict(m=None, v=v, t=t)


@case("never returns it")
def missing_memory(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    step = lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return step, dict(m=m, v=v)


@case("`m_hat`.*no parameter of that name")
def extra_memory(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, dict(m=m, v=v, t=t, m_hat=m)


@case("`velocity`.*no parameter of that name")
def memory_under_another_name(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * g, dict(velocity=m)


@case("memory first.*in this order")
def the_wrong_order(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return dict(m=m, v=v, t=t), lr * g


@case(r"^At step 1, the shape is \(7,\), and \(5,\) was expected")
def another_shape(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return np.zeros(7), dict(m=m, v=v, t=t)


@case(r"the shape is \(6,\)")
def one_too_many(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return np.append(g, 1), dict(m=m, v=v, t=t)


@case("no part in your result.*another `beta1` and another `beta2` and another `eps`")
def one_number_for_all(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return lr * np.sum(g), dict(m=m, v=v, t=t)


@case("NaN")
def not_a_number(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g * np.nan, dict(m=m, v=v, t=t)


@case("inf.*All 5 numbers there are infinite. Something may")
def infinite(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return np.full_like(g, np.inf), dict(m=m, v=v, t=t)


@case("complex")
def a_complex_step(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g * 1j, dict(m=m, v=v, t=t)


@case("should be numbers")
def an_object(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return object(), dict(m=m, v=v, t=t)


@case("should be numbers.*a set of 2")
def a_set(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return {1, 2}, dict(m=m, v=v, t=t)


@case("can't be read as an array.*a list of 2")
def ragged(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return [[1], [2, 3]], dict(m=m, v=v, t=t)


@case("can't be read as an array")
def what_has_no_repr(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    class Shy:
        def __repr__(self):
            raise ValueError

        def __array__(self, *args, **kwargs):
            raise ValueError

    return Shy(), {}


@case("expected")
def a_step_of_truths(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g > 0, dict(m=m, v=v, t=t)


@case("no parameter `lr`")
def takes_nothing():
    return 1


@case("no parameter `lr`")
def takes_the_gradient_alone(g):
    return 0.1 * g, {}


@case("parameters, `w`, and then their gradient")
def takes_too_much(w, g, m, v, t, lr, beta1, beta2, eps):
    return g, {}


@case("no parameter `eps`")
def without_eps(g, m=0, v=0, t=0, *, lr, beta1, beta2):
    return g, {}


@case("hands them in by name: lr, beta1, beta2, eps")
def other_names(g, m=0, v=0, t=0, *, learning_rate, b1, b2, epsilon):
    return g, {}


@case("coroutine")
async def waits(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    await asyncio.sleep(0)
    return g, {}


@case("generator.*Use `return`")
def yields(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    yield g, dict(m=m, v=v, t=t)


class NoHyper:
    pass


class NoStep:
    def __init__(self, lr, beta1, beta2, eps):
        pass


class StepOfNone:
    def __init__(self, lr, beta1, beta2, eps):
        pass

    def step(self, g):
        return None


case("no parameter `lr`")(NoHyper)
case("takes no gradient")(NoStep)
case("None. Is there a `return`")(StepOfNone)
case("not a function")(NoHyper())
case("without quotes")("my_adam")
case("not a function.*without parentheses")(3.0)
case("an array of shape.*without parentheses")(np.ones(3))
case("without parentheses")((np.ones(3), {}))
case("not a function")([1])
case("not a function")({})
case("not a function")(np)
case("no parameter `lr`")(np.sqrt)
case("no parameter `lr`")(print)
case("no parameter `lr`")(len)
case("can't be called with lr")(int)
case("positional arguments|must be given")(functools.partial(misspelled, 1, 2, 3, 4, 5))


# Errors of all kinds


@case("AssertionError.*assert.*did not hold")
def asserts(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    assert t > 5


@case("`\\^` is not a power")
def hats(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g / (1 - beta1 ^ t), {}


@case("ZeroDivisionError.*divided by.*zero")
def divides_by_zero(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g / (1.0 / t), {}


@case("UnboundLocalError|read there before it is set|`step`")
def reads_too_early(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step = step * g  # noqa: F821
    return step, {}


@case("KeyError.*no such key")
def a_missing_key(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return {}["m"], {}


@case("IndexError.*no such entry")
def a_missing_entry(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g[9], {}


@case("AttributeError.*before the dot")
def a_missing_attribute(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g.square(), {}


@case("ModuleNotFoundError")
def a_missing_module(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    import no_such_module

    return no_such_module.adam(g)


@case("broadcast.*shapes")
def shapes_that_do_not_fit(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g + np.ones(9), {}


@case("RecursionError.*calls itself")
def calls_itself(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return calls_itself(g, m, v, t, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


@case("SystemExit.*asked Python to exit")
def exits(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    sys.exit(3)


@case("KeyboardInterrupt")
def interrupts(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    raise KeyboardInterrupt


@case("Silent")
def an_error_that_cannot_be_shown(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    class Silent(Exception):
        def __str__(self):
            raise ValueError

    raise Silent


@case("EOFError.*nobody to ask")
def asks(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return float(input("lr? ")) * g, {}


@case("ended Python itself")
def leaves_at_once(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    os._exit(0)


@case("ended Python itself")
def kills_itself(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    os.kill(os.getpid(), signal.SIGTERM)


@case("ended Python itself, in line .*string_at")
def reads_no_memory(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    ctypes.string_at(0)


# No end


@case("did not come to an end.*`while True: pass")
def one_line_without_end(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    while True: pass  # fmt: skip  # noqa: E701


@case("did not come to an end")
def catches_everything(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    try:
        while True: pass  # fmt: skip  # noqa: E701
    except:  # noqa: E722
        pass
    return g, dict(m=m, v=v, t=t)


@case("did not come to an end")
def catches_and_goes_on(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    while True:
        try:
            while True: pass  # fmt: skip  # noqa: E701
        except: pass  # fmt: skip  # noqa: E701, E722


@case("did not come to an end")
def catches_three_deep(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    while True:
        try:
            while True:
                try:
                    while True: pass  # fmt: skip  # noqa: E701
                except: pass  # fmt: skip  # noqa: E701, E722
        except BaseException:
            continue
        finally:
            while True:
                try: time.time()  # fmt: skip  # noqa: E701, SIM105
                except: pass  # fmt: skip  # noqa: E701, E722


@case("did not come to an end")
def recurses_and_catches(*args, **hyper):
    try:  # noqa: SIM105
        recurses_and_catches(*args, **hyper)
    except:  # noqa: E722
        pass
    recurses_and_catches(*args, **hyper)


@case("did not come to an end")
def a_generator_without_end(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return sum(0 * x for x in itertools.count()), {}


@case("did not come to an end")
def memory_without_end(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    class Endless(dict):
        def items(self):
            while True:
                yield "m", 1

        keys = __iter__ = items

    return g, Endless()


@case("did not come to an end")
def sleeps(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    time.sleep(100)


@case("did not come to an end")
def blocks_in_c(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return 10**10**9, {}


@case("did not come to an end")
def starts_threads(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    def spin():
        while True:
            pass

    threads = [threading.Thread(target=spin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@case("had to be killed")
def turns_the_alarm_off(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        pass


@case("memory|did not come to an end")
def asks_for_all_memory(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    arrays = []
    while True:
        arrays.append(np.empty(10**7))


@case("memory|did not come to an end")
def asks_for_memory_and_catches(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    arrays = []
    while True:
        try:
            arrays.append(np.empty(10**7))
        except MemoryError:
            arrays.append(1)


@case("MemoryError.*which array grows")
def asks_for_a_petabyte(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return np.zeros(10**14), {}


# What is not its own


@case("also changes `g` in place")
def changes_the_gradient(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    g *= lr
    return g, dict(m=m, v=v, t=t)


KEPT = dict(m=0)


@case("made twice", "momentum")
def remembers_outside(g, m=0, *, lr, beta):
    KEPT["m"] = beta * KEPT["m"] + np.mean(g)
    return lr * KEPT["m"] + 0 * g, dict(m=0)


@case("made twice")
def draws_lots(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g * np.random.default_rng().random(), dict(m=m, v=v, t=t)


@case("expected")
def overwrites_everything(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    np.sqrt = np.abs = abs
    builtins.sum = max
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    np.seterr(all="raise")
    warnings.simplefilter("error")
    sys.settrace(None)
    sys.setrecursionlimit(500)
    sys.stdout = sys.stderr = None
    return g, dict(m=m, v=v, t=t)


# Other exercises


@case("None. Is there a `return`", "finite_difference")
def no_gradient(loss, x):
    loss(x)


@case("needs all of x", "finite_difference")
def one_coordinate_alone(loss, x):
    return np.array([(loss(c + 1e-6) - loss(c - 1e-6)) / 2e-6 for c in x.ravel()])


@case("never looked at near x", "finite_difference")
def guesses(loss, x):
    return np.ones_like(x)


@case("can't be called as `three", "finite_difference")
def three(loss, x, h):
    return x


@case("a `return` or a `yield`", "minibatches")
def no_batches(X, y, batch_size, rng):
    X[rng.permutation(len(X))]


@case("pairs `\\(X_batch, y_batch\\)`", "minibatches")
def batches_of_x(X, y, batch_size, rng):
    for k in range(0, len(X), batch_size):
        yield X[k : k + batch_size]


@case("answers of shape|rows of X and", "minibatches")
def batches_that_do_not_match(X, y, batch_size, rng):
    for k in range(0, len(X), batch_size):
        yield X[k : k + batch_size], y[k : k + 1]


@case("more than 1000 batches", "minibatches")
def batches_without_end(X, y, batch_size, rng):
    while True:
        yield X[:batch_size], y[:batch_size]


@case("columns", "minibatches")
def columns(X, y, batch_size, rng):
    yield X.T, y


@case("AttributeError.*randint|before the dot", "minibatches")
def an_old_generator(X, y, batch_size, rng):
    yield X[[rng.randint(len(X))]], y[:1]


@case("a dict with the names|a dict", "adam_all")
def steps_in_a_list(gradients, state=None, *, lr, beta1, beta2, eps):
    return list(gradients.values()), state


@case("names of the gradients", "adam_all")
def steps_under_other_names(gradients, state=None, *, lr, beta1, beta2, eps):
    return {"w": 1.0}, state


@case("two things", "adam_all")
def no_state(gradients, state=None, *, lr, beta1, beta2, eps):
    return dict(gradients)


@case("two things", "resume")
def only_w(w, gradients, state=None, *, lr, beta1, beta2, eps):
    return w


@case("shape", "resume")
def w_of_another_shape(w, gradients, state=None, *, lr, beta1, beta2, eps):
    return np.array(gradients), state


@case("one number", "schedule")
def all_rates(k, *, lr, every, factor):
    return lr * factor ** (np.arange(10) // every)


@case("None", "schedule")
def no_rate(k, *, lr, every, factor):
    if k < every:
        return lr


@case("the shape is", "clip")
def clipped_length(g, *, max_norm):
    return min(np.linalg.norm(g), max_norm)


@case("the shape is", "walk")
def the_end_alone(loss, x, *, lr, steps):
    for _ in range(steps):
        x = x - lr * loss(x)[1]
    return x


@case("what the model returned", "training_loop")
def loss_of_the_input(model, loss_function, optimizer, scheduler, batches, epochs):
    for X, y in batches:
        loss_function(X, y).backward()


@case("backward was called twice", "training_loop")
def backward_twice(model, loss_function, optimizer, scheduler, batches, epochs):
    for X, y in batches:
        loss = loss_function(model(X), y)
        loss.backward()
        loss.backward()


@case("AttributeError", "training_loop")
def a_method_that_is_not_there(model, loss_function, optimizer, scheduler, batches, epochs):
    optimizer.clear()


@case("the w that came back|shape", "adamw")
def the_step_instead_of_w(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    return np.concatenate([w, g]), dict(m=m, v=v, t=t)


def state():
    """What a submission could have changed for everybody."""
    return (
        np.sqrt,
        np.abs,
        builtins.sum,
        builtins.input,
        random.getstate(),
        np.random.get_state()[1].tolist(),  # noqa: NPY002
        np.geterr(),
        warnings.filters[:],
        sys.gettrace(),
        sys.getrecursionlimit(),
        sys.stdout,
        sys.stderr,
        sys.stdin,
    )


@pytest.mark.parametrize("way, exercise, submission, words", CASES)
def test_a_broken_submission_gets_a_message(way, exercise, submission, words, monkeypatch, capfd):
    monkeypatch.setattr(sandbox, "CAN_FORK", way == "child")
    monkeypatch.setattr(sandbox, "SECONDS", 1.2)
    monkeypatch.setattr(sandbox, "AFTER", 0.7)
    before = state()
    report = check(exercise, submission)
    assert state() == before
    assert not report.passed
    assert re.search(words, report.message, re.IGNORECASE | re.DOTALL), report.message
    for ours in ("descent/practice", "Traceback", "0x", "_Late"):
        assert ours not in report.message
    assert report.message in repr(report)
    assert report.html().startswith('<div class="practice">')
    assert capfd.readouterr() == ("", "")


def test_what_is_left_out_is_a_submission():
    submissions = {getattr(case.values[2], "__name__", None) for case in CASES}
    assert submissions >= CHILD_ONLY


def test_a_learners_line_is_shown_with_its_number():
    line = misspelled.__code__.co_firstlineno + 2
    report = check("adam", misspelled)
    assert f"in line {line} of misspelled, `m = beta1 * m + (1 - beta1) * gg" in report.message


def test_a_long_line_of_a_learners_ends_in_three_dots(monkeypatch):
    text = f"def mine(x):\n    return {'1 + ' * 30}none\n"
    monkeypatch.setitem(linecache.cache, "<long>", (0, None, text.splitlines(True), "<long>"))
    names = {}
    exec(compile(text, "<long>", "exec"), names)
    message = check("beta_for", names["mine"]).message
    assert re.search(r"`return 1 \+ [1 +]*\.\.\.`:\n", message), message


def test_what_does_not_end_is_stopped_as_shipped():
    assert "did not come to an end" in (message := check("adam", catches_three_deep).message)
    assert "in line" in message


needs_fork = pytest.mark.skipif(not sandbox.CAN_FORK, reason="needs a fork")


@needs_fork
@pytest.mark.parametrize("fork", [os.fork, lambda: ctypes.CDLL(None).fork()], ids=["os", "C"])
def test_what_is_forked_is_neither_waited_for_nor_left(fork, monkeypatch):
    monkeypatch.setattr(sandbox, "AFTER", 58)
    reading, writing = os.pipe()

    def forks(g, *, lr):
        if forks.first and not fork():
            time.sleep(10)
            os.write(writing, b"was waited for, or lives on")
        forks.first = False
        return lr * g, {}

    forks.first = True
    report = check("gradient_descent", forks)
    os.close(writing)
    assert report.passed
    assert os.read(reading, 99) == b""  # Comes when all who could write have ended.
    os.close(reading)


@needs_fork
@pytest.mark.parametrize("ends", [lambda: None, lambda: ctypes.string_at(0)], ids=["well", "badly"])
def test_what_is_forked_has_nothing_to_say(ends):
    def forks(g, *, lr):
        if forks.first:
            forks.first = False
            child = os.fork()
            forks.sign = 1 if child else -1
            if child:
                os.waitpid(child, 0)
            else:
                ends()
        return forks.sign * lr * g, {}

    forks.first = True
    assert check("gradient_descent", forks).passed


def test_other_threads_go_on_when_a_submission_is_stopped():
    def learners():
        pass

    failed = []
    watch = sandbox._Watch(-1)

    def works():
        try:
            watch.look(learners.__code__, 1)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=works)
    thread.start()
    thread.join()
    assert failed == []
    works()
    assert [type(error) for error in failed] == [sandbox._Late]


def test_callbacks_of_others_do_not_run_in_a_submission(monkeypatch):
    monkeypatch.setattr(sandbox, "CAN_FORK", False)
    seen, meanwhile = [], []

    def callback(phase, info):
        seen.append(phase)

    def collects(g, *, lr):
        before = len(seen)  # Python may have collected on its own before this was called.
        gc.collect()
        meanwhile.append(len(seen) - before)
        return lr * g, {}

    gc.callbacks.append(callback)
    try:
        assert sandbox.run(lambda: collects(1, lr=1), pace=1) == ((1, {}), "")
        assert meanwhile == [0]
        assert callback in gc.callbacks
    finally:
        gc.callbacks.remove(callback)


def test_a_library_may_come_back_before_it_is_stopped():
    def learners():
        pass

    watch = sandbox._Watch(-sandbox.GRACE / 1e3)
    watch.theirs = True
    watch.look(textwrap.wrap.__code__, 1)
    with pytest.raises(sandbox._Late):
        watch.look(learners.__code__, 1)
    watch = sandbox._Watch(-2 * sandbox.GRACE)
    watch.theirs = True
    with pytest.raises(sandbox._Late):
        watch.look(textwrap.wrap.__code__, 1)


# What the checker needs for itself


def slow_at(name, text):
    """A function of the checker's own, as if it stood in its folder."""
    names = dict(time=time, textwrap=textwrap, check_callable=practice.check_callable)
    exec(compile(textwrap.dedent(text), f"{sandbox._OURS}/{name}.py", "exec"), names)
    return names[name]


OWN_WORK = {
    "in one call": """
        def slow(submission, name):
            time.sleep(0.9)
            check_callable(submission, name)
        """,
    "in a library": """
        def slow(submission, name):
            begun = time.monotonic()
            while time.monotonic() < begun + 0.9:
                textwrap.wrap("our own work takes its time " * 50)
            check_callable(submission, name)
        """,
}


def one_line(g, v=0, *, lr, beta2, eps):
    v = beta2 * v + (1 - beta2) * g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("work", OWN_WORK)
def test_what_the_checker_needs_for_itself_is_not_the_learners(way, work, monkeypatch):
    monkeypatch.setattr(sandbox, "CAN_FORK", way == "child")
    monkeypatch.setattr(sandbox, "SECONDS", 0.4)
    monkeypatch.setattr(sandbox, "TIMES", 0)
    monkeypatch.setattr(practice, "check_callable", slow_at("slow", OWN_WORK[work]))
    assert check("rmsprop", one_line).passed
    monkeypatch.setattr(sandbox, "MORE", 1)
    report = check("rmsprop", one_line)
    if way == "child":
        assert not report.passed and report.title == ""
        assert "went into the check itself, and not into one_line" in report.message
        assert "loop" not in report.message and " line " not in report.message
    else:
        assert report.passed
    # It still has no end of its own, and that is told.
    report = check("adam", one_line_without_end)
    if way == "here":
        assert "did not come to an end" in report.message and "while True" in report.message


def test_no_line_of_python_itself_is_the_learners():
    zipped = next(path for path in sys.path if path.endswith(".zip"))
    for file in (f"{zipped}/inspect.py", inspect.__file__, np.__file__, rules.__file__):
        assert not sandbox._is_learners(file)
    assert not sandbox._is_learners(sandbox.Place.__init__.__code__.co_filename)
    assert sandbox._is_learners(__file__)


def test_what_is_printed_is_shown_short():
    def talks(g, *, lr):
        print("looking at", g.shape, "<b>")
        for i in range(1000):
            print(i, file=sys.stderr)
        return lr * g, {}

    report = check("gradient_descent", talks)
    assert report.passed
    assert repr(report).count("\n") <= 8
    assert "looking at (5,) <b>" in repr(report)
    assert "&lt;b&gt;" in report.html()


NOT_BEGUN = [None, ..., NotImplemented]


@pytest.mark.parametrize("submission", NOT_BEGUN)
def test_nothing_is_not_begun(submission):
    assert "not begun yet" in check("adam", submission).message


def test_what_is_not_begun_gets_one_calm_line():
    def dots(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps): ...

    def passes(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        """What it should do."""
        pass

    def not_implemented(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        raise NotImplementedError("yours")

    def dots_returned(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        t = t + 1
        return ..., dict(m=..., v=v, t=t)

    def dots_inside(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        m = ...
        return lr * m, dict(m=m, v=v, t=t)

    for stub in (dots, passes, not_implemented, dots_returned, dots_inside):
        report = check("adam", stub)
        assert not report.passed
        assert report.mistake is report.variant is None
        assert "\n" not in repr(report)
        assert "not begun yet" in report.message or "not finished yet" in report.message


@pytest.mark.parametrize(
    "unfinished",
    [
        lambda g, m: m * g,
        lambda g, m: g - m,
        lambda g, m: -m,
        lambda g, m: m > 1,
        lambda g, m: m[0],
        lambda g, m: m(g),
        lambda g, m: m.square(),
        lambda g, m: np.sqrt(m),
        lambda g, m: np.sum(m) + g,
        lambda g, m: np.zeros(m),
        lambda g, m: 0.9 ** np.float64(m),
        lambda g, m: math.sqrt(m),
        lambda g, m: len(m),
        lambda g, m: sum(m),
        lambda g, m: [*m],
        lambda g, m: [1][m],
        lambda g, m: {}[m],
        lambda g, m: "lr" + m,
        lambda g, m: range(m),
    ],
)
def test_whatever_is_done_with_dots_is_not_finished(unfinished):
    report = check("gradient_descent", lambda g, *, lr: unfinished(g, ...))
    assert "not finished yet: there is still a `...` in it" in report.message
    assert report.title == ""


def test_what_is_called_ellipsis_is_no_dots():
    def takes(*, ellipsis):
        raise ValueError("the ellipsis is too long")

    def unset(g):
        return ellipsis * g  # noqa: F821

    for submission in (
        unset,
        lambda g: takes(ellipsis=1),
        lambda g: takes(),
        lambda g: np.sum(g, ellipsis=1),
        lambda g: {}["ellipsis"],
        lambda g: g.ellipsis,
        lambda g: float("ellipsis"),
    ):
        report = check("gradient_descent", lambda g, *, lr, f=submission: f(g))
        assert "stopped with an error" in report.message
        assert "ellipsis" in report.message


class AnswersNoQuestion:
    def __getattr__(self, name):
        raise RuntimeError

    def __call__(self, g, *, lr):
        return lr * g, {}


class Pretends:
    @property
    def __class__(self):
        raise RuntimeError


def test_an_object_that_fails_at_every_question_stops_nobody():
    assert "AnswersNoQuestion stopped" in check("gradient_descent", AnswersNoQuestion()).message
    assert "Pretends stopped" in check("gradient_descent", Pretends()).message
    assert "comes first" in check(AnswersNoQuestion(), "adam").message
    assert "check() lists them" in check(Pretends()).message
