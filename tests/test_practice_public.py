"""Code as it is published: the checker must know what it is. Form and arithmetic alone are ported.

The first half was there while the checker was mended; the second was set aside, unread, until then.
What is expected of a piece was decided by reading it: that it is right, or which mistake it has, or
that its form isn't that of the exercise, or that nothing more than a difference can be told.
"""

import math
import re
from collections import Counter

import numpy as np
import pytest

from descent.practice import check

PIECES = []
FORM, UNNAMED = "form", "unnamed"


def piece(exercise, expected, words="."):
    """Register a piece: ``"right"``, a name, `FORM` or `UNNAMED` is what it must be told."""

    def register(submission):
        half = "aside" if ASIDE else "mended"
        label = f"{half} {exercise} {submission.__name__}"
        PIECES.append(pytest.param(half, exercise, submission, expected, words, id=label))
        return submission

    return register


ASIDE = False


# Adam


@piece("adam", FORM, "parameters in and new parameters out")
class MovesItsParameters:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.b1, self.b2, self.eps, self.t = lr, beta1, beta2, eps, 0

    def update(self, param, grad, m, v):
        self.t += 1
        m = self.b1 * m + (1 - self.b1) * grad
        v = self.b2 * v + (1 - self.b2) * grad**2
        c, d = 1 - self.b1**self.t, 1 - self.b2**self.t
        param -= self.lr * (m / c) / (np.sqrt(v / d) + self.eps)
        return param, m, v


@piece("adam", "lr-forgotten")
class WithoutARate:
    def __init__(self, lr, beta1, beta2, eps):
        self.b1, self.b2, self.eps = beta1, beta2, eps
        self.m = self.v = self.t = 0

    def update(self, ds):
        self.t += 1
        self.m = self.b1 * self.m + (1 - self.b1) * ds
        self.v = self.b2 * self.v + (1 - self.b2) * ds**2
        corrected = self.m / (1 - self.b1**self.t), self.v / (1 - self.b2**self.t)
        return corrected[0] / (np.sqrt(corrected[1]) + self.eps)


@piece("adam", FORM)
class IsToldTheStep:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.b1, self.b2, self.eps = lr, beta1, beta2, eps
        self.m = self.v = 0

    def update(self, ds, t):
        self.m = self.b1 * self.m + (1 - self.b1) * ds
        self.v = self.b2 * self.v + (1 - self.b2) * ds**2
        root = np.sqrt(self.v / (1 - self.b2**t)) + self.eps
        return self.lr * (self.m / (1 - self.b1**t)) / root


@piece("adam", "right")
class CountsInStep:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.average = self.square = np.float32(0)
        self.step = 0

    def update(self, grad):
        self.step += 1
        one, two = 1 - self.beta1**self.step, 1 - self.beta2**self.step
        self.average = self.beta1 * self.average + (1 - self.beta1) * grad
        self.square = self.beta2 * self.square + (1 - self.beta2) * (grad**2)
        denominator = np.sqrt(self.square) / np.sqrt(two) + self.eps
        return self.lr / one / denominator * self.average


@piece("adam", "eps-hat")
class CorrectsItsRate:
    def __init__(self, lr, beta1, beta2, eps):
        self.alpha, self.beta1, self.beta2, self.eps, self.t = lr, beta1, beta2, eps, 0
        self.m = self.v = 0.0

    @property
    def lr(self):
        return self.alpha * math.sqrt(1 - self.beta2**self.t) / (1 - self.beta1**self.t)

    def update(self, grad):
        self.t += 1
        self.m = self.m + (1 - self.beta1) * (grad - self.m)
        self.v = self.v + (1 - self.beta2) * (grad * grad - self.v)
        return self.lr * self.m / (np.sqrt(self.v) + self.eps)


@piece("adam", "eps-inside")
class RootOfAll:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.mb, self.vb, self.eps = lr, beta1, beta2, eps
        self.reset()

    def reset(self):
        self.t = self.m = self.v = 0

    def update(self, grad):
        self.t += 1
        self.m = self.mb * self.m + (1 - self.mb) * grad
        self.v = self.vb * self.v + (1 - self.vb) * grad**2
        m_hat, v_hat = self.m / (1 - self.mb**self.t), self.v / (1 - self.vb**self.t)
        return self.lr * m_hat / (v_hat + self.eps) ** 0.5


@piece("adam", "t-off-by-one")
def counts_afterwards(g, m=0, v=0, t=1, *, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    t += 1
    return lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), dict(m=m, v=v, t=t)


@piece("adam", FORM, "`\\^` is not a power")
def with_another_power(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ^ 2
    return lr * m / np.sqrt(v + eps), dict(m=m, v=v, t=t)


@piece("adam", "corrected-kept", "Two things at once")
def corrected_in_their_places(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return lr * m / np.sqrt(v + eps), dict(m=m, v=v, t=t)


# Momentum, Nesterov, RMSprop, AdaGrad


@piece("momentum", "right")  # An object has one lr, and nobody can see where it stands.
class SubtractsFirst:
    def __init__(self, lr, beta):
        self.lr, self.momentum, self.v = lr, beta, None

    def update(self, grads):
        if self.v is None:
            self.v = np.zeros_like(grads)
        self.v = self.momentum * self.v - self.lr * grads
        return -self.v


@piece("momentum", "lr-inside-velocity")
def adds_the_step_up(g, v_old=0, *, lr, beta):
    v_new = beta * v_old + lr * g
    return v_new, dict(v_old=v_new)


@piece("momentum", "velocity-sign")
def for_adding(g, v=0, *, lr, beta):
    v = beta * v - lr * g
    return v, dict(v=v)


@piece("momentum", FORM, "no attribute 'like'|AttributeError")
def zeros_dot_like(g, v=None, *, lr, beta):
    if v is None:
        v = np.zeros.like(g)
    return lr * (beta * v + g), dict(v=beta * v + g)


@piece("momentum", FORM, "IndexError|list assignment|TypeError")
class KeysInAList:
    def __init__(self, lr, beta):
        self.lr, self.beta, self.v = lr, beta, None

    def update(self, grads):
        if self.v is None:
            self.v = []
            self.v["W"] = np.zeros_like(grads)
        return self.lr * grads


@piece("momentum", "doubled")
def of_an_average(g, v=0, *, lr, beta):
    v = v + (1 - beta) * (g - v)
    return lr * v, dict(v=v)


@piece("momentum_ema", "right")
class OfAnAverage:
    def __init__(self, lr, beta):
        self.lr, self.beta, self.v = lr, beta, 0.0

    def update(self, g):
        self.v = self.beta * self.v + (1 - self.beta) * g
        return self.lr * self.v


VELOCITY = None


@piece("momentum", "memory-outside")
def with_a_global_list(g, *, lr, beta):
    global VELOCITY
    if VELOCITY is None:
        VELOCITY = [0]
    VELOCITY[0] = beta * VELOCITY[0] + lr * g
    return VELOCITY[0], {}


@piece("nesterov", "lr-inside-velocity")
def looks_ahead_with_steps(g, velocity=0, *, lr, beta):
    x = beta * velocity - lr * g
    return -(beta * x - lr * g), dict(velocity=x)


@piece("nesterov", FORM, "generator")
def sends_steps(g, *, lr, beta):
    velocity = np.zeros_like(g)
    while True:
        velocity = beta * velocity + lr * g
        yield velocity


@piece("nesterov", "lr-inside-velocity")
def with_the_old_velocity(g, v=0, *, lr, beta):
    old = v
    v = beta * v - lr * g
    return beta * old - (1 + beta) * v, dict(v=v)


@piece("adagrad", "eps-inside")
def root_with_eps(g, r=0, *, lr, eps):
    r = r + g**2
    return lr / np.sqrt(r + eps) * g, dict(r=r)


@piece("rmsprop", "eps-inside")
def mean_root_with_eps(g, r=0, *, lr, beta2, eps):
    r = beta2 * r + (1 - beta2) * g**2
    return lr / np.sqrt(r + eps) * g, dict(r=r)


@piece("gradient_descent", FORM, "two things")
def multiplies(g, *, lr):
    return lr * g


@piece("gradient_descent", FORM, "parameters in")
def updates(params, grads, *, lr):
    for i in range(len(params)):
        params[i] = params[i] - lr * grads[i]
    return params


# Mini-batches


@piece("minibatches", "same-shuffle")
def seeded_within(X, y, batch_size, rng):
    np.random.seed(0)  # noqa: NPY002
    m, found = X.shape[0], []
    order = list(np.random.permutation(m))  # noqa: NPY002
    X, y = X[order], y[order]
    for k in range(math.ceil(m / batch_size)):
        found.append([X[k * batch_size : (k + 1) * batch_size],
                      y[k * batch_size : (k + 1) * batch_size]])  # fmt: skip
    return found


@piece("minibatches", "rng-ignored")
def with_numpys_own(X, y, batch_size, rng):
    m = len(X)
    order = list(np.random.permutation(m))  # noqa: NPY002
    return whole_and_rest(X[order], y[order], m, batch_size)


@piece("minibatches", "right")
def with_the_generator(X, y, batch_size, rng):
    order = list(rng.permutation(len(X)))
    return whole_and_rest(X[order], y[order], len(X), batch_size)


def whole_and_rest(X, y, m, size):
    whole = m // size
    found = [[X[i * size : (i + 1) * size], y[i * size : (i + 1) * size]] for i in range(whole)]
    if m % size == 0:
        return found
    return [*found, [X[whole * size :], y[whole * size :]]]


@piece("minibatches", "last-batch-dropped")
def whole_ones(X, y, batch_size, rng):
    order = np.arange(len(X))
    rng.shuffle(order)
    X, y = X[order], y[order]
    for k in range(int(len(X) / batch_size)):
        yield X[k * batch_size : (k + 1) * batch_size], y[k * batch_size : (k + 1) * batch_size]


@piece("minibatches", "last-batch-dropped")
def up_to_the_last_whole_one(X, y, batch_size, rng):
    order = rng.permutation(X.shape[0])
    X, y = X[order], y[order]
    for start in range(0, X.shape[0] + 1 - batch_size, batch_size):
        part = slice(start, start + batch_size)
        yield X[part], y[part]


@piece("minibatches", FORM, "IndexError|columns|rows|dimension")
def columns_are_examples(X, y, batch_size, rng):
    m = X.shape[1]
    order = rng.permutation(m)
    X, y = X[:, order], y[order]
    return [(X[:, k : k + batch_size], y[k : k + batch_size]) for k in range(0, m, batch_size)]


@piece("minibatches", "repeated-rows")
def rest_of_the_unshuffled(X, y, batch_size, rng):
    m = len(X)
    order = rng.permutation(m)
    found = [
        (X[order[i * batch_size : (i + 1) * batch_size]],
         y[order[i * batch_size : (i + 1) * batch_size]])
        for i in range(m // batch_size)
    ]  # fmt: skip
    if m % batch_size:
        found.append((X[m // batch_size * batch_size :], y[m // batch_size * batch_size :]))
    return found


@piece("minibatches", "right")
def with_a_helper(X, y, batch_size, rng):
    def shuffled(*arrays):
        order = rng.permutation(len(arrays[0]))
        return (a[order] for a in arrays)

    X, y = shuffled(X, y)
    found = []
    for i in range(0, len(X), batch_size):
        found.append((X[i : i + batch_size], y[i : i + batch_size]))
    return found


# Differences


@piece("finite_difference", "one-axis-only")
def first_axis(f, x):
    h, grad = 1e-4, np.zeros_like(x)
    for i in range(x.shape[0]):
        kept = x[i].copy()
        x[i] = kept + h
        up = f(x)
        x[i] = kept - h
        grad[i] = (up - f(x)) / (2 * h)
        x[i] = kept
    return grad


@piece("finite_difference", "right")
def flat_index(f, x):
    h, grad = 1e-4, np.zeros_like(x)
    for i in range(x.size):
        kept = x[i]
        x[i] = float(kept) + h
        up = f(x)
        x[i] = kept - h
        grad[i] = (up - f(x)) / (2 * h)
        x[i] = kept
    return grad


@piece("finite_difference", "all-at-once")
def of_one_variable(f, x):
    h = 1e-4
    return (f(x + h) - f(x - h)) / (2 * h)


@piece("finite_difference", "right")  # It still has six digits.
def with_a_tiny_step(f, x, eps=1e-9):
    moved, out = x.copy(), np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        moved[i] = x[i] + eps
        up = f(moved)
        moved[i] = x[i] - eps
        out[i] = (up - f(moved)) / (2 * eps)
        moved[i] = x[i]
    return out


@piece("finite_difference", "right")
def with_an_iterator(f, x):
    h, grad = 1e-5, np.zeros_like(x)
    walk = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not walk.finished:
        i = walk.multi_index
        old = x[i]
        x[i] = old + h
        up = f(x)
        x[i] = old - h
        down = f(x)
        x[i] = old
        grad[i] = (up - down) / (2 * h)
        walk.iternext()
    return grad


# Schedules


@piece("warmup_cosine", "warmup-from-zero")
def from_nothing(k, *, lr, warmup, steps):
    if k < warmup:
        return lr * (k / max(1, warmup))
    done = (k - warmup) / max(1, steps - warmup)
    return 0.5 * lr * (1 + math.cos(math.pi * min(done, 1)))


@piece("warmup_cosine", "warmup-from-zero", "Two things at once")
def from_nothing_and_on(k, *, lr, warmup, steps):
    if k <= warmup:
        return k * lr / warmup
    return 0.5 * lr * (1 + np.cos(np.pi * (k - warmup) / (steps - warmup)))


@piece("warmup_cosine", "warmup-from-zero", "Two things at once")
def multiplied_in(k, *, lr, warmup, steps):
    factor = 0.5 * (1 + np.cos(np.pi * min(k / steps, 1)))
    if k <= warmup:
        factor *= k * 1.0 / warmup
    return factor * lr


@piece("warmup_cosine", "warmup-stretched")
def as_in_a_small_language_model(k, *, lr, warmup, steps):
    if k < warmup:
        return lr * (k + 1) / (warmup + 1)
    if k > steps:
        return 0.0
    ratio = (k - warmup) / (steps - warmup)
    return 0.5 * (1.0 + math.cos(math.pi * ratio)) * lr


@piece("warmup_cosine", UNNAMED)
def seven_sixteenths_of_a_turn(k, *, lr, warmup, steps):
    if k < warmup:
        return lr * float(k + 1) / max(1, warmup)
    done = (k - warmup) / max(1, steps - warmup)
    return lr * max(0.0, math.cos(math.pi * 7 / 16 * done))


# Training loops


@piece("training_loop", "right")
def to_the_device(model, loss_function, optimizer, scheduler, batches, epochs):
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for x, y in batches:
            x, y = x.to("cpu"), y.to("cpu")
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        scheduler.step()
        print(f"Epoch [{epoch + 1}/{epochs}], Loss: {running:.4f}")


@piece("training_loop", "scheduler-per-batch")
def one_step_after_the_other(model, loss_function, optimizer, scheduler, batches, epochs):
    def train_step(batch):
        model.train()
        x, y = batch
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        return loss.item()

    for _ in range(epochs):
        for batch in batches:
            train_step(batch)


@piece("training_loop", "scheduler-forgotten")
def without_a_schedule(model, loss_function, optimizer, scheduler, batches, epochs):
    losses = np.zeros(epochs)
    for it in range(epochs):
        for inputs, targets in batches:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = loss_function(outputs, targets)
            loss.backward()
            optimizer.step()
            losses[it] = loss.item()


@piece("training_loop", FORM, "stand-in, and it has no `long`")
def for_classes(model, loss_function, optimizer, scheduler, batches, epochs):
    for _ in range(epochs):
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_function(model(x), y.view(-1).long())
            loss.backward()
            optimizer.step()
        scheduler.step()


ASIDE = True

# What was set aside


@piece("walk", "right")
def along_pairs(loss, x, *, lr, steps):
    here = [float(a) for a in x]
    path = [tuple(here)]
    for _ in range(steps):
        slopes = loss(np.array(here))[1]
        here = [a - lr * b for a, b in zip(here, slopes, strict=True)]
        path.append(tuple(here))
    return path


@piece("momentum", "lr-inside-velocity")
def velocity_to_add(g, velocity=0, *, lr, beta):
    velocity = beta * velocity - lr * g
    return -velocity, dict(velocity=velocity)


@piece("nesterov", "lookahead-forgotten")
def as_if_taken_ahead(g, velocity=0, *, lr, beta):
    velocity = beta * velocity - lr * g
    return -velocity, dict(velocity=velocity)


@piece("adagrad", "right")
class SumsInPlace:
    def __init__(self, lr, eps):
        self.lr, self.eps, self.total = lr, eps, None

    def update(self, grad):
        if self.total is None:
            self.total = np.zeros_like(grad)
        self.total = self.total + 0
        self.total += grad**2
        return self.lr * grad / (np.sqrt(self.total) + self.eps)


@piece("adagrad", "changed-input")
def sums_what_it_was_given(grad, grad_squared=None, *, lr, eps):
    if grad_squared is None:
        grad_squared = np.zeros_like(grad)
    grad_squared += grad**2
    return lr * grad / (np.sqrt(grad_squared) + eps), dict(grad_squared=grad_squared)


@piece("adam", "ascent")
def an_update_to_add(g, m=0, v=0, i=0, *, lr, beta1, beta2, eps):
    i = i + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    update = -lr * (m / (1 - beta1**i)) / (np.sqrt(v / (1 - beta2**i)) + eps)
    return update, dict(m=m, v=v, i=i)


@piece("gradient_descent", FORM, "makes|make something")
class UpdatesLayers:
    def __init__(self, lr):
        self.current = lr

    def update_params(self, layer):
        layer.weights += -self.current * layer.dweights


@piece("gradient_descent", "ascent")
class AddsItsStep:
    def __init__(self, lr):
        self.current = lr

    def step(self, dweights):
        return -self.current * dweights


@piece("momentum", "right")
class KeepsItsUpdate:
    def __init__(self, lr, beta):
        self.eta, self.gamma, self.last = lr, beta, 0

    def step(self, grad):
        self.last = self.gamma * self.last + self.eta * grad
        return self.last


@piece("nesterov", FORM, "NameError")
class AsksForAGradient:
    def __init__(self, lr, beta):
        self.eta, self.gamma, self.last = lr, beta, 0

    def step(self, at):
        ahead = at - self.gamma * self.last
        self.last = self.gamma * self.last + self.eta * gradient(ahead)  # noqa: F821
        return self.last


@piece("adagrad", "eps-inside")
def rate_first(grad, v=0, *, lr, eps):
    v = v + grad**2
    return (lr / (v + eps) ** 0.5) * grad, dict(v=v)


@piece("rmsprop", "eps-inside")
class RateFirst:
    def __init__(self, lr, beta2, eps):
        self.v, self.beta, self.eta, self.eps = 0, beta2, lr, eps

    def step(self, grad):
        self.v = self.beta * self.v + (1 - self.beta) * (grad**2)
        return (self.eta / (self.v + self.eps) ** 0.5) * grad


@piece("adam", "eps-inside")
class CountsAfterwards:
    def __init__(self, lr, beta1, beta2, eps):
        self.m = self.v = 0
        self.beta1, self.beta2, self.eta, self.eps, self.iter = beta1, beta2, lr, eps, 1

    def step(self, grad):
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * (grad**2)
        m_cap = self.m / (1 - self.beta1**self.iter)
        v_cap = self.v / (1 - self.beta2**self.iter)
        self.iter += 1
        return (self.eta / (v_cap + self.eps) ** 0.5) * m_cap


@piece("nadam", "nadam-simplified|eps-inside", "eps stands under the root.*Ruder's overview")
class AsInTheOverview:
    def __init__(self, lr, beta1, beta2, eps, momentum_decay):
        self.m = self.v = 0
        self.beta1, self.beta2, self.eta, self.eps, self.iter = beta1, beta2, lr, eps, 1

    def step(self, grad):
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * (grad**2)
        c = 1 - self.beta1**self.iter
        update = self.beta1 * (self.m / c) + ((1 - self.beta1) / c) * grad
        v_cap = self.v / (1 - self.beta2**self.iter)
        self.iter += 1
        return (self.eta / (v_cap + self.eps) ** 0.5) * update


@piece("momentum", "g-for-m|memory-forgotten")
class MomentumOnce:
    def __init__(self, lr, beta):
        self.lr, self.beta = lr, beta

    def step(self, g):
        if not hasattr(self, "v"):
            self.v = np.zeros_like(g)
            update = self.beta * self.v + self.lr * g
            self.v = update
        else:
            update = self.lr * g
        return update


@piece("adam", "eps-inside")
def of_biases(g, p=0, c=0, n=0, *, lr, beta1, beta2, eps):
    p = beta1 * p + (1 - beta1) * g
    c = beta2 * c + (1 - beta2) * g**2
    p_hat, c_hat = p / (1 - beta1 ** (n + 1)), c / (1 - beta2 ** (n + 1))
    return lr * p_hat / np.sqrt(c_hat + eps), dict(p=p, c=c, n=n + 1)


@piece("adam", "right")
def of_weights(g, p=0, c=0, n=0, *, lr, beta1, beta2, eps):
    p = beta1 * p + (1 - beta1) * g
    c = beta2 * c + (1 - beta2) * g**2
    p_hat, c_hat = p / (1 - beta1 ** (n + 1)), c / (1 - beta2 ** (n + 1))
    return -(-lr * p_hat / (np.sqrt(c_hat) + eps)), dict(p=p, c=c, n=n + 1)


@piece("rmsprop", "right")
class WithACache:
    def __init__(self, lr, beta2, eps):
        self.lr, self.rho, self.eps = lr, beta2, eps

    def step(self, g):
        if not hasattr(self, "cache"):
            self.cache = np.zeros_like(g)
        self.cache = self.rho * self.cache + (1 - self.rho) * g**2
        return self.lr * g / (np.sqrt(self.cache) + self.eps)


@piece("momentum", "g-for-m|memory-forgotten")
class LosesALocal:
    def __init__(self, lr, beta):
        self.lr, self.beta, self.u = lr, beta, [0]

    def step(self, g):
        for u in self.u:
            u = self.beta * u + self.lr * g
        return u


@piece("nesterov", "memory-forgotten")
def loses_its_local(g, u=0, *, lr, beta):
    new = beta * u + g
    return lr * (beta * new + g), dict(u=u)


@piece("rmsprop", "memory-forgotten", "Two things at once")
def loses_its_square(g, u=0, *, lr, beta2, eps):
    new = beta2 * u + (1 - beta2) * g**2
    return lr * g / np.sqrt(new + eps), dict(u=u)


@piece("adam", "memory-forgotten")
class PowersAlone:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.pow1, self.pow2, self.m, self.v = beta1, beta2, 0, 0

    def step(self, g):
        m = self.beta1 * self.m + (1 - self.beta1) * g
        v = self.beta2 * self.v + (1 - self.beta2) * g**2
        step = self.lr * ((m / (1 - self.pow1)) / (self.eps + np.sqrt(v / (1 - self.pow2))))
        self.pow1 *= self.beta1
        self.pow2 *= self.beta2
        return step


@piece("nadam", "written-in", "another `momentum_decay`")
class ThreeAtOnce:
    def __init__(self, lr, beta1, beta2, eps, momentum_decay):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.pow1, self.pow2 = beta1, beta2

    def step(self, g):
        self.pow1 *= self.beta1
        self.pow2 *= self.beta2
        m, v = (1 - self.beta1) * g, (1 - self.beta2) * g**2
        ahead = self.beta1 * m + (1 - self.beta1) * g
        return self.lr * ahead / ((1 - self.pow1) * (self.eps + np.sqrt(v / (1 - self.pow2))))


@piece("gradient_descent", FORM)
def weights_and_biases(weights, biases, dweights, dbiases, *, lr):
    return weights - lr * dweights, biases - lr * dbiases


@piece("adam", "right")
class BeginsWithNone:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = self.v = None

    def update(self, d):
        if self.m is None:
            self.m, self.v, self.t = np.zeros_like(d), np.zeros_like(d), 0
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * d
        self.v = self.beta2 * self.v + (1 - self.beta2) * (d**2)
        m_hat = self.m / (1 - self.beta1**self.t)
        v_hat = self.v / (1 - self.beta2**self.t)
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


@piece("adam", FORM, "no parameter|can't be called|takes no gradient")
class HasOnlyNumbers:
    def __init__(self):
        self.alpha, self.beta_1, self.beta_2 = 0.001, 0.9, 0.999


@piece("adam", "right")
def in_one_line(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t += 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return lr * m / (1 - beta1**t) / (eps + np.sqrt(v / (1 - beta2**t))), dict(m=m, v=v, t=t)


@piece("adam", "right")
class WithListsOfMemory:
    def __init__(self, lr, beta1, beta2, eps):
        self.lr, self.beta1, self.beta2, self.eps, self.t = lr, beta1, beta2, eps, 1
        self.v_list, self.m_list = [0.0], [0.0]

    def step(self, g):
        v = self.beta2 * self.v_list[0] + (1 - self.beta2) * np.power(g, 2)
        self.v_list[0] = v
        m = self.beta1 * self.m_list[0] + (1 - self.beta1) * g
        self.m_list[0] = m
        v_hat, m_hat = v / (1 - self.beta2**self.t), m / (1 - self.beta1**self.t)
        self.t += 1
        return self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


@piece("rmsprop", "right")
def times_a_reciprocal(g, vt=0, *, lr, beta2, eps):
    vt = beta2 * vt + (1 - beta2) * np.square(g)
    return lr * (1 / (np.sqrt(vt) + eps)) * g, dict(vt=vt)


@piece("minibatches", "no-shuffle")
def counted_up(X, y, batch_size, rng):
    m, b = len(X), batch_size
    steps = m // b if (m % b) == 0 else (m // b) + 1
    return [(X[s * b : (s + 1) * b], y[s * b : (s + 1) * b]) for s in range(steps)]


@piece("rmsprop", "starts-at-one")
class CacheOfOne:
    def __init__(self, lr, beta2, eps):
        self.lr, self.decay, self.eps, self.cache = lr, beta2, eps, 1

    def step(self, g):
        self.cache = self.decay * self.cache + (1 - self.decay) * g * g
        return self.lr * g / (np.sqrt(self.cache) + self.eps)


@piece("minibatches", "last-batch-dropped")
def whole_batches_in_their_order(X, y, batch_size, rng):
    size = batch_size
    for j in range(int(len(X) / size)):
        yield X[j * size : (j * size + size),], y[j * size : (j * size + size),]


@piece("rmsprop", "eps-inside")
def quotient_of_products(g, cache=0, *, lr, beta2, eps):
    cache = beta2 * cache + (1 - beta2) * g**2
    return (lr * g) / (np.sqrt(cache + eps)), dict(cache=cache)


@piece("rmsprop", "right")
def rate_at_the_end(g, new=0, *, lr, beta2, eps):
    new = beta2 * new + (1 - beta2) * (g**2)
    return (g / (new**0.5 + eps)) * lr, dict(new=new)


@piece("finite_difference", "right")
def talking_as_it_goes(f, x, verbose=True, h=0.00001):
    fx, grad = f(x), np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    for _ in it:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + h
        up = f(x)
        x[ix] = old - h
        down = f(x)
        x[ix] = old
        grad[ix] = (up - down) / (2 * h)
        if verbose:
            print(ix, grad[ix], fx)
    return grad


@piece("finite_difference", FORM, "not subscriptable|TypeError")
def indexes_the_loss(f, x, delta=1e-5):
    fx, grad = f(x), np.zeros_like(x)
    for ix in np.ndindex(x.shape):
        grad[ix] = fx[ix + delta] - fx[ix - delta] / 2 * delta
    return grad


@piece("finite_difference", "right")
def with_two_copies(f, w, eps=1e-5):
    grads = np.zeros_like(w, dtype=float)
    for k in range(w.size):
        plus, minus = w.copy(), w.copy()
        plus[k] += eps
        minus[k] -= eps
        grads[k] = (f(plus) - f(minus)) / (2.0 * eps)
    return grads


@piece("warmup_cosine", "written-in", "another `steps`")
def as_in_a_transformer(k, *, lr, warmup, steps):
    step = k + 1
    return lr * warmup**0.5 * min(step**-0.5, step * warmup**-1.5)


def falling_at_intervals(lr, every, factor):
    now, count = lr, 0

    def get_lr(k):
        nonlocal now, count
        count += 1
        if count % every == 0:
            now *= factor
        return now

    return get_lr


piece("schedule", "memory-outside")(falling_at_intervals)


@piece("warmup_cosine", "warmup-from-zero")
def from_a_scale(k, *, lr, warmup, steps):
    scale = 0.0
    if k < warmup:
        return lr * (k / warmup * (1 - scale) + scale)
    return lr * 0.5 * (1 + math.cos(math.pi * min((k - warmup) / (steps - warmup), 1)))


@piece("warmup_cosine", UNNAMED)
def down_to_a_tenth(k, *, lr, warmup, steps):
    low = lr * 0.1
    if k < warmup:
        return lr * (k + 1) / warmup
    if k > steps:
        return low
    ratio = (k - warmup) / (steps - warmup)
    return low + 0.5 * (1.0 + math.cos(math.pi * ratio)) * (lr - low)


@piece("minibatches", FORM, "IndexError|too many indices")
def examples_in_columns(X, y, batch_size, rng):
    m = X.shape[1]
    order = list(rng.permutation(m))
    X, y = X[:, order], y[:, order]
    return [(X[:, k : k + batch_size], y[:, k : k + batch_size]) for k in range(0, m, batch_size)]


@piece("minibatches", "repeated-rows")
def drawn_and_put_back(X, y, batch_size, rng):
    n = len(X)
    for line in rng.choice(n, (max(n // batch_size, 1), batch_size), replace=True):
        yield X[line], y[line]


@piece("minibatches", "no-shuffle")
def sliced(X, y, batch_size, rng):
    for i in range(0, X.shape[0], batch_size):
        yield X[i : i + batch_size], y[i : i + batch_size]


def judged(exercise, submission, expected):
    """How the checker did with a piece, in one word of the table."""
    report = check(exercise, submission)
    name = report.mistake or report.variant
    if report.passed:
        return ("right" if expected == "right" else "wrongly accepted"), report
    if expected == "right":
        return "wrongly refused", report
    if name is None:
        unnamed = "none of the mistakes" in report.message or expected not in (FORM,)
        return ("unnamed" if unnamed else "named"), report
    return ("named" if name in expected.split("|") else "wrongly named"), report


@pytest.mark.parametrize("half, exercise, submission, expected, words", PIECES)
def test_a_piece_of_public_code_is_told_for_what_it_is(half, exercise, submission, expected, words):
    outcome, report = judged(exercise, submission, expected)
    wanted = {"right": "right", UNNAMED: "unnamed"}.get(expected, "named")
    assert outcome == wanted, report.message
    assert re.search(words, report.message, re.DOTALL), report.message


def test_there_are_as_many_pieces_as_the_table_says():
    halves = Counter(case.values[0] for case in PIECES)
    assert halves["mended"] >= 30 and halves["aside"] >= 30
