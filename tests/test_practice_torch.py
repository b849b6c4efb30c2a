"""The training loop's stand-ins do PyTorch's arithmetic.

In a file of its own, after the others: a process that has loaded PyTorch forks slowly.
"""

import warnings

import numpy as np
import pytest

from descent.practice import judging, playing
from descent.practice import torch_stand_in as stand_in
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import wrong_answers


def test_the_training_loop_does_with_torch_what_it_does_with_the_stand_ins():
    torch = pytest.importorskip("torch")
    exercise = EXERCISES["training_loop"]
    for loop in (exercise.answer, *(wrong for _, _, wrong in wrong_answers(exercise.answer))):
        played = judging.attempted(exercise.play, exercise, loop)
        weight = torch.nn.Linear(1, 1, bias=False).double()
        with torch.no_grad():
            weight.weight.fill_(0.5)
        optimizer = torch.optim.SGD(weight.parameters(), lr=0.1)
        path = []
        optimizer.register_step_post_hook(
            lambda *_, weight=weight, path=path: path.append(weight.weight.item())
        )
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
        X = [[[1.0], [2.0]], [[-1.0], [0.5]], [[1.5], [-0.5]]]
        X = [torch.tensor(x, dtype=torch.double) for x in X]
        batches = [(x, 3 * x + 0.1) for x in X]
        loss = torch.nn.MSELoss()
        with warnings.catch_warnings(action="ignore"):  # torch warns of some of these loops.
            loop(weight, lambda p, y, loss=loss: loss(p, y) / 2, optimizer, scheduler, batches, 3)
        mine = [v[0] for case, place, v, _ in played.values[1:10] if case.startswith("3 epochs")]
        mine = [w for w in mine if not np.isnan(w)]
        assert path[: len(mine)] == pytest.approx(mine, rel=1e-9)


def every_answer(name):
    """The right answer and all wrong ones that the bank knows."""
    answer = EXERCISES[name].answer
    return [answer, *(wrong for _, _, wrong in wrong_answers(answer))]


def model_of(torch, shapes, values):
    """A module with parameters of these names and values."""
    model = torch.nn.Module()
    for name, value in zip(shapes, values, strict=True):
        *path, last = name.split(".")
        inner = model
        for part in path:
            if not hasattr(inner, part):
                inner.add_module(part, torch.nn.Module())
            inner = getattr(inner, part)
        inner.register_parameter(last, torch.nn.Parameter(torch.tensor(value)))
    return model


def stepped(torch, build, shapes, values):
    """The parameters after two steps of an optimizer that `build` makes for torch's model."""
    model = model_of(torch, shapes, values)
    optimizer = build(model, torch.optim.AdamW, lr=0.1, weight_decay=0.5)
    for k in range(2):
        for p in model.parameters():
            g = np.cos(np.arange(p.numel()) + k).reshape(tuple(p.shape)) / (1 + k)
            p.grad = torch.tensor(g)
        optimizer.step()
    return [p.detach().numpy() for p in model.parameters()]


def test_groups_of_parameters_are_stepped_as_torch_does():
    torch = pytest.importorskip("torch")
    shapes = playing.MODELS["a network"]
    for build in every_answer("parameter_groups"):
        played = judging.attempted(
            EXERCISES["parameter_groups"].play, EXERCISES["parameter_groups"], build
        )
        values = playing.begin_values(shapes)
        if played.seen["refused"]:
            with pytest.raises(ValueError, match=played.seen["refused"]):
                stepped(torch, build, shapes, values)
            continue
        mine = [v for _, place, v, _ in played.values if place == "After step 2"][: len(shapes)]
        for one, other in zip(mine, stepped(torch, build, shapes, values), strict=True):
            assert one == pytest.approx(other, rel=1e-9)


def interrupted(torch, train, n, epochs, stop):
    """The weight at every step of a training with torch that is interrupted, as it is played."""
    path = []

    def new():
        model = torch.nn.Linear(1, 1, bias=False).double()
        with torch.no_grad():
            model.weight.fill_(0.5)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.3)
        optimizer.register_step_post_hook(lambda *_: path.append(model.weight.item()))
        return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 3, gamma=0.5)

    X = [torch.tensor(x, dtype=torch.double) for x in playing.BATCHES[:n]]
    batches = [(x, 3 * x + 0.1) for x in X]
    half = torch.nn.MSELoss()

    def loss(p, y):
        return half(p, y) / 2

    first, optimizer, scheduler = new()
    saved = train(first, loss, optimizer, scheduler, batches, stop)
    if stop == epochs:
        return path
    before = [*path]
    for x, y in batches:
        optimizer.zero_grad()
        loss(first(x), y).backward()
        optimizer.step()
        scheduler.step()
    path.clear()
    second, optimizer, scheduler = new()
    train(second, loss, optimizer, scheduler, batches, epochs, saved)
    return before + path


def test_trainings_are_interrupted_as_with_torch():
    torch = pytest.importorskip("torch")
    for train in every_answer("checkpoint"):
        played = judging.attempted(EXERCISES["checkpoint"].play, EXERCISES["checkpoint"], train)
        for title, n, epochs, stop in playing.INTERRUPTIONS:
            with warnings.catch_warnings(action="ignore"):
                path = interrupted(torch, train, n, epochs, stop)
            mine = [v for t, _, v, _ in played.values if t == title]
            count, steps = int(mine[0]), mine[1:-1]
            assert count == len(path), title
            found = [float(w[0]) for w in steps if not np.isnan(w[0])]
            assert path[: len(found)] == pytest.approx(found, rel=1e-9), title


def refusals(parameters, model, AdamW):
    """What is asked for that PyTorch refuses."""
    a, b = parameters
    yield lambda: AdamW([])
    yield lambda: AdamW(a)
    yield lambda: AdamW([a, "b"])
    yield lambda: AdamW([dict(params={a, b})])
    yield lambda: AdamW([dict(params=[a]), dict(params=[a, b])])
    yield lambda: AdamW([dict(params=[a]), [b]])
    yield lambda: AdamW([a, b], lr=-1)
    yield lambda: AdamW([a, b], weight_decay=-1)
    yield lambda: AdamW([a, b], decay=0)
    yield lambda: AdamW([a]).load_state_dict(AdamW([a, b]).state_dict())
    yield lambda: AdamW([a]).load_state_dict(AdamW([dict(params=a), dict(params=b)]).state_dict())
    yield lambda: AdamW([a]).load_state_dict({})
    yield lambda: b in [a]
    yield lambda: model.load_state_dict([1])
    yield lambda: model.load_state_dict({})
    yield lambda: model.load_state_dict(dict(model.state_dict(), more=1))


def test_what_torch_refuses_is_refused_with_its_kind_of_error():
    torch = pytest.importorskip("torch")
    values = np.arange(3.0), np.ones(3)
    mine = [stand_in.Parameter(value) for value in values]
    theirs = [torch.nn.Parameter(torch.tensor(value)) for value in values]
    models = stand_in.Module(dict(weight=[[1.0]])), torch.nn.Linear(1, 1, bias=False)
    asked = zip(
        refusals(mine, models[0], stand_in.AdamW),
        refusals(theirs, models[1], torch.optim.AdamW),
        strict=True,
    )
    for number, (one, other) in enumerate(asked):
        with pytest.raises(Exception) as expected:
            other()
        with pytest.raises(type(expected.value)) as found:
            one()
        begins = " ".join(str(found.value).split()[:3])
        assert begins in " ".join(str(expected.value).split()), number


def test_states_are_shared_and_loaded_as_with_torch():
    torch = pytest.importorskip("torch")
    seen = []
    for of, AdamW, linear in (
        (stand_in.Tensor.of, stand_in.AdamW, stand_in.Module(dict(weight=[[0.5]]))),
        (torch.tensor, torch.optim.AdamW, torch.nn.Linear(1, 1, bias=False).double()),
    ):
        p = next(linear.parameters())
        p.data[...] = 0.5
        optimizer, other = AdamW([p], lr=0.1), AdamW([p], lr=0.5)

        def step(one, g, p=p, of=of):
            p.grad = of(np.array([[g]]))
            one.step()

        step(optimizer, 1.0)
        state, weights = optimizer.state_dict(), linear.state_dict()
        step(optimizer, 2.0)  # What was handed out goes along.
        other.load_state_dict(state)
        step(other, 3.0)  # So does what was loaded.
        memory, (group,) = state["state"][0], state["param_groups"]
        numbers = [memory[name].item() for name in ("step", "exp_avg", "exp_avg_sq")]
        rates = [group["lr"], other.param_groups[0]["lr"], optimizer.param_groups[0]["lr"]]
        seen.append([*numbers, weights["weight"].item(), *rates, group["params"][0]])
    assert seen[0] == pytest.approx(seen[1], rel=1e-9)
