"""The training loop's stand-ins do PyTorch's arithmetic.

In a file of its own, after the others: a process that has loaded PyTorch forks slowly.
"""

import warnings

import numpy as np
import pytest

from descent.practice import judging
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import wrong_answers


def test_the_training_loop_does_with_torch_what_it_does_with_the_stand_ins():
    torch = pytest.importorskip("torch")
    exercise = EXERCISES["training_loop"]
    for loop in (exercise.answer, *(wrong for _, _, wrong in wrong_answers(exercise.answer))):
        played = judging.play(exercise, loop)
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
