"""Every optimizer of the course, in teaching order: each is a small change to one above it.

A rule takes one gradient `g` and its own memory, and returns the step to subtract and its new
memory. Memory starts at the values before the `*`, where 0 stands for the zero array of every
shape. Hyper-parameters come after the `*`. A rule changes nothing that it is given, and it never
sees the parameters. `m` remembers gradients, `v` squared gradients, and `t` counts the steps.
"""

import numpy as np


def gd(g, *, lr=1e-3):
    """Gradient descent: step against the gradient, in proportion to it (Cauchy, 1847)."""
    return lr * g, {}


def momentum(g, m=0, *, lr=1e-3, beta=0.9):
    """Heavy ball: add up the gradients, forgetting the old ones (Polyak, 1964).

    The sum form, as in torch.optim.SGD: a steady gradient's step grows to `lr * g / (1 - beta)`.
    """
    m = beta * m + g
    return lr * m, dict(m=m)


def momentum_ema(g, m=0, *, lr=1e-3, beta=0.9):
    """Momentum that averages the gradients where the heavy ball adds them up (Polyak, 1964).

    The average form, as in Adam: a steady gradient's step grows to `lr * g`.
    """
    m = beta * m + (1 - beta) * g
    return lr * m, dict(m=m)


def nesterov(g, m=0, *, lr=1e-3, beta=0.9):
    """Momentum that counts the newest gradient once more, to look ahead (Nesterov, 1983).

    As in torch.optim.SGD: the gradient is taken where the parameters are, not where they will be.
    """
    m = beta * m + g
    return lr * (beta * m + g), dict(m=m)


def rmsprop(g, v=0, *, lr=1e-2, beta2=0.99, eps=1e-8):
    """Divide each coordinate's gradient by its recent root mean square (Hinton, 2012)."""
    v = beta2 * v + (1 - beta2) * g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)


def rmsprop_momentum(g, m=0, v=0, *, lr=1e-2, beta1=0.9, beta2=0.99, eps=1e-8):
    """RMSprop with a heavy ball: add up the rescaled gradients (Graves, 2013)."""
    v = beta2 * v + (1 - beta2) * g**2
    m = beta1 * m + g / (np.sqrt(v) + eps)
    return lr * m, dict(m=m, v=v)


def adagrad(g, v=0, *, lr=1e-2, eps=1e-10):
    """RMSprop that forgets nothing: v adds up the squares (Duchi et al., 2011).

    It is the older of the two, but RMSprop came from rprop, not from AdaGrad.
    """
    v = v + g**2
    return lr * g / (np.sqrt(v) + eps), dict(v=v)


def adam(g, m=0, v=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Momentum over RMSprop, both averages corrected for their start at 0 (Kingma and Ba, 2015)."""
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t)


def adamax(g, m=0, u=0, t=0, *, lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam that divides by the largest recent gradient, which fades (Kingma and Ba, 2015)."""
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    u = np.maximum(beta2 * u, abs(g) + eps)
    m_hat = m / (1 - beta1**t)
    return lr * m_hat / u, dict(m=m, u=u, t=t)


def nadam(g, m=0, v=0, t=0, mu_product=1, *,
          lr=2e-3, beta1=0.9, beta2=0.999, eps=1e-8, momentum_decay=4e-3):  # fmt: skip
    """Adam that looks ahead as Nesterov does, beta1 rising from beta1 / 2 (Dozat, 2016)."""
    t = t + 1
    mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * (t + 1)))
    mu_product = mu_product * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product)
    v_hat = v / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, t=t, mu_product=mu_product)


def radam(g, m=0, v=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam that divides by v only once v has seen enough gradients, and then gently
    (Liu et al., 2020)."""
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return lr * m_hat, dict(m=m, v=v, t=t)
    r = ((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)) ** 0.5
    return lr * r * m_hat * (1 - beta2**t) ** 0.5 / (np.sqrt(v) + eps), dict(m=m, v=v, t=t)


def amsgrad(g, m=0, v=0, v_max=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam that divides by the largest v so far, so that its rate can't rise (Reddi et al., 2018).

    As in torch.optim.Adam: the largest is taken first, and corrected afterwards.
    """
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    v_max = np.maximum(v_max, v)
    m_hat = m / (1 - beta1**t)
    v_hat = v_max / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(v_hat) + eps), dict(m=m, v=v, v_max=v_max, t=t)


def adabelief(g, m=0, s=0, t=0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-16):
    """Adam that divides by how far gradients stray from their average (Zhuang et al., 2020).

    As in Optax and the paper: eps is added twice, inside the root at every step and outside.
    """
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * (g - m) ** 2 + eps
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return lr * m_hat / (np.sqrt(s_hat) + eps), dict(m=m, s=s, t=t)


def lion(g, m=0, *, lr=1e-4, beta1=0.9, beta2=0.99):
    """Momentum of which the step takes the sign alone (Chen et al., 2023)."""
    c = beta1 * m + (1 - beta1) * g
    m = beta2 * m + (1 - beta2) * g
    return lr * np.sign(c), dict(m=m)


def whole_matrix(rule):
    """Mark a rule that must see a whole matrix at once: it is never handed blocks of one."""
    rule.whole_matrix = True
    return rule


@whole_matrix
def adafactor(g, v_row=0, v_col=0, t=0, *, lr=1e-2, decay_rate=0.8, d=1.0, eps=1e-30):
    """RMSprop that remembers v by its row and column means (Shazeer and Stern, 2018).

    As in Optax without parameter scaling: `lr` is absolute; the step's root mean square is clipped
    to `lr * d`.
    """
    t = t + 1
    beta2 = 1 - t**-decay_rate
    v_row = beta2 * v_row + (1 - beta2) * (g**2 + eps).mean(axis=1)
    v_col = beta2 * v_col + (1 - beta2) * (g**2 + eps).mean(axis=0)
    u = g / np.sqrt(np.outer(v_row / v_row.mean(), v_col))
    rms = np.sqrt((u**2).mean())
    return lr * u / max(1, rms / d), dict(v_row=v_row, v_col=v_col, t=t)


@whole_matrix
def muon(g, m=0, t=0, *, lr=1e-3, beta=0.95, eps=1e-8, ns_steps=5):
    """Nesterov momentum with all its singular values brought near 1 (Jordan, 2024).

    As in Optax: the average form, corrected. The numbers are those of Jordan's Newton-Schulz step.
    """
    t = t + 1
    m = beta * m + (1 - beta) * g
    m_hat = beta * m / (1 - beta ** (t + 1)) + (1 - beta) * g / (1 - beta**t)
    x = m_hat / (np.linalg.norm(m_hat) + eps)
    for _ in range(ns_steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    rows, columns = g.shape
    return lr * max(1, columns / rows) ** 0.5 * x, dict(m=m, t=t)
