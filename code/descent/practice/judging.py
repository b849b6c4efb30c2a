"""Compare what a submission did with the right answer, and with every mistake that is known."""

import functools
import itertools
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .calls import kept, main_part
from .mistakes import BY_ID, about, edited, function_of, source, wrong_answers
from .pairs import pairs
from .playing import TITLES, start, walks


@dataclass(frozen=True)
class Verdict:
    """What is to be said about a submission that could be played to its end."""

    passed: bool
    message: str
    mistake: str | None = None
    variant: str | None = None
    parting: "Parting | None" = None


@dataclass(frozen=True)
class Parting:
    """Where a submission first differs from the right answer: the value, and the coordinate."""

    index: int
    at: tuple
    words: str


class Slip(NamedTuple):
    """A mistake that was recognized, and the one memory that it is about, if that is known."""

    name: str
    memory: str = ""


@functools.cache
def right(exercise):
    """The right answer, played."""
    return exercise.play(exercise, exercise.answer)


@functools.cache
def pace(exercise):
    """How many seconds the right answer takes here, once all is loaded."""
    begun = time.perf_counter()
    exercise.play(exercise, exercise.answer)
    return time.perf_counter() - begun


@functools.cache
@np.errstate(all="ignore")
def attempted(how, exercise, wrong):
    """A wrong answer of the bank, played so; None if it fails, which has a message of its own."""
    try:
        return how(exercise, wrong)
    except Exception:
        return None


def behaves_as(exercise, wrong, played, tolerance=None):
    """Whether a submission did what a wrong answer of the bank does; what that did, or None."""
    # A rule is called step by step, so most wrong answers are out after the first step.
    if exercise.is_rule and not _begins_as(exercise, wrong, played):
        return None
    if exercise.begin:
        begun = attempted(exercise.begin, exercise, wrong)
        if begun is None or not np.allclose(
            begun, played.seen["begin"], 1e-3, 1e-9, equal_nan=True
        ):
            return None
    if not all(_answers_alike(wrong, *call) for call in played.calls):
        return None
    whole = attempted(exercise.play, exercise, wrong)
    if whole is not None and agree(whole, played, tolerance or exercise.tolerance):
        return whole
    return None


@functools.cache
def _first_walk(exercise):
    _, gradients, hyper = walks(exercise)[0]
    return start(gradients) if exercise.before else None, tuple(zip(gradients, hyper, strict=True))


def _begins_as(exercise, wrong, played):
    memory, scales = {}, played.scales
    w, steps = _first_walk(exercise)
    for (g, now), (case, _, y, loose) in zip(steps, played.values, strict=False):
        tolerance = max(exercise.tolerance, loose)
        try:
            given = (g,) if w is None else (w, g)
            x, memory = wrong(*given, **memory, **now)
            # One number is compared sooner than an array: nearly all are out by it.
            if abs(np.asarray(x).item(0) - y.item(0)) > 2 * tolerance * scales[case].item(0):
                return False
        except Exception:
            return False
        x = np.broadcast_to(x, g.shape)
        if not _close(x, y, scales[case], tolerance):
            return False
        w = None if w is None else x
    return True


def _answers_alike(wrong, args, kwargs, result):
    """Whether a wrong answer could have given this result: what could not needs no playing."""
    try:
        mine = main_part(wrong(*kept(args), **kwargs))
        names = list(result) if isinstance(result, dict) else [None]
        pairs = [(mine[name], result[name]) if name else (mine, result) for name in names]
        return all(
            np.shape(x) != np.shape(y) or np.allclose(x, y, rtol=0.05, atol=1e-9, equal_nan=True)
            for x, y in pairs
        )
    except Exception:
        return False


def agree(a, b, tolerance):
    """Whether two plays gave the same values, `a` being the one to measure by.

    What keeps its memory to itself is not played to the end: then the beginning counts.
    """
    scales = a.scales
    return all(
        _close(x, y, scales[case], max(tolerance, tx, ty))
        for (case, _, x, tx), (_, _, y, ty) in zip(a.values, b.values, strict=False)
    )


def _close(x, y, scale, tolerance):
    return x.shape == y.shape and bool(_same_entries(x, y, scale, tolerance).all())


def _same_entries(x, y, scale, tolerance):
    """Which entries of two arrays of one shape agree."""
    room = tolerance * (scale if np.shape(scale) == x.shape else np.abs(x))
    return (np.abs(x - y) <= room + 1e-300) | (x == y) | (np.isnan(x) & np.isnan(y))


def _memory_agrees(a, b):
    """Whether memories under the same names hold the same numbers; None if no name is shared."""
    shared = False
    for mine, theirs in zip(a.memory, b.memory, strict=False):
        for name in mine.keys() & theirs.keys():
            shared = True
            one, other = mine[name], theirs[name]
            if one.shape != other.shape or not np.allclose(one, other, 1e-4, equal_nan=True):
                return False
    return shared or None


@np.errstate(all="ignore")
def judge(exercise, played):
    """Say whether a submission is right, or which mistake it made, or where it parts.

    Parameters
    ----------
    exercise : Exercise
    played : Played

    Returns
    -------
    Verdict
    """
    verdict = _outside(exercise, played) if played.unsteady else exercise.judge(exercise, played)
    if verdict.mistake in ("changed-input", "aliased-memory") or not played.changed:
        return verdict
    names = " and ".join(f"`{name}`" for name in sorted(played.changed))
    if verdict.passed or verdict.mistake is verdict.variant is None:
        name = "aliased-memory" if played.aliased else "changed-input"
        began = "The numbers are right, but " if verdict.passed else ""
        says = BY_ID[name].says
        says = began + (says[0].lower() + says[1:] if began else says)
        kept = "is not what it was" if len(played.changed) == 1 else "are not what they were"
        message = f"{says} After the call, {names} {kept}."
        if not verdict.passed:
            words = verdict.parting.words if verdict.parting else verdict.message
            message = f"{message} {words}"
        return Verdict(False, message, name, parting=verdict.parting)
    also = f" Your function also changes {names} in place, which the caller still needs."
    return Verdict(False, verdict.message + also, verdict.mistake, verdict.variant, verdict.parting)


def _outside(exercise, played):
    """The verdict on what remembers outside, of which the numbers can't say more."""
    answer = right(exercise)
    whole = len(played.values) == len(answer.values)
    good = whole and agree(answer, played, exercise.tolerance)
    return _verdict("memory-outside", "The numbers themselves are right." if good else "")


def judge_values(exercise, played):
    """Judge by the numbers alone."""
    answer = right(exercise)
    if agree(answer, played, exercise.tolerance):
        return Verdict(True, _praise(exercise, played, answer))
    parting = part(answer, played, exercise.tolerance)
    shapes = answer.values[parting.index][2].shape, played.values[parting.index][2].shape
    fits = shapes[0] == shapes[1]
    if played.still and fits:
        return _verdict("never-moves", parting.words, parting)
    slips, sure, begins = _recognized(exercise, played), True, []
    if not slips:
        slips, sure, begins = _recognized_pair(exercise, played)
    places = _rounded_to(answer, played)
    if not slips and places is not None:
        words = f"Yours are the right ones to {_counted(places, 'decimal place')}."
        return _verdict("rounded-off", f"{words} {parting.words}", parting)
    if not slips and played.lost and exercise.is_rule:
        slips = [Slip("memory-forgotten")]
    elif not slips and fits and played.ignored:
        return _without_effect(exercise, played, parting)
    slips = slips or begins
    if not slips:
        return Verdict(False, _unrecognized(exercise, played, answer, parting), parting=parting)
    if slips[0].name == "step-kept" and played.aliased and played.in_place:
        slips = [Slip("aliased-memory")]
    return _told(exercise, played, slips, parting, sure)


def _rounded_to(answer, played):
    """To how many decimal places the right numbers were rounded; None if they weren't."""
    if len(answer.values) != len(played.values):
        return None
    pairs = [
        (x, y) for (_, _, x, _), (_, _, y, _) in zip(answer.values, played.values, strict=True)
    ]
    if any(x.shape != y.shape or not np.isfinite(y).all() for x, y in pairs):
        return None
    for places in range(8):
        if all(_is_rounded(x, y, 10.0**-places) for x, y in pairs):
            return places
    return None


def _is_rounded(x, y, unit):
    """Whether y is x, but for less than one half, in whole units; in float32 at least."""
    room = 1e-3 * unit + 2e-7 * np.abs(x)
    near = np.abs(y - x) <= 0.5 * unit + room
    return bool((near & (np.abs(y - unit * np.round(y / unit)) <= room)).all())


def _without_effect(exercise, played, parting):
    """The verdict on hyper-parameters that change nothing."""
    one = played.ignored[0] if len(played.ignored) == 1 else None
    name = {"lr": "lr-forgotten", "eps": "eps-fixed"}.get(one, "written-in")
    others = " and ".join(f"another `{name}`" for name in played.ignored)
    words = f"With {others} handed in, nothing changes. {parting.words}"
    return _verdict(name, words, parting)


def _told(exercise, played, slips, parting, sure=True):
    """The verdict on one mistake or on two; `sure` if no others would give the same numbers."""
    # Of two mistakes, neither can say that the rest is right; of a rule's first step both can.
    begins = parting.index > 0 if exercise.is_rule else len(slips) == 1
    says = [
        BY_ID[name].tells(exercise.name, begins)
        + f" This is about `{memory}` alone." * bool(memory)
        for name, memory in slips
    ]
    message = says[0]
    if len(slips) > 1:
        head = (
            "Two things at once."
            if sure
            else (
                "Two things at once, it seems. Others would give the same numbers; one such pair:"
            )
        )
        if len(slips) > 2:
            head = "Three things at once. These two matter most."
        message = f"{head} {says[0]} And: {says[1]}"
        message += " When these are mended, there is one more to find." * (len(slips) > 2)
    message = f"{message} {parting.words}"
    if played.lost:
        lost = " and ".join(f"`{name}`" for name in sorted(played.lost))
        message += f" Your function takes {lost}, and never returns it."
    if not sure:
        return Verdict(False, message, parting=parting)
    name, variant = slips[0].name, BY_ID[slips[0].name].variant
    return Verdict(False, message, *((None, name) if variant else (name, None)), parting)


def _praise(exercise, played, answer):
    count = len(played.values)
    message = f"Right: all {count} results agree."
    if exercise.is_rule:
        message = f"Right: all {count} steps agree."
        if _memory_agrees(answer, played) is False:
            message += (
                " What you keep in memory is not what the course keeps under these names; it "
                "serves your rule as well."
            )
    return f"{message} {played.note}".rstrip()


def judge_points(exercise, played):
    """Judge a walk: one point again and again, and not its start, is one array."""
    verdict = judge_values(exercise, played)
    paths = zip(played.values, right(exercise).values, strict=True)
    if verdict.passed or verdict.mistake or verdict.variant:
        return verdict
    if all(
        p.ndim == 2 and len(p) > 1 and (p == p[0]).all() and not np.array_equal(p[0], x[0])
        for (_, _, p, _), (_, _, x, _) in paths
    ):
        return _told(exercise, played, [Slip("aliased-memory")], verdict.parting)
    return verdict


def judge_calls(exercise, played):
    """Judge a training loop: mistakes that leave the same numbers are told apart by its calls."""
    answer = right(exercise)
    if agree(answer, played, exercise.tolerance):
        return Verdict(True, _praise(exercise, played, answer))
    log = played.seen["logs"][0]
    parting = part(answer, played, exercise.tolerance)
    for bank in (_alone, _twice, _thrice):
        known = bank(exercise, played)
        found = [names for names, wrong in known if behaves_as(exercise, wrong, played)]
        if found:
            slips = [Slip(name) for name in _by_calls(found, log)]
            return _told(exercise, played, slips, parting)
    calls = f"Your loop's first calls were: {', '.join(log[:8])}."
    words = _unrecognized(exercise, played, answer, parting, calls)
    return Verdict(False, words, parting=parting)


def _alone(exercise, played):
    return [((name,), wrong) for name, _, wrong in wrong_answers(exercise.answer)]


def _twice(exercise, played):
    known = pairs(exercise.answer)
    if exercise.begin and _begins_right(exercise, played.seen["begin"]):
        # Hundreds of pairs take seconds on a page: leave out what goes wrong from the beginning.
        harmless = _harmless(exercise)
        known = [pair for pair in known if harmless.issuperset(pair.edits)]
    return [(pair.names, pair.function) for pair in known]


def _begins_right(exercise, begun):
    answer = attempted(exercise.begin, exercise, exercise.answer)
    # Six steps at one go, and then those of a training that is interrupted.
    return begun is not None and np.allclose(begun[:6], answer[:6], 1e-3, 1e-9, equal_nan=True)


@functools.cache
def _harmless(exercise):
    """The edits of the bank after which a training at one go is right."""
    return {
        edit
        for _, edit, wrong in wrong_answers(exercise.answer)
        if _begins_right(exercise, attempted(exercise.begin, exercise, wrong))
    }


# Of what a checkpoint lacks, what matters most comes first.
_OF_CHECKPOINTS = (
    *("model-left-behind", "optimizer-left-behind", "checkpoint-shared", "epochs-counted-anew"),
    *("epoch-off-by-one", "scheduler-left-behind"),
)


def _thrice(exercise, played):
    """A checkpoint from which three things are missing: a first try often lacks as many."""
    ways = {}
    for name, edit, _ in wrong_answers(exercise.answer):
        ways.setdefault(name, edit)
    found = []
    for names in itertools.combinations(filter(ways.get, _OF_CHECKPOINTS), 3):
        text = source(exercise.answer)
        for name in names:
            text = text and edited(text, ways[name])
        if text:
            found.append((names, function_of(text, exercise.answer)))
    return found


def judge_groups(exercise, played):
    """Judge groups of parameters: of what PyTorch refuses, there are no numbers."""
    if played.seen["refused"]:
        return _verdict("in-two-groups", f"It says: {played.seen['refused']}.")
    verdict = judge_values(exercise, played)
    if played.seen["unknown"] and not verdict.passed:
        keys = " and ".join(f"`{key}`" for key in played.seen["unknown"])
        return _verdict("unknown-group-key", f"Yours is {keys}. {verdict.parting.words}")
    return verdict


def judge_race(exercise, played):
    """Judge a race by its losses, and what isn't known by the rates that each rule was handed."""
    verdict = judge_values(exercise, played)
    if verdict.passed or verdict.mistake not in (None, "every-rate-another", "some-rates-another"):
        return verdict
    met = played.seen["met"]
    off = [call for call in met if not _is_of(call[2], call[3])]
    if not off:
        return verdict
    # Where the list has all that was met, nothing shows.
    met = [call for call in met if any(call[3] is rates for *_, rates in off)]
    every = list(dict.fromkeys(name for name, *_ in met))
    remember = {name for name, begins, *_ in met if not begins}
    later = [call for call in off if not call[1] or call[0] not in remember]
    names = [name for name in every if any(name == other for other, *_ in later or off)]
    on_list = [name for name in every if name not in names]
    at = f"at {_multiple(off)}"
    if not later:
        at += ", in their first step alone"
    elif not any(begins for _, begins, *_ in off):
        at += ", from their second step on"
    if not on_list:
        return _verdict("every-rate-another", f"All walk {at}. {verdict.parting.words}")
    words = (
        f"{_and(names)} {'walks' if len(names) == 1 else 'walk'} {at}; for {_and(on_list)} it is "
        "the list. What in a rule does your line look at?"
    )
    return _verdict("some-rates-another", f"{words} {verdict.parting.words}")


def _is_of(lr, rates):
    return bool(np.isclose(lr, rates).any())


def _multiple(off):
    """By which one factor rates differ from those of their lists, in words."""
    _, _, lr, rates = off[0]
    factors = [lr / rate for rate in rates]
    found = [f for f in factors if all(_is_of(x / f, xs) for *_, x, xs in off)]
    values = sorted({float(f"{lr:.3g}") for *_, lr, _ in off})
    if len(found) == 1 and len(values) > 1:
        return f"{found[0]:.3g} times the rates of the list"
    shown = ", ".join(f"{value:g}" for value in values[:3]) + ", ..." * (len(values) > 3)
    return f"{shown} too, {'which is' if len(values) == 1 else 'which are'} not on the list"


def _and(names):
    shown = [f"`{name}`" for name in names]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _recognized(exercise, played):
    """The mistake that gives these numbers, alone in a list; an empty one if there is none."""
    found = [
        (_memory_agrees(did, played), name, edit)
        for name, edit, wrong in wrong_answers(exercise.answer)
        if (did := behaves_as(exercise, wrong, played)) is not None
    ]
    if exercise.is_rule and all(np.isnan(value[2]).all() for value in played.values):
        # Such numbers are all alike, so the memory has to tell.
        found = [row for row in found if row[0]]
    if not found:
        return []
    _, name, _ = min(found, key=lambda row: row[0] is False)
    return [_slip(exercise, name, [edit for _, other, edit in found if other == name])]


def _slip(exercise, name, edits):
    """A mistake, and what it is about if all edits that made it are about the same."""
    memories = {about(exercise.answer, name, edit) for edit in edits}
    return Slip(name, *memories) if len(memories) == 1 else Slip(name)


def _recognized_pair(exercise, played):
    """Two mistakes that give all of these numbers; whether no others do; and what begins alike.

    What is the same in a rule's first walk, and not in others, is the same mistake in other words.
    """
    begins, found = [], []
    if not (exercise.is_rule or exercise.in_pairs) or _is_constant(exercise, played):
        return [], True, []
    looks = exercise.is_rule and not _has_signs_alone(played)
    looks = looks and not _begins_as(exercise, exercise.answer, played)
    if looks:
        alone = wrong_answers(exercise.answer)
        alike = (Slip(n) for n, _, wrong in alone if _begins_as(exercise, wrong, played))
        begins = list(itertools.islice(alike, 1))
    for pair in pairs(exercise.answer):
        if pair.quick is None or not _may_be(exercise, pair.quick, played):
            continue
        did = behaves_as(exercise, pair.function, played)
        if did is not None:
            found.append((_memory_agrees(did, played), pair))
        elif looks and not begins:
            begins = [Slip(name) for name in _mistake_first(pair.names)]
    best = [pair for agrees, pair in found if agrees is not False] or [pair for _, pair in found]
    if not best:
        return [], True, begins
    names = _mistake_first(best[0].names)
    same = [dict(zip(pair.names, pair.edits, strict=True)) for pair in best]
    same = [edits for edits in same if edits.keys() == set(names)]
    slips = [_slip(exercise, name, [edits[name] for edits in same]) for name in names]
    return slips, len(same) == len(best), begins


def _may_be(exercise, quick, played):
    """Whether a wrong answer is worth to be played to its end."""
    if exercise.is_rule:
        return _begins_as(exercise, quick, played)
    return all(_answers_alike(quick, *call) for call in played.calls)


def _is_constant(exercise, played):
    """Whether a result is the same again and again, or no number: anything constant explains it."""
    case, _, first, _ = played.values[0]
    if not np.isfinite(first).any():
        return True
    walk = [value for other, _, value, _ in played.values if other == case]
    return exercise.is_rule and all(np.array_equal(value, first) for value in walk)


def _has_signs_alone(played):
    """Whether the steps of the first walk have one size, or none: too little to tell much by."""
    sizes = [np.abs(value).ravel() for case, _, value, _ in played.values if case == "main"]
    return len(np.unique(np.concatenate(sizes))) <= 3


def _mistake_first(names):
    """Two ids, a mistake before a variant: it is the one to mend."""
    return sorted(names, key=lambda one: BY_ID[one].variant)


def _by_calls(found, log):
    """Which of several mistakes that leave the weight where it is was made."""
    if "backward" not in log:
        wanted = "backward-forgotten"
    elif "optimizer.step" in log and log.index("optimizer.step") < log.index("backward"):
        wanted = "step-before-backward"
    else:
        wanted = ""
    return next((names for names in found if wanted in names), found[0])


def part(answer, played, tolerance):
    """Where the numbers part first, and how."""
    scales = answer.scales
    for index, ((case, place, x, tx), (_, _, y, ty)) in enumerate(
        zip(answer.values, played.values, strict=False)
    ):
        if x.shape != y.shape:
            words = f"{where(case, place)}, the shape is {y.shape}, and {x.shape} was expected."
            return Parting(index, (), words)
        apart = ~_same_entries(x, y, scales[case], max(tolerance, tx, ty))
        if not apart.any():
            continue
        at = tuple(int(i) for i in np.argwhere(apart)[0])
        return Parting(index, at, _words(case, place, at, x, y, apart))
    return Parting(0, (), "")


def where(case, place):
    """Where a result belongs, in words: `At step 3 with small gradients`."""
    title = "" if case == place else TITLES.get(case, f"({case})")
    return f"{place} {title}".strip()


def _words(case, place, at, x, y, apart):
    """One sentence in the learner's own numbers."""
    coordinate = f", entry {at[0] if len(at) == 1 else at}" if at else ""
    mine, correct = float(y[at]), float(x[at])
    mine_shown, right_shown = _told_apart(mine, correct)
    begun = f"{where(case, place)}{coordinate}, yours is {mine_shown}"
    if not np.isfinite(mine):
        return f"{begun}, and {right_shown} was expected."
    how = ""
    if correct and mine:
        ratio = mine / correct
        everywhere = bool(np.allclose((y / x)[apart], ratio, rtol=1e-3))
        also = " (and so are all that differ there)" if everywhere and apart.sum() > 1 else ""
        size = f"{abs(ratio):.3g}"
        if size != "1":
            how = f": {size} times as much{', the other way' * (ratio < 0)}{also}"
        elif ratio < 0:
            how = f": the opposite sign{also}"
    return f"{begun} and {right_shown} was expected{how}."


def _told_apart(*numbers):
    """Two numbers with four digits, or as many as it takes to see that they differ."""
    for digits in range(4, 18):
        shown = [f"{number:.{digits}g}" for number in numbers]
        if shown[0] != shown[1]:
            break
    return shown


UNKNOWN = "This is none of the mistakes that are known here. "


def _not_finite(y):
    """What may have made some of these numbers infinite, and others no number at all."""
    causes = (
        (
            np.isnan(y),
            "NaN, which is no number. It may be the root of a negative number, 0/0, or infinity "
            "minus infinity.",
        ),
        (np.isinf(y), "infinite. Something may be divided by 0, or grow without end."),
    )
    for which, cause in causes:
        if count := int(which.sum()):
            some = f"{count} of the {y.size} numbers there"
            if count == y.size:
                some = "The number there" if count == 1 else f"All {count} numbers there"
            yield f"{some} {'is' if count == 1 else 'are'} {cause}"


def _unrecognized(exercise, played, answer, parting, instead=""):
    """Where and how the numbers part, for what the bank doesn't know; or what to say instead."""
    if answer.values[parting.index][2].shape != played.values[parting.index][2].shape:
        return parting.words
    said = [f"{UNKNOWN}{parting.words}"]
    case, _, x, _ = answer.values[parting.index]
    y = played.values[parting.index][2]
    if instead:
        said.append(instead)
    elif x.shape == y.shape and x.ndim:
        shift = y - x
        if not np.isfinite(y).all():
            said += _not_finite(y)
        elif y.size > 1 and np.ptp(y) == 0:
            said.append("All your entries are the same there.")
        elif y.size > 1 and np.allclose(shift, shift.flat[0], rtol=1e-6):
            said.append(f"All entries are off by the same amount, {shift.flat[0]:.3g}.")
    before = sum(1 for value in answer.values[: parting.index] if value[0] == case)
    if before:
        said.append(f"What came before in that case, {_counted(before, 'result')}, is right.")
    if case == "changing" and parting.index:
        said.append("While the hyper-parameters stayed the same, all steps were right.")
    elif case == "number" and "eps" in exercise.hyper:
        said.append("There the gradients are small, so that eps counts.")
    return " ".join(said)


def judge_epochs(exercise, played):
    """Judge mini-batches: any order is right, so the rows themselves are looked at."""
    groups = played.seen["epochs"]
    epochs = [(n, size, batches) for n, size, those, _ in groups for batches in those]
    lost = []
    for n, size, batches in epochs:
        title = f"With {n} rows and batch_size {size}"
        rows = [row for x, _ in batches for row in x]
        sizes = [len(x) for x, _ in batches]
        if any(x != y for x, y in batches):
            x, y = next((a, b) for x, y in batches for a, b in zip(x, y, strict=True) if a != b)
            return _verdict(
                "unpaired-shuffle", f"{title}, row {x:.0f} of X came with answer {y:.0f}."
            )
        missing = sorted(set(range(n)) - set(rows))
        if 0 in sizes and not missing:
            return _verdict("empty-batch", f"{title}, your batches have {_many(sizes)} rows.")
        if len(rows) != len(set(rows)):
            twice = next(row for row in rows if rows.count(row) > 1)
            return _verdict(
                "repeated-rows",
                f"{title}, row {twice:.0f} came {rows.count(twice)} times, and "
                f"{_counted(len(missing), 'row')} never came.",
            )
        lost.append((n, size, sizes, missing))
    if any(missing for *_, missing in lost):
        return _verdict(*_lost(lost))
    for n, size, batches in epochs:
        sizes = [len(x) for x, _ in batches]
        wanted = [size] * (n // size) + [n % size] * (n % size > 0)
        words = f"With {n} rows and batch_size {size}, your batches have {_many(sizes)} rows."
        if sorted(sizes) != sorted(wanted):
            if max(sizes) <= size and max(sizes) - min(sizes) <= 1:
                return _verdict("even-batches", words)
            return Verdict(False, f"All rows came. But {words[0].lower()}{words[1:]}")
    for group in groups:
        for judged in (_in_order, _as_before, _from_elsewhere, _short_first, _kept_together):
            verdict = judged(*group)
            if verdict:
                return verdict
    return Verdict(True, f"Right: {len(epochs)} epochs, every row once, each with its answer.")


def _lost(epochs):
    """The id and the words for rows that never came."""
    n, size, sizes, missing = next(epoch for epoch in epochs if epoch[-1])
    exactly = all(len(missing) == n % size for n, size, _, missing in epochs)
    words = (
        f"With {n} rows and batch_size {size}, your batches have {_many(sizes)} rows; "
        f"{_counted(len(missing), 'row')} never came, row {missing[0]} to begin with."
    )
    if all(len(sizes) == 1 for *_, sizes, _ in epochs):
        return "return-in-loop", words
    return (
        "last-batch-dropped" if exactly else "lost-rows",
        words + " The first batch is one row short." * (sizes[:1] == [size - 1] and size <= n),
    )


def _orders(epochs):
    """The rows of each epoch, in the order in which they came."""
    return np.array([[row for x, _ in batches for row in x] for batches in epochs])


def _in_order(n, size, epochs, repeated):
    """The verdict on rows that were only cut, turned, or swapped here and there."""
    first, orders = epochs[0], _orders(epochs)
    title = f"With {n} rows and batch_size {size}"
    if len(first) > 1 and n > 9 and all(max(x) - min(x) == len(x) - 1 for x, _ in first):
        x = first[0][0]
        return _verdict(
            "no-shuffle", f"Your first batch has rows {min(x):.0f} to {max(x):.0f}, all of them."
        )
    if (orders == np.arange(n)).all():
        return _verdict("no-shuffle", f"{title}, they came from 0 to {n - 1} in every epoch.")
    if n > 9:
        away = np.diff(orders, axis=1).astype(int) % n
        most = np.bincount(away.ravel()).max()
        if most > away.size / 4:
            name = "no-shuffle" if most > 0.75 * away.size else "half-shuffled"
            return _verdict(name, f"{title}, {most} of {away.size} came after the row before them.")
    return None


def _as_before(n, size, epochs, repeated):
    """The verdict on epochs that are all alike."""
    orders = _orders(epochs)
    if n > 1 and (orders == orders[0]).all():
        return _verdict("same-shuffle", f"Row {orders[0, 0]:.0f} came first both times.")
    return None


def _from_elsewhere(n, size, epochs, repeated):
    """The verdict on a shuffle that the generator doesn't decide."""
    return None if epochs[0] == repeated else _verdict("rng-ignored", "")


def _short_first(n, size, epochs, repeated):
    """The verdict on a batch that is smaller, and not the last."""
    for batches in epochs:
        sizes = [len(x) for x, _ in batches]
        if min(sizes) != sizes[-1]:
            words = f"With {n} rows and batch_size {size}, your batches have {_many(sizes)} rows."
            return _verdict("short-batch-first", words)
    return None


def _kept_together(n, size, epochs, repeated):
    """The verdict on a shuffle of a part of the rows."""
    orders = _orders(epochs)
    title = f"With {n} rows and batch_size {size}"
    fixed = (orders == orders[0]).all(axis=0)
    if n > 1 and fixed.any():
        place = int(np.argmax(fixed))
        return _verdict(
            "half-shuffled", f"{title}, row {orders[0, place]:.0f} came at place {place} each time."
        )
    if n > 99:
        sets = [frozenset(x) for batches in epochs for x, _ in batches]
        if len(sets) != len(set(sets)):
            return _verdict("half-shuffled", f"{title}, two epochs had a batch of the same rows.")
        related = np.corrcoef(np.arange(n), orders)[0, 1:]
        if np.abs(related).max() > 0.6:
            return _verdict("half-shuffled", f"{title}, early rows came early, and late ones late.")
    return None


def _counted(number, what):
    return f"{number} {what}{'s' * (number != 1)}"


def _many(sizes):
    shown = ", ".join(map(str, sizes[:6])) + (", ..." if len(sizes) > 6 else "")
    return shown or "no"


def _verdict(name, words, parting=None):
    mistake = BY_ID[name]
    message = f"{mistake.says} {words}".rstrip()
    variant = name if mistake.variant else None
    return Verdict(False, message, None if variant else name, variant, parting)


def judge_differences(exercise, played):
    """Judge finite differences: where the loss was looked at says what was done."""
    answer = right(exercise)
    parting = part(answer, played, exercise.tolerance)
    good = agree(answer, played, exercise.tolerance)
    sides, distance, together = _looks(played.seen["points"])
    if distance is None:
        if good:
            return Verdict(True, _praise(exercise, played, answer))
        return Verdict(
            False, f"The loss was never looked at near x. {parting.words}", parting=parting
        )
    h = f"Your points are {distance:.2g} from x."
    if distance < 1e-14:
        return _verdict("difference-too-small", f"{h} Or are both names of one array?", parting)
    if sides == 1 and agree(answer, played, 30 * max(distance, 1e-7) + 1e-14 / distance):
        return _verdict("one-sided", h, parting)
    if good:
        return Verdict(True, f"{_praise(exercise, played, answer)} {h}")
    if together:
        return _verdict("all-at-once", f"{parting.words} {h}", parting)
    told = replace(parting, words=f"{parting.words} {h}")
    alone = [((name,), edit) for name, edit, _ in wrong_answers(exercise.answer)]
    twice = [(pair.names, "; ".join(pair.edits)) for pair in pairs(exercise.answer)]
    for ways in (alone, twice):
        found = [
            names
            for names, edit in ways
            if behaves_as(exercise, _with_distance(exercise, edit, distance), played, 1e-3)
        ]
        if found:
            sure = len(set(map(frozenset, found))) == 1
            return _told(exercise, played, [Slip(name) for name in found[0]], told, sure)
    error = _error(answer, played)
    words = f"{h} Your gradient is off by up to {100 * error:.2g} % of its largest entry."
    if distance < 1e-8 and error < 1:
        return _verdict("difference-too-small", words, parting)
    if distance > 1e-4 and error < 1:
        return _verdict("difference-too-large", words, parting)
    return Verdict(False, _unrecognized(exercise, played, answer, parting), parting=parting)


def _with_distance(exercise, edit, h):
    """A wrong answer of the bank, with the learner's distance in the place of its own."""
    text = edited(source(exercise.answer), f"6e-6 -> {h!r}; {edit}")
    return function_of(text, exercise.answer)


def _looks(points):
    """On how many sides of x the loss was looked at, how near, and whether x moved as a whole."""
    sides, distances, together = 1, [], True
    for x, looked in points:
        away = [at - x for at in looked if not np.array_equal(at, x)]
        distances += [float(np.abs(d).max()) for d in away]
        together = together and all(d.all() for d in away)
        for i in np.ndindex(x.shape):
            signs = {float(np.sign(d[i])) for d in away if d[i]}
            sides = max(sides, len(signs))
    return sides, (min(distances) if distances else None), together


def _error(answer, played):
    return max(
        float(np.abs(y - x).max() / np.abs(x).max()) if x.shape == y.shape else np.inf
        for (_, _, x, _), (_, _, y, _) in zip(answer.values, played.values, strict=True)
    )
