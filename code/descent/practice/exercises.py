"""The exercises: what each asks for, its right answer, and how it is played and judged."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from descent import rules

from . import answers
from .calls import parameters
from .detecting import judge_adam_test, judge_gradient_test, play_adam_test, play_gradient_test
from .judging import (
    judge_calls,
    judge_differences,
    judge_epochs,
    judge_groups,
    judge_points,
    judge_race,
    judge_values,
)
from .mistakes import MISTAKES, wrong_answers
from .playing import (
    begin_checkpoint,
    play_adam_all,
    play_bias_correction,
    play_checkpoint,
    play_clip,
    play_fair_race,
    play_finite_difference,
    play_minibatches,
    play_parameter_groups,
    play_reckoning,
    play_resume,
    play_rule,
    play_schedule,
    play_training_loop,
    play_walk,
    play_warmup_cosine,
)

# Named in every exercise, by other signs than the numbers of an edit.
EVERYWHERE = {
    *("changed-input", "aliased-memory", "memory-outside"),
    *("never-moves", "written-in", "rounded-off"),
}


@dataclass(frozen=True, eq=False)  # Each is itself alone, and is looked up often.
class Exercise:
    """Something to write, and how it is played.

    Attributes
    ----------
    name : str
        What `check` calls it.
    signature : str
        How it is called, with `f` for the learner's name.
    asks : str
        What it asks for, in one line.
    answer : callable
        The right answer.
    play : callable
        ``play(exercise, submission) -> Played``. It calls the submission, so it is run in the
        sandbox.
    case : str
        One call and what comes of it, for the table.
    tolerance : float
        How far off a number may be, relative to the largest of its kind.
    judge : callable
        ``judge(exercise, played) -> Verdict``.
    named : tuple of str
        Ids of mistakes that `judge` knows by other signs than the numbers of an edit.
    in_pairs : bool
        Whether two mistakes at once are looked for; in a rule, they always are.
    begin : callable or None
        ``begin(exercise, submission) -> array``: what it does at first, where all that it is played
        with takes long. It is in ``played.seen["begin"]`` too.
    """

    name: str
    signature: str
    asks: str
    answer: Callable
    play: Callable
    case: str
    tolerance: float = 1e-5  # Who computes in float32 inside is right as well.
    judge: Callable = judge_values
    named: tuple = ()
    in_pairs: bool = False
    begin: Callable | None = None

    @property
    def is_rule(self):
        """Whether it is called step by step, with a gradient and its own memory."""
        return self.play is play_rule

    @property
    def on_a_bowl(self):
        """Whether it can walk on a bowl: it needs neither the parameters nor a whole matrix."""
        return self.is_rule and not self.before and not hasattr(self.answer, "whole_matrix")

    @functools.cached_property
    def required(self):
        """The names of what must be handed in by position."""
        own = parameters(self.answer)
        return [p.name for p in own if p.kind is not p.KEYWORD_ONLY and p.default is p.empty]

    @functools.cached_property
    def memory(self):
        """The names of what has a start value: the memory."""
        own = parameters(self.answer)
        return [p.name for p in own if p.kind is not p.KEYWORD_ONLY and p.default is not p.empty]

    @functools.cached_property
    def hyper(self):
        """The names of the hyper-parameters."""
        return [p.name for p in parameters(self.answer) if p.kind is p.KEYWORD_ONLY]

    @property
    def mistakes(self):
        """The mistakes that are named here and not everywhere, in the order of the bank."""
        known = {name for name, _, _ in wrong_answers(self.answer)} | set(self.named)
        return [mistake for mistake in MISTAKES if mistake.id in known - EVERYWHERE]

    @functools.cached_property
    def before(self):
        """What a rule is handed before the gradient: nothing, or the parameters, `["w"]`."""
        return self.required[:-1] if self.is_rule else []


def _rule(name, answer, signature, asks, case):
    return Exercise(name, signature, asks, answer, play_rule, case)


def _table():
    yield _rule(
        "gradient_descent", rules.gd, "f(g, *, lr) -> step, {}",
        "A step against the gradient, in proportion to it.",
        "g = 4, lr = .1: step .4",
    )  # fmt: skip
    yield Exercise(
        "walk", "f(loss, x, *, lr, steps) -> points",
        "Every point of gradient descent, the start first: an array of steps + 1 rows.",
        answers.walk, play_walk, "x²/2 from 1, lr = .5, 2 steps: 1, .5, .25", judge=judge_points,
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "finite_difference", "f(loss, x) -> gradient",
        "The gradient by central differences, one coordinate at a time; you choose how far to go.",
        answers.finite_difference, play_finite_difference, "x³ at 2: 12", 1e-6, judge_differences,
        ("difference-too-small", "difference-too-large", "one-sided"),
    )  # fmt: skip
    yield Exercise(
        "gradient_test", "f(loss, gradient, x) -> True or False",
        "Whether gradient(x) is the gradient of the loss at x, a vector; the numbers may be of any "
        "size.",
        answers.gradient_test, play_gradient_test, "x² and -2x at 3: False",
        judge=judge_gradient_test,
        named=(
            "test-passes-all", "test-fails-all", "test-turned-round", "test-too-strict",
            "test-without-scale", "test-divides-by-zero", "test-too-coarse", "test-of-direction",
            "test-lets-errors-cancel", "test-of-sizes", "test-of-some-entries", "test-of-one-sign",
            "test-of-descent", "difference-turned", "width-miscounted",
        ),
    )  # fmt: skip
    yield Exercise(
        "stable_lr", "f(A) -> learning rate",
        "The learning rate below which gradient descent converges on the loss x @ A @ x / 2, from "
        "every start; A is symmetric, and all its curvatures are positive.",
        answers.stable_lr, play_reckoning, "A = [[20, 0], [0, 1]]: .1", in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "steps_needed", "f(kappa, *, factor) -> number of steps",
        "The steps that gradient descent takes on a bowl at its best rate, 2/(mu + L), until at "
        "most factor times the distance is left: a whole number.",
        answers.steps_to_shrink, play_reckoning, "kappa = 3, factor = .1: 4", 1e-9, in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "minibatches", "f(X, y, batch_size, rng) -> pairs (X_batch, y_batch)",
        "One epoch, shuffled with the generator rng: every row once, each with its answer, in "
        "batches of batch_size; what is left over comes last.",
        answers.minibatches, play_minibatches, "148 rows, batch_size 64: batches of 64, 64, 20",
        judge=judge_epochs,
        named=(
            "no-shuffle", "same-shuffle", "rng-ignored", "lost-rows", "repeated-rows",
            "unpaired-shuffle", "last-batch-dropped", "empty-batch", "even-batches",
            "half-shuffled", "short-batch-first", "return-in-loop",
        ),
    )  # fmt: skip
    yield _rule(
        "momentum", rules.momentum, "f(g, m=0, *, lr, beta) -> step, dict(m=m)",
        "The heavy ball that adds the gradients up (the sum form).",
        "g = 1, 1, lr = .1, beta = .8: steps .1, .18",
    )  # fmt: skip
    yield _rule(
        "momentum_ema", rules.momentum_ema, "f(g, m=0, *, lr, beta) -> step, dict(m=m)",
        "Momentum that averages the gradients (the average form).",
        "g = 1, 1, lr = .1, beta = .8: steps .02, .036",
    )  # fmt: skip
    yield _rule(
        "nesterov", rules.nesterov, "f(g, m=0, *, lr, beta) -> step, dict(m=m)",
        "Momentum in the sum form that looks ahead, the gradient taken where the parameters are.",
        "g = 1, 1, lr = .1, beta = .8: steps .18, .244",
    )  # fmt: skip
    yield Exercise(
        "beta_for", "f(half_life) -> beta",
        "The beta of a moving average in which a value counts half as much after half_life steps.",
        answers.beta_for, play_reckoning, "half_life = 1: .5", in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "convert", "f(lr, source, target, *, beta) -> lr",
        'An lr of momentum in the convention source, as the lr in target that makes the same walk; '
        'each is "sum", "average", "velocity" or "difference".',
        answers.convert, play_reckoning, "sum to sum: the same lr", in_pairs=True,
    )  # fmt: skip
    yield _rule(
        "rmsprop", rules.rmsprop, "f(g, v=0, *, lr, beta2, eps) -> step, dict(v=v)",
        "Each coordinate's gradient divided by its recent root mean square.",
        "g = 1, 1, lr = .1, beta2 = .75, eps = 0: steps .2, .151",
    )  # fmt: skip
    yield _rule(
        "adagrad", rules.adagrad, "f(g, v=0, *, lr, eps) -> step, dict(v=v)",
        "Each coordinate's gradient divided by the root of all its squares so far.",
        "g = 1, 1, lr = .1, eps = 0: steps .1, .0707",
    )  # fmt: skip
    yield _rule(
        "rmsprop_momentum", rules.rmsprop_momentum,
        "f(g, m=0, v=0, *, lr, beta1, beta2, eps) -> step, dict(m=m, v=v)",
        "A heavy ball over RMSprop: it adds up the rescaled gradients (the sum form).",
        "g = 1, 1, lr = .1, beta1 = .5, beta2 = .75, eps = 0: steps .2, .251",
    )  # fmt: skip
    yield Exercise(
        "average_weights", "f(t, *, beta) -> weights",
        "What each of t values counts in their moving average, which started at 0: an array, the "
        "oldest value first.",
        answers.average_weights, play_reckoning, "t = 2, beta = .8: .16, .2", in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "bias_correction", "f(m, t, *, beta) -> corrected m",
        "An average that started at 0, after t steps, corrected for its start.",
        answers.bias_correction, play_bias_correction, "m = .2, t = 1, beta = .8: 1",
        in_pairs=True,
    )  # fmt: skip
    yield _rule(
        "adam", rules.adam,
        "f(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps) -> step, dict(m=m, v=v, t=t)",
        "Momentum over RMSprop, both averages corrected for their start at 0.",
        "g = 5, lr = .1, eps = 0: the first step is .1",
    )  # fmt: skip
    yield Exercise(
        "adam_test", "f(rule) -> True or False",
        "Whether a rule, called as f(g, m, v, t, *, lr, beta1, beta2, eps), is Adam with eps added "
        "to the root.",
        answers.adam_test, play_adam_test, "Adam: True; Adam without a root: False",
        judge=judge_adam_test,
        named=(
            "test-passes-all", "test-fails-all", "test-turned-round", "test-too-strict",
            "test-of-the-outcome", "test-passes-nan", "test-of-the-first-step",
            "test-of-steady-gradients", "test-at-size-one",
            "test-blind-to-eps", "test-of-one-number", "test-at-one-lr",
        ),
    )  # fmt: skip
    yield Exercise(
        "adamw",
        "f(w, g, m=0, v=0, t=0, *, lr, beta1, beta2, eps, weight_decay) -> w, dict(m=m, v=v, t=t)",
        "Adam with decoupled weight decay: it gets the parameters and returns the new ones.",
        answers.adamw, play_rule, "w = 2, g = 0, lr = .1, weight_decay = .3: w = 1.94",
    )  # fmt: skip
    yield _rule(
        "amsgrad", rules.amsgrad,
        "f(g, m=0, v=0, v_max=0, t=0, *, lr, beta1, beta2, eps)"
        " -> step, dict(m=m, v=v, v_max=v_max, t=t)",
        "Adam that divides by the largest v so far; corrected after the largest is taken.",
        "after g = 5, four zeros: v shrinks and v_max doesn't",
    )  # fmt: skip
    yield _rule(
        "adamax", rules.adamax,
        "f(g, m=0, u=0, t=0, *, lr, beta1, beta2, eps) -> step, dict(m=m, u=u, t=t)",
        "Adam that divides by the largest recent gradient, which fades; eps is added to |g|.",
        "g = 5, lr = .1, eps = 0: the first step is .1",
    )  # fmt: skip
    yield _rule(
        "nadam", rules.nadam,
        "f(g, m=0, v=0, t=0, mu_product=1, *, lr, beta1, beta2, eps, momentum_decay)"
        " -> step, dict(m=m, v=v, t=t, mu_product=mu_product)",
        "Adam that looks ahead as Nesterov does, with torch's schedule for beta1.",
        "as `descent.rules.nadam`",
    )  # fmt: skip
    yield _rule(
        "adabelief", rules.adabelief,
        "f(g, m=0, s=0, t=0, *, lr, beta1, beta2, eps) -> step, dict(m=m, s=s, t=t)",
        "Adam that divides by how far gradients stray from their average; eps is added to s at "
        "every step, and to the root.",
        "as `descent.rules.adabelief`",
    )  # fmt: skip
    yield _rule(
        "radam", rules.radam,
        "f(g, m=0, v=0, t=0, *, lr, beta1, beta2, eps) -> step, dict(m=m, v=v, t=t)",
        "Adam that doesn't divide while v has seen too little, and gently after that; eps is added "
        "to the root of v itself.",
        "g = 5, lr = .1: the first step is .5",
    )  # fmt: skip
    yield _rule(
        "adafactor", rules.adafactor,
        "f(g, v_row=0, v_col=0, t=0, *, lr, decay_rate, d, eps)"
        " -> step, dict(v_row=v_row, v_col=v_col, t=t)",
        "RMSprop for a matrix, of whose squares the means of rows and of columns are remembered; "
        "the step is limited to a root mean square of lr * d.",
        "a first gradient of [[1, 2]], lr = .1, d = 1, eps = 0: the step is [[.1, .1]]",
    )  # fmt: skip
    yield _rule(
        "muon", rules.muon,
        "f(g, m=0, t=0, *, lr, beta, eps, ns_steps) -> step, dict(m=m, t=t)",
        "Momentum, looking ahead, of which the step takes the directions alone: all singular "
        "values are brought near 1 by ns_steps steps of Newton and Schulz.",
        "as `descent.rules.muon`",
    )  # fmt: skip
    yield _rule(
        "lion", rules.lion, "f(g, m=0, *, lr, beta1, beta2) -> step, dict(m=m)",
        "Momentum of which the step takes the sign alone.",
        "g = 5, lr = .1: step .1",
    )  # fmt: skip
    yield Exercise(
        "adam_all", "f(gradients, state=None, *, lr, beta1, beta2, eps) -> steps, state",
        "Adam over a dict of arrays. One call is one step of the optimizer; state is yours.",
        answers.adam_all, play_adam_all, "two arrays, first call: every step is about lr long",
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "resume", "f(w, gradients, state=None, *, lr, beta1, beta2, eps) -> w, state",
        "Adam along a list of gradients, carrying on from the state of an earlier call.",
        answers.resume, play_resume, "5 + 5 gradients end where 10 do",
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "schedule", "f(k, *, lr, every, factor) -> learning rate at step k",
        "A learning rate that is multiplied by factor after each `every` steps; k starts at 0.",
        answers.schedule, play_schedule, "lr = .5, every = 4, factor = .1: .5 to k = 3, then .05",
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "warmup_cosine", "f(k, *, lr, warmup, steps) -> learning rate at step k",
        "lr * (k + 1) / warmup for k < warmup; then half a cosine: lr at warmup, 0 at steps.",
        answers.warmup_cosine, play_warmup_cosine, "lr = .5, warmup = 4: .125, .25, .375, .5, .5",
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "clip", "f(g, *, max_norm) -> g",
        "A gradient, shortened to max_norm if it is longer, in its own direction.",
        answers.clip, play_clip, "g = (3, 4), max_norm = 1: (.6, .8)",
        in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "training_loop",
        "f(model, loss_function, optimizer, scheduler, batches, epochs)",
        "PyTorch's training loop, each call in its place; the scheduler steps once an epoch.",
        answers.training_loop, play_training_loop, "the second step uses the second gradient alone",
        judge=judge_calls,
    )  # fmt: skip
    yield Exercise(
        "parameter_groups", "f(model, AdamW, *, lr, weight_decay) -> optimizer",
        "An AdamW that decays what has two axes or more, and nothing else; lr is for all.",
        answers.parameter_groups, play_parameter_groups,
        "g = 0, lr = .1, weight_decay = .5: a matrix of 2 becomes 1.9, a bias of 2 stays",
        judge=judge_groups, in_pairs=True,
    )  # fmt: skip
    yield Exercise(
        "checkpoint",
        "f(model, loss_function, optimizer, scheduler, batches, epochs, saved=None) -> checkpoint",
        "PyTorch's training loop until epochs are done in all; it carries on from saved, the "
        "checkpoint of an earlier call. What a checkpoint holds is yours.",
        answers.checkpoint, play_checkpoint, "3 epochs, a checkpoint, then 5: as 5 at one go",
        judge=judge_calls, begin=begin_checkpoint,
    )  # fmt: skip
    yield Exercise(
        "fair_race", "f(rules, tune, test, start, *, rates, steps) -> test losses, a dict",
        "A race: each rule walks from start, so many steps at each of the rates; of its ends, that "
        "with the lowest loss in tune counts, and is reported by its loss in test.",
        answers.fair_race, play_fair_race, "one rule under two names: two equal losses",
        judge=judge_race, in_pairs=True,
    )  # fmt: skip


EXERCISES = {exercise.name: exercise for exercise in _table()}
