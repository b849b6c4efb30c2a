"""The questions of the exercises, by name, and what their figures draw: `predict.ask(name)`.

They stand here, and not in the notebooks, so that a folded cell doesn't tell the answer.
"""

import numpy as np

from descent import rules, surfaces, tasks
from descent.loop import descend
from descent.predict import choice, explain, number

from .playing import steps_along


def _three_walks():
    bowl = surfaces.bowl((1, 20))
    return [descend(bowl, bowl.start, rules.gd, lr=lr, steps=12) for lr in (0.085, 0.05, 0.02)]


def _three_balls():
    push = [1.0] * 8 + [0.0] * 8
    return [
        steps_along(rule, push, dict(lr=1.0, beta=0.75))
        for rule in (rules.momentum_ema, rules.nesterov, rules.momentum)
    ]


def _one_walk():
    bowl = surfaces.bowl((1, 20))
    trace = descend(bowl, bowl.start, rules.adam, lr=0.3, steps=60)
    return trace.x, np.abs(trace.step[:12]) / 0.3


def _one_relative():
    return steps_along(rules.adamax, [1.0] * 40 + [10.0] + [1.0] * 60, dict(lr=1.0))


def _lost(memory):
    return memory | dict(t=0 * memory["t"])


def _four_curves():
    """Losses of four trainings: too large a rate, a bug, too small a rate, and a noise floor."""
    diabetes = tasks.diabetes()
    A = np.column_stack([diabetes.X, np.ones(diabetes.n)])
    others = np.random.default_rng(0).permutation(diabetes.n)

    def mispaired(w):  # The answers were shuffled, and the rows were not.
        return diabetes(w)[0], A.T @ (A @ w - diabetes.y[others]) / diabetes.n

    limit = 2 / np.linalg.eigvalsh(A.T @ A / diabetes.n).max()
    walks = {
        "A": (diabetes, 1.02 * limit),
        "B": (mispaired, 0.1),
        "C": (diabetes, 0.002),
        "D": (diabetes.noisy(8, seed=1), 0.1),
    }
    curves = {}
    for name, (loss, lr) in walks.items():
        points = descend(loss, diabetes.start(), rules.gd, lr=lr, steps=200).x
        curves[name] = np.array([diabetes(w)[0] for w in points])
    return curves


def _impostors():
    from .goals import SHOWN_FAULTS, impostor  # Which need more than a question does.

    return impostor, SHOWN_FAULTS


GIVEN = {
    "three-walks": _three_walks,
    "four-curves": _four_curves,
    "three-balls": _three_balls,
    "one-walk": _one_walk,
    "one-relative": _one_relative,
    "impostors": _impostors,
    "lost": lambda: _lost,
}


def _of_adagrad():
    """The first step of a tenth of lr, and when a walk is three times as far as after 100."""
    steady = descend(lambda x: (0.0, 1.0), 0.0, rules.adagrad, lr=0.3, steps=2000).step
    far = np.cumsum(steady)
    return np.flatnonzero(steady <= 0.030001)[0] + 1, np.flatnonzero(far >= 3 * far[99])[0] + 1


_SHORT, _AGAIN = _of_adagrad()

_BY_HAND = dict(lr=0.1, beta1=0.5, beta2=0.75, eps=1e-12)
_SECOND = rules.adam(-1.0, **rules.adam(1.0, **_BY_HAND)[1], **_BY_HAND)[0]

QUESTIONS = {
    # Gradient descent
    "ask-gd-who-walked": choice(
        "Which of the three walked at lr = 1/L, with L the largest curvature?",
        right=(
            "B",
            "Across the valley a step multiplies by 1 - lr L. Here this is 0: one step is enough "
            "for the wall.",
        ),
        wrong=[
            (
                "A",
                "It crosses the valley, so its factor across is negative. What is the factor at "
                "1/L?",
            ),
            (
                "C",
                "It needs several steps for the wall. By what is the distance across multiplied "
                "at 1/L?",
            ),
        ],
    ),
    "ask-gd-doubled": choice(
        "Now double the learning rate of B. What will its coordinate across the valley do?",
        right=(
            "Jump to and fro at one height, for ever.",
            "The factor is 1 - 2 = -1: neither nearer nor farther. It is the limit 2/L itself.",
        ),
        wrong=[
            (
                "Arrive at the bottom twice as fast.",
                "It had arrived after one step. What does a step do that is twice as long?",
            ),
            (
                "Leave the valley, higher at each step.",
                "That takes a factor below -1. Work this one out.",
            ),
            (
                "Zigzag less and less, and come to rest.",
                "That takes a factor between -1 and 0. Work this one out.",
            ),
        ],
    ),
    "explain-gd-walks": explain(
        "How can one tell from the picture alone which of the three had the largest learning rate?",
        must=(
            "what one step multiplies the distance across by",
            "what the sign of that factor looks like",
            "which of the three walks shows it",
        ),
        model="A step multiplies the distance across the valley by 1 - lr L. Where it is negative, "
        "the next point lies on the other wall, and that takes an lr above 1/L. Only A changes "
        "sides, so A had the largest lr; B lands on zero, at 1/L, and C stays on its side.",
    ),
    # Stochastic gradient descent
    "ask-sgd-bug": choice(
        "In which of them is the bug, so that no learning rate will help?",
        right=(
            "B",
            "It is smooth, so there is no noise. It comes to rest, so lr is not too large. And it "
            "rests where the model is "
            "worse than one that knows nothing: it has come to the minimum of something else. The "
            "answers had been shuffled, and the rows had not.",
        ),
        wrong=[
            (
                "A",
                "Its steps get longer and longer. What would half the learning rate do?",
            ),
            (
                "C",
                "It has been falling all the time. What would more steps do?",
            ),
            ("D", "It came down fast, and far. What keeps it restless there?"),
        ],
    ),
    "ask-sgd-floor": choice(
        "Which of them would end lower with a smaller learning rate, and as well with larger "
        "batches at the same one?",
        right=(
            "D",
            "It is level and restless: it stands on its noise floor, lr·S²/(4B) above the minimum.",
        ),
        wrong=[
            (
                "A",
                "A smaller rate would help. But is there anything restless?",
            ),
            ("B", "It is level, but smooth. Is there any noise in it?"),
            ("C", "A smaller rate would make it slower still."),
        ],
    ),
    "ask-sgd-both": number(
        "A walk stands 0.02 above the minimum, on its noise floor, with lr far below the "
        "limit. You double lr, and take "
        "batches four times as large. How far above the minimum does it stand then?",
        answer=0.02 * 2 / 4,
        why="The floor is in proportion to lr/B. Twice the one and four times the other make half.",
        wrong=[
            (0.04, "That is what the learning rate does. And the batches?"),
            (0.005, "That is what the batches do. And the learning rate?"),
            (0.16, "Larger batches are less noisy."),
            (
                0.02,
                "With batches twice as large it would be. These are four times as large.",
            ),
        ],
    ),
    "explain-sgd-curves": explain(
        "Which signs tell noise, a rate that is too large, one that is too small, and a bug apart?",
        must=(
            "what is restless, and what is smooth",
            "whether it goes up, goes on falling, or rests",
            "how it compares with a model that knows nothing",
        ),
        model="Noise shakes a curve to and fro, by as much all the time: D. A rate that is too "
        "large makes it rise, faster and faster: A. One that is too small lets it fall smoothly "
        "and long: C. A bug lets it rest, and in the wrong place: B, worse than saying the mean.",
    ),
    # Momentum
    "ask-momentum-ahead": choice(
        "Which of the three looks ahead?",
        right=(
            "B",
            "Its first step counts the first gradient nearly twice, and the silence shows in its "
            "step at once.",
        ),
        wrong=[
            (
                "A",
                "Its first step is a quarter of the gradient. What would counting it once more do "
                "to that?",
            ),
            (
                "C",
                "Its first step is the gradient itself, counted once. Who begins with more than "
                "that?",
            ),
        ],
    ),
    "ask-momentum-beta": number(
        "In the silence, each step of C is the same fraction of the step before. "
        "Read it off, or take it from the first step of A. Which beta do all three have?",
        answer=0.75,
        why="In the silence nothing is added, so what is left is beta times what was there. "
        "The first step of A is 1 - beta = 1/4.",
        wrong=[
            (0.25, "That is the part that the average form lets in. How much of the old is kept?"),
            (0.9, "Many would choose it, but a sum would then go on towards 10."),
        ],
        within=0.03,
    ),
    "explain-momentum-ahead": explain(
        "Why does the step of the one that looks ahead fall at once when the silence begins?",
        must=(
            "what its step is made of, beside the memory",
            "what that part is in the silence",
            "why the others fall by 1 - beta only",
        ),
        model="Its step is beta times the memory plus the newest gradient, so the newest gradient "
        "counts once more. In the silence that part is zero at once. The other two step by their "
        "memory alone, and it loses the share 1 - beta only.",
    ),
    "ask-momentum-half": number(
        "And the other way round: at beta = 0.9, after how many steps does a value count half "
        "as much? (A part of a step counts.)",
        answer=np.log(0.5) / np.log(0.9),
        why="Each step multiplies by 0.9, and 0.9 to that power is one half. The rule of thumb, "
        "1/(1 − beta), is a longer time: after it, about a third is left.",
        wrong=[
            (10, "That is 1/(1 − beta). How much is left after ten steps?"),
            (
                5,
                "If each step took away a tenth of the *start*. It takes a tenth of what is left.",
            ),
            (1 / 0.9, "What is multiplied with what, and how often?"),
        ],
    ),
    # AdaGrad
    "ask-adagrad-short": number(
        "A coordinate gets the same gradient at every step, and lr = 0.3. "
        "Which step is the first that is 0.03 long, or shorter? (The first step is number 1.)",
        answer=_SHORT,
        why="The t-th step is lr/√t long, and √100 = 10.",
        wrong=[
            (10, "There the *sum* has grown tenfold. By what does AdaGrad divide?"),
            (1000, "Too late. A thousandfold sum has a root of about 32."),
        ],
        within=0.01,
    ),
    "ask-adagrad-far": number(
        "The first hundred steps of that walk lead to some distance. "
        "After about how many steps is it three times as far? (A tenth either way is near enough.)",
        answer=_AGAIN,
        why="The distance grows as 2 lr √t, so three times as far takes nine times the steps, "
        "about. (The first steps are a little longer than the formula has them.)",
        wrong=[
            (
                300,
                "That would be so if all steps were as long as the first hundred. They get "
                "shorter.",
            ),
            (1800, "Not quite so many. How does the sum of 1/√t grow?"),
            (600, "More than that. With which power of t does the distance grow?"),
        ],
        within=0.12,
    ),
    "ask-adagrad-rare": choice(
        "A word has not come for a thousand steps, so its vector had gradients of zero. "
        "What has AdaGrad done to its rate in that time?",
        right=(
            "Left it where it was.",
            "Zeros add nothing to the sum. Its rate only stayed, while those of other words fell.",
        ),
        wrong=[
            (
                "Raised it, bit by bit.",
                "A sum of squares would have to get smaller for that. Which rule does raise it?",
            ),
            (
                "Lowered it, as all rates.",
                "Only gradients lower a rate. Which ones did this word get?",
            ),
        ],
    ),
    "ask-adagrad-grams": choice(
        "You measure the answers of a least-squares problem in grams and no longer in kilograms. "
        "All of them, and all weights to be found, are then 1000 times as large. "
        "What should happen to AdaGrad's lr?",
        right=(
            "It should be 1000 times as large.",
            "Gradients grow too, and AdaGrad doesn't see that; but the way to go has become "
            "longer, and lr is a distance.",
        ),
        wrong=[
            (
                "It should stay just as it is.",
                "The rule doesn't see how large gradients are. But how far is it to go, and how "
                "long is a step?",
            ),
            (
                "It should be 1000 times as small.",
                "That would be to make up for larger gradients. What does AdaGrad divide by?",
            ),
        ],
    ),
    # Adam
    "ask-adam-accuracy": choice(
        "Exhibit D gets as many digits right as Adam, or more. What does that say?",
        right=(
            "Nothing about whether it is Adam.",
            "Many rules train this network. What a rule is shows in its steps, and in the first "
            "ones here: more than thirty times too long.",
        ),
        wrong=[
            (
                "That it is Adam, but for rounding.",
                "Look at its first step on a steady gradient. Is that rounding?",
            ),
            (
                "That it is the better rule of the two.",
                "It takes longer steps at the same lr. What would Adam do with a larger lr?",
            ),
        ],
    ),
    "ask-adam-longer": number(
        "*Bias correction makes the first step longer.* With beta1 = 0.9 and beta2 = 0.999 it "
        "makes it shorter. Keep beta1 = 0.9. At which beta2 does it leave the length of the first "
        "step as it is?",
        answer=1 - (1 - 0.9) ** 2,
        why="Without correction, the first step is (1 − beta1) / √(1 − beta2) lr. That is 1 if the "
        "root is 0.1. With a smaller beta2, correction does make the first step longer.",
        wrong=[
            (
                0.9,
                "Then `m` and `v` are too small by the same factor. But the step divides by a "
                "*root*.",
            ),
            (0.1, "That is what the root must be. Which beta2 gives it?"),
            (0.01, "That is 1 − beta2."),
            (0.999, "There the uncorrected step is 3.16 lr."),
        ],
        within=0.002,
    ),
    "ask-adam-bound": choice(
        "*lr bounds Adam's step.* Which of these gradients bring a step of more than 3 lr?",
        right=(
            "A long silence, then a gradient that stays.",
            "`v` has forgotten every size and fills up slowly, while `m` grows: at the twelfth "
            "gradient the step is 6.57 lr with the default betas.",
        ),
        wrong=[
            (
                "A steady gradient, if only it is huge enough.",
                "Size cancels. What does a steady gradient leave in the corrected averages?",
            ),
            (
                "Gradients that are nothing but noise.",
                "What does the average of noise do, beside the average of its squares?",
            ),
            (
                "None: no step can be longer than one lr.",
                "What are `m` and `v` one step after a long silence?",
            ),
        ],
    ),
    "ask-adam-smoother": choice(
        "*A larger beta1 is smoother, so it is better.* On the bowl, without any noise, Adam has "
        "the best lr for each beta1. You raise beta1 from 0.9 to 0.99. What becomes of the steps "
        "that it needs?",
        right=(
            "There are more of them: it swings.",
            "The path is smooth, but it remembers directions for a hundred steps, and rolls past "
            "the minimum.",
        ),
        wrong=[
            (
                "There are fewer of them: it goes straight.",
                "What does a long memory do once the minimum has been passed?",
            ),
            (
                "There are as many: nothing is to be smoothed.",
                "Without noise, is there nothing that an old gradient can do harm with?",
            ),
        ],
    ),
    "ask-adam-who-walked": choice(
        "Which rule drew it?",
        right=(
            "Adam",
            "One lr along both coordinates at once: a rate for each coordinate, and corrected. "
            "And it swings: it remembers directions.",
        ),
        wrong=[
            (
                "Momentum",
                "It would swing like this. But how would its first steps along the two "
                "coordinates compare?",
            ),
            (
                "RMSprop",
                "It would set out along the diagonal, too. How long is its first step, in lr?",
            ),
            (
                "AdaGrad",
                "Its first step is one lr along both coordinates, too. But what would make it "
                "swing?",
            ),
        ],
    ),
    "explain-adam-who-walked": explain(
        "Which two things in the picture rule out each of the other rules, and why?",
        must=(
            "what equal first steps say, where the gradients differ",
            "what a first step of one lr says about the correction",
            "what the swing says about the memory",
        ),
        model="Both first steps are equal though the gradients aren't: so each coordinate is "
        "divided by its own size, and momentum is out. The first step is one lr and no longer: so "
        "the size isn't an average that has just begun at zero, and RMSprop is out. The walk "
        "swings past the minimum: it remembers directions, and AdaGrad doesn't.",
    ),
    "ask-adam-weights": number(
        "At beta = 0.9, what do the weights of three values add up to?",
        answer=1 - 0.9**3,
        why="It is 1 − beta to the power t: all but what is left of the start. Divided by this "
        "sum, the weights "
        "add up to 1, and that is Adam's correction.",
        wrong=[
            (
                0.9**3,
                "That is what is still on the zero at the start. And on the three values?",
            ),
            (0.3, "Each of them came in with a tenth. Has none of that faded?"),
            (
                1,
                "A proper average has that. Here a part of the weight is on the zero at the start.",
            ),
            (
                1 + 0.9 + 0.81,
                "So much they count in a sum that fades. What does an average let in?",
            ),
        ],
    ),
    "ask-adam-first": number(
        "How long is the first step?",
        answer=0.1,
        why="m is 0.5 and v is 0.25. Corrected, both are 1, and 0.1 times 1 over the root of 1 is "
        "0.1: one lr.",
        wrong=[
            (0.05, "You have corrected one of the two averages."),
            (0.2, "You have corrected one of the two averages."),
        ],
    ),
    "ask-adam-second": number(
        "And the second step, with its sign?",
        answer=_SECOND,
        why="m is 0.25 − 0.5 = −0.25, and its weights add up to 0.75. v is 0.4375, and so much "
        "its weights add up to: "
        "corrected it is 1. So the step is 0.1 times −1/3. The first gradient still counts "
        "half as much as the second, against it.",
        wrong=[
            (1 / 30, "The right length. On which side of 0 is `m` now?"),
            (
                -0.1,
                "The newest gradient alone would do that. What is left in `m` of the first one?",
            ),
            (
                -0.025,
                "`v` is right so. But how much do the weights in `m` add up to, after two steps?",
            ),
            (
                -0.025 / 0.4375**0.5,
                "A correction is missing, or is still that of the first step. How many steps have "
                "there been?",
            ),
            (
                -0.05,
                "That is the first step's correction of `m`. How many steps have there been?",
            ),
            (
                -0.1 / 3 / 0.4375**0.5,
                "`m` is right. What is `v`, corrected, if every square was 1?",
            ),
        ],
    ),
    # Adam's promises
    "ask-promises-tuning": choice(
        "Four other learning rates are tried, from 0.003 to 0.1. By which factor is the best of "
        "them below that?",
        right=(
            "By more than a factor of 10.",
            "The default is a good guess for long runs of large networks. A short run of a small "
            "network can bear steps that are many times as long.",
        ),
        wrong=[
            (
                "By none: the default is the best.",
                "A weight moves by at most about one lr a step. How far is that in a run this "
                "short?",
            ),
            (
                "By a factor of about 2.",
                "Look at the loss above. A network that guesses has 2.3. How far has it come?",
            ),
        ],
    ),
    "ask-promises-rotation": choice(
        "Which of these turns does Adam not notice at all: the same losses at each step?",
        right=(
            "A turn by a right angle",
            "Each axis comes to lie on an axis again. The coordinates trade places and signs, and "
            "Adam treats all coordinates alike.",
        ),
        wrong=[
            (
                "An eighth of a full turn",
                "Then each new coordinate is a mixture of a flat one and a steep one. What is its "
                "scale?",
            ),
            (
                "Any turn, small or large",
                "That is so for gradient descent. What is Adam's first step, in the old axes and "
                "in the new?",
            ),
            ("No turn whatsoever", "Think of the one that only gives the coordinates other names."),
        ],
    ),
    "ask-promises-tiny": number(
        "In a loss with small units, every gradient is 1e-9. How long are Adam's steps, in lr?",
        answer=1e-9 / (1e-9 + 1e-8),
        why="Both corrected averages are what they average: 1e-9, and its square. So a step is "
        "1e-9/(1e-9 + 1e-8) lr: "
        "most of what it is divided by is eps.",
        wrong=[
            (
                1,
                "That is the promise, without the small print. What is the step divided by?",
            ),
            (0.1, "Nearly. You divide by eps alone; the root is there as well."),
            (
                1e-5,
                "So it is where eps stands under the root. Here it is added to the root.",
            ),
            (1 / 2, "Then eps would be as large as the gradient."),
        ],
    ),
    "ask-promises-scale": number(
        "Now the same loss in other units: it is multiplied by a thousand. By which factor do "
        "the steps get longer?",
        answer=(1e-6 / (1e-6 + 1e-8)) / (1e-9 / (1e-9 + 1e-8)),
        why="Gradients of 1e-6 are a hundred times eps, so the steps are nearly one lr, from an "
        "eleventh of it. "
        "Beyond that, the scale no longer counts.",
        wrong=[
            (
                1,
                "That holds as long as gradients are large beside eps. Are they, before?",
            ),
            (
                1000,
                "So it would be in gradient descent. How long can the steps get, at most?",
            ),
            (11, "Nearly: that would be one whole lr. eps still takes a little of it."),
        ],
        within=0.004,
    ),
    "ask-promises-eps": choice(
        "One Adam adds eps to the root, another has it under the root. Your test feeds both "
        "the same gradients, all about 1. "
        "With which eps do you see the difference best?",
        right=(
            "With 0.01.",
            "It has to be seen beside the gradients. At 0.01 the one divides by 1.01, and the "
            "other by 1.005.",
        ),
        wrong=[
            (
                "With 1e-8.",
                "How far apart are 1 + 1e-8 and its root, in the digits that you compare?",
            ),
            ("With 1e-16.", "What is 1 + 1e-16 in floating-point numbers?"),
            ("With 0.", "Then there is nothing that could stand in the wrong place."),
        ],
    ),
    # Adam's challenges
    "ask-challenges-same": choice(
        "An L2 penalty in the loss, and decoupled decay beside the step. With which rule are the "
        "two one walk?",
        right=(
            "With gradient descent",
            "Its step is a multiple of the gradient, so what is added to the gradient is added to "
            "the step: (1 − lr·c) w − lr·g in both.",
        ),
        wrong=[
            (
                "With momentum alone",
                "What is added to the gradient goes into `m`, and is remembered. Is decay beside "
                "the step?",
            ),
            (
                "With Adam alone",
                "What is added to the gradient is divided by the root of `v_hat`. Is decay beside "
                "the step?",
            ),
            ("With all of these rules", "Look at the bug of exercise 2 once more."),
        ],
    ),
    "ask-challenges-left": number(
        "AdamW with weight_decay = 0.1. A weight of 1 has no gradient. lr is 0.01 for 500 steps, "
        "then 0.005 for 500 more. What is left of it?",
        answer=(1 - 0.01 * 0.1) ** 500 * (1 - 0.005 * 0.1) ** 500,
        why="Each step keeps 1 − lr · 0.1: a smaller lr weakens the decay too.",
        wrong=[
            (
                (1 - 0.01 * 0.1) ** 1000,
                "That is for one lr all the way. What does lr do to the decay?",
            ),
            (0.25, "Near: each step takes a share of what is *left*."),
            (0.9**1000, "The decay isn't applied as it stands. By what is it multiplied?"),
            (1, "There is no gradient, so the *step* is zero. And beside the step?"),
        ],
        within=0.01,
    ),
    "ask-challenges-minimum": choice(
        "Which of the three leaves the place of the minimum where it is, and only changes how one "
        "gets there?",
        right=(
            "Decay of the learning rate",
            "It changes the length of steps. The other two pull the weights towards zero, at every "
            "step.",
        ),
        wrong=[
            (
                "An L2 term in the loss",
                "It adds a term to the loss. Where is the minimum of the sum?",
            ),
            (
                "Decay of the weights",
                "Where the gradient is zero, what does it still do to a weight?",
            ),
            (
                "Each one of the three does it",
                "Two of them pull at the weights even where the gradient is zero.",
            ),
        ],
    ),
    "ask-challenges-lost": choice(
        "What was set to zero?",
        right=(
            "Only t",
            "Both averages are full, and both are corrected as if they were new. The root of "
            "`v_hat` comes out far too large, and stays so for hundreds of steps; `m_hat` recovers "
            "within some twenty.",
        ),
        wrong=[
            (
                "Only m",
                "Then the first step would be a tenth of a gradient. How many steps would it take "
                "to fill up?",
            ),
            (
                "Only v",
                "Then the divisor would be tiny at first. Would steps be shorter, or longer?",
            ),
            (
                "All three",
                "Then Adam would begin anew. How long is its first step, for every weight that "
                "has a gradient?",
            ),
        ],
    ),
    "explain-challenges-lost": explain(
        "Why are the steps too short, and why for so long?",
        must=(
            "what the correction does to averages that are full",
            "which of the two averages makes steps short",
            "which beta says how long it lasts",
        ),
        model="The averages are full, but the count says that they have just begun, so both are "
        "divided by far too small a number and come out too large. For `m` that is over after some "
        "twenty steps, as beta1 is 0.9. For `v`, which stands below the line, it lasts for "
        "hundreds, since beta2 is 0.999: all that time steps are too short.",
    ),
    # Beyond Adam
    "ask-beyond-whose": choice(
        "Whose are they?",
        right=(
            "Adamax's",
            "The divisor becomes 10 at once, and fades by a thousandth a step. So the steps are a "
            "tenth, for a thousand steps or two.",
        ),
        wrong=[
            (
                "Adam's",
                "At the spike, `v` takes in a thousandth of a hundred. Would its step fall at once "
                "to a fifth?",
            ),
            ("Lion's", "How long can a step of Lion be, and how short?"),
            (
                "AdaBelief's",
                "On forty equal gradients, what happens to what it divides by? Would its steps "
                "stay at one lr?",
            ),
        ],
    ),
    "explain-beyond-whose": explain(
        "What does each part of the curve say about what the rule divides by: the first forty "
        "steps, the fall, and what comes after it?",
        must=(
            "what it divides by while all gradients are 1",
            "how much of the spike comes into the divisor at once",
            "how fast the divisor forgets the spike",
        ),
        model="For forty steps the divisor is 1, the size of the gradients, from the first step "
        "on. At the spike it is 10 at once: it takes a largest value, and no average. After that "
        "it loses a thousandth a step, so for a long time steps stay near a tenth.",
    ),
    # Adam in PyTorch
    "ask-pytorch-gradient": number(
        "What was the gradient?",
        answer=-0.4 / (1 - 0.9),
        why="After one step, `exp_avg` is a tenth of the gradient. (And `exp_avg_sq` is a "
        "thousandth of its square: it fits, but it wouldn't tell the sign.)",
        wrong=[
            (4, "Its square fits. Which of the two memories knows the sign?"),
            (-0.4, "That is the average. Which part of the gradient came in?"),
            (-0.04, "The average holds a part of the gradient, so the gradient is larger."),
            (
                0.126,
                "That is the root of `exp_avg_sq`. How much of the squared gradient came in?",
            ),
        ],
    ),
    "ask-pytorch-step": number(
        "lr was 0.002. By how much did the parameter grow in that step?",
        answer=0.002,
        why="A first step is one lr long, and it goes against the gradient, which was negative.",
        wrong=[
            (
                -0.002,
                "The length is right. The step is subtracted, and which sign had the gradient?",
            ),
            (0.008, "That is lr times the gradient. By what does Adam divide?"),
            (0.0063, "That would be the step without bias correction."),
            (0.0008, "That is lr times `exp_avg`: neither corrected nor divided."),
        ],
    ),
    "ask-pytorch-lost": choice(
        "You resume from this state, but `step` was lost and is 0 again. PyTorch counts on from "
        "there. The next gradient is the same as the first. How long is the next step?",
        right=(
            "Longer than 1 lr",
            "Both averages now hold two gradients, and are corrected as if they held one. `m_hat` "
            "is 1.9 times the gradient, and the root of `v_hat` 1.41 times: a step of 1.34 lr.",
        ),
        wrong=[
            (
                "Just 1 lr, as ever",
                "That is so if `t` knows how many gradients the averages hold. Does it?",
            ),
            (
                "Shorter than 1 lr",
                "`m_hat` is too large and so is `v_hat`. But the step divides by a root.",
            ),
        ],
    ),
    # A fair race
    "ask-race-fault": choice(
        "The comparison has more than one fault. Mending which of them would change its result the "
        "most?",
        right=(
            "Both have the same lr",
            "lr multiplies the gradient in the one rule, and is the length of a step in the other. "
            "The same number for both chooses the winner.",
        ),
        wrong=[
            (
                "It reports the best seed",
                "That is a fault, and it flatters both. By how much do seeds differ, and by how "
                "much the rules?",
            ),
            (
                "It has five seeds only",
                "More seeds make the spread better known. Is a gap of this size in doubt because "
                "of the spread?",
            ),
            (
                "It has short runs only",
                "They are equally short for both. What would each rule need to make use of its "
                "steps?",
            ),
        ],
    ),
}
