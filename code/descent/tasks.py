"""Learning problems on real data: each gives the loss and, written by hand, its gradient.

A task's parameters are one flat vector w, so that an optimizer needs to know nothing of the model.
``task(w)`` returns ``(loss, gradient)``. Axes of w before the last are runs of their own: learning
rates, seeds. A whole sweep is one call.

The file reads from simple to full: mini-batches, three losses, the data and how it is checked, what
all tasks share, the linear models, the network, and at the end the tasks themselves.
"""

import itertools
import math
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .checks import whole

__all__ = [
    "MLP",
    "Data",
    "LeastSquares",
    "Logistic",
    "Softmax",
    "Task",
    "WordPairs",
    "bag_of_words",
    "breast_cancer",
    "diabetes",
    "digits",
    "digits_mlp",
    "minibatches",
    "mnist1d",
    "moons",
    "split",
    "words",
]


def minibatches(n, batch_size, seed):
    """Return the row numbers of one epoch, shuffled, in batches.

    Every row comes once. The last batch is smaller where batch_size does not divide n.

    Parameters
    ----------
    n : int
        Number of rows.
    batch_size : int
        Rows to a batch, 1 or more.
    seed : int, sequence of int, or numpy.random.Generator
        The shuffle. A generator moves on, so the next epoch is shuffled differently; the same
        number gives the same epoch again.

    Returns
    -------
    batches : iterator of int ndarrays, shape (batch_size,) each

    Raises
    ------
    ValueError
        If n or batch_size is not a whole number, 1 or more.
    """
    n, batch_size = whole("n", n), whole("batch_size", batch_size)
    order = np.random.default_rng(seed).permutation(n)
    return (order[first : first + batch_size] for first in range(0, n, batch_size))


# Three losses. Each takes the model's outputs z, shape (..., n, K), and the answers y, shape
# (..., n), and returns the mean loss over the n rows with its gradient dz by the outputs.


def half_squared_error(z, y):
    """Half the mean squared difference between ``z[..., 0]`` and y."""
    r = z[..., 0] - y
    loss = (r * r).mean(axis=-1) / 2  # L = 1/(2n) sum (z - y)^2
    dz = r / r.shape[-1]  # dL/dz = (z - y) / n
    return loss, dz[..., None]


def binary_cross_entropy(z, y):
    """Cross-entropy in nats when ``sigmoid(z[..., 0])`` is the probability that y is 1."""
    z = z[..., 0]
    p = 1 / (1 + np.exp(-z))
    # L = -1/n sum log(p if y else 1 - p), and -log sigmoid(s) = log(1 + exp(-s)) for any large s
    loss = np.logaddexp(0, np.where(y, -z, z)).mean(axis=-1)
    dz = (p - y) / z.shape[-1]  # dL/dz = (p - y) / n
    return loss, dz[..., None]


def cross_entropy(z, y):
    """Cross-entropy in nats when ``softmax(z)`` are the probabilities of the classes."""
    Y = y[..., None] == np.arange(z.shape[-1])  # one-hot: a 1 in the column of the right class
    z = z - z.max(axis=-1, keepdims=True)  # changes no probability, and exp cannot overflow
    e = np.exp(z)
    total = e.sum(axis=-1, keepdims=True)
    # L = -1/n sum log p[y], with log p = z - log sum exp(z)
    n = z.shape[-2]
    loss = np.log(total).mean(axis=(-2, -1)) - (z * Y).sum(axis=(-2, -1)) / n
    dz = (e / total - Y) / n  # dL/dz = (p - Y) / n
    return loss, dz


class Data(NamedTuple):
    """The rows to learn from, and those to test on.

    Attributes
    ----------
    X, X_test : ndarray, shape (n, d) and (n_test, d)
        A row of features each; for word pairs a word's number, shape (n,).
    y, y_test : ndarray, shape (n,) and (n_test,)
        The answers: numbers, or classes from 0.
    """

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def split(X, y, seed=0):
    """Set a quarter of the rows aside for testing, drawn at random.

    Parameters
    ----------
    X : array_like, shape (n, ...)
    y : array_like, shape (n,)
    seed : int, default 0
        Of the drawing.

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        If X and y do not have as many rows.
    """
    X, y = np.asarray(X), np.asarray(y)
    if not X.ndim or X.shape[:1] != y.shape[:1]:
        raise ValueError(f"X and y must have a row for each other; got {X.shape} and {y.shape}")
    order = np.random.default_rng(seed).permutation(len(X))
    test, train = np.split(order, [len(X) // 4])
    return Data(X[train], y[train], X[test], y[test])


def _checked(data, X, y):
    """`data` as arrays that fit together; X and y are the checks for its rows and its answers.

    It is looked at here, when a task is made, and not again: loss and gradient may disagree in
    silence on what they weren't written for.
    """
    if not isinstance(data, (tuple, list)) or len(data) != 4:
        raise TypeError(f"data must be a Data(X, y, X_test, y_test); got a {type(data).__name__}")
    checks = dict(X=X, y=y, X_test=X, y_test=y)
    data = Data(*(checks[name](name, a) for name, a in zip(checks, data, strict=True)))
    for rows, answers in (("X", "y"), ("X_test", "y_test")):
        n, k = len(getattr(data, rows)), len(getattr(data, answers))
        if n != k:
            raise ValueError(f"{answers} must have an answer for each row of {rows}: {n}; got {k}")
    if data.X.shape[1:] != data.X_test.shape[1:]:
        columns, got = data.X.shape[1], data.X_test.shape[1]
        raise ValueError(f"X_test must have the {columns} columns of X; got {got}")
    return data


def _numbers(name, values, axes):
    """`values` as an array of finite numbers with so many axes, rows first."""
    given = np.asanyarray(values)
    plain = given.view(np.ndarray)
    if plain.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers; got {plain.dtype}")
    if plain.ndim != axes or not plain.size:
        form = "(rows, columns)" if axes == 2 else "(rows,)"
        raise ValueError(f"{name} must have the shape {form}, none of them 0; got {plain.shape}")
    bad = plain.size - np.count_nonzero(np.isfinite(plain))
    if bad:
        raise ValueError(f"{name} must be finite; {bad} of its {plain.size} numbers are not")
    return given


def _labels(name, values, k=None):
    """`values` as whole numbers from 0, below k if there is one."""
    given = _numbers(name, values, axes=1)
    with np.errstate(invalid="ignore"):
        labels = given.astype(int)
    wrong = (labels != given) | (labels < 0) | (labels >= (np.inf if k is None else k))
    if wrong.any():
        expected = "from 0" if k is None else f"in 0 .. {k - 1}"
        raise ValueError(f"{name} must hold whole numbers {expected}; got {given[wrong][0]}")
    return given if given.dtype.kind in "iu" else labels


_features, _answers = partial(_numbers, axes=2), partial(_numbers, axes=1)


class Task:
    """What all tasks share; a model adds ``_loss_and_gradient(w, X, y)`` for w of shape (runs, P).

    A model is made of a `Data`: X of shape (n, d), y of shape (n,), test rows alike, all finite
    and none empty. What it can't learn from is refused with a TypeError or a ValueError.

    Parameters
    ----------
    data : Data
        Checked by the model. `shapes` and `width` are kept as they are given.

    Attributes
    ----------
    X, y, X_test, y_test : ndarray
        The rows to learn from and those to test on. Answers are numbers, or classes from 0.
    n : int
        Number of training rows.
    size : int
        Number of parameters, P.
    shapes : dict
        Name and shape of each array in the flat vector, in order.
    width : int
        Numbers that one row needs in one run, roughly: for the size of the blocks.
    """

    def __init__(self, data, shapes, width):
        self.X, self.y, self.X_test, self.y_test = data
        self.n = len(self.X)
        self.shapes = shapes
        self.size = sum(math.prod(shape) for shape in shapes.values())
        self.width = width

    def __call__(self, w):
        """Return the mean loss over all training rows, and its gradient.

        Parameters
        ----------
        w : array_like, shape (..., P)
            Flat parameters; leading axes are runs. The arithmetic is in float64.

        Returns
        -------
        loss : array, shape (...)
            In nats, or half the mean squared error. Where w has gone too far it is infinite or
            NaN; that is no error and no warning.
        gradient : ndarray, shape (..., P)

        Raises
        ------
        ValueError
            If the last axis of w does not hold P numbers.
        """
        return self._over_runs(self._loss_and_gradient, w, self.X, self.y)

    def on(self, rows):
        """Return this task on some of its training rows only, to be called like the task itself.

        Parameters
        ----------
        rows : array_like of int, shape (B,) or (..., B)
            Row numbers; a row may come twice. Leading axes give each run its own rows.

        Returns
        -------
        function
            From w to the mean loss over these rows and its gradient.

        Raises
        ------
        ValueError
            If rows are no whole numbers, or none.
        IndexError
            If there is no such row.
        """
        rows = np.asarray(rows)
        if rows.dtype.kind not in "iu" or not rows.size or not rows.ndim:
            raise ValueError(f"rows must be a list of one or more whole numbers, got {rows!r}")
        if rows.min() < 0 or rows.max() >= self.n:
            raise IndexError(
                f"rows must lie in 0 .. {self.n - 1}, got {rows.min()} .. {rows.max()}"
            )
        return lambda w: self._over_runs(self._loss_and_gradient, w, self.X, self.y, rows)

    def noisy(self, batch_size, seed):
        """Return a callable that draws the next mini-batch whenever it is called.

        The rows come in one stream, epoch after epoch, each shuffled anew, and are dealt out in
        batches of one size: what is left over at the end of an epoch opens the next batch. (A
        short last batch, taken at the full learning rate, would count its rows double and more,
        just where losses are read.)

        Parameters
        ----------
        batch_size : int
            Rows to a batch.
        seed : int or sequence of int
            A sequence gives each run a stream of its own; w then has shape (..., len(seed), P).

        Returns
        -------
        function
            From w to the mean loss over the mini-batch and its gradient.

        Raises
        ------
        ValueError
            If batch_size or a seed is none, and, from the callable, if w is not of that shape. No
            mini-batch is used up then.
        """
        batch_size = whole("batch_size", batch_size)
        if np.ndim(seed) > 1 or not np.size(seed):
            raise ValueError(f"seed must be one whole number, or several; got {seed!r}")
        seeds = [whole("seed", s, 0) for s in (seed if np.ndim(seed) else [seed])]

        def stream(s):
            rows = np.empty(0, int)
            for epoch in itertools.count():
                rows = np.concatenate([rows, *minibatches(self.n, self.n, (s, epoch))])
                whole_ones = len(rows) // batch_size * batch_size
                yield from rows[:whole_ones].reshape(-1, batch_size)
                rows = rows[whole_ones:]

        streams = [stream(s) for s in seeds]

        def draw(w):
            w = self._parameters(w)
            if np.ndim(seed) and w.shape[-2:-1] != (len(seeds),):
                raise ValueError(
                    f"w must have {len(seeds)} runs, one a seed, on its last axis but one; "
                    f"its shape is {w.shape}"
                )
            rows = np.stack([next(s) for s in streams])
            return self.on(rows if np.ndim(seed) else rows[0])(w)

        return draw

    def start(self, seed=0):
        """Return parameters to start from: zeros, whatever the seed, for the loss is convex.

        Parameters
        ----------
        seed : int, default 0
            Counts where a model starts at random.

        Returns
        -------
        ndarray, shape (P,)
        """
        return np.zeros(self.size)

    def test_loss(self, w):
        """Return the mean loss over the test rows.

        Parameters
        ----------
        w : array_like, shape (..., P)

        Returns
        -------
        array, shape (...)
            As from a call of the task.
        """
        return self._over_runs(self._loss_and_gradient, w, self.X_test, self.y_test)[0]

    def unpack(self, w):
        """Return the arrays in w by name.

        Parameters
        ----------
        w : ndarray, shape (..., P)

        Returns
        -------
        dict of ndarray
            In the shapes of `shapes`, after the axes of the runs. Views: writing to them changes w.

        Raises
        ------
        TypeError
            If w is no array, or not of real numbers.
        ValueError
            If its last axis does not hold P numbers.
        """
        if not isinstance(w, np.ndarray):
            raise TypeError(f"w must be an array, to be seen in parts; got a {type(w).__name__}")
        self._parameters(w)
        arrays, end = {}, 0
        for name, shape in self.shapes.items():
            start, end = end, end + math.prod(shape)
            arrays[name] = w[..., start:end].reshape(*w.shape[:-1], *shape)
        return arrays

    def _parameters(self, w):
        """Return w in float64, checked."""
        w = np.asarray(w)
        if w.dtype.kind not in "fiub":
            raise TypeError(f"w must hold real numbers; got {w.dtype}")
        if w.shape[-1:] != (self.size,):
            raise ValueError(
                f"w must hold {self.size} parameters on its last axis; its shape is {w.shape}"
            )
        return w.astype(float, copy=False)

    def _over_runs(self, f, w, X, y, rows=None):
        """Return what f(w, X, y) returns, run by run in blocks, so that memory stays bounded."""
        w = self._parameters(w)
        lead = w.shape[:-1]
        own_rows = rows is not None and rows.ndim > 1
        if own_rows:
            if rows.shape[:-1] != lead[-(rows.ndim - 1) :]:
                raise ValueError(
                    f"the runs of w, {lead}, do not end in those of rows, {rows.shape[:-1]}"
                )
            rows = np.broadcast_to(rows, lead + rows.shape[-1:]).reshape(-1, rows.shape[-1])
        elif rows is not None:
            X, y = X[rows], y[rows]
        runs = w.reshape(-1, self.size)
        block = max(1, 2**18 // (self.width * (rows.shape[-1] if own_rows else len(X))))
        results = []
        # A run that diverges overflows: the caller sees inf, and needs no warning beside it.
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, max(1, len(runs)), block):
                part = slice(first, first + block)
                if own_rows:
                    results.append(f(runs[part], X[rows[part]], y[rows[part]]))
                else:
                    results.append(f(runs[part], X, y))
        return tuple(
            np.concatenate(parts).reshape(lead + parts[0].shape[1:])[()]
            for parts in zip(*results, strict=True)
        )


class _Classifier(Task):
    def accuracy(self, w, split="test"):
        """Return the share of rows whose most probable class is the right one.

        Parameters
        ----------
        w : array_like, shape (..., P)
        split : {"test", "train"}

        Returns
        -------
        accuracy : array, shape (...)
            Between 0 and 1.

        Raises
        ------
        ValueError
            If split is neither "test" nor "train".
        """
        if split not in ("train", "test"):
            raise ValueError(f'split must be "train" or "test", got {split!r}')

        def share_right(w, X, y):
            z = self.outputs(w, X)
            guess = z.argmax(axis=-1) if z.shape[-1] > 1 else z[..., 0] > 0
            return ((guess == y).mean(axis=-1),)

        rows = (self.X, self.y) if split == "train" else (self.X_test, self.y_test)
        return self._over_runs(share_right, w, *rows)[0]


class _Linear(Task):
    """One matrix and one row of biases: z = X W + b."""

    def __init__(self, data, outputs):
        d = data[0].shape[-1]
        super().__init__(data, dict(W=(d, outputs), b=(outputs,)), width=d + outputs)

    def outputs(self, w, X):
        p = self.unpack(w)
        return X @ p["W"] + p["b"][..., None, :]

    def _loss_and_gradient(self, w, X, y):
        loss, dz = self._loss(self.outputs(w, X), y)
        gradient = np.empty_like(w)
        g = self.unpack(gradient)
        g["W"][...] = _T(X) @ dz  # dL/dW = X^T dz
        g["b"][...] = dz.sum(axis=-2)  # dL/db = sum of dz over the rows
        return loss, gradient


class LeastSquares(_Linear):
    """Linear regression: half the mean squared error of X W + b.

    Parameters
    ----------
    data : Data
    """

    _loss = staticmethod(half_squared_error)

    def __init__(self, data):
        super().__init__(_checked(data, _features, _answers), outputs=1)


class Logistic(_Linear, _Classifier):
    """Logistic regression with classes 0 and 1.

    Parameters
    ----------
    data : Data
    """

    _loss = staticmethod(binary_cross_entropy)

    def __init__(self, data):
        super().__init__(_checked(data, _features, partial(_labels, k=2)), outputs=1)


class Softmax(_Linear, _Classifier):
    """Softmax regression with classes 0 .. K - 1.

    Parameters
    ----------
    data : Data
    """

    _loss = staticmethod(cross_entropy)

    def __init__(self, data):
        data = _checked(data, _features, _labels)
        super().__init__(data, outputs=_classes(data))


# Each as a function of z; its slope as a function of its own value a, which saves keeping z; and
# the variance, times the fan-in, that its weights start with.
ACTIVATIONS = {
    "tanh": (np.tanh, lambda a: 1 - a**2, 1),
    "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0, 2),
}


class MLP(_Classifier):
    """A multi-layer perceptron; two classes have one sigmoid output, more have a softmax.

    Parameters
    ----------
    data : Data
        Its answers are classes from 0.
    hidden : tuple of int, default (32,)
        Units in each hidden layer.
    activation : {"tanh", "relu"}
        What the hidden units do.
    """

    def __init__(self, data, hidden=(32,), activation="tanh"):
        if activation not in ACTIVATIONS:
            raise ValueError(f'activation must be "tanh" or "relu", got {activation!r}')
        self.activate, self.slope, self.gain = ACTIVATIONS[activation]
        if not isinstance(hidden, (tuple, list)):
            raise TypeError(f"hidden must be a tuple of units, one a layer; got {hidden!r}")
        hidden = [whole("hidden", units) for units in hidden]
        data = _checked(data, _features, _labels)
        classes = _classes(data)
        self._loss = binary_cross_entropy if classes == 2 else cross_entropy
        sizes = (data[0].shape[-1], *hidden, 1 if classes == 2 else classes)
        self.layers = range(1, len(sizes))
        shapes = {}
        for i in self.layers:
            shapes[f"W{i}"] = (sizes[i - 1], sizes[i])
            shapes[f"b{i}"] = (sizes[i],)
        super().__init__(data, shapes, width=sum(sizes))

    def start(self, seed=0):
        """Return normal random weights and biases 0.

        Their variance is 1 / fan_in for tanh (LeCun et al. 1998), 2 / fan_in for relu
        (He et al. 2015).

        Parameters
        ----------
        seed : int, default 0

        Returns
        -------
        ndarray, shape (P,)
        """
        rng = np.random.default_rng(seed)
        w = np.zeros(self.size)
        p = self.unpack(w)
        for i in self.layers:
            fan_in = len(p[f"W{i}"])
            p[f"W{i}"][...] = rng.normal(size=p[f"W{i}"].shape) * np.sqrt(self.gain / fan_in)
        return w

    def outputs(self, w, X):
        """Return the outputs of the last layer, before sigmoid or softmax.

        Parameters
        ----------
        w : ndarray, shape (..., P)
        X : ndarray, shape (n, d)

        Returns
        -------
        ndarray, shape (..., n, K)
        """
        return self._forward(w, X)[-1]

    def _forward(self, w, X):
        p = self.unpack(w)
        a = [X]
        for i in self.layers:
            z = a[-1] @ p[f"W{i}"] + p[f"b{i}"][..., None, :]  # z_i = a_{i-1} W_i + b_i
            a.append(self.activate(z) if i < self.layers[-1] else z)
        return a

    def _loss_and_gradient(self, w, X, y):
        a = self._forward(w, X)
        loss, dz = self._loss(a[-1], y)
        p = self.unpack(w)
        gradient = np.empty_like(w)
        g = self.unpack(gradient)
        for i in reversed(self.layers):
            g[f"W{i}"][...] = _T(a[i - 1]) @ dz  # dL/dW_i = a_{i-1}^T dz_i
            g[f"b{i}"][...] = dz.sum(axis=-2)  # dL/db_i = sum of dz_i over the rows
            if i > 1:
                da = dz @ _T(p[f"W{i}"])  # dL/da_{i-1} = dz_i W_i^T
                dz = da * self.slope(a[i - 1])
        return loss, gradient


class WordPairs(Task):
    """Guess the next word from the one before: the outputs are E[word] U + b, one for each word.

    A mini-batch moves only those rows of E whose word is in it: its gradient is sparse.

    Parameters
    ----------
    data : Data
        X and y are word numbers, shape (n,): a word, and the word after it.
    vocabulary : sequence of str
        The V words, in the order of their numbers.
    embedding : int
        Numbers that describe a word: E has shape (V, embedding), U (embedding, V).
    """

    def __init__(self, data, vocabulary, embedding):
        self.vocabulary = vocabulary
        words, embedding = len(vocabulary), whole("embedding", embedding)
        numbers = partial(_labels, k=words)
        data = _checked(data, numbers, numbers)
        shapes = dict(E=(words, embedding), U=(embedding, words), b=(words,))
        super().__init__(data, shapes, width=words)

    def start(self, seed=0):
        """Return small normal random E and U, standard deviation 0.1, and b = 0.

        Parameters
        ----------
        seed : int, default 0

        Returns
        -------
        ndarray, shape (P,)
        """
        w = 0.1 * np.random.default_rng(seed).normal(size=self.size)
        self.unpack(w)["b"][...] = 0
        return w

    def _loss_and_gradient(self, w, x, y):
        words, n = len(self.vocabulary), x.shape[-1]
        # C[i, j] is the share of the rows in which word j comes after x[i]. Rows with the same x
        # have the same outputs, so on rows that all runs share each word is taken once.
        if x.ndim == 1:
            x, row = np.unique(x, return_inverse=True)
            C = np.zeros((len(x), words))
            np.add.at(C, (row, y), 1 / n)
        else:
            C = (y[..., None] == np.arange(words)) / n
        p = self.unpack(w)
        gradient = np.zeros_like(w)
        g = self.unpack(gradient)
        run = np.arange(len(w))[:, None]

        h = p["E"][run, x]
        z = h @ p["U"] + p["b"][:, None, :]
        z -= z.max(axis=-1, keepdims=True)  # as in cross_entropy
        e = np.exp(z)
        total = e.sum(axis=-1, keepdims=True)
        share = C.sum(axis=-1, keepdims=True)
        # L = -sum C log p, with log p = z - log sum exp(z)
        loss = (share * np.log(total)).sum(axis=(-2, -1)) - (C * z).sum(axis=(-2, -1))
        dz = e * (share / total) - C  # dL/dz = share p - C
        g["U"][...] = _T(h) @ dz  # dL/dU = h^T dz
        g["b"][...] = dz.sum(axis=-2)  # dL/db = sum of dz over the rows
        np.add.at(g["E"], (run, x), dz @ _T(p["U"]))  # dL/dE[x] = dz U^T, added where x repeats
        return loss, gradient


def diabetes():
    """Least squares: how far diabetes went in a year, from ten measurements of 442 patients.

    Features and target are standardized on the training rows, so the loss starts at 0.5 and
    1 - 2 * loss is the share of the variance explained (on the training rows).

    Returns
    -------
    LeastSquares
    """
    data = split(*_load("diabetes", "X", "y"))
    mean, std = data.y.mean(), data.y.std()
    data = data._replace(y=(data.y - mean) / std, y_test=(data.y_test - mean) / std)
    return LeastSquares(_standardized(data))


def breast_cancer(standardized=True):
    """Logistic regression: tumor benign (1) or malignant (0), from 30 measurements of 569 cells.

    Parameters
    ----------
    standardized : bool, default True
        Otherwise the features keep their units, and the largest varies some 100,000 times as much
        as the smallest.

    Returns
    -------
    Logistic
    """
    data = split(*_load("breast_cancer", "X", "y"))
    return Logistic(_standardized(data) if standardized else data)


def digits():
    """Softmax regression: which digit, from 1,797 handwritten ones of 8 x 8 pixels in 0 .. 1.

    Returns
    -------
    Softmax
    """
    return Softmax(_digits())


def digits_mlp(hidden=32):
    """The digits again, for a tanh network with one hidden layer.

    Parameters
    ----------
    hidden : int, default 32
        Its units.

    Returns
    -------
    MLP
    """
    return MLP(_digits(), hidden=(hidden,))


def mnist1d(hidden=(64, 64)):
    """A relu network: which of ten shapes, from 2,000 noisy curves of 40 points (MNIST-1D).

    Parameters
    ----------
    hidden : tuple of int, default (64, 64)
        Units in each hidden layer.

    Returns
    -------
    MLP
    """
    X, y = _load("mnist1d", "X", "y")
    return MLP(split(X.astype(float), y), hidden, activation="relu")


def moons():
    """The lab that most courses take: two moons, 300 noisy points, a 2-5-2-1 relu network.

    All 300 are training rows; the 300 test rows are drawn anew.

    Returns
    -------
    MLP
    """
    return _Moons(Data(*_load("moons", "X", "y", "X_test", "y_test")), (5, 2), activation="relu")


class _Moons(MLP):
    def start(self, seed=3):
        """Return the lab's own start: NumPy's old generator, a row of weights for each unit."""
        rng = np.random.RandomState(seed)
        w = np.zeros(self.size)
        p = self.unpack(w)
        for i in self.layers:
            W = p[f"W{i}"]
            W[...] = (rng.randn(*W.T.shape) * np.sqrt(2 / len(W))).T
        return w


def bag_of_words():
    """Logistic regression on sparse rows: who wrote a sentence, Lincoln (1) or Buchanan (0).

    A sentence of their annual messages is a row of 1,000 zeros and ones: which of the most
    frequent words, listed in ``task.vocabulary``, are in it.

    Returns
    -------
    Logistic
    """
    X, y, vocabulary = _load("sentences", "X", "y", "vocabulary")
    task = Logistic(split(X.astype(float), y))
    task.vocabulary = vocabulary
    return task


def words(embedding=16):
    """The next word in Lincoln's annual messages, from the one before: 1,000 words, 30,010 pairs.

    The rarer words count as one, "<other>".

    Parameters
    ----------
    embedding : int, default 16
        Numbers that describe a word.

    Returns
    -------
    WordPairs
    """
    tokens, vocabulary, starts = _load("lincoln", "tokens", "vocabulary", "starts")
    pairs = np.delete(np.column_stack([tokens[:-1], tokens[1:]]), starts[1:] - 1, axis=0)
    return WordPairs(split(*pairs.T), vocabulary, embedding)


def _digits():
    X, y = _load("digits", "X", "y")
    return split(X / 16, y)


def _load(name, *arrays):
    with np.load(Path(__file__).parent / "data" / f"{name}.npz") as file:
        return [file[array] for array in arrays]


def _standardized(data):
    mean, std = data.X.mean(axis=0), data.X.std(axis=0)
    return data._replace(X=(data.X - mean) / std, X_test=(data.X_test - mean) / std)


def _classes(data):
    """How many classes there are: each is the answer of a row, so that no output is for nothing."""
    found = np.union1d(data.y, data.y_test)
    if len(found) < 2 or found[-1] != len(found) - 1:
        raise ValueError(
            "y and y_test must hold classes numbered from 0 without a gap, two or more; "
            f"got {len(found)} from {found[0]} to {found[-1]}"
        )
    return len(found)


def _T(a):
    return a.swapaxes(-1, -2)
