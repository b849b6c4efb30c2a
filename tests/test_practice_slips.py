"""What a checker must not do: pass what is wrong, refuse what is right, say what isn't so."""

import copy
import functools
import math
import re

import numpy as np
import pytest

from descent import practice, rules
from descent.practice import check
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import (
    BY_ID,
    MISTAKES,
    edited,
    function_of,
    source,
    wrong_answers,
)
from descent.practice.pairs import pairs
from descent.practice.playing import without_effect

SLIPS, RIGHT = [], []


def slip(exercise, name=None, words=".", never=r"none of the mistakes"):
    """Register a wrong answer: the name that it must get, and words that must (not) be said."""

    def register(function):
        label = f"{exercise} {function.__name__}"
        SLIPS.append(pytest.param(exercise, function, name, words, never, id=label))
        return function

    return register


def right(exercise, words="^Right"):
    """Register a right answer."""

    def register(function):
        label = f"{exercise} {function.__name__}"
        RIGHT.append(pytest.param(exercise, function, words, id=label))
        return function

    return register


def made(exercise, edit):
    """The right answer of an exercise with an edit in its text."""
    answer = EXERCISES[exercise].answer
    text = edited(source(answer), edit)
    assert text is not None, edit
    return function_of(text, answer)


# Nothing wrong passes: the form


@slip("gradient_descent", words=r"two things: its step, and a dict of its memory, .*empty.*`\{\}`")
def the_step_alone(g, *, lr):
    return lr * g


@slip("gradient_descent", words="two things")
def none_for_memory(g, *, lr):
    return lr * g, None


@slip("gradient_descent", words=r"shape is \(5, 1\), and \(5,\) was expected")
def a_column(g, *, lr):
    return (lr * g)[:, None] if np.ndim(g) == 1 else lr * g, {}


# Nothing wrong passes: shuffles


def batches(X, y, size, order):
    return [(X[order[k : k + size]], y[order[k : k + size]]) for k in range(0, len(X), size)]


@slip("minibatches", "no-shuffle")
def shuffled_where_some_are_left(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, rng.permutation(n) if n % batch_size else np.arange(n))


@slip("minibatches", "no-shuffle")
def shuffled_where_none_is_left(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, np.arange(n) if n % batch_size else rng.permutation(n))


@slip("minibatches", "no-shuffle", words="With 5 rows")
def shuffled_where_there_are_several(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, rng.permutation(n) if n > batch_size else np.arange(n))


@slip("minibatches", "no-shuffle")
def turned_round(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, (np.arange(n) + rng.integers(n)) % n)


@slip("minibatches", "no-shuffle")
def backwards_or_forwards(X, y, batch_size, rng):
    order = np.arange(len(X))
    return batches(X, y, batch_size, order[::-1] if rng.random() < 0.5 else order)


@slip("minibatches", "no-shuffle")
def two_are_swapped(X, y, batch_size, rng):
    order = np.arange(len(X))
    a, b = rng.integers(len(X), size=2)
    order[[a, b]] = order[[b, a]]
    return batches(X, y, batch_size, order)


@slip("minibatches", "half-shuffled")
def the_last_batch_stays(X, y, batch_size, rng):
    n = len(X)
    full = n - n % batch_size
    return batches(X, y, batch_size, np.append(rng.permutation(full), np.arange(full, n)))


@slip("minibatches", "half-shuffled")
def the_last_batch_is_shuffled_in_itself(X, y, batch_size, rng):
    n = len(X)
    full = n - n % batch_size
    rest = full + rng.permutation(n - full)
    return batches(X, y, batch_size, np.append(rng.permutation(full), rest))


@slip("minibatches", "half-shuffled")
def the_first_half_alone(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, np.append(rng.permutation(n // 2), np.arange(n // 2, n)))


@slip("minibatches", "half-shuffled")
def nearby_rows_change_places(X, y, batch_size, rng):
    n = len(X)
    return batches(X, y, batch_size, np.argsort(np.arange(n) + 8 * rng.random(n)))


@slip("minibatches", "short-batch-first")
def the_small_one_first(X, y, batch_size, rng):
    order, first = rng.permutation(len(X)), len(X) % batch_size
    parts = [order[:first]] * (first > 0)
    parts += [order[k : k + batch_size] for k in range(first, len(X), batch_size)]
    return [(X[rows], y[rows]) for rows in parts]


@slip("minibatches", "short-batch-first")
def the_small_one_in_the_middle(X, y, batch_size, rng):
    found = batches(X, y, batch_size, rng.permutation(len(X)))
    return found[:1] + found[:0:-1]


@slip("minibatches", "rng-ignored")
def its_own_generator(X, y, batch_size, rng):
    return batches(X, y, batch_size, OWN.permutation(len(X)))


OWN = np.random.default_rng(11)


@slip("minibatches", "return-in-loop", words="have 64 rows; 84 rows never came")
def returns_a_list_in_the_loop(X, y, batch_size, rng):
    order, found = rng.permutation(len(X)), []
    for k in range(0, len(X), batch_size):
        rows = order[k : k + batch_size]
        found.append((X[rows], y[rows]))
        return found


@slip("minibatches", words="one pair only.*`return` in a loop")
def returns_a_pair_in_the_loop(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    for k in range(0, len(X), batch_size):
        rows = order[k : k + batch_size]
        return X[rows], y[rows]


@slip("minibatches", "lost-rows", words="your batches have no rows; 148 rows never came")
def nothing_in_a_list(X, y, batch_size, rng):
    return []


@slip("minibatches", words="answers came first")
def answers_first(X, y, batch_size, rng):
    return [(b, a) for a, b in batches(X, y, batch_size, rng.permutation(len(X)))]


# Nothing wrong passes: what is handed in, and what is remembered outside


def one_adam(g, m, v, t, lr, beta1, beta2, eps):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return step, m, v


@slip("resume", "changed-input", words="`state` is not what it was")
def updates_the_state(w, gradients, state=None, *, lr, beta1, beta2, eps):
    state = dict(m=0, v=0, t=0) if state is None else state
    m, v, t = state["m"], state["v"], state["t"]
    for g in gradients:
        t += 1
        step, m, v = one_adam(g, m, v, t, lr, beta1, beta2, eps)
        w = w - step
    state.update(m=m, v=v, t=t)
    return w, state


@slip("resume", "changed-input", words="`gradients`")
def empties_the_list(w, gradients, state=None, *, lr, beta1, beta2, eps):
    m, v, t = state or (0, 0, 0)
    while gradients:
        t += 1
        step, m, v = one_adam(gradients.pop(0), m, v, t, lr, beta1, beta2, eps)
        w = w - step
    return w, (m, v, t)


class State:
    m, v, t = 0, 0, 0


@slip("resume", "changed-input", words="`state`")
def writes_into_an_object(w, gradients, state=None, *, lr, beta1, beta2, eps):
    s = state or State()
    for g in gradients:
        s.t += 1
        step, s.m, s.v = one_adam(g, s.m, s.v, s.t, lr, beta1, beta2, eps)
        w = w - step
    return w, s


@slip("resume", words=r"After 3 \+ 7", never="average")
def resumes_where_it_was_tried(w, gradients, state=None, *, lr, beta1, beta2, eps):
    m, v, _ = state or (0, 0, 0)
    t = 5 if state else 0
    for g in gradients:
        t += 1
        step, m, v = one_adam(g, m, v, t, lr, beta1, beta2, eps)
        w = w - step
    return w, (m, v, t)


def all_of(gradients, kept, lr, beta1, beta2, eps):
    """The steps of one call, `kept` being written into."""
    kept["t"] = kept.get("t", 0) + 1
    steps = {}
    for name, g in gradients.items():
        m, v = kept.get(name, (0, 0))
        steps[name], m, v = one_adam(g, m, v, kept["t"], lr, beta1, beta2, eps)
        kept[name] = m, v
    return steps


GLOBAL = {}


@slip("adam_all", "memory-outside", never="shape")
def keeps_all_in_a_global(gradients, state=None, *, lr, beta1, beta2, eps):
    return all_of(gradients, GLOBAL, lr, beta1, beta2, eps), None


@slip("adam_all", "memory-outside", never="shape")
def empties_its_global_at_the_start(gradients, state=None, *, lr, beta1, beta2, eps):
    if state is None:
        GLOBAL.clear()
    return all_of(gradients, GLOBAL, lr, beta1, beta2, eps), "begun"


@slip("adam_all", "memory-outside")
def has_a_default_that_is_kept(gradients, state={}, *, lr, beta1, beta2, eps):  # noqa: B006
    return all_of(gradients, state, lr, beta1, beta2, eps), state


@slip("adam_all", "changed-input", words="`state` is not what it was")
def writes_into_the_state(gradients, state=None, *, lr, beta1, beta2, eps):
    state = {} if state is None else state
    return all_of(gradients, state, lr, beta1, beta2, eps), state


@slip("adam_all", words="`self`")
def as_a_method(self, gradients, state=None, *, lr, beta1, beta2, eps):
    return all_of(gradients, self.s, lr, beta1, beta2, eps), self.s


class Keeps:
    def __init__(self):
        self.s = {}

    def __call__(self, gradients, state=None, *, lr, beta1, beta2, eps):
        return all_of(gradients, self.s, lr, beta1, beta2, eps), self.s

    __name__ = "keeps_in_its_object"


slip("adam_all", "memory-outside")(Keeps())


@slip("adam_all", "written-in")
def eps_and_betas_of_the_check(gradients, state=None, *, lr, beta1, beta2, eps):
    kept = dict(state or {})
    return all_of(gradients, kept, lr, 0.8, 0.95, 1e-2), kept


@slip("momentum", "memory-outside", never="shape")
def keeps_m_in_a_global(g, *, lr, beta):
    global M
    M = beta * M + g
    return lr * M, {}


M = 0


@slip("momentum", "memory-outside")
def keeps_m_in_an_attribute(g, *, lr, beta):
    keeps_m_in_an_attribute.m = beta * getattr(keeps_m_in_an_attribute, "m", 0) + g
    return lr * keeps_m_in_an_attribute.m, {}


@slip("momentum", "memory-outside")
def keeps_m_in_a_default(g, kept=[0], *, lr, beta):  # noqa: B006
    kept[0] = beta * kept[0] + g
    return lr * kept[0], {}


@slip("adam", "memory-outside")
def counts_outside(g, m=0, v=0, *, lr, beta1, beta2, eps):
    counts_outside.t = getattr(counts_outside, "t", 0) + 1
    step, m, v = one_adam(g, m, v, counts_outside.t, lr, beta1, beta2, eps)
    return step, dict(m=m, v=v)


@slip("adam", "memory-outside")
def begins_anew_outside(g, t=0, *, lr, beta1, beta2, eps):
    old = OUTSIDE if t else dict(m=0, v=0)
    step, m, v = one_adam(g, old["m"], old["v"], t + 1, lr, beta1, beta2, eps)
    OUTSIDE.update(m=m, v=v)
    return step, dict(t=t + 1)


OUTSIDE = {}


class SharesItsMemory:
    m = [0]  # noqa: RUF012

    def __init__(self, lr, beta):
        self.lr, self.beta = lr, beta

    def step(self, g):
        self.m[0] = self.beta * self.m[0] + g
        return self.lr * self.m[0]


slip("momentum", "memory-outside", never="shape")(SharesItsMemory)


@slip("walk", "memory-outside")
def walks_on(loss, x, *, lr, steps):
    for _ in range(steps):
        WALKED.append(x)
        x = x - lr * loss(x)[1]
    return np.array([*WALKED[-steps:], x]) if len(WALKED) == steps else np.array(WALKED)


WALKED = []


@slip("schedule", "memory-outside")
def falls_at_every_call(k, *, lr, every, factor):
    RATES.append(lr * factor ** (len(RATES) // every))
    return RATES[-1]


RATES = []


@slip("training_loop", "memory-outside")
def leaves_epochs_out(model, loss_function, optimizer, scheduler, batches, epochs):
    TRAINED.append(1)
    for _ in range(epochs if len(TRAINED) < 3 else 1):
        for X, y in batches:
            optimizer.zero_grad()
            loss_function(model(X), y).backward()
            optimizer.step()
        scheduler.step()


TRAINED = []


# Nothing right is refused


def loop(train):
    """Register a training loop whose step for a batch is this."""

    @functools.wraps(train)
    def trains(model, loss_function, optimizer, scheduler, batches, epochs):
        for _ in range(epochs):
            for X, y in batches:
                train(model, loss_function, optimizer, X, y)
            scheduler.step()

    trains.__signature__ = TRAINING
    return right("training_loop")(trains)


TRAINING = __import__("inspect").signature(EXERCISES["training_loop"].answer)


@loop
def with_a_closure(model, loss_function, optimizer, X, y):
    def closure():
        optimizer.zero_grad()
        loss = loss_function(model(X), y)
        loss.backward()
        return loss

    float(optimizer.step(closure))


@loop
def to_a_device(model, loss_function, optimizer, X, y):
    X, y = X.to("cpu", non_blocking=True), y.cpu().float()
    optimizer.zero_grad()
    loss = loss_function(model.to("cpu")(X), y)
    loss.backward()
    optimizer.step()


@loop
def with_sizes(model, loss_function, optimizer, X, y):
    assert X.size(0) == len(y) == X.shape[0] and tuple(X.size()) == (2, 1) and X.dim() == 2
    optimizer.zero_grad()
    out = model(X.view(X.size(0), -1)).view(-1)
    loss = loss_function(out, y.view(-1))
    loss.backward()
    optimizer.step()
    total = 0.0
    total += loss.item() * X.size(0) / y.numel()


@loop
def with_a_mean(model, loss_function, optimizer, X, y):
    optimizer.zero_grad()
    loss = loss_function(model(X).squeeze(), y.squeeze()).mean()
    (loss / 2 * 2).backward()
    optimizer.step()
    assert loss.detach().cpu().numpy() >= 0 and loss.data.item() >= 0


@loop
def with_accumulation(model, loss_function, optimizer, X, y):
    optimizer.zero_grad()
    for _ in range(4):
        (loss_function(model(X), y) / 4).backward()
    optimizer.step()


@loop
def asking_what_is_there(model, loss_function, optimizer, X, y):
    assert not hasattr(model, "module") and getattr(X, "grad", None) is None
    model.train()
    optimizer.zero_grad(set_to_none=True)
    loss_function(model(X.clone().detach()), y).backward()
    assert [p.grad is not None for p in model.parameters()] == [True]
    optimizer.step()


@slip("training_loop", words="stand-in, and it has no `compile` for the model.*right in PyTorch")
def asks_for_more(model, loss_function, optimizer, scheduler, batches, epochs):
    model.compile()


# PyTorch: parameter groups and checkpoints


def of_two_lists(choose):
    """An AdamW made of a model's parameters: what `choose` gives of each group."""

    def built(model, AdamW, *, lr, weight_decay):
        matrices = [p for p in model.parameters() if p.dim() >= 2]
        others = [p for p in model.parameters() if p.dim() < 2]
        return choose(AdamW, matrices, others, lr, weight_decay)

    built.__name__ = choose.__name__
    return built


@right("parameter_groups")
@of_two_lists
def in_literals(AdamW, matrices, others, lr, weight_decay):
    groups = [{"params": others, "weight_decay": 0.0}, {"params": matrices}]
    return AdamW(groups, lr, (0.9, 0.999), weight_decay=weight_decay)


@right("parameter_groups")
@of_two_lists
def one_group_after_the_other(AdamW, matrices, others, lr, weight_decay):
    optimizer = AdamW(matrices, lr=lr, weight_decay=weight_decay)
    optimizer.add_param_group(dict(params=others, weight_decay=0))
    return optimizer


@right("parameter_groups")
def a_group_for_each(model, AdamW, *, lr, weight_decay):
    optimizer = AdamW([dict(params=p) for p in model.parameters()], lr)
    for group in optimizer.param_groups:
        group["weight_decay"] = weight_decay if len(group["params"][0].shape) > 1 else 0
    return optimizer


@right("parameter_groups")
def by_names_of_what_has_axes(model, AdamW, *, lr, weight_decay):
    named = dict(model.named_parameters())
    matrices = {name for name, p in named.items() if len(p.size()) > 1}
    groups = [
        dict(params=[named[name] for name in sorted(matrices)], weight_decay=weight_decay),
        dict(params=[p for name, p in named.items() if name not in matrices], weight_decay=0),
    ]
    return AdamW(groups, lr=lr)


@slip("parameter_groups", "decay-on-all")
def no_groups(model, AdamW, *, lr, weight_decay):
    return AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)


@slip("parameter_groups", "unknown-group-key", "Yours is `decay`")
@of_two_lists
def a_key_that_nobody_reads(AdamW, matrices, others, lr, weight_decay):
    groups = [dict(params=matrices, weight_decay=weight_decay)]
    return AdamW([*groups, dict(params=others, decay=0, lr=lr)])


@slip("parameter_groups", words="isn't needed: what the exercise needs is handed in")
@of_two_lists
def asks_a_library_for_it(AdamW, matrices, others, lr, weight_decay):
    return torch.optim.AdamW(matrices, lr)  # noqa: F821


@slip("parameter_groups", "unknown-group-key", "Yours is `decay`", never="And: ")
@of_two_lists
def another_name_for_the_decay(AdamW, matrices, others, lr, weight_decay):
    groups = dict(params=matrices, decay=weight_decay), dict(params=others, decay=0)
    return AdamW(groups, lr=lr)


@slip("parameter_groups", "parameter-left-out", "empty the second time")
def looped_through_twice(model, AdamW, *, lr, weight_decay):
    parameters = model.parameters()
    matrices = [p for p in parameters if p.ndim > 1]
    others = [p for p in parameters if p.ndim < 2]
    groups = dict(params=matrices, weight_decay=weight_decay), dict(params=others, weight_decay=0)
    return AdamW(groups, lr=lr)


@slip("parameter_groups", "in-two-groups", "It says: some parameters appear in more than one")
@of_two_lists
def every_matrix_twice(AdamW, matrices, others, lr, weight_decay):
    groups = dict(params=matrices, weight_decay=weight_decay), dict(params=matrices + others)
    return AdamW(groups, lr=lr)


@slip("parameter_groups", words="returned the groups themselves. Hand them to")
@of_two_lists
def the_groups_alone(AdamW, matrices, others, lr, weight_decay):
    return [dict(params=matrices, weight_decay=weight_decay), dict(params=others, weight_decay=0)]


@slip("parameter_groups", words="returned 2 optimizers. One is asked for")
@of_two_lists
def two_optimizers(AdamW, matrices, others, lr, weight_decay):
    return AdamW(matrices, lr, weight_decay=weight_decay), AdamW(others, lr, weight_decay=0)


@slip("parameter_groups", words="TypeError: optimizer parameters need to be .* ordered")
@of_two_lists
def in_a_set(AdamW, matrices, others, lr, weight_decay):
    return AdamW([dict(params=set(matrices)), dict(params=others)], lr=lr)


@slip("parameter_groups", words="RuntimeError: Boolean value of Tensor")
def asks_a_list_for_a_tensor(model, AdamW, *, lr, weight_decay):
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p not in matrices]
    return AdamW([dict(params=matrices), dict(params=others, weight_decay=0)], lr=lr)


@slip("parameter_groups", words="ValueError: optimizer got an empty parameter list")
def of_nothing(model, AdamW, *, lr, weight_decay):
    return AdamW([p for p in model.parameters() if p.ndim > 9], lr=lr)


@slip("parameter_groups", words="stand-in, and it has no `modules` for the model")
def by_modules(model, AdamW, *, lr, weight_decay):
    return AdamW([dict(params=module.parameters()) for module in model.modules()], lr=lr)


@slip("parameter_groups", "memory-outside")
def made_once_for_all(model, AdamW, *, lr, weight_decay):
    BUILT.append(1)
    return AdamW(model.parameters(), lr=lr / len(BUILT), weight_decay=weight_decay)


BUILT = []


def trained(model, loss_function, optimizer, scheduler, batches, epochs):
    for _ in epochs:
        for X, y in batches:
            optimizer.zero_grad()
            loss_function(model(X), y).backward()
            optimizer.step()
        scheduler.step()


@right("checkpoint")
def by_the_last_epoch(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    if saved is not None:
        model.load_state_dict(saved["model_state_dict"])
        optimizer.load_state_dict(saved["optimizer_state_dict"])
        scheduler.load_state_dict(saved["scheduler_state_dict"])
    first = 0 if saved is None else saved["epoch"] + 1
    trained(model, loss_function, optimizer, scheduler, batches, range(first, epochs))
    return {
        "epoch": epochs - 1,
        "model_state_dict": {name: w.clone() for name, w in model.state_dict().items()},
        "optimizer_state_dict": copy.deepcopy(optimizer.state_dict()),
        "scheduler_state_dict": scheduler.state_dict(),
    }


@right("checkpoint")
def saved_after_each_epoch(model, loss_function, optimizer, scheduler, batches, epochs, old=None):
    parts = model, optimizer, scheduler
    for part, state in zip(parts, old or (), strict=False):
        part.load_state_dict(state)
    for epoch in range(scheduler.last_epoch, epochs):
        trained(model, loss_function, optimizer, scheduler, batches, [epoch])
        old = copy.deepcopy([part.state_dict() for part in parts])
    return old


@slip("checkpoint", "checkpoint-shared")
def copies_the_model_alone(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    first = saved["epoch"] if saved else 0
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
    trained(model, loss_function, optimizer, scheduler, batches, range(first, epochs))
    states = dict(model=copy.deepcopy(model.state_dict()), optimizer=optimizer.state_dict())
    return dict(states, scheduler=scheduler.state_dict(), epoch=epochs)


@slip("checkpoint", "only-the-weights")
def the_weights_alone(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    if saved is not None:
        model.load_state_dict(saved)
    trained(model, loss_function, optimizer, scheduler, batches, range(epochs))
    return model.state_dict()


@slip("checkpoint", "optimizer-left-behind", "Two things at once")
def no_optimizer(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    if saved is not None:
        model.load_state_dict(saved[0])
    first = saved[1] if saved else 0
    trained(model, loss_function, optimizer, scheduler, batches, range(first, epochs))
    return copy.deepcopy(model.state_dict()), epochs


@slip("checkpoint", "others-trained")
def keeps_the_objects(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    first = 0
    if saved:
        model, optimizer, scheduler, first = saved
    trained(model, loss_function, optimizer, scheduler, batches, range(first, epochs))
    return copy.deepcopy((model, optimizer, scheduler, epochs))


@slip("checkpoint", words="returned None. It returns a checkpoint")
def returns_no_checkpoint(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    trained(model, loss_function, optimizer, scheduler, batches, range(epochs))


@slip("checkpoint", words=r'Missing key\(s\) in state_dict: "weight"')
def another_state(model, loss_function, optimizer, scheduler, batches, epochs, saved=None):
    if saved:
        model.load_state_dict(saved)
    trained(model, loss_function, optimizer, scheduler, batches, range(epochs))
    return dict(optimizer=optimizer.state_dict())


# Races


def ends_of(rule, tune, start, rates, steps):
    """Where a rule's walks end, one for each rate."""
    ends = []
    for lr in rates:
        w, memory = start, {}
        for _ in range(steps):
            step, memory = rule(tune(w)[1], **memory, lr=lr)
            w = w - step
        ends.append(w)
    return ends


@slip("checkpoint", "checkpoint-shared", "Three things .* walks along.* And: .* too many epochs")
def saves_as_the_chapter_does(
    model, loss_function, optimizer, scheduler, batches, epochs, saved=None
):
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
    for _ in range(epochs):
        for X, y in batches:
            optimizer.zero_grad()
            loss_function(model(X), y).backward()
            optimizer.step()
        scheduler.step()
    return dict(model=model.state_dict(), optimizer=optimizer.state_dict())


@slip("checkpoint", "return-in-loop", "ends the function")
def returns_in_the_first_epoch(
    model, loss_function, optimizer, scheduler, batches, epochs, saved=None
):
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
    for epoch in range(saved["epoch"] if saved else 0, epochs):
        for X, y in batches:
            optimizer.zero_grad()
            loss_function(model(X), y).backward()
            optimizer.step()
        scheduler.step()
        parts = dict(model=model, optimizer=optimizer, scheduler=scheduler)
        states = {name: part.state_dict() for name, part in parts.items()}
        return copy.deepcopy(dict(states, epoch=epoch + 1))


@right("fair_race")
def in_one_expression(rules, tune, test, start, *, rates, steps):
    return {
        name: test(min(ends_of(rule, tune, start, rates, steps), key=lambda w: tune(w)[0]))[0]
        for name, rule in rules.items()
    }


@right("fair_race")
def with_argmin(rules, tune, test, start, *, rates, steps):
    losses = {}
    for name in rules:
        ends = ends_of(rules[name], tune, start, rates, steps)
        losses[name] = test(ends[np.argmin([tune(w)[0] for w in ends])])[0]
    return losses


@slip("fair_race", "walk-not-begun-anew", "also changes `start` in place")
def walks_off_with_the_start(rules, tune, test, start, *, rates, steps):
    found = {}
    for name, rule in rules.items():
        memory = {}
        for _ in range(steps):
            step, memory = rule(tune(start)[1], **memory, lr=rates[0])
            start -= step
        found[name] = test(start)[0]
    return found


@slip("fair_race", "walk-not-begun-anew")
def goes_on_from_the_last_end(rules, tune, test, start, *, rates, steps):
    found = {}
    for name, rule in rules.items():
        ends = ends_of(rule, tune, start, rates, steps)
        start = ends[-1]
        found[name] = test(min(ends, key=lambda w: tune(w)[0]))[0]
    return found


@slip("fair_race", "every-rate-another", "All walk at 0.033, 0.1, 0.2")
def goes_through_rates_of_its_own(rules, tune, test, start, *, rates, steps):
    rates = [0.2, 0.1, 0.033]
    return in_one_expression(rules, tune, test, start, rates=rates, steps=steps)


@slip("fair_race", "every-rate-another", "All walk at 0.1 too, which is not on the list")
def cuts_large_rates(rules, tune, test, start, *, rates, steps):
    rates = [min(lr, 0.1) for lr in rates]
    return in_one_expression(rules, tune, test, start, rates=rates, steps=steps)


@slip("fair_race", words="a dict with a test loss for each of the rules")
def the_winner_alone(rules, tune, test, start, *, rates, steps):
    return min(rules)


@slip("fair_race", words="The test loss of gd is one number")
def all_of_its_losses(rules, tune, test, start, *, rates, steps):
    return {
        name: [test(w)[0] for w in ends_of(rule, tune, start, rates, steps)]
        for name, rule in rules.items()
    }


# Newer rules


@right("radam")
def rectified_as_its_authors_write(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t, m, v = t + 1, m + (1 - beta1) * (g - m), v + (1 - beta2) * (g * g - v)
    longest = 2.0 / (1.0 - beta2) - 1.0
    length = longest - 2.0 * t * beta2**t / (1.0 - beta2**t)
    size = lr / (1 - beta1**t)
    if length > 5:
        r = (length - 4) / (longest - 4) * (length - 2) / length * longest / (longest - 2)
        return size * np.sqrt(r * (1 - beta2**t)) * m / (np.sqrt(v) + eps), dict(m=m, v=v, t=t)
    return size * m, dict(m=m, v=v, t=t)


@right("radam")
def with_one_return(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    step = lr * m / (1 - beta1**t)
    if rho > 5:
        r = math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
        step = step * r * math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    return step, {"t": t, "m": m, "v": v}


@slip("radam", "plain-adam")
def adam_without_a_wait(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return rules.adam(g, m, v, t, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


@right("adafactor")
def with_columns_and_rows_as_matrices(g, rows=0, columns=0, t=0, *, lr, decay_rate, d, eps):
    t = t + 1
    squares = g * g + eps
    rows = rows + t**-decay_rate * (squares.mean(1, keepdims=True) - rows)
    columns = columns + t**-decay_rate * (squares.mean(0, keepdims=True) - columns)
    u = g / np.sqrt(rows * columns / rows.mean())
    u = u / np.maximum(1, np.sqrt(np.mean(u**2)) / d)
    return lr * u, dict(rows=rows, columns=columns, t=t)


@right("adafactor")
def relative_columns(g, v_row=0, v_col=0, t=0, *, lr, decay_rate, d, eps):
    t = t + 1
    beta2 = 1 - t ** (-decay_rate)
    v_row = beta2 * v_row + (1 - beta2) * np.mean(g**2 + eps, axis=1)
    v_col = beta2 * v_col + (1 - beta2) * np.mean(g**2 + eps, axis=0)
    u = g / np.sqrt(v_row[:, None] * v_col[None, :] / np.mean(v_col))
    return lr * u / max(1.0, np.linalg.norm(u) / math.sqrt(u.size) / d), dict(
        v_row=v_row, v_col=v_col, t=t
    )


@right("muon")
def with_a_polynomial_of_its_own(g, m=0, t=0, *, lr, beta, eps, ns_steps):
    t, m = t + 1, m + (1 - beta) * (g - m)
    x = beta * m / (1 - beta ** (t + 1)) + g * (1 - beta) / (1 - beta**t)
    x = x / (np.sqrt((x**2).sum()) + eps)
    for _ in range(ns_steps):
        square = np.matmul(x, x.transpose())
        x = 3.4445 * x - 4.775 * square @ x + 2.0315 * (square @ (square @ x))
    return lr * math.sqrt(max(1, g.shape[1] / g.shape[0])) * x, dict(m=m, t=t)


@slip("muon", "not-made-small")
def divided_by_its_largest_entry(g, m=0, t=0, *, lr, beta, eps, ns_steps):
    t, m = t + 1, beta * m + (1 - beta) * g
    x = beta * m / (1 - beta ** (t + 1)) + (1 - beta) * g / (1 - beta**t)
    x = x / (np.max(np.abs(x)) + eps)
    for _ in range(ns_steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return lr * max(1, g.shape[1] / g.shape[0]) ** 0.5 * x, dict(m=m, t=t)


# What learners wrote in the page, and what is true of it.


def belief(new, root):
    """AdaBelief with another way to feed `s`, and to divide by what comes of it."""

    def rule(g, m=0, s=0, t=0, *, lr, beta1, beta2, eps):
        t, m = t + 1, beta1 * m + (1 - beta1) * g
        s = beta2 * s + new((1 - beta2), (g - m) ** 2, eps)
        return lr * m / (1 - beta1**t) / root(s, 1 - beta2**t, eps), dict(m=m, s=s, t=t)

    return rule


def at_the_root(s, c, eps):
    return np.sqrt(s / c) + eps


NO_PART = "has no part in what is remembered"
for wrong, name, words, never in (
    (belief(lambda w, far, eps: w * (far + eps), at_the_root), "eps-averaged", ".", NO_PART),
    (
        belief(lambda w, far, eps: w * far, lambda s, c, eps: np.sqrt(s / c + eps) + eps),
        *("eps-averaged", "only after the average was corrected", NO_PART),
    ),
    (
        belief(lambda w, far, eps: w * far, lambda s, c, eps: np.sqrt((s + eps) / c) + eps),
        *("eps-not-in-memory", NO_PART, "none of"),
    ),
    (
        belief(lambda w, far, eps: w * far + eps, lambda s, c, eps: np.sqrt(s / c)),
        *("eps-forgotten", "Nothing is added to the root", NO_PART),
    ),
):
    slip("adabelief", name, words, never)(wrong)


def rectified(early=1, late=1, wait=5, fade=None):
    """RAdam whose `m` is corrected in some steps, and that waits or not."""

    def rule(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
        t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        c, longest = 1 - beta1**t, 2 / (1 - beta2) - 1
        rho = longest - 2 * t * beta2**t / (1 - beta2**t)
        if rho <= wait:
            return lr * m / c**early, dict(m=m, v=v, t=t)
        whole = (longest - 4) * (longest - 2) * rho
        r = np.sqrt(np.array((rho - 4) * (rho - 2) * longest / whole))
        if fade:
            r = np.sqrt((rho - 4) * (rho - 2) * longest / (longest - 4) * (longest - 2) * rho)
        step = lr * r * m / c**late * np.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
        return step, dict(m=m, v=v, t=t)

    return rule


slip("radam", "only-v-corrected", never="second average")(rectified(early=0))
slip("radam", "only-v-corrected", "before the rule divides.*after.*in all")(rectified(late=0))
slip("radam", "only-v-corrected")(rectified(early=0, late=0))
slip("radam", "never-waits", "should walk as momentum does")(rectified(wait=-1))
slip("radam", "divisor-without-parentheses", "`a / b \\* c`")(rectified(fade=True))


@slip("radam", "eps-outside", "added to the quotient")
def parentheses_lost(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, memory = rules.radam(g, m, v, t, lr=lr, beta1=beta1, beta2=beta2, eps=0)
    rho = 2 / (1 - beta2) - 1 - 2 * (t + 1) * beta2 ** (t + 1) / (1 - beta2 ** (t + 1))
    return step + eps if rho > 5 else step, memory


@slip("adafactor", "eps-at-the-root", "as RMSprop does")
def eps_as_in_rmsprop(g, v_row=0, v_col=0, t=0, *, lr, decay_rate, d, eps):
    t = t + 1
    v_row = v_row + t**-decay_rate * ((g**2).mean(axis=1) - v_row)
    v_col = v_col + t**-decay_rate * ((g**2).mean(axis=0) - v_col)
    u = g / (np.sqrt(np.outer(v_row, v_col) / v_row.mean()) + eps)
    return lr * u / max(1, np.sqrt((u**2).mean()) / d), dict(v_row=v_row, v_col=v_col, t=t)


def orthogonal(norm=None, late=0, ahead=1, stale=False, ratio=lambda rows, columns: columns / rows):
    """Muon with another norm, count, memory or shape."""

    def rule(g, m=0, t=0, *, lr, beta, eps, ns_steps):
        t, old, m = t + 1, m, beta * m + (1 - beta) * g
        k = t + late
        x = beta * (old if stale else m) / (1 - beta ** (k + ahead))
        x = x + (1 - beta) * g / (1 - beta**k)
        x = x / (norm(x, eps) if norm else np.linalg.norm(x) + eps)
        for _ in range(ns_steps):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return lr * max(1, ratio(*g.shape)) ** 0.5 * x, dict(m=m, t=t)

    return rule


slip("muon", "rows-for-columns")(orthogonal(ratio=lambda rows, columns: rows / columns))
slip("muon", "mean-for-norm")(orthogonal(lambda x, eps: np.sqrt((x**2).mean()) + eps))
slip("muon", "eps-inside")(orthogonal(lambda x, eps: np.sqrt((x**2).sum() + eps)))
slip("muon", "stale-m", never="first step is zero")(orthogonal(stale=True))
for late, ahead in ((0, 0), (1, 0), (1, 1)):
    slip("muon", "steps-miscounted-in-looking-ahead")(orthogonal(late=late, ahead=ahead))


@slip("adafactor", words="Two shapes that don't fit")
def rows_for_columns(g, v_row=0, v_col=0, t=0, *, lr, decay_rate, d, eps):
    t = t + 1
    beta2 = 1 - t**-decay_rate
    v_row = beta2 * v_row + (1 - beta2) * (g**2 + eps).mean(axis=0)
    v_col = beta2 * v_col + (1 - beta2) * (g**2 + eps).mean(axis=1)
    u = g / np.sqrt(np.outer(v_row / v_row.mean(), v_col))
    return lr * u, dict(v_row=v_row, v_col=v_col, t=t)


PLAIN = "It takes (vectors|one number)"


@right("gradient_descent", PLAIN)
def by_hand_over_entries(g, *, lr):
    step = [0.0] * len(g)
    for i in range(len(g)):
        step[i] = lr * float(g[i])
    return step, {}


@right("rmsprop", PLAIN)
def with_a_root_for_each(g, v=None, *, lr, beta2, eps):
    v = [0.0] * len(g) if v is None else v
    v = [beta2 * a + (1 - beta2) * x * x for a, x in zip(v, g, strict=True)]
    return np.array([lr * x / (math.sqrt(a) + eps) for a, x in zip(v, g, strict=True)]), dict(v=v)


@right("adam", PLAIN)
def with_an_index(g, m=None, v=None, t=0, *, lr, beta1, beta2, eps):
    n, t = len(g), t + 1
    m = np.zeros(n) if m is None else m.copy()
    v = np.zeros(n) if v is None else v.copy()
    step = np.zeros(n)
    for i in range(n):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        root = math.sqrt(v[i] / (1 - beta2**t))
        step[i] = lr * m[i] / (1 - beta1**t) / (root + eps)
    return step, dict(m=m, v=v, t=t)


@right("clip", PLAIN)
def with_a_sum(g, *, max_norm):
    norm = math.sqrt(sum(x * x for x in g))
    return [x * max_norm / norm for x in g] if norm > max_norm else g


@right("finite_difference", PLAIN)
def with_lists(loss, x):
    g = []
    for i in range(len(x)):
        up, down = list(x), list(x)
        up[i], down[i] = float(up[i]) + 1e-5, float(down[i]) - 1e-5
        g.append((loss(np.array(up)) - loss(np.array(down))) / 2e-5)
    return g


@right("bias_correction", PLAIN)
def for_each_average(m, t, *, beta):
    return [float(x) / (1 - beta**t) for x in m]


@slip("adam", words="operands could not be broadcast|shapes")
def fails_at_a_matrix_and_at_all_else(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g + np.ones(9), dict(m=m, v=v, t=t)


# Nothing untrue is said: form first


@slip("momentum", words="parameters, `w`, and then their gradient.*other courses", never="shape")
def parameters_in(w, dw, v=0, *, lr, beta):
    v = beta * v + dw
    return w - lr * v, dict(v=v)


@slip("momentum", words="takes `slope` after the gradient.*without a value.*never sees", never="0 ")
def parameters_in_under_other_names(at, slope, v=0, *, lr, beta):
    v = beta * v + slope
    return at - lr * v, dict(v=v)


@slip("adam", words="parameters, `theta`, and then their gradient")
def parameters_in_without_hyper(theta, grad, config=None):
    return theta, config


@slip("gradient_descent", words=r"returned None.*It prints, and what is printed is not handed")
def prints_it(g, *, lr):
    print(lr * g)


@slip("schedule", words=r"is None.*It prints, and what is printed is not handed")
def prints_the_rate(k, *, lr, every, factor):
    print(lr * factor ** (k // every))


@slip("adam", words="takes `self` first.*a method.*without its object")
def a_method(self, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    return g, dict(m=m, v=v, t=t)


@slip("finite_difference", words="another order.*by place: loss, x")
def x_first(x, loss):
    return x


@slip("adamw", words="another order.*by place: w, g")
def gradient_first(g, w, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    return w, dict(m=m, v=v, t=t)


@slip("minibatches", words="another order.*X, y, batch_size, rng")
def generator_first(X, y, rng, batch_size):
    return []


@slip("adam_all", words="The state came first")
def state_first(gradients, state=None, *, lr, beta1, beta2, eps):
    kept = dict(state or {})
    return kept, all_of(gradients, kept, lr, beta1, beta2, eps)


@slip("resume", words="The state came first")
def w_last(w, gradients, state=None, *, lr, beta1, beta2, eps):
    return (0, 0, 0), w


# ... then whether it moves, and whether each hyper-parameter has an effect


@slip("adam", "never-moves", never="Two things at once|average|eps")
def zeros(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t, m = t + 1, beta1 * m + (1 - beta1) * g
    return np.zeros_like(g), dict(m=m, v=v, t=t)


@slip("adamw", "never-moves")
def parameters_as_they_came(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay):
    return w, dict(m=m, v=v, t=t + 1)


@slip("walk", "never-moves")
def stays(loss, x, *, lr, steps):
    return np.array([x] * (steps + 1))


@slip("resume", "never-moves")
def resumes_nothing(w, gradients, state=None, *, lr, beta1, beta2, eps):
    return w, state


@slip("adam", "eps-fixed", words="another `eps`")
def eps_of_keras(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, m, v = one_adam(g, m, v, t + 1, lr, beta1, beta2, 1e-7)
    return step, dict(m=m, v=v, t=t + 1)


@slip("momentum", "written-in", words="another `beta`")
def beta_of_nine_tenths(g, m=0, *, lr, beta):
    m = 0.9 * m + g
    return lr * m, dict(m=m)


@slip("adam", "written-in", words="another `beta1` and another `beta2`")
def betas_of_the_paper(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, m, v = one_adam(g, m, v, t + 1, lr, 0.9, 0.999, eps)
    return step, dict(m=m, v=v, t=t + 1)


@slip("adam", "lr-forgotten", words="another `lr`")
def lr_of_the_check(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, m, v = one_adam(g, m, v, t + 1, 0.1, beta1, beta2, eps)
    return step, dict(m=m, v=v, t=t + 1)


@slip("clip", "written-in", words="`max_norm`")
def clips_to_two(g, *, max_norm):
    norm = np.linalg.norm(g)
    return g * 2 / norm if norm > 2 else g


# ... and only then the arithmetic


@slip("momentum", "step-kept", never="Two names|array")
def the_step_is_the_memory(g, v=0, *, lr, beta):
    v = lr * (beta * v + g)
    return v, dict(v=v)


@slip("nesterov", "lookahead-opposed", never="enters the memory|uphill")
def against_its_memory(g, m=0, *, lr, beta):
    m = beta * m + g
    return lr * (g - beta * m), dict(m=m)


@slip("nesterov", "lookahead-opposed", never="enters the memory")
def against_its_memory_in_an_object(lr, beta):
    m = 0

    def step(g):
        nonlocal m
        m = beta * m + g
        return lr * (g - beta * m)

    return step


@slip("adam", "frozen-t", never="first step is right|correction is right")
def sums_without_a_correction(g, p=0, q=0, *, lr, beta1, beta2, eps):
    p, q = beta1 * p + g, beta2 * q + g**2
    return lr * p / (np.sqrt(q) + eps), dict(p=p, q=q)


@slip("adam", "v-not-used", words="Two things.*also changes `g` in place")
def its_gradient_times_lr(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    g *= lr
    return g, dict(m=m, v=v, t=t)


@slip("schedule", "rounded-off", words=r"4 decimal places.*yours is 0\.0003 and 0\.00025")
def rounds(k, *, lr, every, factor):
    return round(lr * factor ** (k // every), 4)


@slip("training_loop", "return-in-loop", words="there is no loop, or it ends too soon")
def one_epoch_alone(model, loss_function, optimizer, scheduler, batches, epochs):
    for X, y in batches:
        optimizer.zero_grad()
        loss_function(model(X), y).backward()
        optimizer.step()
    scheduler.step()


@slip("adam", "rounded-off", words="3 decimal places")
def rounds_its_step(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, m, v = one_adam(g, m, v, t + 1, lr, beta1, beta2, eps)
    return np.round(step, 3), dict(m=m, v=v, t=t + 1)


# Functions of a few numbers


@slip("stable_lr", words="should be one number; in a bowl along the axes it is an array of shape")
def a_rate_to_each_direction(A):
    return 2 / np.linalg.eigvalsh(A)


@slip("stable_lr", "half-the-limit", words="Two things at once")
def half_a_bound(A):
    return 1 / np.trace(A)


@slip("stable_lr", "changed-input")
def turns_it_in_place(A):
    A *= 0.5
    return 1 / np.linalg.eigvalsh(A).max()


@slip("steps_needed", "steps-rounded-down", words="Two things at once.*as at lr = 1/L")
def at_one_over_l_and_rounded_down(kappa, *, factor):
    return int(math.log(factor) / math.log(1 - 1 / kappa))


@slip("steps_needed", words="is None")
def counts_and_forgets(kappa, *, factor):
    steps, left = 0, 1.0
    while left > factor:
        steps, left = steps + 1, left * (kappa - 1) / (kappa + 1)


@slip("steps_needed", words="takes its arguments in another order|can't be called")
def factor_first(factor, kappa):
    return 4


@slip("convert", "converted-one-way")
def to_the_average_alone(lr, source, target, *, beta):
    return lr / (1 - beta) if target == "average" else lr


@slip("convert", words="should be numbers, and it is a dict")
def a_rate_by_name(lr, source, target, *, beta):
    return {target: lr}


@slip("average_weights", "written-in", words="another `beta`")
def at_one_beta(t, *, beta):
    return [0.2 * 0.8 ** (t - 1 - k) for k in range(t)]


@slip("average_weights", words="the shape is")
def their_sum(t, *, beta):
    return 1 - beta**t


@right("convert")
def by_the_first_step(lr, source, target, *, beta):
    first = {name: lr for name in ("sum", "velocity", "difference")} | {"average": lr * (1 - beta)}
    return lr * first[source] / first[target]


@right("beta_for")
def by_bisection(half_life):
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if middle**half_life > 0.5 else (middle, high)
    return low


# Tests that a learner writes


def slope(loss, x, h=1e-5):
    g = np.zeros_like(x)
    for i in range(len(x)):
        e = np.zeros_like(x)
        e[i] = h
        g[i] = (loss(x + e) - loss(x - e)) / (2 * h)
    return g


def gradient_slip(name, verdict, words="."):
    """Register a test of gradients that is made of a comparison: `verdict(given, measured)`."""

    def test(loss, gradient, x):
        return bool(verdict(gradient(x), slope(loss, x)))

    test.__name__ = name.replace("-", "_")
    slip("gradient_test", name, words)(test)


for name, verdict in (
    ("test-passes-all", lambda g, d: True),
    ("test-fails-all", lambda g, d: False),
    ("test-fails-all", lambda g, d: (g == d).all()),
    ("test-turned-round", lambda g, d: not np.allclose(g, d)),
    ("test-without-scale", lambda g, d: abs(g - d).max() < 1e-3),
    ("test-without-scale", lambda g, d: abs(g - d).max() < 1e-8),
    ("test-without-scale", lambda g, d: np.linalg.norm(g - d) < 1e-6),
    ("test-divides-by-zero", lambda g, d: (abs(g - d) / abs(g) < 1e-4).all()),
    ("test-too-coarse", lambda g, d: abs(g - d).max() < 0.05 * abs(g).max()),
    ("test-of-direction", lambda g, d: g @ d > 0.99999 * np.linalg.norm(g) * np.linalg.norm(d)),
    ("test-lets-errors-cancel", lambda g, d: abs((g - d).sum()) < 1e-4 * abs(g).max()),
    ("test-lets-errors-cancel", lambda g, d: abs((g - d).mean()) < 1e-5 * abs(g).max()),
    ("test-of-sizes", lambda g, d: abs(abs(g) - abs(d)).max() < 1e-4 * abs(g).max()),
    ("test-of-sizes", lambda g, d: np.isclose(np.linalg.norm(g), np.linalg.norm(d))),
    ("test-of-some-entries", lambda g, d: np.isclose(g, d, atol=0).any()),
    ("test-of-some-entries", lambda g, d: np.isclose(g[0], d[0])),
    ("test-of-some-entries", lambda g, d: np.isclose(g[-1], d[-1])),
    ("test-of-one-sign", lambda g, d: (g - d).max() < 1e-4 * abs(g).max()),
    ("test-of-one-sign", lambda g, d: (d - g).max() < 1e-4 * abs(g).max()),
    ("test-divides-by-zero", lambda g, d: (abs(g - d) / (abs(g) + abs(d))).max() < 1e-5),
    ("test-without-scale", lambda g, d: np.allclose(g, d, rtol=1e-3, atol=1e-5)),
    ("test-lets-errors-cancel", lambda g, d: np.isclose(g.sum(), d.sum())),
    ("difference-turned", lambda g, d: np.allclose(g, -d)),
    ("width-miscounted", lambda g, d: np.allclose(g, 2 * d)),
    ("width-miscounted", lambda g, d: np.allclose(g, d / 2)),
):
    gradient_slip(name, verdict)


@slip("gradient_test", "test-too-strict", words="refuses the right gradient of waves")
def asks_for_eleven_digits(loss, gradient, x):
    g = gradient(x)
    return abs(g - slope(loss, x, 1e-4)).max() < 1e-11 * abs(g).max()


@slip("gradient_test", words="one True or False. Which of these answers should count")
def an_answer_to_each_entry(loss, gradient, x):
    return np.isclose(gradient(x), slope(loss, x))


@slip("gradient_test", words="returned the float .*one True or False")
def the_error_itself(loss, gradient, x):
    return float(abs(gradient(x) - slope(loss, x)).max())


@slip("gradient_test", words="returned None")
def prints_what_it_found(loss, gradient, x):
    print(np.allclose(gradient(x), slope(loss, x)))


@slip("gradient_test", "test-of-descent")
def leads_downhill(loss, gradient, x):
    return loss(x - 1e-7 * gradient(x)) < loss(x)


@slip("gradient_test", "changed-input")
def moves_x_for_good(loss, gradient, x):
    good = np.allclose(gradient(x), slope(loss, x))
    x += 1
    return good


@right("gradient_test")
def by_allclose(loss, gradient, x):
    return np.allclose(gradient(x), slope(loss, x))


@right("gradient_test")
def by_an_error_with_a_floor(loss, gradient, x):
    g, d = gradient(x), slope(loss, x)
    return (abs(g - d) / np.maximum(1e-8, abs(g) + abs(d))).max() < 1e-5


@right("gradient_test")
def by_one_sided_differences(loss, gradient, x):
    g = gradient(x)
    d = np.array([(loss(x + 1e-8 * e) - loss(x)) / 1e-8 for e in np.eye(len(x))])
    return np.linalg.norm(g - d) < 1e-4 * np.linalg.norm(g)


@right("gradient_test")
def by_a_relative_norm(loss, gradient, x):
    g, d = gradient(x), slope(loss, x, 1e-4)
    return np.linalg.norm(g - d) < 1e-4 * (np.linalg.norm(g) + np.linalg.norm(d))


@right("gradient_test")
def along_random_directions(loss, gradient, x):
    g, rng = gradient(x), np.random.default_rng(0)
    for _ in range(20):
        d = rng.standard_normal(len(x))
        measured = (loss(x + 1e-5 * d) - loss(x - 1e-5 * d)) / 2e-5
        if abs(measured - g @ d) > 1e-3 * np.linalg.norm(g):
            return False
    return True


def adams_steps(rule, gradients, lr=0.1, beta1=0.8, beta2=0.95, eps=0.01):
    memory, steps = {}, []
    for g in gradients:
        step, memory = rule(g, **memory, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
        steps.append(step)
    return np.array(steps)


def adam_slip(name, gradients, words=".", exactly=False, **hyper):
    """Register a test of Adam that compares the steps on some gradients."""

    def test(rule):
        mine, right = (adams_steps(r, gradients, **hyper) for r in (rule, rules.adam))
        return bool((mine == right).all() if exactly else np.allclose(mine, right, 1e-6, 0))

    test.__name__ = name.replace("-", "_")
    slip("adam_test", name, words)(test)


MIXED = np.array([[1, 20], [-3, 0.1], [2, -5], [0.05, 0], [0, 8], [-0.5, 0.3]])
adam_slip("test-of-the-first-step", [1.0], r"lets \d\d of \d+ wrong Adams pass", eps=1e-8)
adam_slip("test-of-the-first-step", [MIXED[0]])
adam_slip("test-of-steady-gradients", [1.0] * 9, eps=1e-8)
adam_slip("test-of-steady-gradients", MIXED, beta1=0.9, beta2=0.9)
adam_slip("test-at-size-one", [1.0, -1.0, -1.0, 1.0, 1.0], eps=1e-12)
adam_slip("test-blind-to-eps", MIXED[:3], eps=1e-12)
adam_slip("test-of-one-number", MIXED[:, 1])
adam_slip("test-at-one-lr", MIXED, lr=1)
USUAL = dict(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8)
adam_slip("test-of-steady-gradients", np.full((3, 2), 0.1), **USUAL)
adam_slip("test-blind-to-eps", np.random.default_rng(0).standard_normal((10, 4)), **USUAL)
adam_slip("test-too-strict", MIXED, exactly=True)


@slip("adam_test", "test-of-the-outcome")
def arrives(rule):
    x, memory = 3.0, {}
    for _ in range(200):
        step, memory = rule(x, **memory, lr=0.1, beta1=0.9, beta2=0.99, eps=1e-8)
        x = x - step
    return abs(x) < 0.1


@slip("adam_test", "test-of-the-outcome")
def goes_downhill(rule):
    return (np.sign(adams_steps(rule, [MIXED[0], MIXED[0]])) == np.sign(MIXED[0])).all()


@slip("adam_test", "test-passes-nan")
def is_never_far(rule):
    return not abs(adams_steps(rule, MIXED) - adams_steps(rules.adam, MIXED)).max() > 1e-9


@slip("adam_test", "test-passes-all")
def yes(rule):
    return True


@slip("adam_test", "test-fails-all")
def no(rule):
    return False


@slip("adam_test", "test-turned-round")
def finds_a_fault(rule):
    return not np.allclose(adams_steps(rule, MIXED), adams_steps(rules.adam, MIXED))


@slip("adam_test", "betas-swapped", words="What your test expects is no Adam")
def expects_other_betas(rule):
    right = adams_steps(rules.adam, MIXED, beta1=0.95, beta2=0.8)
    return np.allclose(adams_steps(rule, MIXED), right)


@right("adam_test")
def by_the_courses_own(rule):
    for lr in (0.1, 0.5):
        if not np.allclose(adams_steps(rule, MIXED, lr), adams_steps(rules.adam, MIXED, lr)):
            return False
    return True


@right("adam_test")
def by_assertions(rule):
    try:
        right = adams_steps(rules.adam, MIXED)
        np.testing.assert_allclose(adams_steps(rule, MIXED), right, rtol=1e-7)
    except AssertionError:
        return False
    return True


# The commonest slips have names


COMMON = [
    ("rmsprop", "np.sqrt(v) -> v**1/2", "root-as-half"),
    ("adam", "np.sqrt(v_hat) -> v_hat**1/2", "root-as-half"),
    ("clip", "np.sqrt((g**2).sum()) -> (g**2).sum()**1/2", "root-as-half"),
    ("bias_correction", "m / (1 - beta**t) -> m/1-beta**t", "correction-without-parentheses"),
    ("bias_correction", "beta**t -> beta**2", "frozen-power"),
    ("bias_correction", "(1 - beta**t) -> (1 + beta**t)", "correction-adds"),
    ("adam", "beta1**t -> beta1**2; beta2**t -> beta2**2", "frozen-power"),
    ("adam", "(1 - beta1**t) -> (1 + beta1**t); (1 - beta2**t) -> (1 + beta2**t)",
     "correction-adds"),
    ("adagrad", "v=0 -> v=0.1", "starts-at-a-tenth"),
    ("adam", "m=0, v=0 -> m=1, v=1", "starts-at-one"),
    ("rmsprop", "v=0 -> v=1", "starts-at-one"),
    ("momentum", "m=0 -> m=1", "starts-at-one"),
    ("amsgrad", "m=m, v=v, -> m=m, v=0,", "memory-forgotten"),
    ("amsgrad", "m=m, v=v, -> m=0, v=v,", "memory-forgotten"),
    ("adamax", "m=m, u=u -> m=m, u=0", "memory-forgotten"),
    ("nadam", "m=m, v=v -> m=0, v=v", "memory-forgotten"),
    ("amsgrad", "v_max = np.maximum(v_max, v) -> v_max = np.maximum(v_max, v / (1 - beta2**t))",
     "corrected-twice"),
    ("nadam", "mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t)) -> mu = beta1 * (1 - 0.5 * "
     "0.96**t); mu_next = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * (t + 1))) -> "
     "mu_next = beta1 * (1 - 0.5 * 0.96 ** (t + 1))", "schedule-of-keras"),
    ("nadam", "m_hat = mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product)"
     " -> m_hat = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)", "nadam-simplified"),
    ("warmup_cosine", "if k < warmup -> if k <= warmup", "warmup-one-too-long"),
    ("warmup_cosine", "(k + 1) / warmup -> (k + 1) / (warmup + 1)", "warmup-stretched"),
    ("warmup_cosine", "math.pi * done -> done", "pi-forgotten"),
    ("warmup_cosine", "(k - warmup) / (steps - warmup) -> (k - warmup) / steps - warmup",
     "division-first"),
    ("warmup_cosine", "math.pi * done -> 180 * done", "pi-forgotten"),
    ("schedule", "(k // every) -> ((k + 1) // every)", "drop-off-by-one"),
    ("training_loop", "        scheduler.step() ->             scheduler.step()\n"
     "        scheduler.step()", "scheduler-twice"),
    ("walk", "    return np.array(points) ->         return np.array(points)", "return-in-loop"),
    ("finite_difference", "    return g ->         return g", "return-in-loop"),
    ("resume", "    return w, (m, v, t) ->         return w, (m, v, t)", "return-in-loop"),
    *(("finite_difference", f"6e-6 -> {h}; / (2 * h) -> / 2 * h", "divided-then-multiplied")
      for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-7)),
    *(("finite_difference", f"6e-6 -> {h}; / (2 * h) -> / h", "width-miscounted")
      for h in (1e-2, 1e-4, 1e-6, 1e-7)),
]  # fmt: skip


@pytest.mark.parametrize("exercise, edit, name", COMMON)
def test_the_commonest_slips_have_names(exercise, edit, name):
    report = check(exercise, made(exercise, edit))
    assert not report.passed
    assert (report.mistake or report.variant) == name, report.message


def test_a_power_sign_of_other_languages_is_told():
    for square in (lambda g: g ^ 2, lambda g: float(g[0]) ^ 2):
        report = check("gradient_descent", lambda g, *, lr, f=square: (lr * f(g), {}))
        assert "In Python, `^` is not a power." in report.message


@pytest.mark.parametrize(
    "exercise, edit, names",
    [
        ("schedule", "return lr * factor ** (k // every) -> "
         "return -lr * factor ** ((k + 1) // every)", "ascent drop-off-by-one"),
        ("warmup_cosine", "(k + 1) / warmup -> k / warmup; (k - warmup) / (steps - warmup) -> "
         "(k - warmup) / (steps - 1 - warmup)", "warmup-from-zero cosine-off-by-one"),
        ("warmup_cosine", "if k < warmup -> if k <= warmup; math.pi * done -> done",
         "warmup-one-too-long pi-forgotten"),
        ("bias_correction", "m / (1 - beta**t) -> m * (1 - beta**(t + 1))",
         "correction-multiplies t-off-by-one"),
        ("clip", "g * max_norm / norm if norm > max_norm else g -> g * max_norm / norm; "
         "np.sqrt((g**2).sum()) -> (g**2).sum()**1/2", "always-rescaled root-as-half"),
    ],
)  # fmt: skip
def test_two_slips_at_once_outside_the_rules_are_both_named(exercise, edit, names):
    message = check(exercise, made(exercise, edit)).message
    for name in names.split():
        assert BY_ID[name].tells(exercise) in message


@pytest.mark.parametrize("exercise, function, name, words, never", SLIPS)
def test_a_slip_is_told_as_what_it_is(exercise, function, name, words, never, monkeypatch):
    report = check(exercise, function)
    assert not report.passed, report.message
    assert (report.mistake or report.variant) == name, report.message
    assert re.search(words, report.message, re.DOTALL), report.message
    assert not re.search(never, report.message, re.DOTALL), report.message


@pytest.mark.parametrize("exercise, function, words", RIGHT)
def test_what_is_right_in_its_form_passes(exercise, function, words):
    report = check(exercise, function)
    assert report.passed, report.message
    assert re.search(words, report.message), report.message


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda exercise: exercise.name)
def test_every_hyper_parameter_of_a_right_answer_has_an_effect(exercise):
    played = exercise.play(exercise, exercise.answer)
    assert without_effect(exercise, exercise.answer, played) == []
    assert not (played.unsteady or played.changed or played.still)


def test_what_is_unknown_is_told_without_what_is_not_there():
    def off_for_single_numbers(g, m=0, *, lr, beta):
        m = beta * m + g
        return lr * m * (1 if np.ndim(g) else 2), dict(m=m)

    message = check("momentum", off_for_single_numbers).message
    assert "with single numbers" in message and "2 times as much" in message
    assert "eps" not in message


# Two at once, and which of several


def test_two_mistakes_are_named_however_they_are_made():
    """Also where neither is made in the way that comes first in the bank."""
    for exercise, edits, names in [
        ("adam", "beta2**t -> beta2; m=m, v=v -> m=m_hat, v=v", "frozen-t corrected-kept"),
        (
            "adamw",
            "* g**2 -> * np.sum(g**2); beta1**t -> beta1**2",
            "scalar-accumulator frozen-power",
        ),
        (
            "nesterov",
            "lr * (beta * m + g) -> lr * m; dict(m=m) -> dict(m=lr * m)",
            "lookahead-forgotten step-kept",
        ),
        (
            "finite_difference",
            "np.ndindex(x.shape) -> range(len(x)); / (2 * h) -> / 2 * h",
            "one-axis-only divided-then-multiplied",
        ),
    ]:
        message = check(exercise, made(exercise, edits)).message
        assert message.startswith("Two things at once"), message
        for name in names.split():
            assert BY_ID[name].tells(exercise, "first step is right" in message) in message


def test_of_two_mistakes_none_says_that_all_else_is_right():
    claims = re.compile(
        "^All is right|^The numbers are right|^The right|^Right (for|at)|all is right"
    )
    for exercise in EXERCISES.values():
        if exercise.is_rule or exercise.in_pairs or exercise.name == "finite_difference":
            for name, _, _ in wrong_answers(exercise.answer):
                told = BY_ID[name].tells(exercise.name, False)
                assert not claims.search(told), (exercise.name, name)


def test_a_pair_that_others_equal_is_not_told_as_certain():
    """Uphill and without a past: the minus may stand in the step or in the memory."""
    edit = "return lr -> return -lr; dict(m=m, v=v) -> dict(m=0, v=v)"
    report = check("rmsprop_momentum", made("rmsprop_momentum", edit))
    assert report.mistake is report.variant is None and not report.passed
    assert report.message.startswith("Two things at once, it seems. Others would give the same")


def test_a_mistake_in_one_of_two_averages_says_in_which():
    for edit, memory in [
        ("beta2**t -> beta2", "v"),
        ("beta1**t -> beta1", "m"),
        ("t = t + 1 -> t = 1", None),
        ("m=m, v=v -> m=m, v=v_hat", "v"),
        ("m=0, v=0 -> m=1, v=0", "m"),
        ("m=0, v=0 -> m=1, v=1", None),
    ]:
        told = re.search("This is about `(.)` alone", check("adam", made("adam", edit)).message)
        assert (told and told[1]) == memory, edit
    # Where a mistake has one place, there is nothing to tell apart.
    message = check("momentum", made("momentum", "dict(m=m) -> dict(m=0)")).message
    assert "This is about" not in message


@slip("adam", "memory-forgotten", words="Your function takes `t`, and never returns it")
def loses_t_and_something_unknown(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    step, memory = rules.adam(g, m, v, t, lr=1.7 * lr, beta1=beta1, beta2=beta2, eps=eps)
    return step, dict(m=memory["m"], v=memory["v"])


@slip("adam", "frozen-t", words="Two things.*newest gradient.*takes `t`, and never returns it")
def loses_t_and_takes_g(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = g / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v)


@slip("amsgrad", "corrected-kept")
def keeps_the_corrected_maximum(g, m=0, v=0, v_max=0, t=0, *, lr, beta1, beta2, eps):
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_hat = np.maximum(v_max, v) / (1 - beta2**t)
    v_max = v_hat
    step = lr * m / (1 - beta1**t) / (np.sqrt(v_max) + eps)
    return step, dict(m=m, v=v, v_max=v_max, t=t)


@slip("nesterov", "lookahead-in-memory")
def feeds_the_look_ahead(g, m=0, *, lr, beta):
    ahead = beta * m + g
    m = beta * m + ahead
    return lr * ahead, dict(m=m)


def test_a_name_of_numpys_is_told():
    def without_prefix(g, v=0, *, lr, beta2, eps):
        v = beta2 * v + (1 - beta2) * g**2
        return lr * g / (sqrt(v) + eps), dict(v=v)  # noqa: F821

    assert "`np.sqrt`" in check("rmsprop", without_prefix).message


def test_numbers_that_look_alike_are_shown_until_they_differ():
    def nearly(g, *, max_norm):
        norm = np.linalg.norm(g)
        return g * max_norm / norm * (1 + 2e-5) if norm > max_norm else g

    message = check("clip", nearly).message
    assert "yours is 0.46155 and 0.46154 was expected" in message


def test_no_message_says_that_the_first_step_is_right_where_it_is_not(monkeypatch):
    monkeypatch.setattr(practice, "run", lambda work, pace: (work(), ""))
    claims = re.compile(r"first step is right|is right and the second")
    checked = 0
    for name in ("momentum", "adam"):
        exercise = EXERCISES[name]
        bank = wrong_answers(exercise.answer)
        claiming = {mistake.id for mistake in MISTAKES if claims.search(mistake.tells(name))}
        both = [pair for pair in pairs(exercise.answer) if claiming & set(pair.names)][::25]
        for wrong in (*(wrong for _, _, wrong in bank), *(pair.function for pair in both)):
            with np.errstate(all="ignore"):
                message = check(name, wrong).message
            if claims.search(message):
                checked += 1
                assert "At step 1," not in message and "At step 1 yours" not in message, message
    assert checked > 5


# An answer that is reworded


def applies(text, answer):
    """Which mistakes have edits that fit a text, and how many of these are known."""
    known = {(name, edit) for name, edit, _ in wrong_answers(answer)}
    counts = {}
    for name, edit in known:
        if edited(text, edit) is not None:
            counts[name] = counts.get(name, 0) + 1
    return {f"{name}:{count}" for name, count in counts.items()}


@pytest.mark.parametrize("name", EXERCISES)
def test_no_entry_of_the_bank_is_lost_without_a_sound(name):
    answer = EXERCISES[name].answer
    assert applies(source(answer), answer) == set(APPLIES.get(name, "").split())


def test_a_step_on_a_line_of_its_own_is_noticed():
    answer = EXERCISES["adam"].answer
    line = "return lr * m_hat / (np.sqrt(v_hat) + eps), "
    reworded = line.replace("return", "step =").replace("), ", ")\n    return step, ")
    left = applies(edited(source(answer), f"{line} -> {reworded}"), answer)
    lost = set(APPLIES["adam"].split()) - left
    assert {entry.split(":")[0] for entry in lost} >= {"ascent", "lr-forgotten", "lr-twice"}


# Of each exercise, how many edits of each mistake apply to its answer.
APPLIES = {
    "gradient_descent": "ascent:1 lr-forgotten:1 lr-twice:1 gradient-for-parameters:1",
    "walk": (
        "ascent:1 lr-forgotten:1 lr-twice:1 return-in-loop:1 aliased-memory:3 start-missing:1 "
        "a-step-too-few:2 a-step-too-many:1 gradient-not-renewed:1"
    ),
    "finite_difference": (
        "return-in-loop:1 width-miscounted:4 divided-then-multiplied:1 difference-turned:1 "
        "all-at-once:1 offset-kept:1 one-axis-only:2"
    ),
    "stable_lr": (
        "half-the-limit:1 steepest-forgotten:3 curvature-along-the-axes:3 bound-for-curvature:4 "
        "best-for-largest:1 curvature-squared:3 curvature-multiplies:3"
    ),
    "steps_needed": (
        "division-first:3 steps-rounded-down:3 a-step-too-many-counted:1 not-at-the-best-rate:2 "
        "loss-for-distance:2 root-of-kappa:1 logarithms-swapped:1 same-distance-each-step:1 "
        "kappa-as-if-large:2"
    ),
    "minibatches": "",
    "momentum": (
        "doubled:1 lr-inside-velocity:1 ascent:1 velocity-sign:2 velocity-turned:2 "
        "seeded-with-gradient:1 starts-at-one:1 g-for-m:1 lr-forgotten:1 lr-twice:2 stale-m:1 "
        "step-kept:1 memory-forgotten:2"
    ),
    "momentum_ema": (
        "average-weights-swapped:1 weight-without-parentheses:1 no-one-minus-beta:1 doubled:1 "
        "lr-inside-velocity:1 ascent:1 velocity-sign:2 velocity-turned:1 seeded-with-gradient:1 "
        "starts-at-one:1 g-for-m:1 lr-forgotten:1 lr-twice:2 stale-m:1 step-kept:1 "
        "memory-forgotten:2"
    ),
    "nesterov": (
        "doubled:2 lr-inside-velocity:1 ascent:1 lookahead-opposed:1 velocity-sign:3 "
        "velocity-turned:2 seeded-with-gradient:1 starts-at-one:1 lr-forgotten:1 lr-twice:2 "
        "lookahead-forgotten:1 lookahead-without-beta:4 lookahead-averaged:1 lookahead-kept:1 "
        "step-kept:1 memory-forgotten:2 lookahead-in-memory:5"
    ),
    "beta_for": (
        "another-memory:4 half-life-as-if-long:1 same-part-each-step:1 half-life-upside-down:3 "
        "what-is-let-in:1 memory-that-grows:3"
    ),
    "convert": (
        "ascent:1 lr-forgotten:1 lr-twice:1 converted-backwards:2 conversion-forgotten:1 "
        "converted-one-way:2 converted-by-beta:3 velocity-converted:1 difference-converted:2"
    ),
    "rmsprop": (
        "average-weights-swapped:1 weight-without-parentheses:1 eps-inside:2 eps-outside:2 "
        "eps-forgotten:1 eps-as-floor:1 eps-fixed:1 no-root:1 root-as-half:1 root-multiplies:1 "
        "no-one-minus-beta:1 ascent:1 accumulator-summed:1 seeded-with-gradient:1 starts-at-one:1 "
        "scalar-accumulator:2 square-forgotten:1 abs-for-square:1 v-not-used:1 lr-forgotten:1 "
        "lr-twice:1 stale-v:1 memory-forgotten:2"
    ),
    "adagrad": (
        "eps-inside:2 eps-outside:2 eps-forgotten:1 eps-as-floor:1 eps-fixed:1 no-root:1 "
        "root-as-half:1 root-multiplies:1 ascent:1 accumulator-averaged:13 half-an-average:8 "
        "seeded-with-gradient:1 starts-at-one:1 starts-at-a-tenth:1 scalar-accumulator:2 "
        "square-forgotten:1 abs-for-square:1 v-not-used:1 lr-forgotten:1 lr-twice:1 stale-v:1 "
        "memory-forgotten:2"
    ),
    "rmsprop_momentum": (
        "betas-swapped:1 beta1-for-v:1 betas-in-one-average:2 average-weights-swapped:1 "
        "weight-without-parentheses:1 eps-inside:2 eps-outside:1 eps-forgotten:1 eps-as-floor:1 "
        "eps-fixed:1 no-root:1 root-as-half:1 root-multiplies:1 no-one-minus-beta:1 doubled:1 "
        "ball-before-scaling:2 lr-inside-velocity:1 ascent:1 velocity-sign:2 velocity-turned:1 "
        "accumulator-summed:1 seeded-with-gradient:1 starts-at-one:3 scalar-accumulator:2 "
        "square-forgotten:1 abs-for-square:1 m-squared:1 g-for-m:2 v-not-used:1 lr-forgotten:1 "
        "lr-twice:2 stale-m:1 stale-v:1 memory-forgotten:4 memory-swapped:1"
    ),
    "average_weights": (
        "newest-first:1 weights-of-a-sum:1 weights-of-a-full-average:3 age-off-by-one:3 "
        "weights-without-a-power:3"
    ),
    "adam_test": "betas-swapped:1",
    "bias_correction": (
        "no-correction:1 frozen-t:1 frozen-power:1 beta-times-t:1 power-of-one-minus-beta:1 "
        "correction-multiplies:1 correction-adds:1 correction-without-parentheses:1 "
        "divided-by-what-is-left:1 t-off-by-one:2"
    ),
    "adam": (
        "no-correction:1 only-m-corrected:1 only-v-corrected:1 frozen-t:4 frozen-power:3 "
        "beta-times-t:3 power-of-one-minus-beta:3 correction-multiplies:3 correction-adds:3 "
        "correction-without-parentheses:3 correction-outside-root:1 divided-by-what-is-left:1 "
        "t-off-by-one:8 corrected-kept:3 betas-swapped:3 beta1-for-v:3 beta2-for-m:3 "
        "betas-in-one-average:4 average-weights-swapped:3 weight-without-parentheses:3 "
        "eps-inside:3 eps-hat:1 eps-outside:2 eps-forgotten:1 eps-as-floor:1 eps-fixed:1 "
        "no-root:1 root-as-half:1 root-multiplies:1 no-one-minus-beta:3 ascent:1 velocity-sign:1 "
        "velocity-turned:1 accumulator-summed:2 seeded-with-gradient:4 starts-at-one:3 "
        "scalar-accumulator:2 square-forgotten:1 abs-for-square:1 m-squared:1 g-for-m:2 "
        "v-not-used:1 lr-forgotten:1 lr-twice:1 stale-m:3 stale-v:1 memory-forgotten:6 "
        "memory-swapped:1 g-for-v:2 m-for-v:4 v-for-m:2"
    ),
    "adamw": (
        "no-correction:1 only-m-corrected:1 only-v-corrected:1 frozen-t:4 frozen-power:3 "
        "beta-times-t:3 power-of-one-minus-beta:3 correction-multiplies:3 correction-adds:3 "
        "correction-without-parentheses:3 correction-outside-root:1 divided-by-what-is-left:1 "
        "t-off-by-one:8 corrected-kept:3 betas-swapped:3 beta1-for-v:3 beta2-for-m:3 "
        "betas-in-one-average:4 average-weights-swapped:3 weight-without-parentheses:3 "
        "eps-inside:3 eps-hat:1 eps-outside:2 eps-forgotten:1 eps-as-floor:1 eps-fixed:1 "
        "no-root:1 root-as-half:1 root-multiplies:1 no-one-minus-beta:3 ascent:1 velocity-sign:1 "
        "velocity-turned:1 accumulator-summed:2 seeded-with-gradient:4 starts-at-one:3 "
        "scalar-accumulator:2 square-forgotten:1 abs-for-square:1 m-squared:1 g-for-m:2 "
        "v-not-used:1 lr-forgotten:1 lr-twice:1 step-for-parameters:2 l2-for-decoupled:2 "
        "decay-unscaled:1 decay-after:1 decay-forgotten:1 decay-grows:1 decay-in-step:1 "
        "stale-m:3 stale-v:1 memory-forgotten:6 memory-swapped:1 g-for-v:2 m-for-v:4 v-for-m:2"
    ),
    "amsgrad": (
        "no-correction:1 only-m-corrected:1 only-v-corrected:1 frozen-t:4 frozen-power:3 "
        "beta-times-t:3 power-of-one-minus-beta:3 correction-multiplies:3 correction-adds:3 "
        "correction-without-parentheses:3 corrected-twice:1 divided-by-what-is-left:1 "
        "t-off-by-one:8 corrected-kept:4 betas-swapped:3 beta1-for-v:3 beta2-for-m:3 "
        "betas-in-one-average:4 average-weights-swapped:3 weight-without-parentheses:3 "
        "eps-inside:3 eps-hat:1 eps-outside:2 eps-forgotten:1 eps-as-floor:1 eps-fixed:1 "
        "no-root:1 root-as-half:1 root-multiplies:1 no-one-minus-beta:3 ascent:1 velocity-sign:1 "
        "velocity-turned:1 accumulator-summed:1 seeded-with-gradient:3 starts-at-one:3 "
        "scalar-accumulator:3 square-forgotten:1 abs-for-square:1 m-squared:1 g-for-m:2 "
        "v-not-used:1 lr-forgotten:1 lr-twice:1 stale-m:2 max-forgotten:2 max-overwrites-v:1 "
        "min-for-max:1 max-after-correction:1 memory-forgotten:9 memory-swapped:1 m-for-v:2 "
        "v-for-m:2"
    ),
    "adamax": (
        "no-correction:1 frozen-t:2 frozen-power:1 beta-times-t:1 power-of-one-minus-beta:1 "
        "correction-multiplies:1 correction-adds:1 correction-without-parentheses:1 "
        "t-off-by-one:4 corrected-kept:1 betas-swapped:1 beta2-for-m:3 betas-in-one-average:2 "
        "average-weights-swapped:1 weight-without-parentheses:1 eps-forgotten:1 eps-fixed:1 "
        "root-multiplies:1 no-one-minus-beta:1 ascent:1 velocity-sign:1 velocity-turned:1 "
        "seeded-with-gradient:1 starts-at-one:3 scalar-accumulator:1 abs-forgotten:1 m-squared:1 "
        "g-for-m:2 v-not-used:1 lr-forgotten:1 lr-twice:1 stale-m:2 max-forgotten:1 "
        "max-without-fading:1 average-for-max:6 maximum-corrected:1 min-for-max:1 eps-beside-u:2 "
        "memory-forgotten:4"
    ),
    "nadam": (
        "no-correction:2 only-m-corrected:1 only-v-corrected:1 frozen-t:2 frozen-power:1 "
        "beta-times-t:1 power-of-one-minus-beta:1 correction-multiplies:1 correction-adds:1 "
        "correction-without-parentheses:1 correction-outside-root:1 t-off-by-one:4 "
        "corrected-kept:3 betas-swapped:2 beta1-for-v:3 beta2-for-m:1 betas-in-one-average:4 "
        "average-weights-swapped:3 weight-without-parentheses:3 eps-inside:3 eps-hat:1 "
        "eps-outside:2 eps-forgotten:1 eps-as-floor:1 eps-fixed:1 no-root:1 root-as-half:1 "
        "root-multiplies:1 no-one-minus-beta:3 ascent:1 velocity-sign:1 velocity-turned:1 "
        "accumulator-summed:2 seeded-with-gradient:3 starts-at-one:3 scalar-accumulator:2 "
        "square-forgotten:1 abs-for-square:1 m-squared:1 g-for-m:1 v-not-used:1 lr-forgotten:1 "
        "lr-twice:1 stale-v:1 lookahead-forgotten:2 beta1-not-scheduled:1 nadam-simplified:1 "
        "schedule-of-keras:1 product-not-carried:2 memory-forgotten:7 memory-swapped:1 g-for-v:2 "
        "m-for-v:4 v-for-m:1"
    ),
    "adabelief": (
        "no-correction:1 only-m-corrected:1 frozen-t:4 frozen-power:3 beta-times-t:3 "
        "power-of-one-minus-beta:3 correction-multiplies:1 correction-adds:3 "
        "correction-without-parentheses:1 divided-by-what-is-left:1 t-off-by-one:8 "
        "corrected-kept:2 betas-swapped:2 beta1-for-v:1 beta2-for-m:3 betas-in-one-average:2 "
        "average-weights-swapped:1 weight-without-parentheses:1 no-root:1 no-one-minus-beta:1 "
        "ascent:1 velocity-sign:1 velocity-turned:1 seeded-with-gradient:1 g-for-m:2 "
        "lr-forgotten:1 lr-twice:1 stale-m:2 memory-forgotten:2 size-for-straying:1 "
        "straying-from-the-old:1 straying-from-the-corrected:1 straying-not-squared:2 "
        "eps-not-in-memory:2 eps-averaged:2 eps-forgotten:1 eps-inside:1 eps-outside:2 "
        "only-v-corrected:1 root-as-half:1"
    ),
    "radam": (
        "only-m-corrected:1 frozen-t:4 frozen-power:3 correction-multiplies:1 correction-adds:3 "
        "correction-without-parentheses:1 divided-by-what-is-left:1 corrected-kept:1 "
        "betas-swapped:3 beta1-for-v:3 beta2-for-m:3 betas-in-one-average:4 "
        "average-weights-swapped:3 weight-without-parentheses:3 eps-inside:2 eps-forgotten:1 "
        "eps-as-floor:1 eps-fixed:1 no-root:1 root-as-half:1 no-one-minus-beta:3 ascent:1 "
        "velocity-sign:1 velocity-turned:1 accumulator-summed:1 seeded-with-gradient:3 "
        "starts-at-one:3 scalar-accumulator:2 square-forgotten:1 abs-for-square:1 m-squared:1 "
        "g-for-m:1 v-for-m:1 lr-forgotten:1 lr-twice:1 stale-m:1 stale-v:1 memory-forgotten:6 "
        "memory-swapped:1 plain-adam:2 rectifier-forgotten:1 rectifier-turned:2 "
        "waits-too-long-or-short:2 "
        "stands-still-while-waiting:1 memory-length-miscounted:5 eps-to-corrected-root:1 "
        "no-correction:1 only-v-corrected:3 never-waits:4 divisor-without-parentheses:3 "
        "eps-outside:1"
    ),
    "adafactor": (
        "frozen-t:1 eps-forgotten:1 ascent:1 lr-forgotten:1 lr-twice:1 memory-forgotten:2 "
        "rows-not-relative:1 both-relative:1 relative-to-the-sum:1 sums-for-means:2 "
        "not-factored:1 roots-averaged:2 decay-rate-as-beta:2 share-of-the-past-turned:1 "
        "step-not-limited:1 step-always-rescaled:2 limited-entry-by-entry:3 eps-at-the-root:2 "
        "eps-twice:1"
    ),
    "muon": (
        "frozen-t:2 frozen-power:1 beta-times-t:1 power-of-one-minus-beta:1 correction-adds:1 "
        "divided-by-what-is-left:1 average-weights-swapped:1 weight-without-parentheses:1 "
        "no-one-minus-beta:1 ascent:1 velocity-sign:1 velocity-turned:1 seeded-with-gradient:1 "
        "lr-forgotten:1 lr-twice:2 memory-forgotten:1 not-brought-near-1:2 one-schulz-step:1 "
        "schulz-not-renewed:1 entry-by-entry:2 numbers-of-schulz:3 not-made-small:3 "
        "shape-forgotten:3 muon-without-looking-ahead:1 muon-not-corrected:1 stale-m:1 "
        "eps-outside:1 eps-forgotten:1 eps-inside:1 rows-for-columns:3 mean-for-norm:2 "
        "steps-miscounted-in-looking-ahead:6"
    ),
    "lion": (
        "betas-swapped:1 beta2-for-m:1 betas-in-one-average:3 average-weights-swapped:2 "
        "weight-without-parentheses:2 no-one-minus-beta:3 ascent:1 velocity-sign:2 "
        "seeded-with-gradient:1 starts-at-one:1 g-for-m:1 lr-forgotten:1 lr-twice:1 stale-m:1 "
        "m-after-sign:3 sign-forgotten:1 sign-by-division:1 step-kept:1 memory-forgotten:1"
    ),
    "adam_all": (
        "no-correction:1 only-m-corrected:1 only-v-corrected:1 frozen-t:4 frozen-power:3 "
        "beta-times-t:3 power-of-one-minus-beta:3 correction-multiplies:3 correction-adds:3 "
        "correction-without-parentheses:3 correction-outside-root:1 divided-by-what-is-left:1 "
        "t-off-by-one:7 t-per-tensor:1 corrected-kept:1 betas-swapped:3 beta1-for-v:3 "
        "beta2-for-m:3 betas-in-one-average:4 average-weights-swapped:3 "
        "weight-without-parentheses:3 eps-inside:3 eps-hat:1 eps-outside:2 eps-forgotten:1 "
        "eps-as-floor:1 eps-fixed:1 no-root:1 root-as-half:1 root-multiplies:1 "
        "no-one-minus-beta:3 ascent:1 velocity-sign:1 velocity-turned:1 accumulator-summed:2 "
        "seeded-with-gradient:4 starts-at-one:2 scalar-accumulator:2 square-forgotten:1 "
        "abs-for-square:1 m-squared:1 g-for-m:2 v-not-used:1 lr-forgotten:1 lr-twice:1 stale-m:2 "
        "stale-v:1 memory-forgotten:4 memory-shared:2 memory-swapped:1 g-for-v:2 m-for-v:4 "
        "v-for-m:2"
    ),
    "resume": (
        "no-correction:1 only-m-corrected:1 only-v-corrected:1 frozen-t:4 frozen-power:3 "
        "beta-times-t:3 power-of-one-minus-beta:3 correction-multiplies:3 correction-adds:3 "
        "correction-without-parentheses:3 correction-outside-root:1 divided-by-what-is-left:1 "
        "t-off-by-one:7 t-per-epoch:1 corrected-kept:1 betas-swapped:3 beta1-for-v:3 "
        "beta2-for-m:3 betas-in-one-average:4 average-weights-swapped:3 "
        "weight-without-parentheses:3 eps-inside:3 eps-hat:1 eps-outside:2 eps-forgotten:1 "
        "eps-as-floor:1 eps-fixed:1 no-root:1 root-as-half:1 root-multiplies:1 "
        "no-one-minus-beta:3 ascent:1 velocity-sign:1 velocity-turned:1 accumulator-summed:2 "
        "seeded-with-gradient:4 starts-at-one:2 scalar-accumulator:2 square-forgotten:1 "
        "abs-for-square:1 m-squared:1 g-for-m:2 v-not-used:1 lr-forgotten:1 lr-twice:1 "
        "step-for-parameters:1 stale-m:3 stale-v:1 return-in-loop:1 memory-forgotten:8 g-for-v:2 "
        "m-for-v:4 v-for-m:2"
    ),
    "schedule": (
        "ascent:1 lr-forgotten:2 lr-twice:1 floor-forgotten:1 drop-off-by-one:2 rounded-up:3 "
        "factor-not-repeated:4 power-of-k:2 power-first:2 inverse-decay:2"
    ),
    "warmup_cosine": (
        "ascent:1 lr-forgotten:1 lr-twice:1 warmup-from-zero:1 warmup-forgotten:2 "
        "warmup-one-too-long:1 warmup-stretched:2 division-first:5 cosine-not-shifted:2 "
        "cosine-too-slow:1 cosine-off-by-one:4 warmup-times-cosine:1 cosine-not-raised:3 "
        "pi-forgotten:3 rises-again:1"
    ),
    "clip": (
        "root-as-half:1 clipped-by-value:1 always-rescaled:4 clipped-to-one:7 norm-per-row:2 "
        "spectral-norm:1"
    ),
    "training_loop": (
        "return-in-loop:2 gradients-not-cleared:3 gradients-cleared-too-soon:1 "
        "step-before-backward:2 backward-forgotten:1 step-forgotten:1 step-per-epoch:2 "
        "scheduler-first:3 scheduler-per-batch:1 scheduler-twice:2 scheduler-forgotten:2"
    ),
    "parameter_groups": (
        "lr-forgotten:1 decay-on-all:2 group-takes-the-default:1 decay-not-handed-on:2 "
        "decay-turned-round:1 decay-scaled-twice:1 two-axes-alone:1 chosen-by-name:3 "
        "in-two-groups:2 parameter-left-out:4 group-without-lr:2 unknown-group-key:3 "
        "matrices-left-out:1"
    ),
    "checkpoint": (
        "return-in-loop:5 gradients-not-cleared:2 gradients-cleared-too-soon:1 "
        "step-before-backward:2 backward-forgotten:1 step-forgotten:1 step-per-epoch:2 "
        "scheduler-first:3 scheduler-per-batch:1 scheduler-twice:2 scheduler-forgotten:2 "
        "model-left-behind:1 optimizer-left-behind:1 count-left-behind:1 scheduler-left-behind:1 "
        "checkpoint-not-used:1 only-the-weights:2 others-trained:1 epochs-counted-anew:2 "
        "epoch-off-by-one:2 checkpoint-shared:3 loaded-too-late:1 saved-too-soon:1"
    ),
    "fair_race": (
        "another-rate:4 walk-not-begun-anew:5 memory-not-begun-anew:1 one-rate-for-all:1 "
        "nothing-chosen:2 worst-chosen:1 chosen-by-test:1 tuning-loss-reported:1 uneven-steps:2 "
        "a-step-too-few:2 a-step-too-many:1 every-rate-another:2 some-rates-another:3"
    ),
}


def test_two_names_for_one_array_are_no_difference_to_one_side():
    def two_names(loss, x):
        gradient = np.zeros_like(x, dtype=float)
        for i in np.ndindex(x.shape):
            forward = back = x.astype(float)
            forward[i] += 1e-5
            back[i] -= 1e-5
            gradient[i] = (loss(forward) - loss(back)) / 2e-5
        return gradient

    report = check("finite_difference", two_names)
    assert not report.passed and report.variant is None
    assert "names of one array" in report.message
