"""Time a step of every rule beside PyTorch's and Optax's: `python tools/bench.py`.

Float32, all processors that the process may use, in one run, every entry in microseconds: the least
of several rounds that go through all entries in turn, so that a disturbance hits none alone. The
numbers go into `code/descent/data/bench.json`, which the chapter on torch.optim draws from: what
they are for is ratios.

descent  Optimizer.step, with its checks: machine code from `compiled.SIZE` numbers on
blocks   the same without machine code: the rule itself, on blocks that fit in the cache
naive    the same rule called once on the whole array, with nothing checked, and x - step
torch, foreach, fused
         torch.optim as it comes, and with each of its faster loops
optax    optax's update and apply_updates, compiled, buffers donated
bytes    the time to copy as many bytes as the rule must read and write
"""

import datetime
import gc
import importlib.metadata
import json
import math
import os
import platform
import time
import tracemalloc
from pathlib import Path

import jax
import numpy as np
import optax
import optax.contrib
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from descent import Optimizer, compiled, descend, rules, surfaces

FILE = Path(__file__).resolve().parent.parent / "code" / "descent" / "data" / "bench.json"
SIZES = (10**2, 10**4, 10**6, 10**7)
ROUNDS = {10**2: 300, 10**4: 300, 10**6: 15, 10**7: 7}
COLUMNS = ("descent", "blocks", "naive", "torch", "foreach", "fused", "optax", "bytes")

# Rule: its twin in torch with what turns it on, in Optax, and the arrays of memory that it keeps.
TWINS = {
    "gd": (torch.optim.SGD, {}, optax.sgd, 0),
    "momentum": (torch.optim.SGD, dict(momentum=0.9), lambda lr: optax.sgd(lr, 0.9), 1),
    "momentum_ema": (None, {}, lambda lr: optax.chain(optax.ema(0.9, False), optax.scale(-lr)), 1),
    "nesterov": (
        torch.optim.SGD,
        dict(momentum=0.9, nesterov=True),
        lambda lr: optax.sgd(lr, 0.9, nesterov=True),
        1,
    ),
    "rmsprop": (torch.optim.RMSprop, {}, lambda lr: optax.rmsprop(lr, 0.99, eps_in_sqrt=False), 1),
    "rmsprop_momentum": (
        torch.optim.RMSprop,
        dict(momentum=0.9),
        lambda lr: optax.rmsprop(lr, 0.99, eps_in_sqrt=False, momentum=0.9),
        2,
    ),
    "adagrad": (torch.optim.Adagrad, {}, lambda lr: optax.adagrad(lr, 0.0), 1),
    "adam": (torch.optim.Adam, {}, optax.adam, 2),
    "adamax": (torch.optim.Adamax, {}, optax.adamax, 2),
    "nadam": (torch.optim.NAdam, {}, optax.nadam, 2),
    "radam": (torch.optim.RAdam, {}, optax.radam, 2),
    "amsgrad": (torch.optim.Adam, dict(amsgrad=True), optax.amsgrad, 3),
    "adabelief": (None, {}, optax.adabelief, 2),
    "lion": (None, {}, optax.lion, 1),
    "adafactor": (
        torch.optim.Adafactor,
        {},
        lambda lr: optax.adafactor(lr, 1, multiply_by_parameter_scale=False),
        0,
    ),
    "muon": (torch.optim.Muon, {}, optax.contrib.muon, 1),
}


def ours(rule, p, g, size=compiled.SIZE):
    optimizer = Optimizer([p], rule)

    def step():
        compiled.SIZE = size
        optimizer.step([g])

    return step


def naive(rule, p, g):
    memory = {}

    def step():
        nonlocal p, memory
        change, memory = rule(g, **memory)
        p = p - change

    return step


def in_torch(twin, p, g, **kwargs):
    tensor = torch.from_numpy(p)
    tensor.grad = torch.from_numpy(g.copy())  # Some of these loops write into it.
    try:
        return twin([tensor], **kwargs).step
    except (TypeError, RuntimeError, ValueError):
        return None  # A loop that this optimizer doesn't have.


def in_optax(twin, p, g):
    optimizer = twin(1e-3)

    def update(params, state, g):
        updates, state = optimizer.update(g, state, params)
        return optax.apply_updates(params, updates), state

    compiled = jax.jit(update, donate_argnums=(0, 1))
    params, g = jax.numpy.array(p), jax.numpy.array(g)
    state = optimizer.init(params)

    def step():
        nonlocal params, state
        params, state = compiled(params, state, g)
        jax.block_until_ready(params)

    return step


def copied(n, arrays):
    """p and each array of memory are read and written, g is read: half as many are copied."""
    source = np.ones(round(n * (1.5 + arrays)), "float32")
    target = np.empty_like(source)
    return lambda: np.copyto(target, source)


def entries(name, n):
    rule = getattr(rules, name)
    twin, kwargs, optax_twin, arrays = TWINS[name]
    side = round(n**0.5)
    shape = (side, side) if hasattr(rule, "whole_matrix") else (n,)
    rng = np.random.default_rng(0)
    p, g = rng.normal(size=(2, *shape)).astype("float32")
    steps = dict(
        descent=ours(rule, p.copy(), g),
        blocks=ours(rule, p.copy(), g, size=math.inf),
        naive=naive(rule, p.copy(), g),
    )
    if twin:
        steps["torch"] = in_torch(twin, p.copy(), g, **kwargs)
        for column in ("foreach", "fused"):
            steps[column] = in_torch(twin, p.copy(), g, **kwargs, **{column: True})
    steps["optax"] = in_optax(optax_twin, p, g)
    steps["bytes"] = copied(p.size, arrays)
    return {column: step for column, step in steps.items() if step}


def best(steps, rounds, repeat=1):
    """The least time of each step, in microseconds."""
    times = dict.fromkeys(steps, float("inf"))
    for step in steps.values():
        step()
    gc.disable()
    for _ in range(rounds):
        for column, step in steps.items():
            # The threads of the entry before spin for a while, and its data are in the caches.
            time.sleep(0.002)
            step()
            start = time.perf_counter()
            for _ in range(repeat):
                step()
            times[column] = min(times[column], (time.perf_counter() - start) / repeat * 1e6)
    gc.enable()
    return times


def table(n):
    """The least times of all rules at one size, by rule and column, printed as they come."""
    print(f"\nn = {n:,}".ljust(20), *(f"{column:>10}" for column in COLUMNS), sep="")
    found = {}
    for name in TWINS:
        if name == "muon" and n > 10**4:
            continue  # A step of PyTorch's for a matrix of 1000 x 1000 takes ten seconds.
        rounds = ROUNDS[n]
        times = best(entries(name, n), rounds)
        cells = (f"{times[c]:10,.0f}" if c in times else f"{'-':>10}" for c in COLUMNS)
        print(name.ljust(19), *cells, sep="", flush=True)
        found[name] = {column: round(value, 1) for column, value in times.items()}
    return found


def overhead(steps=300):
    """`descend` beside a loop by hand that records the same, on the smallest function there is.

    The loop checks as `descend` does that all is finite, in the plain way, and nothing else.
    """
    f = surfaces.bowl()

    def by_hand(rule, steps):
        x, memory = np.array(f.start), {}
        xs, losses, grads, taken, memories = [], [], [], [], []
        for _ in range(steps):
            loss, g = f(x)
            if not all(np.isfinite(value).all() for value in (loss, x, g)):
                break
            step, memory = rule(g, **memory, lr=0.01)
            for log, value in ((xs, x), (losses, loss), (grads, g), (taken, step)):
                log.append(value)
            memories.append(memory)
            x = x - step
        loss, g = f(x)
        for log, value in ((xs, x), (losses, loss), (grads, g)):
            log.append(value)
        return (
            *map(np.array, (xs, losses, grads, taken)),
            {name: np.array([m[name] for m in memories]) for name in memory},
        )

    print(
        "\ndescend beside a loop by hand that records the same and checks that it is finite, "
        f"{steps} steps on the bowl"
    )
    for name in ("gd", "momentum", "adam"):
        rule = getattr(rules, name)
        times = best(
            {
                "descend": lambda rule=rule: descend(f, f.start, rule, steps=steps, lr=0.01),
                "by hand": lambda rule=rule: by_hand(rule, steps),
            },
            rounds=200,
        )
        ratio = times["descend"] / times["by hand"]
        print(f"{name:12}{times['descend']:10,.0f}{times['by hand']:10,.0f}{ratio:8.2f} x")


def scratch(n):
    """The most that a step of Adam allocates, of the parameters' own bytes."""
    p, g = np.zeros(n, "float32"), np.ones(n, "float32")
    step = ours(rules.adam, p, g)
    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / p.nbytes


class Counted(np.ndarray):
    """An array that counts how many numbers NumPy reads from arrays, and writes to them."""

    moved = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        made = getattr(ufunc, method)(*plain, **kwargs)
        # An array that stands twice in one operation is read once.
        Counted.moved += sum({id(x): np.size(x) for x in inputs}.values()) + made.size
        return made.view(Counted)


class Operations(TorchDispatchMode):
    """Counts the numbers that PyTorch's operations read from tensors and write to them."""

    moved = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        named = zip(operation._schema.arguments, args, strict=False)
        given = [
            (argument.name, argument.alias_info, tree_leaves(value)) for argument, value in named
        ]
        tensors = {id(t): t for *_, leaves in given for t in leaves if isinstance(t, torch.Tensor)}
        written = {
            id(t): t
            for name, alias, leaves in given
            # Fused loops may write into gradients, but do so with a `grad_scale` only.
            if alias is not None and alias.is_write and name != "grads"
            for t in leaves
            if isinstance(t, torch.Tensor)
        }
        new = [t for t in tree_leaves(made) if isinstance(t, torch.Tensor) and id(t) not in tensors]
        for t in [*tensors.values(), *written.values(), *new]:
            self.moved += t.numel()
        return made


def traffic(n=1000):
    """How many bytes a step of Adam moves for each float32 parameter, in each of the ways.

    Every operation on arrays reads its arrays from memory and writes one. One loop, and blocks that
    fit in the cache, read and write all arrays once.
    """
    p, g = np.random.default_rng(0).normal(size=(2, n)).astype("float32")
    memory = {}
    for _ in range(2):  # At the first step memory is no array yet.
        Counted.moved = 0
        step, memory = rules.adam(g.view(Counted), **memory)
        p = p.view(Counted) - step
    moved = dict(naive=Counted.moved)
    for column, how in (
        ("torch", dict(foreach=False)),
        ("foreach", dict(foreach=True)),
        ("fused", dict(fused=True)),
    ):
        step = in_torch(torch.optim.Adam, np.array(p), g, **how)
        step()
        with Operations() as operations:
            step()
        moved[column] = operations.moved
    found = {column: 4 * count / n for column, count in moved.items()}
    once = 4 * (2 * (1 + TWINS["adam"][3]) + 1)
    return {column: round(count, 1) for column, count in found.items()} | dict.fromkeys(
        ("descent", "blocks"), once
    )


def ratios(times):
    """What the goals are stated in, printed."""
    print("\ngoals, as ratios of the same run")
    for n in (10**6, 10**7):
        adam = times[n]["adam"]
        print(
            f"adam, n = {n:.0e}: {adam['descent'] / adam['fused']:.2f} x torch's fused (goal 1.2)"
        )
    for name, row in times[10**7].items():
        if "foreach" in row and not hasattr(getattr(rules, name), "whole_matrix"):
            ratio = row["descent"] / row["foreach"]
            print(f"{name}, n = 1e7: {ratio:.2f} x torch's foreach (goal 0.5)")
    adam = times[10**4]["adam"]
    print(f"adam, n = 1e4: {adam['descent'] / adam['torch']:.2f} x torch as it comes (goal 0.6)")


def main():
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(threads)
    print(f"microseconds a step, float32, {threads} threads at most (blocks and naive use one)")
    times = {n: table(n) for n in SIZES}
    ratios(times)
    print(f"\nscratch memory of adam at n = 10,000,000: {scratch(10**7):.2%} of the parameters")
    overhead()
    libraries = ("numpy", "numba", "torch", "jax", "optax")
    record = dict(
        date=datetime.date.today().isoformat(),
        threads=threads,
        versions=dict(python=platform.python_version())
        | {name: importlib.metadata.version(name) for name in libraries},
        microseconds={str(n): rows for n, rows in times.items()},
        bytes_per_parameter=traffic(),
    )
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
