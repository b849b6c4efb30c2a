"""Just enough of PyTorch that a training loop runs, and the order of its calls shows."""

import warnings
from collections.abc import Mapping

import numpy as np

from descent import rules

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

    to = cpu = cuda = float = double = detach = contiguous = requires_grad_ = _itself

    def clone(self):
        return self.copy()

    def numpy(self):
        return np.asarray(self)

    def __getattr__(self, name):
        raise AttributeError(f"{LACKS} `{name}` for a tensor")


class Parameter(_StandIn):
    """A tensor that an optimizer writes into."""

    called = "a parameter"

    def __init__(self, value):
        self.data, self.grad, self.requires_grad = Tensor.of(np.array(value)), None, True

    @property
    def shape(self):
        return self.data.shape

    @property
    def ndim(self):
        return self.data.ndim

    def size(self, axis=None):
        return self.data.size(axis)

    def dim(self):
        return self.data.ndim

    def numel(self):
        return self.data.numel()

    def detach(self):
        return self.data

    def __eq__(self, other):
        if isinstance(other, Parameter) and self is not other:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return self is other

    __hash__ = object.__hash__


class Module(_StandIn):
    """Parameters with names."""

    called = "the model"

    def __init__(self, values):
        self.named = {name: Parameter(value) for name, value in values.items()}
        self.training = True

    def parameters(self):
        return iter(self.named.values())

    def named_parameters(self):
        return iter(self.named.items())

    def state_dict(self):
        """The parameters themselves under their names, and no copies: as in PyTorch."""
        return {name: parameter.data for name, parameter in self.named.items()}

    def load_state_dict(self, state, strict=True):
        if not isinstance(state, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
        differ = (
            ("Missing", self.named.keys() - state.keys()),
            ("Unexpected", state.keys() - self.named.keys()),
        )
        found = [
            f"{which} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in names) + "."
            for which, names in differ
            if names
        ]
        if found and strict:
            raise RuntimeError(f"Error(s) in loading state_dict: {' '.join(found)}")
        for name in self.named.keys() & state.keys():
            self.named[name].data[...] = state[name]

    def train(self, mode=True):
        self.training = mode
        return self

    def eval(self):
        return self.train(False)

    def zero_grad(self, set_to_none=True):
        for parameter in self.named.values():
            parameter.grad = None


class Model(Module):
    """Multiplies by one number."""

    def __init__(self, log):
        super().__init__(dict(weight=0.5))
        self.weight, self.log = self.named["weight"], log

    def __call__(self, X):
        self.log.append("model")
        return Prediction(self.weight, np.asarray(X) * float(self.weight.data), np.asarray(X))

    forward = __call__

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        super().zero_grad()


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


class Overlap(ValueError):
    """What PyTorch says to a parameter in two groups."""


class Optimizer(_StandIn):
    """Groups of parameters, and a memory for each parameter.

    `log` and `updates` write down which of its methods are called, and what its steps make of the
    first parameter, at which rate.
    """

    called = "the optimizer"

    def __init__(self, params, **defaults):
        if isinstance(params, Parameter):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got Parameter"
            )
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [dict(params=groups)]
        self.defaults, self.param_groups, self.state = defaults, [], {}
        self.log, self.updates = [], []
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group):
        if not isinstance(group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(group)}")
        params = group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Parameter) else list(params)
        params = [p[1] if isinstance(p, tuple) else p for p in params]  # With their names.
        for p in params:
            if not isinstance(p, Parameter):
                kind = type(p).__name__
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {kind}"
                )
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters", stacklevel=3
            )
        if not set(params).isdisjoint(p for other in self.param_groups for p in other["params"]):
            raise Overlap("some parameters appear in more than one parameter group")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none=True):
        self.log.append("zero_grad")
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None

    def state_dict(self):
        """The memory itself under the parameters' numbers, and no copies: as in PyTorch."""
        every = [p for group in self.param_groups for p in group["params"]]
        number = {p: k for k, p in reversed([*enumerate(every)])}
        groups = [g | dict(params=[number[p] for p in g["params"]]) for g in self.param_groups]
        return dict(state={number[p]: m for p, m in self.state.items()}, param_groups=groups)

    def load_state_dict(self, state):
        state = state.copy()
        saved = [dict(group) for group in state["param_groups"]]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(
            len(a["params"]) != len(b["params"])
            for a, b in zip(saved, self.param_groups, strict=True)
        ):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        found = {}
        for new, old in zip(saved, self.param_groups, strict=True):
            found.update(zip(new["params"], old["params"], strict=True))
            new["params"] = old["params"]
        self.state = {found[k]: dict(memory) for k, memory in state["state"].items()}
        self.param_groups = saved

    def step(self, closure=None):
        loss = None if closure is None else closure()
        self.log.append("optimizer.step")
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, group)
        if len(self.updates) > 1000:
            raise Refused("optimizer.step() was called more than 1000 times.")
        first = self.param_groups[0]
        self.updates.append(
            (first["params"][0].data.flat[0], first["lr"]) if first["params"] else ()
        )
        return loss


class SGD(Optimizer):
    """Gradient descent."""

    def __init__(self, params, lr=1e-3):
        super().__init__(params, lr=lr)

    def move(self, p, group):
        p.data -= group["lr"] * p.grad


class AdamW(Optimizer):
    """PyTorch's AdamW, with its defaults."""

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=1e-2,
        amsgrad=False,
        *,
        maximize=False,
        foreach=None,
        capturable=False,
        differentiable=False,
        fused=None,
    ):
        if lr < 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if weight_decay < 0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if amsgrad or maximize:
            asked = "amsgrad" if amsgrad else "maximize"
            raise Refused(f"That is PyTorch's; but {LACKS} `{asked}` for AdamW.")
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def move(self, p, group):
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if p not in self.state:
            names = "step", "exp_avg", "exp_avg_sq"
            shapes = (), p.shape, p.shape
            self.state[p] = {
                name: Tensor.of(np.zeros(shape)) for name, shape in zip(names, shapes, strict=True)
            }
        # In place, so that who holds these arrays sees them change.
        t, m, v = map(np.asarray, self.state[p].values())
        hyper = dict(lr=lr, beta1=beta1, beta2=beta2, eps=group["eps"])
        step, memory = rules.adam(np.asarray(p.grad), m, v, t, **hyper)
        for kept, name in ((t, "t"), (m, "m"), (v, "v")):
            kept[...] = memory[name]
        w = np.asarray(p.data)
        w *= 1 - lr * group["weight_decay"]
        w -= step


class Scheduler(_StandIn):
    """Halves the learning rates, after each `step_size` of its steps."""

    called = "the scheduler"

    def __init__(self, optimizer, log, step_size=1):
        self.optimizer, self.log = optimizer, log
        self.step_size, self.last_epoch = step_size, 0

    def step(self, *_):
        self.log.append("scheduler.step")
        self.last_epoch += 1
        if self.last_epoch % self.step_size == 0:
            for group in self.optimizer.param_groups:
                group["lr"] /= 2

    def state_dict(self):
        return dict(step_size=self.step_size, last_epoch=self.last_epoch)

    def load_state_dict(self, state):
        vars(self).update(state)

    def get_last_lr(self):
        return [group["lr"] for group in self.optimizer.param_groups]
