"""Just enough of PyTorch that a training loop runs, and the order of its calls shows."""

import numpy as np

from .calls import Refused


class Parameter:
    def __init__(self, value):
        self.data, self.grad, self.requires_grad = value, None, True


class Model:
    """Multiplies by one number."""

    def __init__(self, log):
        self.weight, self.log, self.training = Parameter(0.5), log, True

    def __call__(self, X):
        self.log.append("model")
        return Prediction(self.weight, np.asarray(X) * self.weight.data, np.asarray(X))

    forward = __call__

    def parameters(self):
        return iter([self.weight])

    def train(self, mode=True):
        return self

    def eval(self):
        return self

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        self.weight.grad = None


class Prediction:
    def __init__(self, weight, values, X):
        self.weight, self.values, self.X = weight, values, X
        self.shape = values.shape

    def squeeze(self, *_):
        return self

    view = reshape = flatten = squeeze


class Loss:
    def __init__(self, prediction, y, log):
        self.p, self.error, self.log = prediction, prediction.values - np.asarray(y), log
        self.done = False

    def backward(self):
        self.log.append("backward")
        if self.done:
            raise RuntimeError("backward was called twice on the same loss")
        self.done = True
        slope = float((self.error * self.p.X).mean())
        self.p.weight.grad = slope + (self.p.weight.grad or 0.0)

    def item(self):
        return float((self.error**2).mean() / 2)

    __float__ = item

    def detach(self):
        return self

    cpu = numpy = detach

    def __add__(self, other):
        return self.item() + float(other)

    __radd__ = __add__

    def __mul__(self, other):
        return self.item() * other

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.item() / other

    def __format__(self, spec):
        return format(self.item(), spec)


class Optimizer:
    def __init__(self, model, log):
        self.weight, self.log, self.updates = model.weight, log, []
        self.param_groups = [dict(params=[model.weight], lr=0.1)]

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        self.weight.grad = None

    def step(self, closure=None):
        self.log.append("optimizer.step")
        lr = self.param_groups[0]["lr"]
        self.weight.data -= lr * (self.weight.grad or 0.0)
        if len(self.updates) > 1000:
            raise Refused("optimizer.step() was called more than 1000 times.")
        self.updates.append((self.weight.data, lr))


class Scheduler:
    """Halves the learning rate."""

    def __init__(self, optimizer, log):
        self.optimizer, self.log = optimizer, log

    def step(self, *_):
        self.log.append("scheduler.step")
        self.optimizer.param_groups[0]["lr"] /= 2

    def get_last_lr(self):
        return [self.optimizer.param_groups[0]["lr"]]
