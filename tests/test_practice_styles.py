"""Right answers in many styles: each must pass. Nobody writes a rule as the course does."""

import functools
import math
from collections import OrderedDict
from types import MappingProxyType

import numpy as np
import pytest

from descent.practice import check
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import edited, function_of, source
from descent.practice.playing import MAIN

# The same rule in other words: edits of its text, as in the bank, that leave its numbers alone.
REWRITTEN = {
    "times itself": "g**2 -> g * g",
    "np.power": "g**2 -> np.power(g, 2)",
    "np.square": "g**2 -> np.square(g)",
    "product with the other way round": "* g**2 -> * g * g",
    "half a power": "np.sqrt(v) -> v**0.5",
    "half a power of v_hat": "np.sqrt(v_hat) -> v_hat**0.5",
    "np.power for the root": "np.sqrt(v_hat) -> np.power(v_hat, 1 / 2)",
    "root of a float32": "np.sqrt(v) + eps -> eps + np.sqrt(v)",
    "lerp of m": "beta1 * m + (1 - beta1) * g -> m + (1 - beta1) * (g - m)",
    "lerp of m, one beta": "beta * m + (1 - beta) * g -> m - (1 - beta) * (m - g)",
    "lerp of v": "beta2 * v + (1 - beta2) * g**2 -> v + (1 - beta2) * (g**2 - v)",
    "multiplied out": "(1 - beta1) * g -> (g - beta1 * g)",
    "np.power of beta": "beta1**t -> np.power(beta1, t); beta2**t -> np.power(beta2, t)",
    "float power": "beta1**t -> beta1 ** float(t); beta2**t -> math.pow(beta2, t)",
    "exp of log": "beta1**t -> np.exp(t * np.log(beta1))",
    "corrections in the rate": (
        "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)\n"
        "    return lr * m_hat / (np.sqrt(v_hat) + eps) -> "
        "return lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m"
        " / (np.sqrt(v) + eps * np.sqrt(1 - beta2**t))"
    ),
    "corrections in denominators": (
        "m_hat = m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)\n"
        "    return lr * m_hat / (np.sqrt(v_hat) + eps) -> "
        "return (lr / (1 - beta1**t)) * m / (np.sqrt(v) / np.sqrt(1 - beta2**t) + eps)"
    ),
    "the rate last": "lr * m_hat / (np.sqrt(v_hat) + eps) -> m_hat / (np.sqrt(v_hat) + eps) * lr",
    "divided first": "lr * g / (np.sqrt(v) + eps) -> g / (np.sqrt(v) + eps) * lr",
    "reciprocal": "lr * m_hat / (np.sqrt(v_hat) + eps) -> lr / (np.sqrt(v_hat) + eps) * m_hat",
    "the rate last, no root": "return lr * m, -> return m * lr,",
    "t += 1": "t = t + 1 -> t += 1",
    "t from 1": "t=0, -> t=1,; t = t + 1 -> pass; t=t -> t=t + 1",
    "t as an array": "t = t + 1 -> t = np.asarray(t) + 1",
    "keys in another order": "dict(m=m, v=v, t=t) -> {'t': t, 'v': v, 'm': m}",
    "keys in another order, two": "dict(m=m, v=v) -> {'v': v, 'm': m}",
    "a literal": "dict(m=m) -> {'m': m}",
    "a literal for v": "dict(v=v) -> {'v': v}",
    "OrderedDict": "dict(m=m, v=v, t=t) -> OrderedDict(t=t, m=m, v=v)",
    "a mapping that isn't a dict": "dict(m=m) -> MappingProxyType(dict(m=m))",
    "m under another name": "m=0, * -> velocity=0, *; dict(m=m) -> dict(velocity=m); m = beta * -> "
    "m = velocity\n    m = beta *",
    "defaults of None": "m=0, v=0 -> m=None, v=None; t = t + 1 -> t = t + 1\n"
    "    m = np.zeros_like(g) if m is None else m\n    v = np.zeros_like(g) if v is None else v",
    "default of None": "m=0, * -> m=None, *; m = beta * -> "
    "m = np.zeros_like(g) if m is None else m\n    m = beta *",
    "v default of None": "v=0 -> v=None; v = -> v = np.zeros_like(g) if v is None else v\n    v =",
    "no defaults": "m=0, v=0, t=0 -> m, v, t",
    "no default": "(g, m=0, * -> (g, m, *",
    "no default of v": "(g, v=0, * -> (g, v, *",
    "no star": ", *, lr=1e-3 -> , lr=1e-3",
    "positional only": "m=0, v=0, t=0, *, -> m=0, v=0, t=0, /, *,",
    "memory as keywords": "m=0, v=0, t=0, *, -> *, m=0, v=0, t=0,",
    "float32 inside": "t = t + 1\n    m = -> t = t + 1\n    g = np.asarray(g, np.float32)\n    m =",
    "float64 inside": "t = t + 1\n    m = -> t = t + 1\n    g = np.asarray(g, np.float64)\n    m =",
    "in place on a copy": "m = beta * m + g -> m = np.array(m + 0 * g)\n    m *= beta\n    m += g",
    "in place on copies": "m = beta1 * m + (1 - beta1) * g -> "
    "m = np.array(m + np.zeros_like(g))\n    m *= beta1\n    m += (1 - beta1) * g",
    "out=": "v = beta2 * v + (1 - beta2) * g**2 -> "
    "v = np.add(np.multiply(v, beta2), (1 - beta2) * g**2, out=np.empty_like(g))",
    "a copy of g in place": "v = v + g**2 -> squares = g.copy()\n    squares *= g\n"
    "    v = v + squares",
    "math.sqrt": "np.sqrt(v -> math.sqrt(v",
    "a list": "return lr * m, dict(m=m) -> return [lr * m, dict(m=m)]",
    "a list, v": "), dict(v=v) -> ), dict(v=v)",
    "a loop over entries": "np.sqrt(v) -> np.array([x**0.5 for x in np.ravel(v)]).reshape(g.shape)",
    "extra parameters": ", *, -> , *, verbose=False, name='mine',",
    "prints": "return -> return print('looking') or",
    "builtin max": "np.maximum(v_max, v) -> np.where(v > v_max, v, v_max)",
    "fmax": "np.maximum -> np.fmax",
    "stacked maximum": "np.maximum(v_max, v) -> np.max([v_max + 0 * v, v], axis=0)",
    "abs of NumPy": "abs(g) -> np.abs(g)",
    "sign by division": "np.sign(c) -> np.where(c > 0, 1.0, np.where(c < 0, -1.0, 0.0))",
    "sign from bools": "np.sign(c) -> ((c > 0) * 1.0 - (c < 0))",
    "look ahead, rearranged": "lr * (beta * m + g) -> lr * g + lr * beta * m",
    "a nested function": "np.sqrt(v_hat) -> (lambda s: s**0.5)(v_hat)",
    "decay as a factor": "w = w - lr * weight_decay * w -> w = w * (1 - lr * weight_decay)",
    "decay at the end": "    w = w - lr * weight_decay * w\n -> "
    "    kept = lr * weight_decay * w\n; w = w - lr * m_hat / (np.sqrt(v_hat) + eps) -> "
    "w = w - lr * m_hat / (np.sqrt(v_hat) + eps) - kept",
    "in place on a copy of w": "w = w - lr * weight_decay * w -> "
    "w = w.copy()\n    w -= lr * weight_decay * w",
    "a copy of the state": "if state else (0, 0, 0) -> if state is not None else (0, 0, 0)",
    "a state of lists": "return w, (m, v, t) -> return w, [m, v, t]",
    "unpacked one by one": "m, v, t = state if state else (0, 0, 0) -> "
    "state = state or (0, 0, 0)\n    m = state[0]\n    v = state[1]\n    t = state[2]",
    "a dict for a state": "m, v, t = state if state else (0, 0, 0) -> "
    "s = state or dict(m=0, v=0, t=0)\n    m, v, t = s['m'], s['v'], s['t']; "
    "return w, (m, v, t) -> return w, dict(m=m, v=v, t=t)",
    "enumerate": "for g in gradients:\n        t = t + 1 -> "
    "for t, g in enumerate(gradients, t + 1):\n        pass",
    "a dict of dicts": "new[name] = m, v -> new[name] = [m, v]",
    "t in a dict": "t, memory = state if state else (0, {}) -> state = state or dict(t=0, of={})\n"
    "    t, memory = state['t'], state['of']; return steps, (t, new) -> "
    "return steps, dict(t=t, of=new)",
    "floor": "k // every -> math.floor(k / every)",
    "int": "k // every -> int(k / every)",
    "divmod": "k // every -> divmod(k, every)[0]",
    "exp of a log": "factor ** (k // every) -> math.exp((k // every) * math.log(factor))",
    "a loop": "return lr * factor ** (k // every) -> "
    "for _ in range(k // every):\n        lr = lr * factor\n    return lr",
    "np.floor": "k // every -> np.floor(k / every)",
    "np.power of factor": "factor ** (k // every) -> np.power(factor, k // every)",
    "a 0-d array": "return lr * factor -> return np.array(lr) * factor",
    "np.cos": "math.cos(math.pi * done) -> np.cos(np.pi * done)",
    "half inside": "lr * (1 + math.cos(math.pi * done)) / 2 -> "
    "lr * (0.5 + 0.5 * math.cos(math.pi * done))",
    "cosine squared": "lr * (1 + math.cos(math.pi * done)) / 2 -> "
    "lr * math.cos(math.pi * done / 2) ** 2",
    "an early return": "    done = -> "
    "    if k >= steps:\n        return 0.0\n    done =",
    "np.clip": "min(1, (k - warmup) / (steps - warmup)) -> "
    "np.clip((k - warmup) / (steps - warmup), 0, 1)",
    "the other branch first": "if k < warmup:\n        return lr * (k + 1) / warmup -> "
    "if not k >= warmup:\n        return lr / warmup * (1 + k)",
    "reached at warmup - 1": "if k < warmup: -> if k + 1 <= warmup:",
    "whole numbers": "lr * (k + 1) / warmup -> (k + 1) * lr / warmup",
    "linalg.norm": "np.sqrt((g**2).sum()) -> np.linalg.norm(g)",
    "linalg.norm, raveled": "np.sqrt((g**2).sum()) -> np.linalg.norm(g.ravel(), ord=2)",
    "dot": "np.sqrt((g**2).sum()) -> math.sqrt(np.vdot(g, g))",
    "math.hypot": "np.sqrt((g**2).sum()) -> math.hypot(*g.ravel())",
    "a factor": "return g * max_norm / norm if norm > max_norm else g -> "
    "return g * min(1, max_norm / (norm or 1))",
    "a small number": "return g * max_norm / norm if norm > max_norm else g -> "
    "return g * min(1.0, max_norm / (norm + 1e-300))",
    "at the very length": "norm > max_norm -> norm >= max_norm and norm > 0",
    "a copy": "return g * max_norm -> g = g.copy()\n    return g * max_norm",
    "np.sum": "(g**2).sum() -> np.sum(np.abs(g) ** 2)",
    "expm1": "m / (1 - beta**t) -> m / -np.expm1(t * np.log(beta))",
    "a geometric sum": "m / (1 - beta**t) -> m / ((1 - beta) * sum(beta**i for i in range(t)))",
    "np.power of one beta": "beta**t -> np.power(beta, t)",
    "math.pow": "beta**t -> math.pow(beta, t)",
    "the reciprocal": "m / (1 - beta**t) -> m * (1 / (1 - beta**t))",
    "turned round": "m / (1 - beta**t) -> -m / (beta**t - 1)",
    "a product": "m / (1 - beta**t) -> m / (1 - math.prod([beta] * t))",
    "np.divide": "m / (1 - beta**t) -> np.divide(m, 1 - beta**t)",
    "float of it": "m / (1 - beta**t) -> float(m) / (1 - beta**t)",
    "a copy first": "return m / (1 - beta**t) -> m = np.array(m)\n    m /= 1 - beta**t\n"
    "    return m",
    "h = 1e-5": "6e-6 -> 1e-5",
    "h = 1e-6": "6e-6 -> 1e-6",
    "h = 1e-4": "6e-6 -> 1e-4",
    "relative h": "6e-6 -> 6e-6 * max(1, abs(x).max())",
    "the cube root of eps": "6e-6 -> np.finfo(float).eps ** (1 / 3)",
    "h as a default": "loss, x): -> loss, x, h=1e-5):; h = 6e-6 -> pass",
    "a moved copy": "e = np.zeros_like(x)\n        e[i] = h\n        g[i] = "
    "(loss(x + e) - loss(x - e)) / (2 * h) -> "
    "up, down = x.copy(), x.copy()\n        up[i] += h\n        down[i] -= h\n"
    "        g[i] = (loss(up) - loss(down)) / (up[i] - down[i])",
    "moved back": "e = np.zeros_like(x)\n        e[i] = h\n        g[i] = "
    "(loss(x + e) - loss(x - e)) / (2 * h) -> "
    "old = x[i]\n        x[i] = old + h\n        up = loss(x)\n        x[i] = old - h\n"
    "        down = loss(x)\n        x[i] = old\n        g[i] = (up - down) / (2 * h)",
    "there and back": "e = np.zeros_like(x)\n        e[i] = h\n        g[i] = "
    "(loss(x + e) - loss(x - e)) / (2 * h) -> "
    "x[i] += h\n        up = loss(x)\n        x[i] -= 2 * h\n        down = loss(x)\n"
    "        x[i] += h\n        g[i] = (up - down) / (2 * h)",
    "the mean of two slopes": "(loss(x + e) - loss(x - e)) / (2 * h) -> "
    "((loss(x + e) - loss(x)) / h + (loss(x) - loss(x - e)) / h) / 2",
    "five points": "(loss(x + e) - loss(x - e)) / (2 * h) -> "
    "(8 * (loss(x + e) - loss(x - e)) - (loss(x + 2 * e) - loss(x - 2 * e))) / (12 * h); "
    "6e-6 -> 1e-3",
    "np.eye": "for i in np.ndindex(x.shape): -> "
    "for i in [np.unravel_index(j, x.shape) for j in range(x.size)]:",
    "a list of rows": "return np.array(points) -> return points",
    "np.stack": "return np.array(points) -> return np.stack(points)",
    "a list of lists": "return np.array(points) -> return [p.tolist() for p in points]",
    "copies": "points.append(x) -> points.append(x.copy())",
    "in place on its own": "points = [x] -> x = x.copy()\n    points = [x.copy()]; "
    "x = x - lr * g -> x -= lr * g; points.append(x) -> points.append(x.copy())",
    "an array to fill": "points = [x] -> points = np.empty((steps + 1, len(x)))\n"
    "    points[0] = x; for _ in -> for k in; points.append(x) -> points[k + 1] = x",
    "while": "for _ in range(steps):\n        _, g -> while len(points) <= steps:\n        _, g",
    "indexed": "_, g = loss(x) -> g = loss(x)[1]",
    "a generator": "points = [x] -> yield x; points.append(x) -> yield x; "
    "    return np.array(points) -> ",
    "concatenated": "points.append(x) -> points = points + [x]",
    "last point": "_, g = loss(x) -> _, g = loss(points[-1])",
    "by allclose": "bool(abs(g - slope).max() < 1e-4 * abs(slope).max()) -> np.allclose(g, slope)",
    "by all": "bool(abs(g - slope).max() < 1e-4 * abs(slope).max()) -> "
    "(abs(g - slope) < 1e-4 * np.linalg.norm(slope)).all()",
    "1 for True": "bool(abs(g - slope).max() < 1e-4 * abs(slope).max()) -> "
    "int(np.linalg.norm(g - slope) < 1e-4 * np.linalg.norm(slope))",
    "the root of NumPy": "square**0.5 -> np.sqrt(square)",
    "a largest error": "not np.allclose(step, 0.1 * mean / (square**0.5 + 0.01)) -> "
    "abs(step - 0.1 * mean / (square**0.5 + 0.01)).max() > 1e-9 or np.isnan(step).any()",
    "the spectral norm": "np.linalg.eigvalsh(A) -> np.linalg.norm(A, 2)",
    "any matrix's eigenvalues": "np.linalg.eigvalsh(A) -> np.linalg.eigvals(A)",
    "singular values": "np.linalg.eigvalsh(A) -> np.linalg.svd(A)[1]",
    "the last of sorted ones": "curvatures.max() -> curvatures[-1]",
    "power iteration": "curvatures = np.linalg.eigvalsh(A)\n -> x = np.ones(len(A)) + "
    "np.arange(len(A))\n    for _ in range(500):\n        x = A @ x / np.linalg.norm(A @ x)\n"
    "    curvatures = np.array([x @ A @ x])\n",
    "counted": "    return math.ceil(math.log(factor) / math.log(left)) -> "
    "    steps, distance = 0, 1.0\n    while distance > factor:\n"
    "        steps, distance = steps + 1, distance * left\n    return steps",
    "logarithms of NumPy": "math.ceil(math.log(factor) / math.log(left)) -> "
    "np.ceil(np.log10(factor) / np.log10(left))",
    "a logarithm with a base": "math.log(factor) / math.log(left) -> math.log(factor, left)",
    "two to a power": "0.5 ** (1 / half_life) -> 2 ** (-1 / half_life)",
    "exp of ln 2": "0.5 ** (1 / half_life) -> math.exp(-math.log(2) / half_life)",
    "root of a half": "0.5 ** (1 / half_life) -> np.power(1 / 2, 1 / half_life)",
    "by the steady step": "enters[source] / enters[target] -> "
    "(1 / enters[target]) / (1 / enters[source])",
    "two ifs": "    return lr * enters[source] / enters[target] -> "
    "    if source == 'average':\n        lr = lr * (1 - beta)\n"
    "    if target == 'average':\n        lr = lr / (1 - beta)\n    return lr",
    "a list of weights": "age = np.arange(t)[::-1]\n    return (1 - beta) * beta**age -> "
    "return [(1 - beta) * beta ** (t - 1 - k) for k in range(t)]",
    "by the recursion": "age = np.arange(t)[::-1]\n    return (1 - beta) * beta**age -> "
    "w = np.zeros(t)\n    for k in range(t):\n        w = beta * w\n        w[k] += 1 - beta\n"
    "    return w",
    "turned at the end": "np.arange(t)[::-1]\n    return (1 - beta) * beta**age -> "
    "np.arange(t)\n    return ((1 - beta) * beta**age)[::-1]",
    "dim()": "p.ndim > 1 -> p.dim() >= 2",
    "axes counted": "p.ndim > 1 -> len(p.shape) > 1",
    "no axis at all": "p.ndim > 1 -> p.size() and len(p.size()) != 1",
    "lists of pairs": "for p in model.parameters(): -> for name, p in model.named_parameters():",
    "lr in each group": "params=matrices -> params=matrices, lr=lr; "
    "params=others -> params=others, lr=lr; free], lr=lr) -> free])",
    "the call's own decay": "params=matrices, weight_decay=weight_decay -> params=matrices; "
    "free], lr=lr) -> free], lr=lr, weight_decay=weight_decay)",
    "a pair for saved": "copy.deepcopy(dict(states, epoch=epochs)) -> "
    "dict(copy.deepcopy(states), epoch=epochs)",
    "loaded in another order": '        optimizer.load_state_dict(saved["optimizer"])\n -> ; '
    'begin = saved["epoch"] -> begin = saved["epoch"]\n'
    '        optimizer.load_state_dict(saved["optimizer"])',
    "the schedule's count": 'begin = saved["epoch"] -> begin = scheduler.last_epoch',
    "by the names of rules": "name, rule in rules.items(): -> name in rules:\n"
    "        rule = rules[name]",
    "the smallest by hand": "min(ends, key=lambda w: tune(w)[0]) -> "
    "sorted(ends, key=lambda w: tune(w)[0])[0]",
    "a copy of the start": "w, memory = start, {} -> w, memory = start.copy(), dict()",
}  # fmt: skip


def batches_as_pairs(X, y, batch_size, rng):
    order = rng.permutation(len(y))
    X, y = X[order], y[order]
    return [(X[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(y), batch_size)]


def batches_by_while(X, y, batch_size, rng):
    left = list(range(len(X)))
    rng.shuffle(left)
    while left:
        rows, left = left[:batch_size], left[batch_size:]
        yield [X[rows], y[rows]]


def batches_by_split(X, y, batch_size, rng):
    order = rng.permutation(X.shape[0])
    parts = np.split(order, np.arange(batch_size, len(order), batch_size))
    return ((X[rows], y[rows]) for rows in parts)


def batches_by_sorting(X, y, batch_size, rng):
    order = np.argsort(rng.random(len(X)))
    count = math.ceil(len(X) / batch_size)
    return tuple(
        (X[order[k * batch_size : (k + 1) * batch_size]],
         y[order[k * batch_size : (k + 1) * batch_size]])
        for k in range(count)
    )  # fmt: skip


def batches_by_choice(X, y, batch_size, rng):
    order = rng.choice(len(X), size=len(X), replace=False)
    for k in range((len(X) + batch_size - 1) // batch_size):
        rows = order[k * batch_size : min((k + 1) * batch_size, len(X))]
        yield X[rows], y[rows]


def batches_of_copies(X, y, batch_size, rng):
    X, y, seed = X.copy(), y.copy(), int(rng.integers(2**31))
    np.random.default_rng(seed).shuffle(X)
    np.random.default_rng(seed).shuffle(y)
    for k in range(0, len(X), batch_size):
        yield X[k : k + batch_size], y[k : k + batch_size]


def batches_row_by_row(X, y, batch_size, rng):
    batch = []
    for row in rng.permutation(len(X)):
        batch.append(row)
        if len(batch) == batch_size:
            yield X[batch], y[batch]
            batch = []
    if batch:
        yield X[batch], y[batch]


def batches_of_lists(X, y, batch_size, rng):
    order = rng.permutation(len(X)).tolist()
    for k in range(0, len(X), batch_size):
        rows = order[k : k + batch_size]
        yield [X[row].tolist() for row in rows], [y[row].tolist() for row in rows]


def batches_from_an_iterator(X, y, batch_size, rng):
    return iter(batches_as_pairs(X, y, batch_size, rng))


def loop_clearing_at_the_end(model, loss_function, optimizer, scheduler, batches, epochs):
    for _epoch in range(epochs):
        for X, y in batches:
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step()


def loop_clearing_in_between(model, loss_function, optimizer, scheduler, batches, epochs):
    for _ in range(epochs):
        for inputs, targets in batches:
            outputs = model(inputs)
            loss = loss_function(outputs, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        scheduler.step()


def loop_with_bookkeeping(model, loss_function, optimizer, scheduler, batches, epochs):
    history = []
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for i, (X, y) in enumerate(batches):
            model.zero_grad()
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(X) / (i + 1)
            print(f"{epoch} {loss.item():.3f}")
        history.append((total, scheduler.get_last_lr()[0]))
        scheduler.step()
    return history


def loop_with_while(model, loss_function, optimizer, scheduler, batches, epochs):
    done = 0
    while done < epochs:
        for batch in batches:
            optimizer.zero_grad()
            loss_function(model(batch[0]), batch[1]).backward()
            optimizer.step()
        scheduler.step()
        done += 1
    return model


def loop_with_functions(model, loss_function, optimizer, scheduler, batches, epochs):
    def train_step(X, y):
        optimizer.zero_grad()
        loss = loss_function(model.forward(X), y)
        loss.backward()
        optimizer.step()
        return float(loss)

    def train_epoch():
        return sum(train_step(X, y) for X, y in batches) / len(batches)

    losses = [(train_epoch(), scheduler.step())[0] for _ in range(epochs)]
    return np.mean(losses)


def loop_over_parameters(model, loss_function, optimizer, scheduler, batches, epochs):
    losses = []
    for _ in range(epochs):
        for X, y in batches:
            for p in model.parameters():
                p.grad = None
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach().item())
        scheduler.step()
    return losses


def loop_summing_losses(model, loss_function, optimizer, scheduler, batches, epochs):
    for epoch in range(epochs):
        if epoch:
            scheduler.step()
        running = 0
        for X, y in batches:
            optimizer.zero_grad()
            loss = loss_function(model(X), y)
            loss.backward()
            optimizer.step()
            running = running + loss
    scheduler.step()


BY_HAND = {
    "minibatches": [f for name, f in list(globals().items()) if name.startswith("batches_")],
    "training_loop": [f for name, f in list(globals().items()) if name.startswith("loop_")],
}


def rewritten(name):
    answer = EXERCISES[name].answer
    for style, edit in REWRITTEN.items():
        text = edited(source(answer), edit)
        if text is None:
            continue
        try:
            function = function_of(text, answer)
        except SyntaxError:  # Written for lines that are indented less.
            continue
        function.__globals__.update(
            math=math, OrderedDict=OrderedDict, MappingProxyType=MappingProxyType
        )
        yield style, function


def wrapped(name):
    """The right answer, handed in as something else than a plain function."""
    f = EXERCISES[name].answer

    class Callable:
        def __call__(self, *args, **kwargs):
            return f(*args, **kwargs)

    class Holder:
        def method(self, *args, **kwargs):
            return f(*args, **kwargs)

        @staticmethod
        def static(*args, **kwargs):
            return f(*args, **kwargs)

    @functools.wraps(f)
    def decorated(*args, **kwargs):
        return f(*args, **kwargs)

    yield "as it is", f
    yield "a lambda", lambda *args, **kwargs: f(*args, **kwargs)
    yield "a partial", functools.partial(f)
    yield "a callable object", Callable()
    yield "a bound method", Holder().method
    yield "a static method", Holder.static
    yield "decorated", decorated
    yield "cached by nobody", functools.partial(decorated)


def keeping(name):
    """The right answer as something that keeps its memory to itself."""
    f = EXERCISES[name].answer

    def factory(**hyper):
        memory = {}

        def step(g):
            nonlocal memory
            step, memory = f(g, **memory, **hyper)
            return step

        return step

    class Class:
        def __init__(self, lr, **others):
            self.hyper = dict(lr=lr, **others)
            self.memory = {}

        def step(self, g):
            step, self.memory = f(g, **self.memory, **self.hyper)
            return step

    class WithCall(Class):
        def __call__(self, g):
            return self.step(g)

        step = None

    class Called(Class):
        __call__ = Class.step

    yield "a factory of closures", factory
    yield "a class with step", Class
    yield "a class that is called", Called
    yield "a factory of objects", lambda **hyper: Class(**hyper)
    main = {n: v for n, v in MAIN.items() if n in EXERCISES[name].hyper}
    yield "a closure that was made", factory(**main)
    yield "a method of what was made", Class(**main).step


def styles():
    for name, exercise in EXERCISES.items():
        found = [*wrapped(name), *rewritten(name)]
        found += [(function.__name__, function) for function in BY_HAND.get(name, ())]
        if exercise.is_rule and not exercise.before:
            found += keeping(name)
        yield from (pytest.param(name, f, id=f"{name}: {style}") for style, f in found)


@pytest.mark.parametrize("name, function", list(styles()))
def test_a_right_answer_in_any_style_passes(name, function):
    report = check(name, function)
    assert report.passed, report.message
    assert report.mistake is report.variant is None
    assert report.message.startswith("Right")


def test_every_exercise_is_answered_in_ten_styles():
    counts = {name: 0 for name in EXERCISES}
    for parameter in styles():
        counts[parameter.values[0]] += 1
    assert min(counts.values()) >= 10, counts


def test_every_rewriting_fits_an_exercise():
    used = {style for name in EXERCISES for style, _ in rewritten(name)}
    assert set(REWRITTEN) - used == set()
