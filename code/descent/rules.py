"""Every optimizer of the course, in teaching order: each one a small change to one above it.

A rule takes one gradient `g` and its own memory, and returns the step to subtract and its new
memory. Memory starts at the defaults before the `*`: 0 stands for the zero array of every shape.
Hyper-parameters stand after the `*`. A rule changes nothing that it is given, and never sees the
parameters. `m` remembers gradients, `v` squared gradients, `t` counts the steps.
"""

import numpy as np


def gd(g, *, lr=1e-3):
    """Step against the gradient, in proportion to it (Cauchy, 1847)."""
    return lr * g, {}


def momentum(g, m=0, *, lr=1e-3, beta=0.9):
    """Add up gradients, forgetting old ones (Polyak, 1964).

    This is the sum form: under a constant gradient the step grows to `lr * g / (1 - beta)`.
    """
    m = beta * m + g
    return lr * m, dict(m=m)


def rmsprop(g, v=0, *, lr=1e-2, beta2=0.99, eps=1e-8):
    """Divide the gradient by its own recent size, one size to a coordinate (Hinton, 2012)."""
    v = beta2 * v + (1 - beta2) * g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)


def adagrad(g, v=0, *, lr=1e-2, eps=1e-10):
    """Divide the gradient by the root of the sum of all its squares (Duchi et al., 2011)."""
    v = v + g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)


def adam(g, m=0, v=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Average the gradient and its square, and correct both for their start at zero (Kingma
    and Ba, 2015)."""
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)
