"""The studies: their rows come out of their own code, and their predictions came before them."""

import gzip
import re
import subprocess

import numpy as np
import pytest

from contents import ROOT
from descent import ledger, studies
from studies import __main__ as runner
from studies import compare, problems, protocol
from studies.protocol import REPORT, TUNING, Race, Search

STUDIES = studies.STUDIES
RACED = [name for name in STUDIES if name not in ("resume", "moons", "shared")]


@pytest.mark.parametrize("study", STUDIES)
def test_a_sample_runs_as_its_rows_say(study):
    assert list(runner.sample(study)) == []


@pytest.mark.parametrize(
    "first, train, told",
    [
        (2.0, 0.3, []),
        (2.0 + 1e-8, 0.3, ["adam: the first losses sum to 2.00000001, not "]),
        (2.0, 0.5, ["adam: ends at 0.5"]),
        (np.nan, np.nan, ["adam: the first losses sum to nan", "adam: ends at nan"]),
    ],
)
def test_a_run_that_came_out_otherwise_is_told(first, train, told):
    columns = dict(seed=[3, 4], first=[1.0, 2.0], train=[0.2, 0.4])
    before = studies.Rows({name: np.array(column) for name, column in columns.items()})
    found = list(compare.differences("adam", dict(first=first, train=train), before, 4, "train"))
    assert len(found) == len(told)
    assert all(one.startswith(begin) for one, begin in zip(found, told, strict=True))


@pytest.mark.parametrize("study", STUDIES)
def test_rows_are_of_the_code_as_it_is(study):
    assert runner.about(study)["stamp"] == runner.stamp(study), (
        f"make studies STUDY={study} CHECK=1"
    )


@pytest.mark.parametrize("study", STUDIES)
def test_predictions_were_committed_before_and_are_kept(study):
    commit = runner.about(study)["predicted"]
    assert re.fullmatch("[0-9a-f]{40}", commit)
    try:
        then = runner.git("show", f"{commit}:{runner.LEDGER}")
    except subprocess.CalledProcessError:
        pytest.skip("a clone without its history")
    now = (ROOT / runner.LEDGER).read_text(encoding="utf-8")
    assert runner.predictions(now, study) == runner.predictions(then, study)


def test_a_study_without_committed_predictions_is_refused(monkeypatch):
    with pytest.raises(SystemExit, match="predicts nothing of the study nothing"):
        runner.committed("nothing")
    monkeypatch.setattr(runner, "git", lambda *command: "[evidence]")
    with pytest.raises(SystemExit, match="aren't committed"):
        runner.committed("races")


def raced(study):
    """Each race of a table as its reported rows, by what it was tuned by, and its tuning rows."""
    rows = studies.Rows(dict(studies.rows(study).columns))
    rows.columns["tuned"] = np.array([re.sub(r"=\S+", "", told) for told in rows["hyper"]])
    keys = ("problem", "rule", "batch", "schedule", "budget", "tuned", "by")
    final = rows.where(phase="report")
    for race in sorted({tuple(final[key][i] for key in keys) for i in range(len(final))}):
        equal = dict(zip(keys, race, strict=True))
        report = final.where(**equal)
        by = equal.pop("by")
        tried = rows.where(**equal)
        tuning = tried["seed"] >= TUNING[0]
        yield race, by, report, studies.Rows({k: v[tuning] for k, v in tried.columns.items()})


@pytest.mark.parametrize("study", RACED)
def test_reports_are_of_other_seeds_than_tuning_and_no_best_rate_is_on_an_edge(study):
    assert not set(REPORT) & set(TUNING)
    races = list(raced(study))
    assert races
    for race, _, report, tried in races:
        assert list(report["seed"]) == list(REPORT)
        assert len(set(report["lr"])) == 1, "one setting for all seeds"
        assert tried["lr"].min() < report["lr"][0] < tried["lr"].max(), race


@pytest.mark.parametrize("study", RACED)
def test_the_setting_reported_is_better_than_its_neighbors(study):
    for race, by, report, tried in raced(study):
        lr, told = report["lr"][0], report["hyper"][0]
        scores = {}
        for a, b, loss in zip(tried["lr"], tried["hyper"], tried[by], strict=True):
            scores.setdefault((a, b), []).append(loss)
        near = [
            np.mean(loss)
            for (a, b), loss in scores.items()
            if b == told and len(loss) >= len(TUNING) and 0.4 < a / lr < 2.1
        ]
        assert len(near) >= 3, race
        assert np.mean(scores[lr, told]) <= min(near), race


def test_the_rows_are_small():
    folder = runner.DATA
    assert sum(path.stat().st_size for path in folder.glob("*")) < 2_000_000


def test_every_study_that_the_ledger_names_is_there():
    named = {entry.get("study") for entry in ledger.claims()["evidence"].values()}
    assert named - {None} == set(STUDIES)


# What the pages say of the tables.


def test_all_tables_are_named():
    text = (ROOT / "book" / "package.md").read_text(encoding="utf-8")
    named = re.search(r"in (\w+) tables: (.*)\.\n", text)
    assert re.findall(r"`(\w+)`", named[2]) == list(STUDIES)
    assert named[1] == {9: "nine"}[len(STUDIES)]
    assert [name for name in STUDIES if "hyper" in studies.rows(name).columns] == RACED


def tuning_scores(races, rule):
    """For each race of a rule, the mean loss that its setting had on the seeds it was tuned on."""
    final = races.where(phase="report", rule=rule)
    for race in {
        (final["problem"][i], final["budget"][i], final["by"][i]) for i in range(len(final))
    }:
        problem, budget, by = race
        chosen = final.where(problem=problem, budget=budget, by=by)
        setting = dict(lr=chosen["lr"][0], hyper=chosen["hyper"][0])
        tried = races.where(rule=rule, problem=problem, budget=budget, **setting)
        loss = tried[by][np.isin(tried["seed"], TUNING) & (tried["by"] == "")]
        assert len(loss) == len(TUNING)
        yield race, loss.mean()


def test_what_is_to_be_distrusted_is_so():
    """The numbers typed in "What to distrust", and what is said there of the tables."""
    text = (ROOT / "book" / "claims.md").read_text(encoding="utf-8")
    longest = protocol.MEMORIES
    assert f"Momentum's longest here is {longest['beta'][-1]}" in text
    assert f"that of squares {longest['beta2'][-1]}." in text

    races = studies.rows("races").where(schedule="constant")
    runs = races.where(problem="digits", rule="adam", budget=800)
    chosen = runs.where(phase="report", by="train")
    setting = dict(lr=chosen["lr"][0], hyper=chosen["hyper"][0])
    tuning = runs.where(phase="try", **setting)["train"]
    astray = np.count_nonzero(chosen["train"] > 10 * tuning.max())
    assert f"Adam's on {astray} of {len(chosen)} after 800 steps" in text

    words = races.where(problem="words", budget=400, phase="report", by="valid")
    ahead = words.where(rule="adagrad")["test"] > words.where(rule="rmsprop")["test"]
    assert "RMSprop is ahead of AdaGrad now" in text and ahead.mean() >= ledger.BORNE_OUT

    scores = {rule: dict(tuning_scores(races, rule)) for rule in ("adam", "rmsprop")}
    both = scores["adam"].keys() & scores["rmsprop"].keys()
    better = {race for race in both if scores["rmsprop"][race] < scores["adam"][race]}
    assert f"RMSprop beats Adam in {len(better)} of {len(both)} comparisons" in text
    assert {("digits", 3200, "train"), ("sentences", 400, "train")} <= better

    for budget in (500, 2000):
        heavy = studies.rows("tails").where(problem="heavy", budget=budget, phase="report")
        assert heavy.where(rule="adam")["hyper"][0].startswith("beta1=0 ")
        adam, rmsprop = (np.median(heavy.where(rule=r)["train"]) for r in ("adam", "rmsprop"))
        assert abs(adam / rmsprop - 1) < 0.02

    tries = studies.rows("warmup").where(budget=200, phase="try")
    assert not (tries["hyper"] == "warm=0").any()
    settings = {tuple(pair) for pair in zip(tries["lr"], tries["hyper"], strict=True)}
    means = {
        warm: min(
            tries.where(lr=lr, hyper=told)["train"].mean()
            for lr, told in settings
            if told.startswith("warm") == warm
        )
        for warm in (False, True)
    }
    assert "In the short run the search for a warm-up" in text and means[False] < means[True]

    roots = studies.rows("roots").where(phase="report", by="valid", budget=400)
    adagrad = words.where(rule="adagrad")["test"]
    behind = [
        np.median(roots.where(rule=rule)["test"] - adagrad)
        for rule in ("rmsprop_hundred", "rmsprop")
    ]
    assert "forgetting costs AdaGrad's schedule a fifth of what we had said" in text
    assert 0.15 < behind[0] / behind[1] < 0.25

    ends = list(twice())
    moved = sum(not same for same, _, _ in ends)
    assert f"{moved} of the {len(ends)} reports come from another setting" in text
    ahead = {}
    for problem, budget in (("digits", 3200), ("mnist1d", 800)):
        equal = dict(problem=problem, budget=budget, by="train")
        runs = [races.where(phase=phase, **equal) for phase in ("report", "again")]
        losses = [(r.where(rule="muon")["train"], r.where(rule="adam")["train"]) for r in runs]
        ahead[problem] = [np.count_nonzero(a <= 0.9 * b) for a, b in losses]
    (a, b), (c, d) = ahead.values()
    assert f"on {b} seeds instead of {a} (digits, 3,200 steps), and on {d} instead of {c}" in text


def twice():
    """Of each report of the races: whether the second run's setting is the same, and the two."""
    races = studies.rows("races")
    second = races.where(phase="again")
    for race, by, first, _ in raced("races"):
        keys = ("problem", "rule", "batch", "schedule", "budget")
        again = second.where(**dict(zip(keys, race, strict=False)), by=by)
        yield all(again[key][0] == first[key][0] for key in ("lr", "hyper")), first, again


def test_the_races_came_out_alike_on_another_processor():
    ends = list(twice())
    alike = [(first, again) for same, first, again in ends if same]
    assert len(ends) > len(alike) > 0.9 * len(ends)
    for first, again in alike:
        assert list(first["seed"]) == list(again["seed"]) == list(REPORT)
        np.testing.assert_allclose(again["first"], first["first"], rtol=1e-9)


def test_another_runs_reports_are_added_and_those_of_another_meaning_are_not(tmp_path, monkeypatch):
    table = "# {}\nphase,seed,train\n{}\n"
    head = '{{"stamp": "{}"}}'.format
    monkeypatch.setattr(runner, "DATA", tmp_path)
    stored = table.format(head("a"), "try,0,1\nx,report,0,1\nx,again,0,9")
    monkeypatch.setattr(runner.stored, "text", lambda study: stored)
    other = tmp_path / "other.csv.gz"
    runner.write(other, table.format(head("a"), "x,try,0,3\nx,report,0,2"))
    runner.again("races", other)
    added = gzip.decompress((tmp_path / "races.csv.gz").read_bytes()).decode()
    assert added == table.format(head("a"), "try,0,1\nx,report,0,1\nx,again,0,2")
    runner.write(other, table.format(head("b"), "x,report,0,2"))
    with pytest.raises(SystemExit, match="of another meaning: stamped b, and the rows a"):
        runner.again("races", other)


# The protocol itself.


class Valley:
    """A problem whose loss is known: the best lr is 0.25 at beta = 0.8, and rises from there."""

    task, lost, together = None, 1e9, True

    def start(self, seed):
        return np.ones(1)

    def draw(self, batch, seeds):
        return lambda w: ((w * w).sum(axis=-1), w)

    def rates(self, rule):
        return 2.0**-6, 2.0**4

    def measured(self, w):
        return dict.fromkeys(("train", "valid", "test"), np.ones(len(w)))


def test_the_search_ends_where_no_neighbor_is_better(monkeypatch):
    def loss(problem, race, budget, lr, hyper, seeds):
        far = abs(np.log2(lr) + 2) + 3 * abs(hyper["beta"] - 0.8)
        return [dict(train=1 + far + 1e-3 * seed) for seed in seeds]

    monkeypatch.setattr(protocol, "walk", loss)
    search = Search(Valley(), Race("valley", "momentum", (10,), {"beta": 0.9}), 10)
    best = search.climb((4.0, (("beta", 0.95),)), "train")
    assert best == (0.25, (("beta", 0.8),))
    assert all(search.score(near, "train") > search.score(best, "train") for near in
               search.neighbors(best, 2))  # fmt: skip


def test_no_setting_that_was_tried_is_better_than_the_one_reported(monkeypatch):
    """The training loss has a hollow at lr = 2; the other measure leads past it."""

    def loss(problem, race, budget, lr, hyper, seeds):
        hollow = {2.0: 0.5, 1.0: 0.9, 0.5: 0.8, 0.25: 0.1, 0.125: 0.05, 0.0625: 0.2}
        return [dict(train=hollow.get(lr, 1.0), valid=abs(np.log2(lr) + 2)) for _ in seeds]

    monkeypatch.setattr(protocol, "walk", loss)
    search = Search(Valley(), Race("valley", "gd", (10,)), 10)
    start = (2.0, ())
    assert search.climb(start, "train") == start
    best = search.tune(dict.fromkeys(("train", "valid"), start))
    assert best == {"train": (0.125, ()), "valid": (0.25, ())}


def test_a_tuned_momentum_finds_the_bowl():
    race = Race("valley", "momentum", (10,), {"beta": 0.5}, by=("train",), lines=0)
    again = protocol.walk(Valley(), race, 10, 0.1, {"beta": 0.5}, [0])[0]
    assert again["first"] == pytest.approx(
        sum(w**2 for w in by_hand(lr=0.1, beta=0.5, steps=10)), rel=1e-12
    )


def by_hand(lr, beta, steps):
    w, m, points = 1.0, 0.0, []
    for _ in range(steps):
        points.append(w)
        m = beta * m + w
        w -= lr * m
    return points


def test_a_lost_run_is_infinite_and_no_warning():
    race = Race("valley", "gd", (2000,), {})
    lost = protocol.walk(Valley(), race, 2000, 100.0, {}, [0])[0]
    assert set(lost.values()) == {np.inf}


def test_clipping_shortens_a_long_gradient_and_no_other():
    rule = protocol.stepping(None, "clipped_gd", {"clip": 2.0})
    assert rule.step(np.zeros(2), np.array([3.0, 4.0]), 1.0) == pytest.approx([-1.2, -1.6])
    assert rule.step(np.zeros(2), np.array([0.3, 0.4]), 1.0) == pytest.approx([-0.3, -0.4])


def test_a_warm_up_rises_over_its_share_of_the_steps():
    race = Race("valley", "gd", (4,), {})
    cold, warm = (
        protocol.walk(Valley(), race, 4, 0.5, {"warm": w}, [0])[0]["first"] for w in (0, 0.5)
    )
    assert cold == pytest.approx(1 + 0.5**2 + 0.25**2 + 0.125**2)
    assert warm == pytest.approx(1 + 0.75**2 + 0.375**2 + 0.1875**2)


@pytest.mark.parametrize(("name", "hyper"), [("adam", {}), ("clipped_gd", {"clip": 0.5})])
def test_seeds_walked_together_are_those_walked_alone(name, hyper):
    problem = problems.PROBLEMS["digits"]()
    race = Race("digits", name, (30,), hyper)
    together = protocol.walk(problem, race, 30, 0.02, hyper, [0, 1])
    for seed, found in enumerate(together):
        alone = protocol.walk(problem, race, 30, 0.02, hyper, [seed])[0]
        assert found == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("name", ["muon", "schedule_free"])
def test_rules_with_a_walk_of_their_own_learn(name):
    problem = problems.PROBLEMS["digits"]()
    hyper = {"beta": 0.95} if name == "muon" else {"beta": 0.9, "beta2": 0.99}
    before = problem.measured(problem.start(0)[None])["train"][0]
    after = protocol.walk(problem, Race("digits", name, (60,), hyper), 60, 0.02, hyper, [0])[0][
        "train"
    ]
    assert after < before / 3


def test_the_three_parts_of_a_problem_share_no_row():
    problem = problems.PROBLEMS["digits"]()
    parts = [problem.task.X, problem.task.X_test, problem.aside.X_test]
    assert sum(map(len, parts)) == 1797
    rows = {tuple(row) for part in parts for row in part}
    assert len(rows) == len(np.unique(np.concatenate(parts), axis=0))


def test_rows_are_chosen_by_name():
    rows = studies.Rows({"rule": np.array(["gd", "adam"]), "lr": np.array([1.0, 2.0])})
    assert rows.where(rule="adam")["lr"] == [2.0]
    with pytest.raises(ValueError, match="no row has rule='lion'"):
        rows.where(rule="lion")
    with pytest.raises(KeyError, match="no column 'beta'; there are rule, lr"):
        rows["beta"]
    with pytest.raises(ValueError, match="no study 'race'; there are races, batches"):
        studies.rows("race")
