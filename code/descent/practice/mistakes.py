"""The bank of mistakes: what people write, what happens then, and how it is recognized.

A mistake is what is written instead of what. Its edits, applied to the text of a right answer, make
a small wrong function of their own, for every exercise where the text has such a line. A submission
that behaves as one of them has made this mistake. Two edits may come together.

Most were seen in published code or in bug reports.
"""

import builtins
import dis
import functools
import inspect
import re
import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Mistake(NamedTuple):
    """Something that people write instead of what they mean.

    Attributes
    ----------
    id : str
    says : str
        What happened, and what it does to a step. Never which line to write.
    edits : tuple
        Ways to make it. Each is a text of edits, ``old -> new``, separated by ``;``.
    variant : bool
        Whether it is right elsewhere.
    own : dict
        What to say instead in the exercises of these names, where it does something else.
    later : str
        What to say instead where the first step isn't right, since another mistake is there too.
    not_in : tuple of str
        Exercises where its edits fit, and give an error, as by a division by 0, or something else.
    """

    id: str
    says: str
    edits: tuple = ()
    variant: bool = False
    own: Mapping = MappingProxyType({})
    later: str = ""
    not_in: tuple = ()

    def tells(self, exercise, begins=True):
        """What to say in the exercise of this name, if the first result is right and if not."""
        says = self.own.get(exercise, self.says)
        return says if begins or says is not self.says else self.later or says


_FIRST = "(np.ndim({0}) == 0 and {0} == 0)"

MISTAKES = (
    Mistake(
        "no-correction",
        "Your averages start at zero, and nothing makes up for that. While they fill they are too "
        "small, so the first steps have the wrong length: in Adam, the first is 3.16 times too "
        "long with the usual betas. With those of this check, 0.8 and 0.95, it is 0.89 times as "
        "long as it should be, but for eps.",
        (
            "m / (1 - beta1**t) -> m; v / (1 - beta2**t) -> v",
            "m / (1 - beta1**t) -> m; v_max / (1 - beta2**t) -> v_max",
            "lr * m_hat / u -> lr * m / u",
            "mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product) -> m; "
            "v / (1 - beta2**t) -> v",
            "mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product) -> "
            "mu_next * m + (1 - mu) * g; v / (1 - beta2**t) -> v",
            "m / (1 - beta**t) -> m",
            "m / (1 - beta1**t) -> m; s / (1 - beta2**t) -> s",
            "m / (1 - beta1**t) -> m; m_hat * (1 - beta2**t) ** 0.5 / -> m_hat /",
        ),
        own={
            "radam": (
                "Your averages start at zero, and nothing makes up for that. While they fill they "
                "are too small, each in its own measure, so the first steps have the wrong length."
            ),
            "adabelief": (
                "Your averages start at zero, and nothing makes up for that. While they fill they "
                "are too small, each in its own measure, so the first steps have the wrong length."
            ),
            "bias_correction": (
                "The average comes out as it came in. It started at zero, and while it fills it is "
                "too small: after one step it is only 1 - beta times what it averages."
            ),
            "adamax": (
                "`m` starts at zero, and nothing makes up for that. While it fills it is too "
                "small, so the first steps are too short: the first is 1 - beta1 times as long as "
                "it should be."
            ),
            "nadam": (
                "Your averages start at zero, and nothing makes up for that. While they fill they "
                "are too small, each in its own measure, so the first steps have the wrong length."
            ),
        },
    ),
    Mistake(
        "only-m-corrected",
        "The first average is corrected and the second is not. `v` is still too small while it "
        "fills, so the first steps are too long: with the usual beta2, 31.6 times; with that of "
        "this check, 0.95, 4.5 times, but for eps.",
        (
            "v / (1 - beta2**t) -> v",
            "v_max / (1 - beta2**t) -> v_max",
            "s / (1 - beta2**t) -> s",
            "m_hat * (1 - beta2**t) ** 0.5 / -> m_hat /",
        ),
        own={
            "radam": (
                "The first average is corrected and the second is not. `v` is still too small when "
                "the rule begins to divide, so those steps are too long."
            ),
            "adabelief": (
                "The first average is corrected and the second is not. `s` is still too small "
                "while it fills, so the first steps are too long."
            ),
        },
    ),
    Mistake(
        "only-v-corrected",
        "The second average is corrected and the first is not. `m` is still too small while it "
        "fills, so the first steps are too short.",
        (
            "m / (1 - beta1**t) -> m; v_hat -> v_hat",
            "m / (1 - beta1**t) -> m; s_hat -> s_hat",
            "m / (1 - beta1**t) -> m; lr * r -> lr * r",
            "return lr * m_hat, dict -> return lr * m, dict",
            "lr * r * m_hat * -> lr * r * m *",
            "mu_next * m / (1 - mu_product * mu_next) -> mu_next * m; "
            "(1 - mu) * g / (1 - mu_product) -> (1 - mu) * g",
        ),
        own={
            "radam": (
                "`m` isn't corrected in some of the steps: in those before the rule divides, in "
                "those after, or in all. It is too small while it fills, and so are these steps."
            ),
        },
    ),
    Mistake(
        "frozen-t",
        "After the first step, an average comes out too large: what makes up for its start never "
        "fades, or there is nothing of that kind, and each gradient comes in with its full weight. "
        "How much is missing depends on how many steps there have been.",
        (
            "t = t + 1 -> t = 1",
            "beta1**t -> beta1; beta2**t -> beta2",
            "beta1**t -> beta1",
            "beta2**t -> beta2",
            "beta**t -> beta",
        ),
        own={
            "radam": (
                "At every step the rule does as at the first: it never divides, or a correction "
                "never fades. Does the count of steps come in, and does rho grow with it, beyond 5?"
            ),
            "bias_correction": (
                "The correction is right at the first step and never changes after it. It should "
                "fade as the average fills, so it depends on how many steps there have been."
            ),
        },
    ),
    Mistake(
        "frozen-power",
        "A correction is the same at every step: beta has a power that doesn't count the steps. "
        "What is missing of an average is large at first, and fades as it fills.",
        (
            "beta1**t -> beta1**2; beta2**t -> beta2**2",
            "beta1**t -> beta1**2",
            "beta2**t -> beta2**2",
            "beta**t -> beta**2",
        ),
        own={
            "radam": (
                "beta has a power that doesn't count the steps. So a correction, or what says how "
                "much `v` has seen, is the same at every step."
            ),
        },
    ),
    Mistake(
        "beta-times-t",
        "The correction is right at t = 1 and wrong from t = 2 on: there, beta is multiplied by t. "
        "What an average keeps of its start shrinks by the factor beta at every step.",
        (
            "beta1**t -> beta1 * t; beta2**t -> beta2 * t",
            "beta1**t -> beta1 * t",
            "beta2**t -> beta2 * t",
            "beta**t -> beta * t",
        ),
        not_in=("radam",),
    ),
    Mistake(
        "power-of-one-minus-beta",
        "The correction is right at t = 1 and wrong from t = 2 on: the power is taken of the whole "
        "difference 1 - beta. That gets smaller and smaller, and it should come near 1.",
        (
            "(1 - beta1**t) -> (1 - beta1)**t; (1 - beta2**t) -> (1 - beta2)**t",
            "(1 - beta1**t) -> (1 - beta1)**t",
            "(1 - beta2**t) -> (1 - beta2)**t",
            "(1 - beta**t) -> (1 - beta)**t",
        ),
        not_in=("radam",),
    ),
    Mistake(
        "correction-multiplies",
        "The correction makes an average that is already too small still smaller. An average that "
        "started at zero must come out larger.",
        (
            "m / (1 - beta1**t) -> m * (1 - beta1**t); v / (1 - beta2**t) -> v * (1 - beta2**t)",
            "m / (1 - beta1**t) -> m * (1 - beta1**t); "
            "v_max / (1 - beta2**t) -> v_max * (1 - beta2**t)",
            "m / (1 - beta1**t) -> m * (1 - beta1**t)",
            "v / (1 - beta2**t) -> v * (1 - beta2**t)",
            "v_max / (1 - beta2**t) -> v_max * (1 - beta2**t)",
            "m / (1 - beta**t) -> m * (1 - beta**t)",
        ),
    ),
    Mistake(
        "correction-adds",
        "An average is divided by more than 1, so what is too small gets still smaller at first. "
        "An average that started at zero must come out larger.",
        (
            "(1 - beta1**t) -> (1 + beta1**t); (1 - beta2**t) -> (1 + beta2**t)",
            "(1 - beta1**t) -> (1 + beta1**t)",
            "(1 - beta2**t) -> (1 + beta2**t)",
            "(1 - beta**t) -> (1 + beta**t)",
        ),
        own={
            "radam": (
                "Something is divided by 1 plus a power of beta, where it should be 1 minus it: an "
                "average that is too small gets still smaller, or `v` seems to have seen another "
                "number of gradients than it has."
            ),
        },
    ),
    Mistake(
        "correction-without-parentheses",
        "A power of beta was taken away from the average itself, so an average of zeros comes out "
        "as something else, or below zero. Division comes before subtraction, unless parentheses "
        "say otherwise.",
        (
            "m / (1 - beta1**t) -> m / 1 - beta1**t; v / (1 - beta2**t) -> v / 1 - beta2**t",
            "m / (1 - beta1**t) -> m / 1 - beta1**t; v_max / (1 - beta2**t) -> v_max / 1 - "
            "beta2**t",
            "m / (1 - beta1**t) -> m / 1 - beta1**t",
            "v / (1 - beta2**t) -> v / 1 - beta2**t",
            "v_max / (1 - beta2**t) -> v_max / 1 - beta2**t",
            "m / (1 - beta**t) -> m / 1 - beta**t",
        ),
    ),
    Mistake(
        "corrected-twice",
        "The divisor was corrected before the largest was taken, and once more after it. So it is "
        "too large, and the first steps are too short.",
        ("v_max = np.maximum(v_max, v) -> v_max = np.maximum(v_max, v / (1 - beta2**t))",),
    ),
    Mistake(
        "correction-outside-root",
        "The correction of `v` comes after its root was taken. There it is too strong: it is meant "
        "for the average of the squares.",
        ("v_hat = v / (1 - beta2**t) -> v_hat = v; np.sqrt(v_hat) -> np.sqrt(v) / (1 - beta2**t)",),
    ),
    Mistake(
        "divided-by-what-is-left",
        "An average is divided by what is left of its start. That shrinks towards zero, so the "
        "corrected average grows without end. What has to be made up for is large at first, and "
        "fades.",
        (
            "(1 - beta**t) -> beta**t",
            "(1 - beta1**t) -> beta1**t; (1 - beta2**t) -> beta2**t",
        ),
    ),
    Mistake(
        "t-off-by-one",
        "`t` is one off when the correction uses it. If it is 0 at the first step, the correction "
        "divides by 0, and no number comes of that; if it is 2, the correction is too weak. After "
        "the first gradient one step has been counted.",
        (
            "t = t + 1 -> t = t; t=t -> t=t + 1",
            "beta1**t -> beta1**(t + 1); beta2**t -> beta2**(t + 1)",
            "beta1**t -> beta1**(t + 1)",
            "beta2**t -> beta2**(t + 1)",
            "beta1**t -> beta1**(t - 1); beta2**t -> beta2**(t - 1)",
            "beta1**t -> beta1**(t - 1)",
            "beta2**t -> beta2**(t - 1)",
            "t, memory = state if state else (0, {}) -> t, memory = state if state else (1, {})",
            "if state else (0, 0, 0) -> if state else (0, 0, 1)",
            "beta**t -> beta**(t + 1)",
            "beta**t -> beta**(t - 1)",
            "t = t + 1 -> t = t; t=t -> t=t",
        ),
        not_in=("adafactor", "radam", "muon"),
    ),
    Mistake(
        "t-per-tensor",
        "`t` grows once for every array, so the second array believes that it is a step further "
        "than the first. With one array nothing can be seen of it. One call is one step of the "
        "optimizer, however many arrays there are.",
        (
            "    t = t + 1\n    for name, g in gradients.items():\n -> "
            "    for name, g in gradients.items():\n        t = t + 1\n",
        ),
    ),
    Mistake(
        "t-per-epoch",
        "`t` grows once a call, and not once a gradient. It counts the steps of the optimizer: a "
        "correction that is told less than that stays too strong for too long.",
        (
            "    for g in gradients:\n        t = t + 1\n -> "
            "    t = t + 1\n    for g in gradients:\n",
        ),
    ),
    Mistake(
        "corrected-kept",
        "The first step is right and the second is not: what goes into the memory is the corrected "
        "average. At the next step it is averaged and corrected once more. A corrected value is "
        "for one step only.",
        (
            "m=m, v=v -> m=m_hat, v=v_hat",
            "m=m, v=v -> m=m_hat, v=v",
            "m=m, v=v -> m=m, v=v_hat",
            "new[name] = m, v -> new[name] = m_hat, v_hat",
            "v_hat = v / (1 - beta2**t) -> v_hat = v / (1 - beta2**t); "
            "v_hat) + eps) -> v_hat) + eps); "
            "w = w - lr * m_hat / (np.sqrt(v_hat) + eps)\n    return w, (m, v, t) -> "
            "w = w - lr * m_hat / (np.sqrt(v_hat) + eps)\n        m, v = m_hat, v_hat\n"
            "    return w, (m, v, t)",
            "m=m, u=u -> m=m_hat, u=u",
            "m=m, s=s -> m=m_hat, s=s_hat",
            "m=m, s=s -> m=m_hat, s=s",
            "v_max=v_max, t=t -> v_max=v_hat, t=t",
        ),
        later=(
            "What goes into the memory is the corrected average. At the next step it is averaged "
            "and corrected once more. A corrected value is for one step only."
        ),
    ),
    Mistake(
        "betas-swapped",
        "The two betas have changed places, in the averages or in their corrections: what belongs "
        "to the gradients is used for their squares, and the other way round. The names tell which "
        "is which: beta1 belongs to `m`.",
        (
            "beta1 -> BETA; beta2 -> beta1; BETA -> beta2",
            "beta1 * m + (1 - beta1) * g -> beta2 * m + (1 - beta2) * g; "
            "beta2 * v + (1 - beta2) * g**2 -> beta1 * v + (1 - beta1) * g**2",
            "beta1**t -> BETA; beta2**t -> beta1**t; BETA -> beta2**t",
        ),
        own={
            "adam_test": (
                "The two betas have changed places in it: what belongs to the gradients is used "
                "for their squares, and the other way round."
            ),
            "adamax": (
                "The two betas have changed places: what should decide how long gradients are "
                "remembered decides how fast the largest of them fades, and the other way round. "
                "The names tell which is which: beta1 belongs to `m`."
            ),
            "lion": (
                "The two betas have changed places: the step is mixed as the memory should be, and "
                "the memory as the step should be. So the newest gradient counts for too little in "
                "the step, and for too much in the memory."
            ),
        },
    ),
    Mistake(
        "beta1-for-v",
        "`beta1` stands where `v` needs `beta2`. The squares are then forgotten as quickly as the "
        "gradients, or corrected as if they were.",
        (
            "beta2 * v + (1 - beta2) * g**2 -> beta1 * v + (1 - beta1) * g**2; "
            "beta2**t -> beta1**t",
            "beta2 * v + (1 - beta2) * g**2 -> beta1 * v + (1 - beta1) * g**2",
            "beta2**t -> beta1**t",
        ),
        own={
            "adabelief": (
                "`beta1` stands where `s` needs `beta2`. What strays is then forgotten as quickly "
                "as the gradients, or corrected as if it were."
            ),
        },
    ),
    Mistake(
        "beta2-for-m",
        "`beta2` stands where `m` needs `beta1`. The gradients are then remembered as long as "
        "their squares, or corrected as if they were.",
        (
            "beta1 * m + (1 - beta1) * g -> beta2 * m + (1 - beta2) * g; "
            "(1 - beta1**t) -> (1 - beta2**t)",
            "beta1 * m + (1 - beta1) * g -> beta2 * m + (1 - beta2) * g",
            "(1 - beta1**t) -> (1 - beta2**t)",
        ),
        own={
            "adamax": (
                "`beta2` stands where `m` needs `beta1`. The gradients are then remembered as long "
                "as the largest of them, or corrected as if they were."
            ),
            "lion": (
                "`beta2` mixes the step as well as the memory, so the step is the sign of the new "
                "memory. In this rule the step has a beta of its own, and the newest gradient "
                "counts for more in it."
            ),
        },
    ),
    Mistake(
        "betas-in-one-average",
        "What is kept of the old average and what is added of the new add up to 1 only if both use "
        "the same beta. Here two betas meet in one average, so it is too small or too large.",
        (
            "beta1 * m + (1 - beta1) * g -> beta1 * m + (1 - beta2) * g",
            "beta2 * v + (1 - beta2) * g**2 -> beta2 * v + (1 - beta1) * g**2",
            "beta1 * m + (1 - beta1) * g -> beta2 * m + (1 - beta1) * g",
            "beta2 * v + (1 - beta2) * g**2 -> beta1 * v + (1 - beta2) * g**2",
            "beta2 * m + (1 - beta2) * g -> beta2 * m + (1 - beta1) * g",
        ),
    ),
    Mistake(
        "average-weights-swapped",
        "The two weights of an average have changed places: it keeps 1 - beta of its past and "
        "takes beta of what is new. It forgets almost at once.",
        (
            "beta * m + (1 - beta) * g -> (1 - beta) * m + beta * g",
            "beta1 * m + (1 - beta1) * g -> (1 - beta1) * m + beta1 * g",
            "beta2 * v + (1 - beta2) * g**2 -> (1 - beta2) * v + beta2 * g**2",
            "beta1 * m + (1 - beta1) * g -> (1 - beta1) * m + beta1 * g; "
            "beta2 * v + (1 - beta2) * g**2 -> (1 - beta2) * v + beta2 * g**2",
            "beta2 * m + (1 - beta2) * g -> (1 - beta2) * m + beta2 * g",
        ),
    ),
    Mistake(
        "weight-without-parentheses",
        "An average gets 1 added at every step, whatever the gradient is, and the gradient comes "
        "in with a minus. Multiplication comes before subtraction, unless parentheses say "
        "otherwise.",
        (
            "beta * m + (1 - beta) * g -> beta * m + 1 - beta * g",
            "beta1 * m + (1 - beta1) * g -> beta1 * m + 1 - beta1 * g; "
            "beta2 * v + (1 - beta2) * g**2 -> beta2 * v + 1 - beta2 * g**2",
            "beta1 * m + (1 - beta1) * g -> beta1 * m + 1 - beta1 * g",
            "beta2 * v + (1 - beta2) * g**2 -> beta2 * v + 1 - beta2 * g**2",
            "beta2 * m + (1 - beta2) * g -> beta2 * m + 1 - beta2 * g",
        ),
    ),
    Mistake(
        "eps-inside",
        "Legal, and not what is asked for: eps stands under the root. Some libraries do that. The "
        "least divisor is then the root of what was added: for 1e-8 that is 1e-4, which small "
        "gradients feel. Where does this exercise add eps?",
        (
            "np.sqrt(v_hat) + eps -> np.sqrt(v_hat + eps)",
            "np.sqrt(v) + eps -> np.sqrt(v + eps)",
            "np.sqrt(v_hat) + eps -> np.sqrt(v_hat + eps**2)",
            "np.sqrt(v_hat) + eps -> np.sqrt((v + eps) / (1 - beta2**t))",
            "np.sqrt(v) + eps -> np.sqrt(v + eps**2)",
            "np.sqrt(s_hat) + eps -> np.sqrt(s_hat + eps)",
            "np.linalg.norm(m_hat) + eps -> np.sqrt((m_hat**2).sum() + eps)",
        ),
        variant=True,
        own={
            "adabelief": (
                "Instead of to the root, eps is added under it. There it is far more than it would "
                "be outside, wherever little strays."
            ),
            "muon": (
                "eps is added to the squares, under the root. What is asked for adds it to the "
                "norm. For small gradients, that is a difference."
            ),
        },
    ),
    Mistake(
        "eps-hat",
        "Legal, and not what is asked for: eps is added to the root before its correction, as in "
        "TensorFlow, in Keras and in a remark of the paper. All agrees but for the scale of eps, "
        "which is larger at first. Which root does this exercise add eps to?",
        ("np.sqrt(v_hat) + eps -> np.sqrt(v_hat) + eps / np.sqrt(1 - beta2**t)",),
        variant=True,
    ),
    Mistake(
        "eps-outside",
        "eps was added to the quotient, not to what it is divided by. So a coordinate whose "
        "gradient is zero moves, or gets 0/0. Division comes before addition, unless parentheses "
        "say otherwise.",
        (
            "m_hat / (np.sqrt(v_hat) + eps) -> (m_hat / np.sqrt(v_hat) + eps)",
            "m_hat / (np.sqrt(v_hat) + eps) -> m_hat / np.sqrt(v_hat) + eps",
            "lr * g / (np.sqrt(v) + eps) -> lr * (g / np.sqrt(v) + eps)",
            "lr * g / (np.sqrt(v) + eps) -> lr * g / np.sqrt(v) + eps",
            "g / (np.sqrt(v) + eps) -> g / np.sqrt(v) + eps",
            "m_hat / (np.sqrt(s_hat) + eps) -> (m_hat / np.sqrt(s_hat) + eps)",
            "m_hat / (np.sqrt(s_hat) + eps) -> m_hat / np.sqrt(s_hat) + eps",
            "** 0.5 / (np.sqrt(v) + eps) -> ** 0.5 / np.sqrt(v) + eps",
            "m_hat / (np.linalg.norm(m_hat) + eps) -> m_hat / np.linalg.norm(m_hat) + eps",
        ),
        own={
            "muon": (
                "eps was added to the quotient, to every entry of it, and not to what it is "
                "divided by. Division comes before addition, unless parentheses say otherwise."
            ),
        },
    ),
    Mistake(
        "eps-forgotten",
        "Nothing keeps the divisor from being zero: eps has no part in it. A coordinate whose "
        "gradient was always zero gets 0/0, which is not a number.",
        (
            "(np.sqrt(v_hat) + eps) -> np.sqrt(v_hat)",
            "(np.sqrt(v) + eps) -> np.sqrt(v)",
            "abs(g) + eps -> abs(g)",
            "(np.sqrt(s_hat) + eps) -> np.sqrt(s_hat)",
            "np.linalg.norm(m_hat) + eps -> np.linalg.norm(m_hat)",
            "(g**2 + eps).mean(axis=1) -> (g**2).mean(axis=1); "
            "(g**2 + eps).mean(axis=0) -> (g**2).mean(axis=0)",
        ),
        own={
            "adafactor": (
                "Nothing keeps the divisor from being zero: eps has no part in it. A column whose "
                "gradients were always zero gets 0/0, which is not a number."
            ),
            "adabelief": (
                "Nothing is added to the root, or too little to be seen. In this rule eps comes in "
                "twice: into what is remembered, and once more into what the step is divided by."
            ),
            "muon": (
                "Nothing is added to the norm, or too little to be seen. To large gradients that "
                "makes no difference. Where all are zero, there is nothing else to divide by."
            ),
        },
    ),
    Mistake(
        "eps-as-floor",
        "eps is the least that the divisor can be, where it should be added to it. Steps differ by "
        "a little while the root is small.",
        (
            "np.sqrt(v_hat) + eps -> np.maximum(np.sqrt(v_hat), eps)",
            "np.sqrt(v) + eps -> np.maximum(np.sqrt(v), eps)",
        ),
    ),
    Mistake(
        "eps-fixed",
        "The eps that is handed in has no part in your step: it is a number of your own, or far "
        "too small to be seen. Who calls the rule chooses its hyper-parameters.",
        (
            "np.sqrt(v_hat) + eps -> np.sqrt(v_hat) + 1e-8",
            "np.sqrt(v) + eps -> np.sqrt(v) + 1e-8",
            "abs(g) + eps -> abs(g) + 1e-8",
        ),
    ),
    Mistake(
        "no-root",
        "The step is divided by the average of the squares, and not by a length. Squares have "
        "another scale: with gradients ten times as large, steps become ten times shorter, where "
        "they should stay as they are.",
        (
            "np.sqrt(v_hat) -> v_hat",
            "np.sqrt(v) -> v",
            "np.sqrt(s_hat) -> s_hat",
        ),
        own={
            "adagrad": (
                "The step is divided by the sum of the squares, and not by a length. Squares have "
                "another scale: with gradients ten times as large, steps become ten times shorter, "
                "where they should stay as they are."
            ),
        },
    ),
    Mistake(
        "root-as-half",
        "Where a root was meant, half of the squares is taken. A power comes before a division, "
        "unless parentheses say otherwise. Squares have another scale than gradients.",
        (
            "np.sqrt(v_hat) -> v_hat**1/2",
            "np.sqrt(v) -> v**1/2",
            "np.sqrt(s_hat) -> s_hat**1/2",
            "np.sqrt((g**2).sum()) -> (g**2).sum()**1/2",
        ),
    ),
    Mistake(
        "root-multiplies",
        "The step is multiplied by what it should be divided by. Large gradients should give steps "
        "that are scaled down, and here they are scaled up.",
        (
            "lr * m_hat / (np.sqrt(v_hat) + eps) -> lr * m_hat * (np.sqrt(v_hat) + eps)",
            "g / (np.sqrt(v) + eps) -> g * (np.sqrt(v) + eps)",
            "lr * m_hat / u -> lr * m_hat * u",
        ),
    ),
    Mistake(
        "no-one-minus-beta",
        "What is new comes into an average with its full weight, so this is a sum. For a steady "
        "gradient it grows until it is 1 / (1 - beta) times as large as what it averages, and the "
        "steps come out too long or too short.",
        (
            "beta * m + (1 - beta) * g -> beta * m + g",
            "beta1 * m + (1 - beta1) * g -> beta1 * m + g",
            "beta2 * v + (1 - beta2) * g**2 -> beta2 * v + g**2",
            "beta1 * m + (1 - beta1) * g -> beta1 * m + g; "
            "beta2 * v + (1 - beta2) * g**2 -> beta2 * v + g**2",
            "beta2 * m + (1 - beta2) * g -> beta2 * m + g",
            "c = beta1 * m + (1 - beta1) * g -> c = beta1 * m + g; "
            "beta2 * m + (1 - beta2) * g -> beta2 * m + g",
        ),
        own={
            "momentum_ema": (
                "This is the sum form, and the average form is asked for: each gradient comes in "
                "with its full weight. For a steady gradient, steps end 1 / (1 - beta) times "
                "longer than asked for. A change between the two forms changes the right learning "
                "rate by that factor."
            ),
            "lion": (
                "What is new comes into an average with its full weight, so the memory and the "
                "newest gradient are mixed in other proportions than asked for. Where they point "
                "in opposite directions, the sign can turn."
            ),
        },
    ),
    Mistake(
        "doubled",
        "There is one factor (1 - beta) too many. For a steady gradient, steps end 1 / (1 - beta) "
        "times shorter than asked for. Momentum has two conventions, a sum and an average: which "
        "of the two does this exercise want?",
        (
            "m = beta * m + g -> m = beta * m + (1 - beta) * g",
            "m = beta * m + g -> m = beta * m + (1 - beta) * g; "
            "(beta * m + g) -> (beta * m + (1 - beta) * g)",
            "m = beta * m + (1 - beta) * g -> m = beta * m + (1 - beta) * g; "
            "lr * m, -> lr * (1 - beta) * m,",
            "beta1 * m + g / -> beta1 * m + (1 - beta1) * g /",
        ),
        own={
            "momentum": (
                "This is the average form, and the sum form is asked for: each gradient comes in "
                "with the weight (1 - beta). For a steady gradient, steps end 1 / (1 - beta) times "
                "shorter than asked for."
            ),
            "rmsprop_momentum": (
                "This is the average form, and the sum form is asked for: each rescaled gradient "
                "comes in with the weight (1 - beta1). For a steady gradient, steps end 1 / (1 - "
                "beta1) times shorter than asked for."
            ),
            "nesterov": (
                "The memory is in the average form, and the sum form is asked for: each gradient "
                "comes into it with the weight (1 - beta). For a steady gradient, the steps end "
                "too short."
            ),
        },
    ),
    Mistake(
        "ball-before-scaling",
        "The ball takes up the gradients as they are, and the whole is rescaled by the newest `v`, "
        "as in Adam. Here each gradient is rescaled when it comes in, so an old one keeps the "
        "scale of its time.",
        (
            "beta1 * m + g / (np.sqrt(v) + eps)\n    return lr * m -> "
            "beta1 * m + g\n    return lr * m / (np.sqrt(v) + eps)",
            "beta1 * m + g / (np.sqrt(v) + eps)\n    return lr * m -> "
            "beta1 * m + (1 - beta1) * g\n    return lr * m / (np.sqrt(v) + eps)",
        ),
    ),
    Mistake(
        "lr-inside-velocity",
        "Legal, and not what is asked for: the learning rate goes into the memory with each "
        "gradient. Nothing differs while lr stays the same. When it changes, the old gradients in "
        "the memory still carry the old one.",
        (
            "m = beta * m + g -> m = beta * m + lr * g; lr * m, -> m,",
            "m = beta * m + (1 - beta) * g -> m = beta * m + lr * (1 - beta) * g; lr * m, -> m,",
            "m = beta * m + g -> m = beta * m + lr * g; lr * (beta * m + g) -> (beta * m + lr * g)",
            "beta1 * m + g / -> beta1 * m + lr * g /; lr * m, -> m,",
        ),
        variant=True,
    ),
    Mistake(
        "ascent",
        "The sign is turned round: your step leads uphill, and the loss rises. The gradient "
        "points uphill, and a step goes against it; what a rule returns is subtracted from the "
        "parameters.",
        (
            "return lr -> return -lr",
            "w = w - lr * m_hat -> w = w + lr * m_hat",
            "steps[name] = lr -> steps[name] = -lr",
            "x = x - lr * g -> x = x + lr * g",
        ),
        own={
            **dict.fromkeys(
                ("walk", "adamw", "resume"),
                "The sign is turned round: your steps lead uphill, and the loss rises. The "
                "gradient points uphill, and a step goes against it.",
            ),
            **dict.fromkeys(
                ("schedule", "warmup_cosine", "convert"),
                "The learning rate is negative, so every step that uses it leads uphill.",
            ),
        },
    ),
    Mistake(
        "lookahead-opposed",
        "In the step, the gradient and the memory have opposite signs, where they should go "
        "together: what looks ahead pushes against what came before.",
        ("lr * (beta * m + g) -> lr * (g - beta * m)",),
    ),
    Mistake(
        "velocity-sign",
        "The gradient enters the memory with a minus, as in a velocity that is to be added. Here a "
        "step is subtracted from the parameters, so this memory leads uphill, and the loss rises.",
        (
            "beta * m + g -> beta * m - g",
            "m = beta * m + g -> m = beta * m - g",
            "m = beta * m + g -> m = beta * m - lr * g; lr * m, -> m,",
            "m = beta * m + (1 - beta) * g -> m = beta * m - lr * (1 - beta) * g; lr * m, -> m,",
            "beta * m + (1 - beta) * g -> beta * m - (1 - beta) * g",
            "beta1 * m + (1 - beta1) * g -> beta1 * m - (1 - beta1) * g",
            "m = beta1 * m + g / -> m = beta1 * m - g /",
            "m = beta1 * m + g / -> m = beta1 * m - lr * g /; lr * m, -> m,",
            "m = beta * m + g -> m = beta * m - lr * g; lr * (beta * m + g) -> (beta * m - lr * g)",
            "m = beta2 * m + (1 - beta2) * g -> m = beta2 * m - (1 - beta2) * g",
        ),
    ),
    Mistake(
        "velocity-turned",
        "The memory comes in with a minus: each step pushes against the one before instead of "
        "carrying it on.",
        (
            "m = beta * m + g -> m = -beta * m + g",
            "m = beta * m + g -> m = g - beta * m",
            "m = beta * m + (1 - beta) * g -> m = (1 - beta) * g - beta * m",
            "m = beta1 * m + (1 - beta1) * g -> m = (1 - beta1) * g - beta1 * m",
            "m = beta1 * m + g / -> m = -beta1 * m + g /",
        ),
    ),
    Mistake(
        "accumulator-averaged",
        "The squares are averaged here, and the old ones fade. This rule forgets nothing: for a "
        "steady gradient its steps get shorter and shorter, like 1 / sqrt(t), and yours tend to a "
        "constant.",
        (
            *(
                f"v = v + g**2 -> v = {b} * v + (1 - {b}) * g**2"
                for b in (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
            ),
            "g, v=0, *, -> g, v=0, t=0, *,; v = v + g**2 -> v = (t * v + g**2) / (t + 1); "
            "dict(v=v) -> dict(v=v, t=t + 1)",
        ),
    ),
    Mistake(
        "half-an-average",
        "The sum of squares still has one of the two weights of an average: either its past fades, "
        "or what comes in counts for less than it is. In this rule all squares count in full, for "
        "good.",
        tuple(
            f"v = v + g**2 -> v = {new}"
            for b in (0.9, 0.95, 0.99, 0.999)
            for new in (f"{b} * v + g**2", f"v + (1 - {b}) * g**2")
        ),
    ),
    Mistake(
        "accumulator-summed",
        "The squares are summed up here, and nothing fades. For a steady gradient your steps get "
        "shorter and shorter, like 1 / sqrt(t); this rule forgets old squares, so that its steps "
        "tend to a constant.",
        (
            "v = beta2 * v + (1 - beta2) * g**2 -> v = v + g**2",
            "v = beta2 * v + (1 - beta2) * g**2 -> v = v + g**2; v / (1 - beta2**t) -> v",
        ),
    ),
    Mistake(
        "seeded-with-gradient",
        "The first gradient sets the memory, where it should come in as every other does, so it "
        "counts for too much. The first steps show it. Memory starts at zero.",
        (
            f"v = beta2 * v + -> v = beta2 * (g**2 if {_FIRST.format('v')} else v) +",
            f"v = v + g**2 -> v = (g**2 if {_FIRST.format('v')} else v) + g**2",
            f"m = beta * m + -> m = beta * (g if {_FIRST.format('m')} else m) +",
            f"m = beta1 * m + (1 - -> m = beta1 * (g if {_FIRST.format('m')} else m) + (1 -",
            f"m = beta1 * m + (1 - -> m = beta1 * (g if {_FIRST.format('m')} else m) + (1 -; "
            f"v = beta2 * v + -> v = beta2 * (g**2 if {_FIRST.format('v')} else v) +",
            f"m = beta1 * m + (1 - -> m = beta1 * (g if {_FIRST.format('m')} else m) + (1 -; "
            f"v = beta2 * v + -> v = beta2 * (g**2 if {_FIRST.format('v')} else v) +; "
            "m / (1 - beta1**t) -> m; v / (1 - beta2**t) -> v",
            f"c = beta1 * m -> m = g if {_FIRST.format('m')} else m\n    c = beta1 * m",
        ),
    ),
    Mistake(
        "starts-at-one",
        "The memory starts at one, where it should start at zero. That start fades only with time, "
        "and until then every step feels it.",
        (
            "m=0, v=0 -> m=1, v=1",
            "m=0, v=0 -> m=0, v=1",
            "m=0, v=0 -> m=1, v=0",
            "m=0, u=0 -> m=1, u=1",
            "m=0, u=0 -> m=0, u=1",
            "m=0, u=0 -> m=1, u=0",
            "m=0, *, -> m=1, *,",
            "v=0, *, -> v=1, *,",
            "memory.get(name, (0, 0)) -> memory.get(name, (1, 1))",
            "memory.get(name, (0, 0)) -> memory.get(name, (0, 1))",
            "if state else (0, 0, 0) -> if state else (1, 1, 0)",
            "if state else (0, 0, 0) -> if state else (0, 1, 0)",
        ),
        own={
            "adagrad": (
                "The sum of the squares starts at one, where it should start at zero. That start "
                "is never forgotten, and makes small gradients count for less."
            ),
        },
    ),
    Mistake(
        "starts-at-a-tenth",
        "Legal, and not what is asked for: the sum of the squares starts at 0.1, as in TensorFlow "
        "and Keras, so the first steps are shorter, and small gradients count for less. Here it "
        "starts at zero.",
        ("v=0, *, -> v=0.1, *,; v = v + g**2 -> v = v + g**2",),
        variant=True,
    ),
    Mistake(
        "scalar-accumulator",
        "All coordinates are divided by the same number, so the steep one sets the rate of the "
        "flat ones. On a single number nothing can be seen of it. This rule gives each coordinate "
        "a rate of its own.",
        (
            "* g**2 -> * np.mean(g**2)",
            "* g**2 -> * np.sum(g**2)",
            "v + g**2 -> v + np.mean(g**2)",
            "v + g**2 -> v + np.sum(g**2)",
            "abs(g) + eps -> np.max(abs(g)) + eps",
            "np.maximum(v_max, v) -> np.maximum(v_max, np.max(v))",
        ),
    ),
    Mistake(
        "square-forgotten",
        "`v` is fed with the gradients themselves, where it needs their squares. Signs cancel in "
        "it, and the root of a negative number is not a number.",
        ("* g**2 -> * g", "v + g**2 -> v + g"),
    ),
    Mistake(
        "abs-for-square",
        "`v` is fed with the sizes of the gradients, where it needs their squares. Its root has "
        "another scale than a gradient, so larger gradients give longer steps.",
        ("* g**2 -> * abs(g)", "v + g**2 -> v + abs(g)"),
    ),
    Mistake(
        "abs-forgotten",
        "`u` is fed with the gradients themselves, where it needs their sizes. A negative gradient "
        "never counts as large, so the divisor may come near zero, or below it.",
        ("abs(g) + eps -> g + eps",),
    ),
    Mistake(
        "m-squared",
        "`v` is fed with `m`, where it needs the gradient. Where signs change, `m` is small, and "
        "the steps become too long.",
        (
            "(1 - beta2) * g**2 -> (1 - beta2) * m**2",
            "np.maximum(beta2 * u, abs(g) -> np.maximum(beta2 * u, abs(m)",
        ),
        own={
            "adamax": (
                "`u` is fed with `m`, where it needs the gradient. Where signs change, `m` is "
                "small, and the steps become too long."
            ),
            "rmsprop_momentum": (
                "`v` is fed with `m`, where it needs the gradient. At the first step `m` is still "
                "zero, so the gradient is divided by eps alone, and the step is huge."
            ),
        },
    ),
    Mistake(
        "g-for-m",
        "The step is made from the newest gradient alone: those before it have no part in it.",
        (
            "lr * m_hat / -> lr * g /",
            "m_hat = m / (1 - beta1**t) -> m_hat = g / (1 - beta1**t)",
            "m = beta1 * m + g / -> m = g /",
            "return lr * m, -> return lr * g,",
            "np.sign(c) -> np.sign(g)",
        ),
    ),
    Mistake(
        "g-for-v",
        "The step is divided by the newest gradient alone: those before it have no part in the "
        "divisor, so all that is left of a coordinate's gradient is about its sign.",
        (
            "v_hat = v / -> v_hat = g**2 /",
            "v_hat = v / (1 - beta2**t) -> v_hat = g**2",
        ),
    ),
    Mistake(
        "m-for-v",
        "The step is divided by what `m` gives, where it should be `v`. The average of the "
        "gradients has signs, and the root of a negative number is not a number.",
        (
            "v_hat = v / -> v_hat = m /",
            "v_hat = v / -> v_hat = m_hat /",
            "np.sqrt(v_hat) -> np.sqrt(m_hat)",
            "np.sqrt(v_hat) -> np.sqrt(m)",
        ),
    ),
    Mistake(
        "v-for-m",
        "What stands above the line of the fraction is made from `v`, where it should be `m`. "
        "Squares have no sign, so every coordinate moves in one direction, whatever its gradients "
        "were.",
        (
            "m_hat = m / -> m_hat = v /",
            "lr * m_hat / -> lr * v_hat /",
        ),
    ),
    Mistake(
        "v-not-used",
        "The step is not divided by anything that the sizes of the gradients decide. Steep and "
        "flat coordinates get the same rate.",
        (
            "lr * m_hat / (np.sqrt(v_hat) + eps) -> lr * m_hat",
            "lr * g / (np.sqrt(v) + eps) -> lr * g",
            "beta1 * m + g / (np.sqrt(v) + eps) -> beta1 * m + g",
            "lr * m_hat / u -> lr * m_hat",
        ),
    ),
    Mistake(
        "lr-forgotten",
        "The learning rate that is handed in has no part in your result.",
        (
            "return lr * -> return ",
            "w = w - lr * m_hat -> w = w - m_hat",
            "steps[name] = lr * -> steps[name] = ",
            "x = x - lr * g -> x = x - g",
            "return lr * factor -> return factor",
            "free], lr=lr) -> free])",
        ),
    ),
    Mistake(
        "lr-twice",
        "The learning rate comes into your result twice.",
        (
            "return lr -> return lr * lr",
            "w = w - lr * m_hat -> w = w - lr * lr * m_hat",
            "steps[name] = lr -> steps[name] = lr * lr",
            "m = beta * m + g -> m = beta * m + lr * g",
            "m = beta * m + (1 - beta) * g -> m = beta * m + lr * (1 - beta) * g",
            "beta1 * m + g / -> beta1 * m + lr * g /",
            "x = x - lr * g -> x = x - lr * lr * g",
        ),
    ),
    Mistake(
        "gradient-for-parameters",
        "The gradient stands where the parameters would: a part of it was taken away from it. A "
        "rule gets the gradient and returns the step alone; whoever calls it moves the parameters.",
        ("return lr * g, {} -> return g - lr * g, {}",),
    ),
    Mistake(
        "step-for-parameters",
        "What comes back is the step, and the new parameters are asked for. The next call is "
        "handed what came back as its parameters.",
        (
            "    w = w - lr * weight_decay * w\n    w = w - lr * m_hat / (np.sqrt(v_hat) + eps) -> "
            "    w = lr * weight_decay * w + lr * m_hat / (np.sqrt(v_hat) + eps)",
            "    w = w - lr * weight_decay * w\n    w = w - lr * m_hat / (np.sqrt(v_hat) + eps) -> "
            "    w = lr * m_hat / (np.sqrt(v_hat) + eps)",
            "        w = w - lr * m_hat / (np.sqrt(v_hat) + eps) -> "
            "        w = lr * m_hat / (np.sqrt(v_hat) + eps)",
        ),
    ),
    Mistake(
        "l2-for-decoupled",
        "The decay was added to the gradient, which is L2 regularization. There it goes through "
        "both averages and is rescaled like everything else: a parameter whose gradient is zero "
        "takes a step of about lr, whatever the decay. Decoupled decay doesn't pass through the "
        "memory.",
        (
            "    t = t + 1\n -> "
            "    t = t + 1\n    g = g + weight_decay * w\n; "
            "    w = w - lr * weight_decay * w\n -> ",
            "    t = t + 1\n -> "
            "    t = t + 1\n    g = g + lr * weight_decay * w\n; "
            "    w = w - lr * weight_decay * w\n -> ",
        ),
    ),
    Mistake(
        "decay-unscaled",
        "The decay is not multiplied by the learning rate, so it pulls the parameters towards zero "
        "1 / lr times as strongly, and a schedule doesn't reach it.",
        ("w - lr * weight_decay * w -> w - weight_decay * w",),
    ),
    Mistake(
        "decay-after",
        "The decay is applied to the parameters after Adam's step, so it shrinks the step too. "
        "It should act on the parameters as they came in.",
        (
            "    w = w - lr * weight_decay * w\n    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)\n"
            " -> "
            "    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)\n    w = w - lr * weight_decay * w\n",
        ),
    ),
    Mistake(
        "decay-forgotten",
        "The weight decay has no part in your step: a parameter whose gradient is zero stays where "
        "it is.",
        ("    w = w - lr * weight_decay * w\n -> ",),
    ),
    Mistake(
        "decay-grows",
        "The decay has the wrong sign: a parameter whose gradient is zero moves away from zero.",
        ("w - lr * weight_decay * w -> w + lr * weight_decay * w",),
    ),
    Mistake(
        "decay-in-step",
        "The decay is divided by the root of the average square too. Decoupled decay is the same "
        "share of every parameter, whatever its gradients were.",
        (
            "    w = w - lr * weight_decay * w\n -> ; "
            "lr * m_hat / (np.sqrt(v_hat) + eps) -> "
            "lr * (m_hat + weight_decay * w) / (np.sqrt(v_hat) + eps)",
        ),
    ),
    Mistake(
        "stale-m",
        "The step uses the memory as it was before this gradient came in, so the first step is "
        "zero and each later one is one gradient behind. The order of the lines decides.",
        (
            "m_hat = m / (1 - beta1**t) -> m_hat = old / (1 - beta1**t); "
            "m = beta1 * m + (1 - beta1) * g -> old, m = m, beta1 * m + (1 - beta1) * g",
            "lr * m_hat / -> lr * old / (1 - beta1**t) /; m_hat = m / (1 - beta1**t) -> m_hat = m; "
            "m = beta1 * m + (1 - beta1) * g -> old, m = m, beta1 * m + (1 - beta1) * g",
            "t = t + 1\n    m = -> t, old_m, old_v = t + 1, m, v\n    m =; "
            "m_hat = m / -> m_hat = old_m /; v_hat = v / -> v_hat = old_v /",
            "t = t + 1\n        m = -> t, old_m, old_v = t + 1, m, v\n        m =; "
            "m_hat = m / -> m_hat = old_m /; v_hat = v / -> v_hat = old_v /",
            "m = beta * m + -> old, m = m, beta * m +; lr * m, -> lr * old,",
            "m = beta1 * m + g / -> old, m = m, beta1 * m + g /; lr * m, -> lr * old,",
            "c = beta1 * m + (1 - beta1) * g -> c = m",
            "m = beta * m + (1 - beta) * g\n    m_hat = beta * m / -> "
            "old, m = m, beta * m + (1 - beta) * g\n    m_hat = beta * old /",
        ),
        own={
            "muon": (
                "What the step mixes with the newest gradient is the memory as it was before that "
                "gradient came in. It should be there twice: in the memory, and beside it."
            ),
        },
    ),
    Mistake(
        "stale-v",
        "The divisor uses the memory as it was before this gradient came in. At the first step "
        "that is zero, so the step is divided by eps alone, and is huge.",
        (
            "v_hat = v / (1 - beta2**t) -> v_hat = old / (1 - beta2**t); "
            "v = beta2 * v + (1 - beta2) * g**2 -> old, v = v, beta2 * v + (1 - beta2) * g**2",
            "v = beta2 * v + (1 - beta2) * g**2 -> old, v = v, beta2 * v + (1 - beta2) * g**2; "
            "np.sqrt(v) -> np.sqrt(old)",
            "v = v + g**2 -> old, v = v, v + g**2; np.sqrt(v) -> np.sqrt(old)",
        ),
    ),
    Mistake(
        "m-after-sign",
        "The step and the memory are made one from the other. In this rule both start from the "
        "*old* memory: the step mixes the gradient into it with beta1, and the memory is updated "
        "on its own.",
        (
            "c = beta1 * m + (1 - beta1) * g\n    m = beta2 * m + (1 - beta2) * g -> "
            "m = beta2 * m + (1 - beta2) * g\n    c = beta1 * m + (1 - beta1) * g",
            "m = beta2 * m + (1 - beta2) * g -> m = c",
            "beta2 * m + (1 - beta2) * g -> beta2 * m + (1 - beta2) * c",
        ),
    ),
    Mistake(
        "sign-forgotten",
        "The step keeps the size of the average. This rule takes its sign alone, so that every "
        "coordinate moves by lr.",
        ("np.sign(c) -> c",),
    ),
    Mistake(
        "sign-by-division",
        "The sign is found by a division, and a coordinate whose average is zero gets 0/0, which "
        "is not a number. It should stay where it is.",
        ("np.sign(c) -> c / abs(c)",),
    ),
    Mistake(
        "lookahead-forgotten",
        "The step is that of plain momentum: nothing in it looks ahead. The newest gradient should "
        "count once more than in the memory.",
        (
            "lr * (beta * m + g) -> lr * m",
            "mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product) -> "
            "m / (1 - mu_product)",
            "mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product) -> "
            "m / (1 - beta1**t)",
        ),
    ),
    Mistake(
        "lookahead-without-beta",
        "The look ahead goes too far: the memory enters the step in full, and only what beta keeps "
        "of it will still be there at the next step.",
        (
            "lr * (beta * m + g) -> lr * (m + g)",
            "lr * (beta * m + g) -> lr * (m + beta * g)",
            "lr * (beta * m + g) -> lr * (m + beta * m)",
            "lr * (beta * m + g) -> lr * (m + beta * m + g)",
        ),
    ),
    Mistake(
        "lookahead-averaged",
        "The look ahead weighs the newest gradient with (1 - beta), which belongs to the average "
        "form. In the sum form it counts in full.",
        ("lr * (beta * m + g) -> lr * (beta * m + (1 - beta) * g)",),
    ),
    Mistake(
        "lookahead-kept",
        "What looks ahead was kept as the memory, so the next step goes on from there, and every "
        "gradient counts twice. The look ahead is for one step only.",
        ("return lr * (beta * m + g) -> m = beta * m + g\n    return lr * m",),
    ),
    Mistake(
        "lookahead-in-memory",
        "What looks ahead came into the memory, where a gradient should. It has a part of the "
        "memory in it already, so the past counts twice. The look ahead is for one step only.",
        (
            "lr * (beta * m + g) -> lr * (beta * m + g); "
            "m = beta * m + g -> m = beta * m + (beta * m + g)",
            "m = beta * m + g -> m = beta * m + (beta * m + g); lr * (beta * m + g) -> lr * m",
            "m = beta * m + g -> ahead = beta * m + g\n    m = beta * m + ahead; "
            "lr * (beta * m + g) -> lr * ahead",
            "m = beta * m + g -> m = beta * m + g\n    ahead = beta * m + g; "
            "return lr * (beta * m + g) -> m = beta * m + ahead\n    return lr * ahead",
            "m = beta * m + g -> m = beta * m + g\n    ahead = beta * m + g; "
            "return lr * (beta * m + g) -> m = beta * m + ahead\n    return lr * m",
        ),
    ),
    Mistake(
        "beta1-not-scheduled",
        "beta1 is the same at every step here. In this rule it rises from about beta1 / 2, as the "
        "exercise says.",
        (
            "mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t)) -> mu = beta1; "
            "mu_next = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * (t + 1))) -> mu_next = beta1",
        ),
    ),
    Mistake(
        "nadam-simplified",
        "Legal, and not what is asked for: beta1 is the same at every step, and both parts of the "
        "look ahead are corrected alike, as in Ruder's overview and many ports of it. Here beta1 "
        "rises, and what looks ahead uses the next one.",
        (
            "mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product) -> "
            "beta1 * m / (1 - beta1**t) + (1 - beta1) * g / (1 - beta1**t)",
        ),
        variant=True,
    ),
    Mistake(
        "schedule-of-keras",
        "Legal, and not what is asked for: beta1 rises as in Keras, where `momentum_decay` has no "
        "part, so it rises much faster.",
        ("(momentum_decay * t) -> t; (momentum_decay * (t + 1)) -> (t + 1)",),
        variant=True,
    ),
    Mistake(
        "product-not-carried",
        "The correction uses this step's beta1 alone. Since it changes from step to step, the "
        "correction needs the product of all of them so far.",
        (
            "mu_product = mu_product * mu -> mu_product = mu",
            "mu_product=mu_product) -> mu_product=1)",
        ),
    ),
    Mistake(
        "max-forgotten",
        "The divisor shrinks again when the gradients get small. In this rule it must not: what "
        "counts is the largest so far.",
        (
            "v_max = np.maximum(v_max, v) -> v_max = v",
            "v_max=v_max, t=t -> v_max=v, t=t",
            "u = np.maximum(beta2 * u, abs(g) + eps) -> u = abs(g) + eps",
        ),
        own={
            "adamax": (
                "Your divisor is the size of the newest gradient alone, so a small gradient after "
                "a large one gives a long step. In this rule the largest is remembered, and fades."
            ),
        },
    ),
    Mistake(
        "max-without-fading",
        "Your divisor never shrinks. In this rule the largest gradient fades, by the factor beta2 "
        "at every step.",
        ("np.maximum(beta2 * u, -> np.maximum(u,",),
    ),
    Mistake(
        "average-for-max",
        "The sizes of the gradients are averaged. This rule takes the larger of two: what is left "
        "of the old maximum, and the newest gradient.",
        (
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + (1 - beta2) * abs(g) + eps",
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + (1 - beta2) * (abs(g) + eps)",
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + abs(g) + eps",
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + (1 - beta2) * (abs(g) + eps); "
            "m_hat / u -> m_hat / (u / (1 - beta2**t))",
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + (1 - beta2) * abs(g); "
            "m_hat / u -> m_hat / (u / (1 - beta2**t) + eps)",
            "np.maximum(beta2 * u, abs(g) + eps) -> beta2 * u + (1 - beta2) * abs(g); "
            "m_hat / u -> m_hat / (u + eps)",
        ),
    ),
    Mistake(
        "maximum-corrected",
        "`u` is corrected for its start as well. A maximum takes up the first gradient in full, so "
        "there is nothing to make up for: the divisor gets too large, and the first steps are too "
        "short.",
        ("m_hat / u -> m_hat / (u / (1 - beta2**t))",),
    ),
    Mistake(
        "max-overwrites-v",
        "The largest `v` replaced the running average itself, so the average goes on from the "
        "largest. They are two memories.",
        ("v=v, v_max=v_max -> v=v_max, v_max=v_max",),
    ),
    Mistake(
        "min-for-max",
        "The smaller of two was taken, where the larger is asked for. The memory starts at zero "
        "and stays there, so the step is divided by next to nothing.",
        ("np.maximum -> np.minimum",),
    ),
    Mistake(
        "max-after-correction",
        "Legal, and not what is asked for: the largest is taken of the corrected `v`, as in Keras "
        "and Optax. The exercise takes the largest first, and corrects that, as PyTorch does.",
        (
            "v_max = np.maximum(v_max, v) -> v_max = np.maximum(v_max, v / (1 - beta2**t)); "
            "v_hat = v_max / (1 - beta2**t) -> v_hat = v_max",
        ),
        variant=True,
    ),
    Mistake(
        "eps-beside-u",
        "Legal, and not what is asked for: eps is added to `u` when the step is divided by it. The "
        "exercise adds it to the size of each gradient.",
        (
            "abs(g) + eps -> abs(g); lr * m_hat / u -> lr * m_hat / (u + eps)",
            "abs(g) + eps -> abs(g); lr * m_hat / u -> lr * m_hat / np.maximum(u, eps)",
        ),
        variant=True,
    ),
    Mistake(
        "memory-outside",
        "The same call, made twice, gives two results: something is remembered outside of what "
        "you return, in a global, an attribute, a default value, or a generator of random numbers. "
        "What is known of the past is what was handed in.",
    ),
    Mistake(
        "never-moves",
        "Nothing moves: whatever the gradient is, the parameters stay where they are.",
    ),
    Mistake(
        "written-in",
        "What is handed in has no part in your result: a number of your own stands in its place, "
        "or nothing does. Who calls the function chooses its hyper-parameters.",
    ),
    Mistake(
        "rounded-off",
        "The result was rounded. A small number loses most of its digits in that, and some "
        "become zero; round only what is printed.",
    ),
    Mistake(
        "return-in-loop",
        "Only the first round of a loop was made: there is no loop, or it ends too soon. A "
        "`return` inside of one ends the function, and every loop around it.",
        (
            "    return np.array(points) ->         return np.array(points)",
            "    return g ->         return g",
            "    return w, (m, v, t) ->         return w, (m, v, t)",
            "            optimizer.step()\n ->             optimizer.step()\n            return\n",
            "        scheduler.step()\n ->         scheduler.step()\n        return\n",
            "    parts = dict( ->         parts = dict(;     states = { ->         states = {; "
            "    return copy ->         return copy",
            "    parts = dict( ->         parts = dict(;     states = { ->         states = {; "
            "    return copy.deepcopy(dict(states, epoch=epochs)) -> "
            "        return dict(states, epoch=epochs)",
            "        scheduler.step()\n -> ;     parts = dict( ->             parts = dict(; "
            "    states = { ->             states = {;     return copy ->             return copy",
        ),
    ),
    Mistake(
        "changed-input",
        "Your function changed what it was given. Whoever called it still needs that as it was. "
        "`+=` and its like write into the array on their left, wherever that came from.",
    ),
    Mistake(
        "aliased-memory",
        "Two names stand for one array: what was kept changes when the other is written to. "
        "An assignment gives an array a second name; it doesn't copy it.",
        (
            "x = x - lr * g -> x -= lr * g",
            "points = [x] -> x = x.copy()\n    points = [x]; x = x - lr * g -> x -= lr * g",
            "points = [x] -> x = x.copy()\n    points = [x.copy()]; x = x - lr * g -> x -= lr * g",
        ),
    ),
    Mistake(
        "step-kept",
        "What goes into the memory is multiplied by the learning rate, so at the next step little "
        "is left of the past.",
        ("dict(m=m) -> dict(m=lr * m)",),
    ),
    Mistake(
        "memory-forgotten",
        "Something that should be carried on starts at zero again: all of the memory, or a part of "
        "it. The first step is right, and those after it don't know what came before.",
        (
            "dict(m=m) -> dict(m=0)",
            "m=m, s=s -> m=m, s=0",
            "m=m, s=s -> m=0, s=s",
            "v_row=v_row, v_col=v_col, t=t -> v_row=0, v_col=0, t=t",
            "v_row=v_row, v_col=v_col, t=t -> v_row=v_row, v_col=v_col, t=0",
            "m = beta * m + -> m = beta * 0 +",
            "m = beta1 * m + (1 - beta1) * g -> m = beta1 * 0 + (1 - beta1) * g; "
            "v = beta2 * v + -> v = beta2 * 0 +",
            "v = beta2 * v + -> v = beta2 * 0 +",
            "v = v + g**2 -> v = 0 + g**2",
            "dict(v=v) -> dict(v=0)",
            "dict(m=m, v=v) -> dict(m=0, v=0)",
            "dict(m=m, v=v) -> dict(m=m, v=0)",
            "dict(m=m, v=v) -> dict(m=0, v=v)",
            "m=m, v=v, t=t -> m=0, v=0, t=0",
            "m=m, v=v, t=t -> m=0, v=0, t=t",
            "m=m, v=v, t=t -> m=0, v=v, t=t",
            "m=m, v=v, t=t -> m=m, v=0, t=t",
            "m=m, u=u, t=t -> m=0, u=0, t=0",
            "m=m, u=u, t=t -> m=m, u=0, t=t",
            "m=m, u=u, t=t -> m=0, u=u, t=t",
            "m=m, v=v, v_max=v_max, t=t -> m=0, v=0, v_max=0, t=0",
            "v_max=v_max, t=t -> v_max=0, t=t",
            "m=m, v=v, v_max=v_max -> m=0, v=0, v_max=0",
            "m=m, v=v, v_max=v_max -> m=0, v=0, v_max=v_max",
            "m=m, v=v, v_max=v_max -> m=0, v=v, v_max=v_max",
            "m=m, v=v, v_max=v_max -> m=m, v=0, v_max=v_max",
            "m=m, v=v, v_max=v_max -> m=m, v=0, v_max=0",
            "m=m, u=u -> m=0, u=0",
            "m=m, v=v, t=t, mu_product=mu_product -> m=0, v=0, t=0, mu_product=1",
            "state if state else (0, {}) -> (0, {})",
            "state if state else (0, {}) -> (state[0] if state else 0, {})",
            "state if state else (0, 0, 0) -> (0, 0, 0)",
            "state if state else (0, 0, 0) -> (*state[:2], 0) if state else (0, 0, 0)",
            "state if state else (0, 0, 0) -> (0, 0, state[2]) if state else (0, 0, 0)",
            "state if state else (0, 0, 0) -> (0, *state[1:]) if state else (0, 0, 0)",
            "state if state else (0, 0, 0) -> (state[0], 0, state[2]) if state else (0, 0, 0)",
            "        t = t + 1\n        m = -> "
            "        m, v, t = 0, 0, 0\n        t = t + 1\n        m =",
        ),
        own={
            "resume": (
                "Something that should be carried on starts at zero again: the averages, or one of "
                "them, or the count of steps that corrects them. What comes after that is not what "
                "it would be in one go."
            ),
        },
        later=(
            "Something that should be carried on starts at zero again: all of the memory, or a "
            "part of it. So a step doesn't know what came before."
        ),
    ),
    Mistake(
        "memory-shared",
        "All arrays share one memory: the second goes on from what the first left behind. Each "
        "array needs its own `m` and `v`.",
        (
            "    for name, g in gradients.items():\n -> "
            "    m, v = memory.get('all', (0, 0))\n    for name, g in gradients.items():\n; "
            "        m, v = memory.get(name, (0, 0))\n -> ; new[name] = -> new['all'] =",
            "    for name, g in gradients.items():\n -> "
            "    m, v = memory.get('all', (0, 0))\n    for name, g in gradients.items():\n"
            "        t = t + 1\n; "
            "    t = t + 1\n    m, v -> "
            "    m, v; "
            "        m, v = memory.get(name, (0, 0))\n -> ; new[name] = -> new['all'] =",
        ),
    ),
    Mistake(
        "memory-swapped",
        "`m` and `v` have changed places in the memory that you return. The first step is right, "
        "and at the second one stands for the other.",
        ("m=m, v=v -> m=v, v=m", "new[name] = m, v -> new[name] = v, m"),
        later=(
            "`m` and `v` have changed places in the memory that you return, so from the second "
            "step on, one stands for the other."
        ),
    ),
    Mistake(
        "gradients-not-cleared",
        "The second step uses the sum of two gradients, the third the sum of three. PyTorch adds "
        "each new gradient to what is there, until somebody clears it.",
        (
            "            optimizer.zero_grad()\n -> ",
            "    for _ in range(epochs):\n -> "
            "    optimizer.zero_grad()\n    for _ in range(epochs):\n; "
            "            optimizer.zero_grad()\n -> ",
            "        for X, y in batches:\n            optimizer.zero_grad()\n -> "
            "        optimizer.zero_grad()\n        for X, y in batches:\n",
        ),
    ),
    Mistake(
        "gradients-cleared-too-soon",
        "The gradients were cleared between their computation and the step, so the step finds "
        "nothing, and the parameters stay where they are.",
        (
            "            optimizer.zero_grad()\n -> ; "
            "loss.backward()\n -> loss.backward()\n            optimizer.zero_grad()\n",
        ),
    ),
    Mistake(
        "step-before-backward",
        "The optimizer steps before this batch's gradient is there: the first step does nothing, "
        "or each one uses the batch before.",
        (
            "            loss.backward()\n            optimizer.step()\n -> "
            "            optimizer.step()\n            loss.backward()\n",
            "            optimizer.zero_grad()\n -> ; "
            "            loss.backward()\n            optimizer.step()\n -> "
            "            optimizer.step()\n            optimizer.zero_grad()\n"
            "            loss.backward()\n",
        ),
    ),
    Mistake(
        "backward-forgotten",
        "No gradient was ever computed, so the optimizer's steps change nothing.",
        ("            loss.backward()\n -> ",),
    ),
    Mistake(
        "step-forgotten",
        "The optimizer never takes a step, so the parameters stay where they are.",
        ("            optimizer.step()\n -> ",),
    ),
    Mistake(
        "step-per-epoch",
        "The optimizer steps once an epoch, and not once a batch.",
        (
            "            optimizer.step()\n        scheduler.step() -> "
            "        optimizer.step()\n        scheduler.step()",
            "            optimizer.zero_grad()\n -> ; "
            "        for X, y in batches:\n -> "
            "        optimizer.zero_grad()\n        for X, y in batches:\n; "
            "            optimizer.step()\n        scheduler.step() -> "
            "        optimizer.step()\n        scheduler.step()",
        ),
    ),
    Mistake(
        "scheduler-first",
        "The scheduler steps before the optimizer, so the first learning rate of the schedule is "
        "never used. PyTorch warns about this order.",
        (
            "        scheduler.step() -> ; "
            "        for X, y in batches:\n -> "
            "        scheduler.step()\n        for X, y in batches:\n",
            "        scheduler.step() -> ; "
            "            optimizer.step() -> "
            "            scheduler.step()\n            optimizer.step()",
            "        scheduler.step() -> ; "
            "            optimizer.zero_grad()\n -> "
            "            scheduler.step()\n            optimizer.zero_grad()\n",
        ),
    ),
    Mistake(
        "scheduler-per-batch",
        "The scheduler steps after every batch, so the learning rate falls several times an epoch. "
        "Here it is meant to step once an epoch.",
        ("        scheduler.step() ->             scheduler.step()",),
    ),
    Mistake(
        "scheduler-twice",
        "The scheduler steps after every batch, and after every epoch once more. Here it is meant "
        "to step once an epoch.",
        (
            "        scheduler.step() ->             scheduler.step()\n        scheduler.step()",
            "        scheduler.step() ->         scheduler.step()\n        scheduler.step()",
        ),
    ),
    Mistake(
        "scheduler-forgotten",
        "The learning rate stays the same during the training: nothing tells the scheduler that "
        "an epoch has passed.",
        ("        scheduler.step() -> ", "        scheduler.step() ->     scheduler.step()"),
    ),
    Mistake(
        "decay-on-all",
        "The decay pulls at everything: at biases and scales too, which have one axis or none.",
        (
            "weight_decay=0 -> weight_decay=weight_decay",
            "p.ndim > 1 -> p.ndim >= 0",
        ),
    ),
    Mistake(
        "group-takes-the-default",
        "A group decays that shouldn't, though only a little: it doesn't say its own decay, so it "
        "takes that of the call, and where the call names none, `AdamW`'s default. That is 0.01, "
        "and not 0.",
        (", weight_decay=0) -> )",),
    ),
    Mistake(
        "decay-not-handed-on",
        "The matrices don't decay as much as was asked for. The decay that was handed in reaches "
        "no group: they have 0, or `AdamW`'s default, which is 0.01.",
        (
            "params=matrices, weight_decay=weight_decay -> params=matrices",
            "params=matrices, weight_decay=weight_decay -> params=matrices, weight_decay=0",
        ),
    ),
    Mistake(
        "unknown-group-key",
        "A group has a key that `AdamW` doesn't know. PyTorch keeps it without a word, and goes by "
        "the name that it knows: `weight_decay`.",
        (
            "params=others, weight_decay=0 -> params=others, decay=0",
            "params=matrices, weight_decay=weight_decay -> params=matrices, decay=weight_decay",
            "params=others, weight_decay=0 -> params=others, decay=0; "
            "params=matrices, weight_decay=weight_decay -> params=matrices, decay=weight_decay",
        ),
    ),
    Mistake(
        "matrices-left-out",
        "Only what has more than two axes decays, such as the kernels of a convolution. A matrix "
        "has two, and is to decay as well.",
        ("p.ndim > 1 -> p.ndim > 2",),
    ),
    Mistake(
        "decay-turned-round",
        "It is turned round: the biases and scales decay, and the matrices don't.",
        ("p.ndim > 1 -> p.ndim <= 1",),
    ),
    Mistake(
        "decay-scaled-twice",
        "The decay comes out lr times too small: it is handed on multiplied by lr, and `AdamW` "
        "multiplies it by lr at every step already.",
        ("weight_decay=weight_decay -> weight_decay=lr * weight_decay",),
    ),
    Mistake(
        "two-axes-alone",
        "What has more than two axes doesn't decay, such as the kernels of a convolution, which "
        "have four. They are weights as the matrices are.",
        ("p.ndim > 1 -> p.ndim == 2",),
    ),
    Mistake(
        "chosen-by-name",
        "What decays seems to be chosen by names. The scale of a normalization is called a weight "
        "too, and has one axis; and a name may be anything, where the axes don't lie.",
        (
            "for p in model.parameters():\n        if p.ndim > 1: -> "
            "for name, p in model.named_parameters():\n        if not name.endswith('bias'):",
            "for p in model.parameters():\n        if p.ndim > 1: -> "
            "for name, p in model.named_parameters():\n        if 'weight' in name:",
            "for p in model.parameters():\n        if p.ndim > 1: -> "
            "for name, p in model.named_parameters():\n"
            "        if 'bias' not in name and 'norm' not in name:",
        ),
    ),
    Mistake(
        "in-two-groups",
        "A parameter stands in two groups, and PyTorch refuses that: it couldn't know which "
        "group's decay to take.",
        (
            "        else:\n            others.append(p) ->         others.append(p)",
            "params=others -> params=model.parameters()",
        ),
    ),
    Mistake(
        "parameter-left-out",
        "Some parameters are in no group, so nothing ever moves them, and nobody complains. Each "
        "has to be somewhere. What was looped through once may be empty the second time.",
        (
            "AdamW([decayed, free] -> AdamW([decayed]",
            "AdamW([decayed, free] -> AdamW([free]",
            "        else:\n -> ; "
            "            others.append(p) -> "
            "        elif p.ndim == 1:\n            others.append(p)",
            "        if p.ndim > 1:\n            matrices -> "
            "        if p.ndim == 2:\n            matrices; "
            "        else:\n ->         elif p.ndim < 2:\n",
        ),
    ),
    Mistake(
        "group-without-lr",
        "Two learning rates are at work: one group has the lr that was handed in, and the other "
        "`AdamW`'s default, which is 0.001. What only one group names holds for that group alone.",
        (
            "params=others -> params=others, lr=lr; free], lr=lr) -> free])",
            "params=matrices -> params=matrices, lr=lr; free], lr=lr) -> free])",
        ),
    ),
    Mistake(
        "model-left-behind",
        "After the interruption the weights begin anew, where every new model begins.",
        ('        model.load_state_dict(saved["model"])\n -> ',),
    ),
    Mistake(
        "optimizer-left-behind",
        "After the interruption the weights are the right ones, and the next step isn't: the "
        "optimizer begins with an empty memory and with its first learning rate.",
        ('        optimizer.load_state_dict(saved["optimizer"])\n -> ',),
    ),
    Mistake(
        "count-left-behind",
        "After the interruption the optimizer has its averages, and counts from 0 again: full "
        "averages are corrected as if they had just begun, so the steps are too long.",
        (
            '        optimizer.load_state_dict(saved["optimizer"])\n -> '
            '        optimizer.load_state_dict(saved["optimizer"])\n'
            "        for memory in optimizer.state.values():\n"
            "            memory['step'] = 0 * memory['step']\n",
        ),
    ),
    Mistake(
        "scheduler-left-behind",
        "After the interruption the learning rate falls at the wrong time: the scheduler counts "
        "its epochs from 0 again.",
        ('        scheduler.load_state_dict(saved["scheduler"])\n -> ',),
    ),
    Mistake(
        "checkpoint-not-used",
        "After the interruption everything begins anew: the checkpoint that is handed in has no "
        "part in it.",
        ("    if saved: ->     if False:",),
    ),
    Mistake(
        "only-the-weights",
        "The weights come back, and nothing else. The optimizer's memory, the place in the "
        "schedule and the number of epochs that are done belong to a training as well.",
        (
            '        optimizer.load_state_dict(saved["optimizer"])\n'
            '        scheduler.load_state_dict(saved["scheduler"])\n'
            '        begin = saved["epoch"]\n -> ',
            '        optimizer.load_state_dict(saved["optimizer"])\n'
            '        scheduler.load_state_dict(saved["scheduler"])\n'
            '        begin = saved["epoch"]\n -> ; '
            "copy.deepcopy(dict(states, epoch=epochs)) -> dict(states, epoch=epochs)",
        ),
    ),
    Mistake(
        "others-trained",
        "After the interruption the model that was handed in stays where it is: other objects are "
        "trained under its names. Who called the function holds the ones that were handed in, and "
        "wants those to be as they were.",
        (
            "    if saved:\n -> "
            "    if saved:\n        model, optimizer, scheduler = copy.deepcopy("
            "(model, optimizer, scheduler))\n",
        ),
    ),
    Mistake(
        "epochs-counted-anew",
        "After the interruption there are too many epochs: all of them are trained once more. The "
        "number that is handed in counts those before the interruption too.",
        ("range(begin, epochs) -> range(epochs)", '        begin = saved["epoch"]\n -> '),
    ),
    Mistake(
        "epoch-off-by-one",
        "An epoch is trained twice after the interruption, or is left out. What does the number in "
        "your checkpoint count: the epochs that are done, or the last one from 0?",
        (
            "epoch=epochs -> epoch=epochs - 1",
            "epoch=epochs -> epoch=epochs + 1",
        ),
    ),
    Mistake(
        "checkpoint-shared",
        "The checkpoint walks along: after your function has returned, training goes on, and what "
        "you returned changes with it. What PyTorch hands out as a state are its own arrays, and "
        "no copies; a copy of the dictionary alone still holds the same arrays.",
        (
            "copy.deepcopy(dict(states, epoch=epochs)) -> dict(states, epoch=epochs)",
            "copy.deepcopy(dict(states, epoch=epochs)) -> "
            'dict(states, model=copy.deepcopy(states["model"]), epoch=epochs)',
            "copy.deepcopy(dict(states, epoch=epochs)) -> "
            'dict(states, optimizer=copy.deepcopy(states["optimizer"]), epoch=epochs)',
        ),
    ),
    Mistake(
        "loaded-too-late",
        "The checkpoint is loaded after the loop: what was trained in between is overwritten, and "
        "it was trained from the beginning.",
        (
            '        model.load_state_dict(saved["model"])\n'
            '        optimizer.load_state_dict(saved["optimizer"])\n'
            '        scheduler.load_state_dict(saved["scheduler"])\n -> ; '
            "    parts = dict -> "
            '    if saved:\n        model.load_state_dict(saved["model"])\n'
            '        optimizer.load_state_dict(saved["optimizer"])\n'
            '        scheduler.load_state_dict(saved["scheduler"])\n'
            "    parts = dict",
        ),
    ),
    Mistake(
        "saved-too-soon",
        "The scheduler's state was taken before its step of that epoch. After the interruption it "
        "is an epoch behind, and the learning rate falls too late.",
        (
            "        scheduler.step()\n -> "
            "        old = copy.deepcopy(scheduler.state_dict())\n        scheduler.step()\n; "
            "epoch=epochs) -> epoch=epochs, scheduler=old)",
        ),
    ),
    Mistake(
        "another-rate",
        "Not all walk at the rates that are on the list: one of the rules gets a multiple of each. "
        "What comes out is the luck of that factor, and says nothing of the rules.",
        (
            'lr=lr) -> lr=3 * lr if "v" in memory else lr)',
            "lr=lr) -> lr=lr if name == next(iter(rules)) else 3 * lr)",
            "lr=lr) -> lr=3 * lr if name == [*rules][-1] else lr)",
            "lr=lr) -> lr=3 * lr if name == 'adam' else lr)",
        ),
    ),
    Mistake(
        "every-rate-another",
        "The rules walk at other rates than those of the list. Where all are favored alike, two "
        "that are the same end in a tie, and the race is fair in appearance only: what is tried "
        "isn't what was asked for, and suits one rule more than another.",
        (
            "**memory, lr=lr) -> **memory, lr=3 * lr)",
            "**memory, lr=lr) -> **memory, lr=lr / 3)",
        ),
    ),
    Mistake(
        "some-rates-another",
        "Some rules walk at other rates than those of the list, and the race is theirs or lost by "
        "that.",
        (
            '**memory, lr=lr) -> **memory, lr=3 * lr if "v" in memory or "s" in memory else lr)',
            "**memory, lr=lr) -> **memory, lr=3 * lr if memory else lr)",
            '**memory, lr=lr) -> **memory, lr=3 * lr if "m" in memory else lr)',
        ),
    ),
    Mistake(
        "walk-not-begun-anew",
        "Not every walk begins at the start: it goes on from where the walk before it ended. Who "
        "comes later is ahead.",
        (
            "        for lr in rates:\n            w, memory = start, {}\n -> "
            "        w, memory = start, {}\n        for lr in rates:\n",
            "            w, memory = start, {}\n ->             memory = {}\n; "
            "        ends = []\n ->         ends, w = [], start\n",
            "            w, memory = start, {}\n ->             memory = {}\n; "
            "    found = {}\n ->     found, w = {}, start\n",
            "found[name] = test(best)[0] -> found[name] = test(best)[0]\n        start = ends[-1]",
            "found[name] = test(best)[0] -> found[name] = test(best)[0]\n        start = best",
        ),
    ),
    Mistake(
        "memory-not-begun-anew",
        "A walk begins with what the walk before it remembered, so it isn't the walk of its own "
        "rate.",
        (
            "            w, memory = start, {}\n ->             w = start\n; "
            "        ends = []\n ->         ends, memory = [], {}\n",
        ),
    ),
    Mistake(
        "one-rate-for-all",
        "All rules run at the rate that suits one of them. The others are judged by a rate that "
        "was never looked for: each has its own best.",
        (
            "        best = min(ends, key=lambda w: tune(w)[0])\n -> "
            "        losses = [tune(w)[0] for w in ends]\n"
            "        at = at if found else losses.index(min(losses))\n"
            "        best = ends[at]\n",
        ),
    ),
    Mistake(
        "nothing-chosen",
        "There is no choice among the rates: it is always the first of the list that counts, or "
        "the last.",
        (
            "min(ends, key=lambda w: tune(w)[0]) -> ends[0]",
            "min(ends, key=lambda w: tune(w)[0]) -> ends[-1]",
        ),
    ),
    Mistake(
        "worst-chosen",
        "The rate that counts is the one with the largest loss.",
        ("min(ends -> max(ends",),
    ),
    Mistake(
        "chosen-by-test",
        "The rate is chosen by the loss that is reported. So what is reported has been picked "
        "because it is low, and no loss is left that knows nothing of the choice.",
        ("key=lambda w: tune(w)[0] -> key=lambda w: test(w)[0]",),
    ),
    Mistake(
        "tuning-loss-reported",
        "What is reported is the loss by which the rate was chosen, and not the test loss.",
        ("test(best)[0] -> tune(best)[0]",),
    ),
    Mistake(
        "uneven-steps",
        "Not all walks have as many steps: what has more is ahead.",
        (
            "range(steps) -> range(steps * (1 + bool(found)))",
            "range(steps) -> range(steps - len(found))",
        ),
    ),
    Mistake(
        "no-shuffle",
        "Rows that were neighbors stay together: the batches were cut from the rows in their "
        "order. Where rows are sorted, by class or by date, a batch then shows one kind alone.",
    ),
    Mistake(
        "half-shuffled",
        "The rows are not shuffled as a whole: some keep their place from one epoch to the next, "
        "or stay with those that they came with.",
    ),
    Mistake(
        "same-shuffle",
        "Both epochs had the same order. A generator goes on where it stopped, so the next epoch "
        "asks it for another order; a seed that is set again begins again.",
    ),
    Mistake(
        "rng-ignored",
        "Two generators that were alike gave two different epochs, so the shuffle came from "
        "somewhere else. Nobody could repeat this run.",
    ),
    Mistake("lost-rows", "Some rows came in no batch, so nothing is ever learned from them."),
    Mistake(
        "repeated-rows",
        "Some rows came several times and others not at all: the rows were drawn, and put back "
        "after each draw. In an epoch every row comes once.",
    ),
    Mistake(
        "unpaired-shuffle",
        "Rows and answers got apart: a row of X came with the answer of another row. Both must go "
        "into the same order.",
    ),
    Mistake(
        "last-batch-dropped",
        "The rows that don't fill a whole batch were left out. The last batch of an epoch may be "
        "smaller.",
    ),
    Mistake(
        "empty-batch", "One of the batches has no rows. The mean over no rows is not a number."
    ),
    Mistake(
        "even-batches",
        "Legal, and not what is asked for: the rows were dealt out evenly, so the batches are "
        "smaller than batch_size. The exercise wants full batches, and what is left over last.",
        variant=True,
    ),
    Mistake(
        "short-batch-first",
        "Legal, and not what is asked for: a batch that is smaller comes before others. The "
        "exercise wants full batches, and what is left over last.",
        variant=True,
    ),
    Mistake(
        "floor-forgotten",
        "The learning rate falls a little at every step, like a smooth curve. It should stay the "
        "same for a while, and then drop: look at a step that is no multiple of `every`.",
        ("k // every -> k / every",),
    ),
    Mistake(
        "drop-off-by-one",
        "The learning rate drops one step too soon, or one too late. The first step has the number "
        "0, so the first drop comes with the step whose number is `every`.",
        ("(k // every) -> ((k + 1) // every)", "(k // every) -> (max(k - 1, 0) // every)"),
    ),
    Mistake(
        "rounded-up",
        "The learning rate drops too soon: at every step, as many drops should have come as whole "
        "stretches of `every` steps lie behind it.",
        (
            "k // every -> round(k / every)",
            "k // every -> math.ceil(k / every)",
            "k // every -> k // every + 1",
        ),
    ),
    Mistake(
        "factor-not-repeated",
        "Each drop multiplies the learning rate by `factor` once more, and it stays there until "
        "the next. Yours does something else from one of the drops on.",
        (
            "lr * factor ** (k // every) -> lr * factor * (k // every)",
            "lr * factor ** (k // every) -> lr * (factor if k >= every else 1)",
            "lr * factor ** (k // every) -> lr * (1 - factor * (k // every))",
            "lr * factor ** (k // every) -> lr * (factor if k % every == 0 and k else 1)",
        ),
    ),
    Mistake(
        "power-of-k",
        "The learning rate falls at every step, by the whole factor. It should fall by it once in "
        "`every` steps.",
        ("(k // every) -> k", "(k // every) -> (k % every)"),
    ),
    Mistake(
        "power-first",
        "The power was taken of `k` alone, and what came of it was divided by `every`. Powers come "
        "before divisions, unless parentheses say otherwise.",
        (
            "factor ** (k // every) -> factor ** k // every",
            "lr * factor ** (k // every) -> lr * factor ** k / every",
        ),
    ),
    Mistake(
        "inverse-decay",
        "Legal, and not what is asked for: the learning rate is divided by a number that grows by "
        "`factor` with each drop. The exercise multiplies it by `factor` at each drop.",
        (
            "lr * factor ** (k // every) -> lr / (1 + factor * (k // every))",
            "lr * factor ** (k // every) -> lr / (1 + factor * k / every)",
        ),
        variant=True,
    ),
    Mistake(
        "warmup-from-zero",
        "The first learning rate is 0, so the first gradient is thrown away.",
        ("lr * (k + 1) / warmup -> lr * k / warmup",),
    ),
    Mistake(
        "warmup-forgotten",
        "The learning rate begins at its full size: it doesn't rise first.",
        ("lr * (k + 1) / warmup -> lr", "if k < warmup -> if k < 0"),
    ),
    Mistake(
        "warmup-one-too-long",
        "The rise goes on for one step too long: at step `warmup` the learning rate is larger than "
        "lr.",
        ("if k < warmup -> if k <= warmup",),
    ),
    Mistake(
        "warmup-stretched",
        "The rise is spread over one step too many, so each of its learning rates is a little too "
        "small. The last of them should be lr.",
        (
            "(k + 1) / warmup -> (k + 1) / (warmup + 1)",
            "if k < warmup -> if k <= warmup; (k + 1) / warmup -> (k + 1) / (warmup + 1)",
        ),
    ),
    Mistake(
        "division-first",
        "A part of a sum or of a difference was divided, where all of it was meant. Division comes "
        "first, unless parentheses say otherwise.",
        (
            "(k - warmup) / (steps - warmup) -> (k - warmup) / steps - warmup",
            "(kappa - 1) / (kappa + 1) -> (kappa - 1) / kappa + 1",
            "(kappa - 1) / (kappa + 1) -> kappa - 1 / kappa + 1",
            "(kappa - 1) / (kappa + 1) -> kappa - 1 / (kappa + 1)",
            "(k - warmup) / (steps - warmup) -> k - warmup / (steps - warmup)",
            "(k - warmup) / (steps - warmup) -> k - warmup / steps - warmup",
            "lr * (k + 1) / warmup -> lr * k + 1 / warmup",
            "lr * (1 + math.cos(math.pi * done)) / 2 -> lr * (1 + math.cos(math.pi * done) / 2)",
        ),
    ),
    Mistake(
        "cosine-not-shifted",
        "The cosine began at step 0, while the learning rate was still rising. It begins where the "
        "rise ends.",
        (
            "(k - warmup) / (steps - warmup) -> k / steps",
            "(k - warmup) / (steps - warmup) -> k / (steps - warmup)",
        ),
    ),
    Mistake(
        "cosine-too-slow",
        "The cosine does not get to 0 at the last step: it is stretched over too many steps.",
        ("(k - warmup) / (steps - warmup) -> (k - warmup) / steps",),
    ),
    Mistake(
        "cosine-off-by-one",
        "The cosine is one step off, at its start or at its end. The learning rate is lr at step "
        "`warmup`, and 0 at step `steps` for the first time.",
        (
            "(k - warmup) / (steps - warmup) -> (k + 1 - warmup) / (steps - warmup)",
            "(k - warmup) / (steps - warmup) -> (k + 1 - warmup) / (steps + 1 - warmup)",
            "(k - warmup) / (steps - warmup) -> (k - 1 - warmup) / (steps - warmup)",
            "(k - warmup) / (steps - warmup) -> (k - warmup) / (steps - 1 - warmup)",
        ),
    ),
    Mistake(
        "warmup-times-cosine",
        "Legal, and not what is asked for: the cosine runs from step 0 on, and the rise is "
        "multiplied into it, as `descent.schedules` does. In this exercise the cosine begins where "
        "the rise ends.",
        (
            "    if k < warmup:\n        return lr * (k + 1) / warmup\n -> ; "
            "(k - warmup) / (steps - warmup) -> k / steps; "
            "return lr * -> return min(lr, lr * (k + 1) / warmup) *",
        ),
        variant=True,
    ),
    Mistake(
        "cosine-not-raised",
        "The fall has another shape. Half a cosine goes from 1 to -1; it has to be lifted and "
        "halved, so that it goes from 1 to 0.",
        (
            "lr * (1 + math.cos(math.pi * done)) / 2 -> lr * math.cos(math.pi * done)",
            "lr * (1 + math.cos(math.pi * done)) / 2 -> lr * math.cos(math.pi * done / 2)",
            "lr * (1 + math.cos(math.pi * done)) / 2 -> lr * (1 + math.cos(math.pi * done))",
        ),
    ),
    Mistake(
        "pi-forgotten",
        "The cosine does not go through half a turn, but through less or more: look at where its "
        "argument ends.",
        (
            "math.pi * done -> done",
            "math.pi * done -> 2 * math.pi * done",
            "math.pi * done -> 180 * done",
        ),
    ),
    Mistake(
        "rises-again",
        "After the last step the learning rate rises again: a cosine goes on. It should stay where "
        "it has come.",
        ("min(1, (k - warmup) / (steps - warmup)) -> (k - warmup) / (steps - warmup)",),
    ),
    Mistake(
        "clipped-by-value",
        "Each coordinate was cut on its own, and that turns the gradient. Shortened as a whole, it "
        "keeps its direction.",
        (
            "return g * max_norm / norm if norm > max_norm else g -> "
            "return np.clip(g, -max_norm, max_norm)",
        ),
    ),
    Mistake(
        "always-rescaled",
        "A gradient that was short enough was made longer. Only a gradient that is longer than "
        "max_norm is to be changed; and one of zeros has no length to divide by.",
        (
            "g * max_norm / norm if norm > max_norm else g -> g * max_norm / norm",
            "g * max_norm / norm if norm > max_norm else g -> "
            "g * max_norm / norm if norm > 0 else g",
            "g * max_norm / norm if norm > max_norm else g -> g / norm if norm > 0 else g",
            "g * max_norm / norm if norm > max_norm else g -> g * max_norm / max(norm, 1)",
        ),
    ),
    Mistake(
        "clipped-to-one",
        "A long gradient came out with another length than max_norm.",
        (
            "g * max_norm / norm if -> g / norm if",
            "g * max_norm / norm if -> g / max_norm if",
            "g * max_norm / norm if -> g * max_norm if",
            "np.sqrt((g**2).sum()) -> (g**2).sum()",
            "np.sqrt((g**2).sum()) -> np.sqrt((g**2).mean())",
            "np.sqrt((g**2).sum()) -> abs(g).sum()",
            "np.sqrt((g**2).sum()) -> abs(g).max()",
        ),
    ),
    Mistake(
        "norm-per-row",
        "Each row of a matrix, or each column, was shortened on its own. The length that counts is "
        "that of all entries together.",
        (
            "norm = np.sqrt((g**2).sum())\n -> "
            "norm = np.sqrt((g**2).sum(axis=-1, keepdims=True))\n; "
            "g * max_norm / norm if norm > max_norm else g -> "
            "np.where(norm > max_norm, g * max_norm / np.maximum(norm, 1e-300), g)",
            "norm = np.sqrt((g**2).sum())\n -> "
            "norm = np.sqrt((g**2).sum(axis=0, keepdims=True))\n; "
            "g * max_norm / norm if norm > max_norm else g -> "
            "np.where(norm > max_norm, g * max_norm / np.maximum(norm, 1e-300), g)",
        ),
    ),
    Mistake(
        "spectral-norm",
        "The norm that was taken of a matrix is not the length of all its entries: it is the most "
        "by which the matrix stretches a vector. That is smaller, so the gradient came out too "
        "long.",
        ("np.sqrt((g**2).sum()) -> np.linalg.norm(g, 2 if g.ndim == 2 else None)",),
    ),
    Mistake(
        "difference-too-small",
        "The two points are so near to each other that their losses agree in almost every digit, "
        "and the difference is mostly rounding. Closer is better only up to a point.",
    ),
    Mistake(
        "difference-too-large",
        "The two points are so far apart that the slope changes between them, and what you get is "
        "a mean over that stretch.",
    ),
    Mistake(
        "one-sided",
        "Legal, and not what is asked for: the difference goes to one side only. Its error is in "
        "proportion to the distance, and that of a central difference to its square.",
        variant=True,
    ),
    Mistake(
        "width-miscounted",
        "Your gradient is too large or too small by a fixed factor. How far apart are the two "
        "points at which the loss was taken?",
        ("/ (2 * h) -> / h", "/ (2 * h) -> / (4 * h)", "/ (2 * h) -> ", "/ (2 * h) -> / 2"),
        own=dict(
            gradient_test=(
                "What your test compares with is twice, or half, what it should be. How far apart "
                "are the two points at which the loss was taken?"
            ),
        ),
    ),
    Mistake(
        "divided-then-multiplied",
        "The difference was divided by 2, and what came of it was multiplied by the distance: "
        "`/` and `*` are done from left to right, unless parentheses say otherwise.",
        ("/ (2 * h) -> / 2 * h",),
    ),
    Mistake(
        "difference-turned",
        "Your gradient has the opposite sign. It should be positive where the loss rises.",
        ("(loss(x + e) - loss(x - e)) -> (loss(x - e) - loss(x + e))",),
        own=dict(
            gradient_test=(
                "What your test compares with has the opposite sign. It should be positive where "
                "the loss rises."
            ),
        ),
    ),
    Mistake(
        "all-at-once",
        "All coordinates were moved together, so what you measured is the slope in one direction, "
        "the sum of all entries of the gradient. Each entry needs a move of its own.",
        ("e[i] = h -> e[...] = h",),
    ),
    Mistake(
        "offset-kept",
        "What was moved for one entry stays moved for those after it: each of them is the sum of "
        "all slopes up to its own. Between two entries, everything goes back to where it was.",
        (
            "g = np.zeros_like(x) -> e, g = np.zeros_like(x), np.zeros_like(x); "
            "        e = np.zeros_like(x)\n -> ",
        ),
    ),
    Mistake(
        "one-axis-only",
        "All is right for a vector. In an array with two axes, a whole row or column was moved at "
        "once, where each entry needs a move of its own.",
        (
            "np.ndindex(x.shape) -> range(len(x))",
            "np.zeros_like(x) -> np.zeros(len(x)); np.ndindex(x.shape) -> range(len(x))",
        ),
        later=(
            "In an array with two axes, a whole row or column was moved at once, where each "
            "entry needs a move of its own."
        ),
    ),
    Mistake(
        "start-missing",
        "The points begin after the first step. The start is one of them.",
        ("points = [x] -> points = []",),
    ),
    Mistake(
        "a-step-too-few",
        "The walk ends one step too soon: with `steps` steps there are steps + 1 points.",
        ("range(steps) -> range(steps - 1)", "range(steps) -> range(1, steps)"),
        own={"fair_race": "Every walk is one step short of the `steps` that were asked for."},
    ),
    Mistake(
        "a-step-too-many",
        "The walk goes one step too far.",
        ("range(steps) -> range(steps + 1)",),
    ),
    Mistake(
        "gradient-not-renewed",
        "Every step uses the gradient at the start. It changes with each point.",
        ("_, g = loss(x) -> _, g = loss(points[0])",),
    ),
    Mistake(
        "half-the-limit",
        "Your rate is stable, and half of what it may be: it is the one that takes the steepest "
        "coordinate to its minimum in a single step. A longer step lands on the other side. How "
        "far out may it land, and still be nearer than before?",
        ("return 2 / -> return 1 /",),
    ),
    Mistake(
        "steepest-forgotten",
        "It isn't the steepest direction that decides here. Along that one, a step of this length "
        "lands farther out on the other side, and the next one farther still.",
        (
            "curvatures.max() -> curvatures.min()",
            "curvatures.max() -> curvatures.mean()",
            "curvatures.max() -> curvatures[len(curvatures) // 2]",
        ),
    ),
    Mistake(
        "curvature-along-the-axes",
        "All is right where the bowl lies along the axes. In a turned bowl the steepest direction "
        "is none of theirs, and it is steeper than every one of them.",
        (
            "np.linalg.eigvalsh(A) -> np.diag(A)",
            "np.linalg.eigvalsh(A) -> A",
            "np.linalg.eigvalsh(A) -> np.linalg.norm(A, axis=0)",
        ),
        later=(
            "In a turned bowl the steepest direction is none of the axes, and it is steeper "
            "than every one of them."
        ),
    ),
    Mistake(
        "bound-for-curvature",
        "Your rate is stable, and smaller than it may be. What it was made of is never smaller "
        "than the largest curvature, and often larger: entries or curvatures were added up.",
        (
            "curvatures.max() -> curvatures.sum()",
            "curvatures.max() -> np.linalg.norm(A)",
            "curvatures.max() -> abs(A).sum(axis=1).max()",
            "curvatures.max() -> abs(A).sum()",
        ),
    ),
    Mistake(
        "best-for-largest",
        "At this rate the steepest and the flattest direction shrink equally fast: it is the best "
        "there is. What is asked for is the largest that still converges.",
        ("2 / curvatures.max() -> 2 / (curvatures.max() + curvatures.min())",),
    ),
    Mistake(
        "curvature-squared",
        "The curvatures came out squared, so the rate is too small in a steep bowl, and too large "
        "in a flat one. `A` has the curvatures in it as they are.",
        (
            "np.linalg.eigvalsh(A) -> np.linalg.eigvalsh(A @ A)",
            "2 / curvatures.max() -> (2 / curvatures.max()) ** 2",
            "2 / curvatures.max() -> 2 / curvatures.max() ** 2",
        ),
    ),
    Mistake(
        "curvature-multiplies",
        "The steeper the bowl, the larger your rate. On steep walls a step has to be shorter.",
        (
            "2 / curvatures.max() -> curvatures.max() / 2",
            "2 / curvatures.max() -> 2 * curvatures.max()",
            "2 / curvatures.max() -> curvatures.max()",
        ),
    ),
    Mistake(
        "steps-rounded-down",
        "Your number isn't rounded up. After a part of a step, or after one step too few, more is "
        "left than was asked for.",
        (
            "math.ceil( -> math.floor(",
            "math.ceil( -> (",
            "math.ceil( -> round(",
        ),
    ),
    Mistake(
        "a-step-too-many-counted",
        "You count one step more than it takes: the distance was short enough before it.",
        (
            "return math.ceil(math.log(factor) / math.log(left)) -> "
            "return math.ceil(math.log(factor) / math.log(left)) + 1",
        ),
    ),
    Mistake(
        "not-at-the-best-rate",
        "What a step leaves of the distance is too much, as at lr = 1/L. There the steepest "
        "direction is settled at once, and the flattest one waits for all of them. The best rate "
        "is larger.",
        (
            "(kappa - 1) / (kappa + 1) -> (kappa - 1) / kappa",
            "math.log(factor) / math.log(left) -> kappa * math.log(1 / factor)",
        ),
    ),
    Mistake(
        "loss-for-distance",
        "You need half of the steps, or twice as many. The loss falls as the square of the "
        "distance does; which of the two is asked for?",
        (
            "(kappa + 1)\n -> (kappa + 1)\n    left = left * left\n",
            "math.log(factor) / -> 2 * math.log(factor) /",
        ),
    ),
    Mistake(
        "root-of-kappa",
        "Your number grows with the root of the condition number. So well does momentum, at its "
        "best pair; gradient descent has no memory.",
        ("(kappa - 1) / (kappa + 1) -> (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)",),
    ),
    Mistake(
        "logarithms-swapped",
        "The number gets smaller as more steps are needed: two things have changed places in a "
        "division. The more a step leaves over, the more steps it takes.",
        ("math.log(factor) / math.log(left) -> math.log(left) / math.log(factor)",),
    ),
    Mistake(
        "same-distance-each-step",
        "You count as if each step went the same way, and as far as the first. But a step takes "
        "away a share of what is left, so the steps get shorter and shorter.",
        ("math.log(factor) / math.log(left) -> (1 - factor) / (1 - left)",),
    ),
    Mistake(
        "kappa-as-if-large",
        "Right for a large condition number only: what a step leaves is near 1 - 2/kappa there. "
        "For a small one, that is too rough. What is it exactly?",
        (
            "(kappa - 1) / (kappa + 1) -> 1 - 2 / kappa",
            "math.log(factor) / math.log(left) -> kappa / 2 * math.log(1 / factor)",
        ),
        later=(
            "What a step leaves is near 1 - 2/kappa for a large condition number only. For a "
            "small one, that is too rough."
        ),
    ),
    Mistake(
        "another-memory",
        "After `half_life` steps, less than half is left. There are several measures of how long "
        "an average remembers, such as 1 / (1 - beta) values; yours belongs to another one.",
        (
            "0.5 ** (1 / half_life) -> 1 - 1 / half_life",
            "0.5 ** (1 / half_life) -> math.exp(-1 / half_life)",
            "0.5 ** (1 / half_life) -> 1 - 2 / (half_life + 1)",
            "0.5 ** (1 / half_life) -> half_life / (half_life + 1)",
        ),
    ),
    Mistake(
        "half-life-as-if-long",
        "Right for a long half-life only. For a short one, that is too rough. What is it exactly?",
        ("0.5 ** (1 / half_life) -> 1 - math.log(2) / half_life",),
        later=("It is near beta for a long half-life only. For a short one, that is too rough."),
    ),
    Mistake(
        "same-part-each-step",
        "Right for one step, and for no longer half-life: you took the same part of the whole away "
        "at each step. But a step takes away a part of what is still there.",
        ("0.5 ** (1 / half_life) -> 1 - 0.5 / half_life",),
        later=(
            "You took the same part of the whole away at each step. But a step takes away a "
            "part of what is still there."
        ),
    ),
    Mistake(
        "half-life-upside-down",
        "The longer the half-life, the sooner your average forgets. With a long one, beta is near "
        "1.",
        (
            "0.5 ** (1 / half_life) -> 0.5**half_life",
            "0.5 ** (1 / half_life) -> 0.5 / half_life",
            "0.5 ** (1 / half_life) -> 1 / (2 * half_life)",
        ),
    ),
    Mistake(
        "what-is-let-in",
        "That is how much of a new value is let in, 1 - beta. What is asked for is the part that "
        "is kept.",
        ("0.5 ** (1 / half_life) -> 1 - 0.5 ** (1 / half_life)",),
    ),
    Mistake(
        "memory-that-grows",
        "Your beta is 1 or more, so old values count for more and more, or never fade.",
        (
            "0.5 ** (1 / half_life) -> 2 ** (1 / half_life)",
            "0.5 ** (1 / half_life) -> 0.5 ** (-1 / half_life)",
            "0.5 ** (1 / half_life) -> 0.5 ** (1 // half_life)",
        ),
    ),
    Mistake(
        "converted-backwards",
        "The right factor, the wrong way: where the lr has to become larger, yours gets smaller. "
        "Under a steady gradient, which of the two memories ends up larger?",
        (
            "enters[source] / enters[target] -> enters[target] / enters[source]",
            '"average": 1 - beta -> "average": 1 / (1 - beta)',
        ),
        later=(
            "The factor goes the wrong way: where the lr has to become larger, it makes it "
            "smaller. Under a steady gradient, which of the two memories ends up larger?"
        ),
    ),
    Mistake(
        "conversion-forgotten",
        "The lr comes out as it went in. Two of the conventions differ in how long a step becomes "
        "under a steady gradient, and the lr has to make up for that.",
        ("lr * enters[source] / enters[target] -> lr",),
    ),
    Mistake(
        "converted-one-way",
        "One of the two conventions has no part in it: from here to there all is right, and back "
        "again it isn't.",
        (
            "lr * enters[source] / enters[target] -> lr * enters[source]",
            "lr * enters[source] / enters[target] -> lr / enters[target]",
        ),
        later=("One of the two conventions has no part in it."),
    ),
    Mistake(
        "converted-by-beta",
        "The factor is made of the wrong part: how much a memory keeps, where it should be how "
        "much of a gradient is let in.",
        (
            '"average": 1 - beta -> "average": beta',
            '"average": 1 - beta -> "average": 1 + beta',
            '"average": 1 - beta -> "average": (1 - beta) / (1 + beta)',
        ),
    ),
    Mistake(
        "velocity-converted",
        "Too much is converted: whether lr stands inside the memory or outside of it makes no "
        "difference to the walk, as long as the lr stays the same.",
        ('"velocity": 1 -> "velocity": 1 - beta',),
    ),
    Mistake(
        "difference-converted",
        "Too much is converted: beta times the last step is what a memory without a factor adds. "
        "Write down two steps of each, and compare how far they go.",
        (
            '"difference": 1 -> "difference": 1 - beta',
            '"velocity": 1 -> "velocity": 1 - beta; "difference": 1 -> "difference": 1 - beta',
        ),
    ),
    Mistake(
        "newest-first",
        "The numbers are right, and in the wrong order: the newest value counts most, and it comes "
        "last in the array.",
        ("np.arange(t)[::-1] -> np.arange(t)",),
        later=(
            "The order is turned: the newest value counts most, and it comes last in the array."
        ),
    ),
    Mistake(
        "weights-of-a-sum",
        "These are what the values count in a sum that fades: each comes in with all of its size. "
        "An average lets a part of it in.",
        ("(1 - beta) * beta**age -> beta**age",),
    ),
    Mistake(
        "weights-of-a-full-average",
        "Your weights add up to 1. Those of an average that started at 0 don't, while it fills: "
        "some of the weight is still on that start.",
        (
            "(1 - beta) * beta**age -> (1 - beta) * beta**age / (1 - beta**t)",
            "(1 - beta) * beta**age -> np.full(t, 1 / t)",
            "return (1 - beta) * beta**age -> w = (1 - beta) * beta**age\n"
            "    w[0] = beta ** (t - 1)\n    return w",
        ),
    ),
    Mistake(
        "age-off-by-one",
        "The age of the values is one off. A value that has just come in has faded at no step yet.",
        (
            "beta**age -> beta ** (age + 1)",
            "beta**age -> beta ** (age - 1)",
            "np.arange(t)[::-1] -> np.arange(t + 1)[::-1]",
        ),
    ),
    Mistake(
        "weights-without-a-power",
        "A value that is two steps old has faded twice, one that is three steps old three times. "
        "Yours don't fade so.",
        (
            "beta**age -> beta * age",
            "beta**age -> beta",
            "beta**age -> (1 - beta) ** age",
        ),
    ),
    Mistake(
        "size-for-straying",
        "You divide by how large the gradients are, as Adam does. What is asked for is how far "
        "they are from what was expected: under a steady gradient that is little, and the steps "
        "get long.",
        ("(g - m) ** 2 -> g**2",),
    ),
    Mistake(
        "straying-from-the-old",
        "A gradient is compared with the average as it was before this gradient came in. So all "
        "of it strays at the first step, and too much later.",
        (
            "m = beta1 * m + (1 - beta1) * g -> old, m = m, beta1 * m + (1 - beta1) * g; "
            "(g - m) ** 2 -> (g - old) ** 2",
        ),
    ),
    Mistake(
        "straying-from-the-corrected",
        "A gradient is compared with the corrected average. At the first step the two are the "
        "same, so nothing strays, and the step is divided by next to nothing.",
        ("(g - m) ** 2 -> (g - m / (1 - beta1**t)) ** 2",),
    ),
    Mistake(
        "straying-not-squared",
        "What strays is averaged with its sign, or without a square, so errors to both sides "
        "cancel, or the root is of another scale than gradients.",
        ("(g - m) ** 2 -> (g - m)", "(g - m) ** 2 -> abs(g - m)"),
    ),
    Mistake(
        "eps-not-in-memory",
        "eps has no part in what is remembered. In this rule it is added to `s` at every step, and "
        "to the root as well; where nothing ever strays, that is all there is to divide by.",
        (
            "(g - m) ** 2 + eps -> (g - m) ** 2",
            "(g - m) ** 2 + eps -> (g - m) ** 2; s / (1 - beta2**t) -> (s + eps) / (1 - beta2**t)",
        ),
    ),
    Mistake(
        "eps-averaged",
        "eps is averaged with what strays, or comes in only after the average was corrected: the "
        "numbers are the same, that of one eps. In this rule each step adds all of it to `s`, so "
        "in the long run there is 1 / (1 - beta2) times as much.",
        (
            "(1 - beta2) * (g - m) ** 2 + eps -> (1 - beta2) * ((g - m) ** 2 + eps)",
            "(g - m) ** 2 + eps -> (g - m) ** 2; np.sqrt(s_hat) -> np.sqrt(s_hat + eps)",
        ),
    ),
    Mistake(
        "plain-adam",
        "These are Adam's steps: it divides from the first gradient on, and with full force. Here "
        "the rule waits until `v` has seen enough, and then divides gently.",
        (
            "    if rho <= 5:\n        return lr * m_hat, dict(m=m, v=v, t=t)\n -> ; "
            "lr * r * m_hat -> lr * m_hat",
            "    if rho <= 5:\n        return lr * m_hat, dict(m=m, v=v, t=t)\n -> ; "
            "lr * r * m_hat * (1 - beta2**t) ** 0.5 / (np.sqrt(v) + eps) -> "
            "lr * m_hat / (np.sqrt(v / (1 - beta2**t)) + eps)",
        ),
    ),
    Mistake(
        "rectifier-forgotten",
        "Once the rule divides, it does so at once with full force: nothing is left of r, which "
        "begins small and grows to 1 as more gradients are seen.",
        ("lr * r * m_hat -> lr * m_hat",),
    ),
    Mistake(
        "rectifier-turned",
        "r is turned upside down, or has no root: where it should shorten a step, it makes it too "
        "long, or far too short.",
        (
            "lr * r * m_hat -> lr / r * m_hat",
            "* rho)) ** 0.5\n -> * rho))\n",
        ),
    ),
    Mistake(
        "waits-too-long-or-short",
        "The rule begins to divide too soon or too late, by one step or for good. It is rho that "
        "decides, at 5.",
        (
            "rho <= 5 -> rho <= 4",
            "rho <= 5 -> rho <= 6",
        ),
    ),
    Mistake(
        "never-waits",
        "The rule divides from the first gradient on. It should walk as momentum does while `v` "
        "has seen too little; r is for the steps after that, and before them it may be the root of "
        "a negative number.",
        (
            "    if rho <= 5:\n        return lr * m_hat, dict(m=m, v=v, t=t)\n -> ; "
            "r = ((rho -> r = np.sqrt((rho; * rho)) ** 0.5 -> * rho))",
            "    if rho <= 5:\n        return lr * m_hat, dict(m=m, v=v, t=t)\n -> ; "
            "r = ((rho - 4) * (rho - 2) -> r = (abs((rho - 4) * (rho - 2))",
            "    if rho <= 5:\n        return lr * m_hat, dict(m=m, v=v, t=t)\n -> ; "
            "r = ((rho - 4) * (rho - 2) -> r = (max(0, (rho - 4) * (rho - 2))",
            "return lr * m_hat, dict -> "
            "return lr * m_hat * (1 - beta2**t) ** 0.5 / (np.sqrt(v) + eps), dict",
        ),
    ),
    Mistake(
        "divisor-without-parentheses",
        "Something is multiplied by a part of what it should be divided by. `a / b * c` divides "
        "by b, and multiplies by c. Parentheses keep a divisor of several factors together.",
        (
            "((rho_inf - 4) * (rho_inf - 2) * rho)) -> (rho_inf - 4) * (rho_inf - 2) * rho)",
            "((rho_inf - 4) * (rho_inf - 2) * rho)) -> ((rho_inf - 4) * (rho_inf - 2)) * rho)",
            "beta2**t / (1 - beta2**t) -> beta2**t / 1 - beta2**t",
        ),
    ),
    Mistake(
        "stands-still-while-waiting",
        "While `v` has seen too little, nothing moves. The rule doesn't divide then, but it walks: "
        "as momentum does.",
        ("return lr * m_hat, dict -> return 0 * m_hat, dict",),
    ),
    Mistake(
        "memory-length-miscounted",
        "The number that says how much `v` has seen is off: the longest it can be, or what is "
        "taken away from that while `v` is young.",
        (
            "2 / (1 - beta2) - 1 -> 2 / (1 - beta2)",
            "2 / (1 - beta2) - 1 -> 2 / (1 - beta2) + 1",
            "rho_inf - 2 * t * beta2**t -> rho_inf - t * beta2**t",
            "2 * t * beta2**t / (1 - beta2**t) -> 2 * t * beta2**t",
            "2 * t * beta2**t / -> 2 * beta2**t /",
        ),
    ),
    Mistake(
        "eps-to-corrected-root",
        "eps is added to the corrected root, as in Adam. Here it is added to the root of `v` as it "
        "is, before the correction.",
        ("* (1 - beta2**t) ** 0.5 / (np.sqrt(v) + eps) -> / (np.sqrt(v / (1 - beta2**t)) + eps)",),
        variant=True,
    ),
    Mistake(
        "eps-at-the-root",
        "eps is added to a root, or under it, as RMSprop does. In this rule it comes in earlier: "
        "to the squares, before their means are remembered.",
        (
            "(g**2 + eps).mean(axis=1) -> (g**2).mean(axis=1); "
            "(g**2 + eps).mean(axis=0) -> (g**2).mean(axis=0); "
            "np.sqrt(np.outer(v_row / v_row.mean(), v_col)) -> "
            "(np.sqrt(np.outer(v_row / v_row.mean(), v_col)) + eps)",
            "(g**2 + eps).mean(axis=1) -> (g**2).mean(axis=1); "
            "(g**2 + eps).mean(axis=0) -> (g**2).mean(axis=0); "
            "np.outer(v_row / v_row.mean(), v_col) -> "
            "(np.outer(v_row / v_row.mean(), v_col) + eps)",
        ),
    ),
    Mistake(
        "eps-twice",
        "eps is added to the squares, and once more to the root. In this rule it comes in once.",
        (
            "np.sqrt(np.outer(v_row / v_row.mean(), v_col)) -> "
            "(np.sqrt(np.outer(v_row / v_row.mean(), v_col)) + eps)",
        ),
    ),
    Mistake(
        "rows-not-relative",
        "Rows and columns are multiplied as they are, so the size of the gradients comes in twice. "
        "One of the two has to say only how large a row is beside the others.",
        ("v_row / v_row.mean() -> v_row",),
    ),
    Mistake(
        "both-relative",
        "Rows and columns both say only how they compare with one another, so nothing is left of "
        "the size of the gradients in the divisor.",
        ("v_row.mean(), v_col) -> v_row.mean(), v_col / v_col.mean())",),
    ),
    Mistake(
        "relative-to-the-sum",
        "The rows are compared with their sum, not with their mean: the divisor is too small, and "
        "the more rows there are, the more.",
        ("v_row / v_row.mean() -> v_row / v_row.sum()",),
    ),
    Mistake(
        "sums-for-means",
        "Squares are added up along a row or a column where they should be averaged, so the step "
        "depends on how many rows or columns there are.",
        (
            ".mean(axis=1) -> .sum(axis=1); .mean(axis=0) -> .sum(axis=0)",
            ".mean(axis=0) -> .sum(axis=0)",
        ),
    ),
    Mistake(
        "not-factored",
        "These are the steps of a rule that remembers all of the squares, a number for each entry. "
        "What is asked for remembers a number for each row and each column, and makes the rest "
        "from these.",
        (
            "(g**2 + eps).mean(axis=1) -> (g**2 + eps); "
            "np.outer(v_row / v_row.mean(), v_col) -> v_row",
        ),
    ),
    Mistake(
        "roots-averaged",
        "Sizes are averaged where squares should be, or the root is missing.",
        (
            "np.sqrt(np.outer(v_row / v_row.mean(), v_col)) -> "
            "np.outer(v_row / v_row.mean(), v_col)",
            "(g**2 + eps).mean(axis=1) -> (abs(g) + eps).mean(axis=1); "
            "(g**2 + eps).mean(axis=0) -> (abs(g) + eps).mean(axis=0)",
        ),
    ),
    Mistake(
        "decay-rate-as-beta",
        "The share of the past is the same at every step. It should grow with `t`, from nothing at "
        "the first step.",
        ("1 - t**-decay_rate -> decay_rate", "1 - t**-decay_rate -> 1 - decay_rate"),
    ),
    Mistake(
        "share-of-the-past-turned",
        "The past counts for all at the first step, and for less and less later. It should be the "
        "other way round.",
        ("1 - t**-decay_rate -> t**-decay_rate",),
    ),
    Mistake(
        "step-not-limited",
        "Nothing limits the step: where its root mean square is larger than lr times d, it should "
        "be shortened to that.",
        ("lr * u / max(1, rms / d) -> lr * u",),
    ),
    Mistake(
        "step-always-rescaled",
        "Every step gets the same root mean square. A short one should stay as it is: only what is "
        "too long is shortened.",
        ("max(1, rms / d) -> (rms / d)", "max(1, rms / d) -> min(1, rms / d)"),
    ),
    Mistake(
        "limited-entry-by-entry",
        "The entries are limited one by one, or by the length of the step and not its root mean "
        "square. All of the step should be shortened by one factor, and keep its direction.",
        (
            "lr * u / max(1, rms / d) -> lr * np.clip(u, -d, d)",
            "np.sqrt((u**2).mean()) -> np.sqrt((u**2).sum())",
            "np.sqrt((u**2).mean()) -> abs(u).max()",
        ),
    ),
    Mistake(
        "not-brought-near-1",
        "The matrix goes as it came: nothing brings its singular values near 1, so large ones "
        "still outweigh the others.",
        (
            "x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x -> x = x",
            "range(ns_steps) -> range(0)",
        ),
    ),
    Mistake(
        "one-schulz-step",
        "There is one step of Newton and Schulz, however many are asked for: each should begin "
        "where the one before ended.",
        ("range(ns_steps) -> range(1)",),
    ),
    Mistake(
        "schulz-not-renewed",
        "The product of the matrix with itself is computed once. The matrix changes at every step "
        "of Newton and Schulz, and so does the product.",
        (
            "    for _ in range(ns_steps):\n        a = x @ x.T\n -> "
            "    a = x @ x.T\n    for _ in range(ns_steps):\n",
        ),
    ),
    Mistake(
        "entry-by-entry",
        "Entries are multiplied one by one where matrices should be: singular values are none of "
        "the business of single entries.",
        (
            "2.0315 * a @ a -> 2.0315 * a * a",
            "2.0315 * a @ a -> 2.0315 * a",
        ),
    ),
    Mistake(
        "numbers-of-schulz",
        "The numbers of the polynomial, or their signs, are others than those that were asked for.",
        (
            "-4.7750 * a -> 4.7750 * a",
            "3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x -> 1.5 * x - 0.5 * a @ x",
            "3.4445 * x + (-4.7750 -> 3.4445 + (-4.7750",
        ),
    ),
    Mistake(
        "not-made-small",
        "The matrix isn't divided by its norm, or by another one, before the first step of Newton "
        "and Schulz. Where a singular value begins above 1, those steps lead nowhere.",
        (
            "x = m_hat / (np.linalg.norm(m_hat) + eps) -> x = m_hat",
            "np.linalg.norm(m_hat) + eps -> abs(m_hat).max() + eps",
            "np.linalg.norm(m_hat) + eps -> np.linalg.norm(m_hat, 2) + eps",
        ),
    ),
    Mistake(
        "shape-forgotten",
        "The step isn't scaled by the shape as it should be: where a matrix has more columns than "
        "rows it is longer, by the root of their ratio, and otherwise as it is.",
        (
            "lr * max(1, columns / rows) ** 0.5 * x -> lr * x",
            "max(1, columns / rows) ** 0.5 -> (columns / rows) ** 0.5",
            "max(1, columns / rows) ** 0.5 -> max(1, columns / rows)",
        ),
    ),
    Mistake(
        "rows-for-columns",
        "Rows and columns have changed places in what the step is scaled by. NumPy's shape says "
        "how many rows there are, and then how many columns: which matrices should get longer "
        "steps, the wide ones or the tall ones?",
        (
            "max(1, columns / rows) ** 0.5 -> max(1, rows / columns) ** 0.5",
            "max(1, columns / rows) ** 0.5 -> (rows / columns) ** 0.5",
            "max(1, columns / rows) ** 0.5 -> max(1, rows / columns)",
        ),
    ),
    Mistake(
        "mean-for-norm",
        "The matrix is divided by the root of the *mean* of its squares, and not of their sum. So "
        "it stays too large, and the more entries it has, the more: a singular value may be above "
        "1 before the first step of Newton and Schulz.",
        (
            "np.linalg.norm(m_hat) + eps -> np.sqrt((m_hat**2).mean()) + eps",
            "np.linalg.norm(m_hat) + eps -> np.sqrt((m_hat**2).mean() + eps)",
        ),
    ),
    Mistake(
        "steps-miscounted-in-looking-ahead",
        "The corrections count a step too many or too few, one of them or both. The newest "
        "gradient is corrected for the steps so far, and what is carried on from `m` for one more.",
        (
            "beta ** (t + 1) -> beta**t",
            "(1 - beta) * g / (1 - beta**t) -> (1 - beta) * g / (1 - beta ** (t + 1))",
            "beta ** (t + 1) -> beta ** (t - 1 + 1); beta**t -> beta ** (t - 1)",
            "beta ** (t + 1) -> beta ** (t + 2); beta**t -> beta ** (t + 1)",
            "beta ** (t + 1) -> beta ** (t + 2)",
            "beta ** (t + 1) -> NEXT; beta**t -> beta ** (t + 1); NEXT -> beta**t",
        ),
    ),
    Mistake(
        "muon-without-looking-ahead",
        "The average is taken as it is, only corrected, and doesn't look ahead: the newest "
        "gradient should come in once more.",
        ("beta * m / (1 - beta ** (t + 1)) + (1 - beta) * g / (1 - beta**t) -> m / (1 - beta**t)",),
    ),
    Mistake(
        "muon-not-corrected",
        "Nothing makes up for an average that began at zero. Its size doesn't matter here, as all "
        "of it is scaled; but the old part and the newest gradient are mixed in another ratio.",
        (
            "beta * m / (1 - beta ** (t + 1)) + (1 - beta) * g / (1 - beta**t) -> "
            "beta * m + (1 - beta) * g",
        ),
    ),
    Mistake(
        "test-passes-all",
        "Your test says True to everything that it is handed, right or wrong. A test is worth what "
        "it catches.",
    ),
    Mistake(
        "test-fails-all",
        "Your test says False to everything that it is handed, and so to what is right.",
    ),
    Mistake(
        "test-turned-round",
        "Your test is turned round: True where something is wrong, False where it is right.",
    ),
    Mistake(
        "test-too-strict",
        "Your test refuses something that is right, and only rounded in another way, or measured "
        "with a small error of its own. How far may two numbers be apart, and still be the same?",
    ),
    Mistake(
        "test-without-scale",
        "Your test works for numbers of one size. How near is near enough? For a gradient of a "
        "million something else than for one of a millionth: it depends on what it is measured by.",
    ),
    Mistake(
        "test-divides-by-zero",
        "Your test refuses a right gradient in which an entry is 0. There is nothing to measure an "
        "error by, in that entry alone.",
    ),
    Mistake(
        "test-too-coarse",
        "Your test lets a gradient pass that is wrong by two percent everywhere. A central "
        "difference is right to many more digits than that.",
    ),
    Mistake(
        "test-of-direction",
        "Your test looks at where the gradient points, and not at how long it is. A gradient that "
        "is twice as long doubles every step.",
    ),
    Mistake(
        "test-lets-errors-cancel",
        "Your test lets errors cancel: what one entry has too much, another has too little. In a "
        "sum or a mean, nothing is left of it.",
    ),
    Mistake(
        "test-of-descent",
        "Your test catches a gradient that leads uphill, and little else. Many a wrong one leads "
        "downhill as well, only not the steepest way, or too far.",
    ),
    Mistake(
        "test-of-sizes",
        "Your test compares sizes, and signs get lost on the way. A gradient with a wrong sign "
        "leads uphill.",
    ),
    Mistake(
        "test-of-some-entries",
        "Your test doesn't look at all entries, or is content if some of them are right. What is "
        "wrong in one place is wrong.",
    ),
    Mistake(
        "test-of-one-sign",
        "Your test sees an error to one side only. A difference that is very negative is no small "
        "difference.",
    ),
    Mistake(
        "test-of-the-outcome",
        "Your test looks at where a walk ends, at late steps, or at signs. Many a wrong Adam "
        "arrives as well. What do you know of the length of each step?",
    ),
    Mistake(
        "test-passes-nan",
        "What your test lets pass is no number at all. Every comparison with such a thing is "
        "False, so it is never *larger* than what you allow.",
    ),
    Mistake(
        "test-of-the-first-step",
        "Your test sees the first steps, or the first alone. At step 1 every Adam that corrects "
        "takes a step of lr, and what it remembers has had no part in it yet.",
    ),
    Mistake(
        "test-of-steady-gradients",
        "Your test uses gradients that hardly change, or betas that are alike. An average of "
        "numbers that are all the same is that number, with any beta.",
    ),
    Mistake(
        "test-at-size-one",
        "Your test uses gradients of size 1. There, a number, its root and its square are one and "
        "the same.",
    ),
    Mistake(
        "test-blind-to-eps",
        "Your test can't see where eps stands, or whether it is there. Beside ordinary gradients, "
        "an eps of 1e-8 is nothing: you choose what it is.",
    ),
    Mistake(
        "test-of-one-number",
        "Your test hands in one number at a time, or arrays whose entries are all of one size. A "
        "rule that mixes up its coordinates can't be seen there.",
    ),
    Mistake(
        "test-at-one-lr",
        "Your test doesn't see what happens to lr: at lr = 1, a rule that forgets it, or uses it "
        "twice, takes the same steps.",
    ),
)

BY_ID = {mistake.id: mistake for mistake in MISTAKES}


@functools.cache
def source(function):
    """The text of a right answer, without its docstring and with a name of its own."""
    text = textwrap.dedent(inspect.getsource(function))
    return text.replace(f'"""{function.__doc__}"""', "")


def first_sentence(text):
    """The first sentence of what is said to a mistake: what it is."""
    return re.match(r".*?[.?](?=\s|$)", text, re.DOTALL)[0]


def edited(text, edit):
    """The text with an edit of the bank made in it, or None where it doesn't fit."""
    for change in edit.split("; "):
        old, _, new = change.partition(" -> ")
        if old not in text:
            return None
        text = text.replace(old, new)
    return text


def function_of(text, like):
    """The function that a text defines, in the surroundings of the right answer `like`."""
    names = dict(like.__globals__)
    exec(compile(text, "<bank>", "exec"), names)
    return names[like.__name__]


def _has_its_names(function, like):
    """Whether each name that a function reads is there: it is not, in an answer without it."""
    if set(function.__code__.co_names) <= set(like.__code__.co_names):
        return True  # It reads nothing that the right answer doesn't.
    known = function.__globals__.keys() | vars(builtins).keys()
    steps = dis.get_instructions(function)
    return all(step.argval in known for step in steps if step.opname == "LOAD_GLOBAL")


@functools.cache
def wrong_answers(answer):
    """Every wrong answer that the bank knows for a right one.

    Parameters
    ----------
    answer : function

    Returns
    -------
    tuple of (str, str, function)
        The id of the mistake, the edit that makes it, and the wrong answer.
    """
    text = source(answer)
    found, seen = [], {text}
    for mistake in MISTAKES:
        for edit in mistake.edits if answer.__name__ not in mistake.not_in else ():
            wrong = edited(text, edit)
            if wrong is None or wrong in seen:
                continue
            seen.add(wrong)
            try:
                made = function_of(wrong, answer)
            except SyntaxError:  # Made for a right answer with other lines around this one.
                continue
            if _has_its_names(made, answer):
                found.append((mistake.id, edit, made))
    return tuple(found)


@functools.cache
def about(answer, name, edit):
    """Which memory an edit is about, where the same mistake can be made in another as well.

    Returns
    -------
    str
        Such as "v", for an edit of what sets `v` or `v_hat`; "" where it is about several, or where
        the mistake has only one place in this answer.
    """
    text = source(answer)
    ways = {
        edit: _memories(text, edited(text, edit))
        for n, edit, _ in wrong_answers(answer)
        if n == name
    }
    single = {way for way in map(frozenset, ways.values()) if len(way) == 1}
    mine = frozenset(ways[edit])
    return next(iter(mine)) if mine in single and len(single) > 1 else ""


def _memories(old, new):
    """The averages of which a line differs between two texts."""
    differ = set(old.splitlines()) ^ set(new.splitlines())
    names = set()
    for line in differ:
        target, is_set, _ = line.partition(" = ")
        if is_set:
            names |= set(re.findall(r"\b([msuv])(?:_hat)?\b", target))
    # In a head or a dict, where each has its value behind it.
    given = [set(re.findall(r"\b([msuv])=(\w+)", text)) for text in (old, new)]
    return names | {name for name, _ in given[0] ^ given[1]}
