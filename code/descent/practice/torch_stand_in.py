"""Just enough of PyTorch that a training loop runs, and the order of its calls shows."""

import numpy as np

from .calls import Refused

LACKS = "this check plays PyTorch with a small stand-in, and it has no"


class _StandIn:
    """What says that it is no more than a stand-in when something is asked of it that it lacks."""

    called = "thing"

    def __getattr__(self, name):
        # The error that `hasattr` and `getattr` know.
        raise AttributeError(f"{LACKS} `{name}` for {self.called}")

    def _itself(self, *args, **kwargs):
        return self

    to = cpu = cuda = float = double = requires_grad_ = _itself


class Tensor(np.ndarray):
    """An array that answers to torch's names too."""

    @classmethod
    def of(cls, values):
        return np.asarray(values, np.float64).view(cls)

    def view(self, *shape):
        if all(isinstance(n, int | tuple) for n in shape):
            return self.reshape(*shape)
        return super().view(*shape)  # As NumPy itself calls it.

    def size(self, axis=None):
        return self.shape if axis is None else self.shape[axis]

    def numel(self):
        return int(np.prod(self.shape))

    def dim(self):
        return self.ndim

    def unsqueeze(self, axis):
        return np.expand_dims(self, axis)

    def _itself(self, *args, **kwargs):
        return self

    to = cpu = cuda = float = double = detach = clone = contiguous = requires_grad_ = _itself

    def numpy(self):
        return np.array(self, subok=False)

    def __getattr__(self, name):
        raise AttributeError(f"{LACKS} `{name}` for a tensor")


class Parameter(_StandIn):
    called = "a parameter"

    def __init__(self, value):
        self.data, self.grad, self.requires_grad = value, None, True


class Model(_StandIn):
    """Multiplies by one number."""

    called = "the model"

    def __init__(self, log):
        self.weight, self.log, self.training = Parameter(0.5), log, True

    def __call__(self, X):
        self.log.append("model")
        return Prediction(self.weight, np.asarray(X) * self.weight.data, np.asarray(X))

    forward = __call__

    def parameters(self):
        return iter([self.weight])

    def named_parameters(self):
        return iter([("weight", self.weight)])

    def state_dict(self):
        return dict(weight=self.weight.data)

    def train(self, mode=True):
        self.training = mode
        return self

    def eval(self):
        return self.train(False)

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        self.weight.grad = None


class Prediction(_StandIn):
    called = "what the model returns"

    def __init__(self, weight, values, X):
        self.weight, self.values, self.X = weight, values, X
        self.shape = values.shape

    def size(self, axis=None):
        return self.shape if axis is None else self.shape[axis]

    def __len__(self):
        return len(self.values)

    def squeeze(self, *_):
        return self

    view = reshape = flatten = ravel = unsqueeze = contiguous = squeeze


class Loss(_StandIn):
    """Half the mean square of the errors, times a factor."""

    called = "a loss"

    def __init__(self, prediction, y, log, factor=1.0, parts=()):
        if parts:
            self.p, self.value, self.slope = parts
        else:
            error = prediction.values - np.reshape(np.asarray(y), prediction.shape)
            self.p, self.value = prediction, (error**2).mean() / 2
            self.slope = (error * prediction.X).mean()
        self.log, self.factor, self.done = log, factor, [False]

    def _times(self, factor):
        parts = self.p, self.value, self.slope
        scaled = Loss(None, None, self.log, self.factor * factor, parts)
        scaled.done = self.done  # One graph, and it is run through once.
        return scaled

    def backward(self, *args, retain_graph=False, **kwargs):
        self.log.append("backward")
        if self.done[0]:
            raise RuntimeError("backward was called twice on the same loss")
        self.done[0] = not retain_graph
        self.p.weight.grad = float(self.factor * self.slope) + (self.p.weight.grad or 0.0)

    def item(self):
        return float(self.factor * self.value)

    __float__ = item

    @property
    def data(self):
        return self

    @property
    def shape(self):
        return ()

    def mean(self):
        return self

    sum = squeeze = detach = clone = numpy = mean

    def __add__(self, other):
        return self.item() + float(other)

    __radd__ = __add__

    def __mul__(self, other):
        return self._times(float(other))

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self._times(1 / float(other))

    def __lt__(self, other):
        return self.item() < float(other)

    def __gt__(self, other):
        return self.item() > float(other)

    def __le__(self, other):
        return self.item() <= float(other)

    def __ge__(self, other):
        return self.item() >= float(other)

    def __format__(self, spec):
        return format(self.item(), spec)


class Optimizer(_StandIn):
    called = "the optimizer"

    def __init__(self, model, log):
        self.weight, self.log, self.updates = model.weight, log, []
        self.param_groups = [dict(params=[model.weight], lr=0.1)]

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        self.weight.grad = None

    def state_dict(self):
        return dict(param_groups=self.param_groups)

    def step(self, closure=None):
        loss = None if closure is None else closure()
        self.log.append("optimizer.step")
        lr = self.param_groups[0]["lr"]
        self.weight.data -= lr * (self.weight.grad or 0.0)
        if len(self.updates) > 1000:
            raise Refused("optimizer.step() was called more than 1000 times.")
        self.updates.append((self.weight.data, lr))
        return loss


class Scheduler(_StandIn):
    """Halves the learning rate."""

    called = "the scheduler"

    def __init__(self, optimizer, log):
        self.optimizer, self.log, self.last_epoch = optimizer, log, 0

    def step(self, *_):
        self.log.append("scheduler.step")
        self.optimizer.param_groups[0]["lr"] /= 2
        self.last_epoch += 1

    def state_dict(self):
        return dict(last_epoch=self.last_epoch)

    def get_last_lr(self):
        return [self.optimizer.param_groups[0]["lr"]]
