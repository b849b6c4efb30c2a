"""The right answers that are not rules of `descent.rules`: small functions, one to an exercise.

The bank of mistakes edits their text (see `descent.practice.mistakes`), so a line here is a line
that somebody may get wrong.
"""

import copy
import math

import numpy as np


def walk(loss, x, *, lr, steps):
    """Every point of gradient descent, the start first."""
    points = [x]
    for _ in range(steps):
        _, g = loss(x)
        x = x - lr * g
        points.append(x)
    return np.array(points)


def finite_difference(loss, x):
    """The gradient by central differences: one coordinate at a time, a step to each side."""
    h = 6e-6
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        g[i] = (loss(x + e) - loss(x - e)) / (2 * h)
    return g


def stable_lr(A):
    """The learning rate below which gradient descent on x @ A @ x / 2 converges."""
    curvatures = np.linalg.eigvalsh(A)
    return 2 / curvatures.max()


def steps_to_shrink(kappa, *, factor):
    """How many steps gradient descent takes, at its best rate, to shrink its distance so far."""
    left = (kappa - 1) / (kappa + 1)
    return math.ceil(math.log(factor) / math.log(left))


def gradient_test(loss, gradient, x):
    """Whether a gradient is that of a loss at x: each entry is held against a difference."""
    g, slope = gradient(x), np.zeros_like(x)
    for i in range(len(x)):
        e = np.zeros_like(x)
        e[i] = 1e-5
        up, down = loss(x + e), loss(x - e)
        slope[i] = (up - down) / 2e-5
    return bool(abs(g - slope).max() < 1e-4 * abs(slope).max())


def minibatches(X, y, batch_size, rng):
    """One epoch: every row once, shuffled, with its answer; the last batch may be smaller."""
    order = rng.permutation(len(X))
    for first in range(0, len(X), batch_size):
        rows = order[first : first + batch_size]
        yield X[rows], y[rows]


def beta_for(half_life):
    """The beta with which a gradient counts half as much after so many steps."""
    return 0.5 ** (1 / half_life)


def convert(lr, source, target, *, beta):
    """The lr in another convention of momentum that makes the same walk."""
    enters = {"sum": 1, "average": 1 - beta, "velocity": 1, "difference": 1}
    return lr * enters[source] / enters[target]


def average_weights(t, *, beta):
    """What each of t values counts in an average that started at 0, the oldest first."""
    age = np.arange(t)[::-1]
    return (1 - beta) * beta**age


def bias_correction(m, t, *, beta):
    """An average that started at 0, made as large as what it averages."""
    return m / (1 - beta**t)


def adam_test(rule):
    """Whether a rule is Adam: each of its steps is held against weighted means of the gradients."""
    gradients = np.array([[1, 20], [-3, 0.1], [2, -5], [0.05, 0], [0, 8], [-0.5, 0.3]])
    hyper, memory = dict(lr=0.1, beta1=0.8, beta2=0.95, eps=0.01), {}
    for k, g in enumerate(gradients):
        step, memory = rule(g, **memory, **hyper)
        seen, age = gradients[: k + 1], k - np.arange(k + 1)
        mean = np.average(seen, axis=0, weights=0.8**age)
        square = np.average(seen**2, axis=0, weights=0.95**age)
        if not np.allclose(step, 0.1 * mean / (square**0.5 + 0.01)):
            return False
    return True


def adamw(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    """Adam whose weight decay goes past its memory, to the parameters themselves."""
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - lr * weight_decay * w
    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w, dict(m=m, v=v, t=t)


def adam_all(gradients, state=None, *, lr, beta1, beta2, eps):
    """Adam over several arrays: one memory to an array, one step number for all of them."""
    t, memory = state if state else (0, {})
    steps, new = {}, {}
    t = t + 1
    for name, g in gradients.items():
        m, v = memory.get(name, (0, 0))
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        steps[name] = lr * m_hat / (np.sqrt(v_hat) + eps)
        new[name] = m, v
    return steps, (t, new)


def resume(w, gradients, state=None, *, lr, beta1, beta2, eps):
    """Adam along a list of gradients, carrying on from where an earlier call stopped."""
    m, v, t = state if state else (0, 0, 0)
    for g in gradients:
        t = t + 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w, (m, v, t)


def schedule(k, *, lr, every, factor):
    """A learning rate that is multiplied by `factor` after each `every` steps."""
    return lr * factor ** (k // every)


def warmup_cosine(k, *, lr, warmup, steps):
    """A learning rate that rises in equal parts, and then falls along half a cosine."""
    if k < warmup:
        return lr * (k + 1) / warmup
    done = min(1, (k - warmup) / (steps - warmup))
    return lr * (1 + math.cos(math.pi * done)) / 2


def clip(g, *, max_norm):
    """A gradient that is shortened to `max_norm` if it is longer, in its own direction."""
    norm = np.sqrt((g**2).sum())
    return g * max_norm / norm if norm > max_norm else g


def training_loop(model, loss_function, optimizer, scheduler, batches, epochs):
    """PyTorch's training loop, each call in its place."""
    for _ in range(epochs):
        for X, y in batches:
            optimizer.zero_grad()
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
        scheduler.step()


def parameter_groups(model, AdamW, *, lr, weight_decay):
    """PyTorch's AdamW, whose decay pulls at matrices and leaves vectors and numbers alone."""
    matrices, others = [], []
    for p in model.parameters():
        if p.ndim > 1:
            matrices.append(p)
        else:
            others.append(p)
    decayed = dict(params=matrices, weight_decay=weight_decay)
    free = dict(params=others, weight_decay=0)
    return AdamW([decayed, free], lr=lr)


def checkpoint(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    """PyTorch's training loop, carrying on from what an earlier call returned."""
    begin = 0
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        begin = saved["epoch"]
    for _ in range(begin, epochs):
        for X, y in batches:
            optimizer.zero_grad()
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
    parts = dict(model=model, optimizer=optimizer, scheduler=scheduler)
    states = {name: part.state_dict() for name, part in parts.items()}
    return copy.deepcopy(dict(states, epoch=epochs))


def fair_race(rules, tune, test, start, *, rates, steps):
    """Of each rule, by its name: the test loss at the rate that suits it best."""
    found = {}
    for name, rule in rules.items():
        ends = []
        for lr in rates:
            w, memory = start, {}
            for _ in range(steps):
                step, memory = rule(tune(w)[1], **memory, lr=lr)
                w = w - step
            ends.append(w)
        best = min(ends, key=lambda w: tune(w)[0])
        found[name] = test(best)[0]
    return found
