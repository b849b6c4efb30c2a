"""What a learner has done, what is asked again, and the plan: in the package and on the pages."""

import datetime
import json

import pytest

import book
import plan as tool
from contents import BOOK, ROOT
from descent.practice import check, plan, progress, recall, record, today
from descent.practice.exercises import EXERCISES
from descent.practice.mistakes import BY_ID

CASES = json.loads((ROOT / "tests" / "recalls.json").read_text(encoding="utf-8"))
DAY = datetime.date(2026, 11, 26)


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A learner's folder, as the working directory, and a calendar that can be set."""
    folder = tmp_path / "my-work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def on(day):
        date = type(
            "date", (datetime.date,), {"today": classmethod(lambda cls: cls(2026, 11, day))}
        )
        monkeypatch.setattr(record.datetime, "date", date)

    return on


# The registry


def test_the_table_has_every_section_of_the_exercise_pages():
    lost = set(tool.rows().splitlines()) ^ set(
        tool.ROWS.search(tool.TABLE.read_text(encoding="utf-8"))[0].splitlines()
    )
    assert not lost, f"`python tools/plan.py` writes the table anew; these differ: {sorted(lost)}"


def test_every_page_has_a_title_and_every_name_one_section():
    assert list(plan.TITLES) == tool.pages()
    for page, title in plan.TITLES.items():
        if (BOOK / f"{page}.ipynb").exists():
            first = json.loads((BOOK / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"][0]
            assert "".join(first["source"]).startswith(f"# {title}\n"), page
    names = [name for section in plan.SECTIONS for name in section.names]
    assert len(names) == len(set(names))
    assert all(1 <= section.level <= 3 and section.minutes > 0 for section in plan.SECTIONS)


def test_a_section_that_does_not_say_what_it_is_gets_an_error():
    cell = dict(cell_type="markdown", source=["## 1. New\n", "\n", "*Write · 5 minutes*"])
    with pytest.raises(ValueError, match=r"exercises/new, 1\. New.*\*Kind · level"):
        tool.sections("new", dict(cells=[cell]), set())


def test_a_section_has_the_names_that_are_first_asked_for_in_it():
    cells = [
        dict(cell_type="code", source=["check('above')"]),
        dict(
            cell_type="markdown",
            source=["## 2. New\n", "\n", "*Find the bug · level 1 of 3 · a quarter of an hour*"],
        ),
        dict(cell_type="code", source=['check("adam", mine)\n', 'hunt(\n    "adam-a", mine)\n']),
        dict(cell_type="code", source=['check("old", mine); tells("adam-a", gradients=[])\n']),
        dict(cell_type="code", source=['predict.ask("ask-who"); goal("goal-three-steps", mine)']),
    ]
    seen = {"old"}
    found = tool.sections("new", dict(cells=cells), seen)
    names = ["adam", "hunt-adam-a", "tells-adam-a", "ask-who", "goal-three-steps"]
    assert found == [
        plan.Section("new", 2, "New", "Find the bug", 1, 15, tuple(names)),
    ]
    assert seen == {"old", *names}


def test_only_what_is_written_from_a_blank_page_or_foretold_is_asked_again(monkeypatch):
    def section(kind, *names):
        return plan.Section("new", 1, "New", kind, 1, 5, names)

    sections = section("Write", "order-x", "x"), section("Predict", "ask-y")
    sections += section("Find the bug", "hunt-z"), section("Extend", "goal-z", "z")
    monkeypatch.setattr(plan, "SECTIONS", sections)
    assert plan.asked_again() == ["x", "ask-y"]


# The plan


def test_two_weeks_of_45_minutes_a_day_through_every_chapter():
    days = plan.days()[: plan.CORE]
    assert len(days) == 14
    for number, day in enumerate(days, 1):
        assert tool.taken(day) <= plan.MINUTES, f"day {number} takes {tool.taken(day)} minutes"
        assert tool.taken(day) >= 20, f"day {number} takes {tool.taken(day)} minutes"
        assert bool(day.recalls) == (number > 1)
    assert [day.read for day in days if day.read] == [
        page for page in tool.pages() if (BOOK / f"{page}.ipynb").exists()
    ]
    asked = [section for day in days for section in day.do]
    assert len(asked) == len(set(asked))
    # An exercise comes with its chapter or after it.
    read = set()
    for day in days:
        read.add(day.read)
        assert all(s.page in read or not (BOOK / f"{s.page}.ipynb").exists() for s in day.do)


def test_after_the_two_weeks_comes_every_exercise_that_they_leave_out():
    asked = [section for day in plan.days() for section in day.do]
    assert sorted(asked) == sorted(plan.SECTIONS)
    rest = plan.days()[plan.CORE :]
    assert not any(day.read for day in rest) and all(day.recalls for day in rest)
    assert all(tool.taken(day) >= 20 for day in rest[:-1])
    assert all(tool.taken(day) <= plan.MINUTES for day in rest)


def test_a_plan_that_asks_for_what_no_page_has_gets_an_error(monkeypatch):
    monkeypatch.setattr(plan, "_DAYS", [("", {"adam": (99,)})])
    with pytest.raises(ValueError, match=r"day 1 asks for \[\('adam', 99\)\]"):
        plan.days()


def test_the_practice_page_shows_the_plan():
    text = (BOOK / "practice.md").read_text(encoding="utf-8")
    assert tool.LINE.search(text) and tool.REST.search(text)
    core, rest = tool.table(1, plan.CORE).splitlines(), tool.table(plan.CORE + 1).splitlines()
    assert core[0] == "| Day | Read | Do | Minutes |" and len(core) == 2 + plan.CORE
    assert rest[0] == "| Day | Do | Minutes |"
    for lines in (core, rest):
        assert len({line.count("|") for line in lines}) == 1
    assert f"then come {len(rest) - 2} more days" in text
    rows = core[2:] + rest[2:]
    for number, (row, day) in enumerate(zip(rows, plan.days(), strict=True), 1):
        assert row.startswith(f"| {number} |") and row.endswith(f"| {tool.taken(day)} |")


# What is kept


@pytest.mark.parametrize("case", CASES["tries"], ids=lambda case: case["about"])
def test_a_try_is_written_down(work, case):
    if "entry_before" in case:
        record.file().write_text(json.dumps({"adam": case["entry_before"]}))
    for date, passed, mistake in case["tries"]:
        work(int(date[-2:]))
        record.note("adam", passed, mistake)
    kept, problem = record.read(record.file())
    assert not problem
    assert kept == {"adam": case["entry"]}
    assert json.loads(record.file().read_text()) == kept


def answer_to(name):
    """The right answer, as a function of its own."""
    return EXERCISES[name].answer


def test_an_answer_that_is_run_again_is_no_new_answer(work):
    work(2)
    assert check("momentum", answer_to("momentum")).passed
    work(5)
    check("momentum", answer_to("momentum"))
    [entry] = record.read(record.file())[0].values()
    assert entry["days"] == [entry["last"]] == ["2026-11-02"]
    assert not record.is_mastered(entry)

    def again(g, m=0, *, lr, beta):
        m = beta * m + g
        return lr * m, dict(m=m)

    check("momentum", again)
    [entry] = record.read(record.file())[0].values()
    assert entry["days"] == ["2026-11-02", "2026-11-05"]
    assert record.is_mastered(entry) and record.is_first_try(entry)


def test_a_mistake_is_written_down_by_its_id(work):
    def ascent(g, *, lr):
        return -lr * g, {}

    work(2)
    assert check("gradient_descent", ascent).mistake == "ascent"
    [entry] = record.read(record.file())[0].values()
    assert entry["mistakes"] == [["ascent", "2026-11-02"]]


@pytest.mark.parametrize(
    "entry",
    [
        *[dict(days=3), dict(days=["yesterday"]), dict(days=[3]), dict(last="soon")],
        *[dict(mistakes=[["ascent"]]), dict(mistakes={"ascent": 1}), dict(mistakes=3)],
    ],
    ids=str,
)
def test_fields_that_make_no_sense_are_told_and_left_alone(work, entry):
    text = json.dumps({"adam": dict(tries=1, passed=True) | entry})
    record.file().write_text(text)
    record.note("adam", True)
    assert record.file().read_text() == text
    for said in (progress(), today(DAY)):
        assert "can't be understood" in said.message


def test_note_never_raises(work, monkeypatch):
    record.note(3, 1, 5)
    assert record.read(record.file())[0]["3"]["passed"] is True

    def gone():
        raise FileNotFoundError

    monkeypatch.setattr(record.Path, "cwd", gone)
    record.note("adam", True)


def itself(g):
    return g


itself.__wrapped__ = itself


WITHOUT_TEXT = eval(compile("lambda g: g", "nowhere", "eval"))


@pytest.mark.parametrize("submission", [itself, len, WITHOUT_TEXT, None])
def test_what_has_no_text_has_no_mark(submission):
    assert record.mark(submission) is None


# What is shown


def test_progress_counts_all_that_pages_ask_for(work):
    names = plan.of_names()
    done = {name: dict(tries=1 + (name == "adam"), passed=True) for name in names}
    done["unheard_of"] = dict(tries=1, passed=True)
    record.file().write_text(json.dumps(done))
    message = progress().message
    whole = len(names)
    assert message.startswith(
        f"{whole} of {whole} answers done, {whole - 1} at the first try, 0 mastered."
    )
    assert "Mastered is" in message
    work(5)
    record.note("adam", True)
    assert "1 mastered" in progress().message and "adam (mastered)" in progress().message


# What is asked again


@pytest.mark.parametrize("case", CASES["days"], ids=lambda case: case["about"])
def test_what_is_asked_again(work, case):
    record.file().write_text(json.dumps(case["record"]))
    done, problem = record.read(record.file())
    assert not problem
    assert recall.chosen(done, case["date"])[0] == case["recalls"]


SCRIPT = (book.ROOT / "book" / "_js" / "record.mjs").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text, known",
    [
        # As the stub of "Trust no gradient", which the next cell uses.
        (
            "def f_again(x):\n    ...\n\n\nreport = check('a', f_again)\nreport",
            "f = f_again; report = check('a', f_again)",
        ),
        ("def f_again(x):\n    return x\ncheck('a', f_again)", "f = f_again; check('a', f_again)"),
        ("def f(x):\n    ...\n\n\ncheck('a', f)", None),
        ("def f_again(x):\n    ...", None),
    ],
)
def test_cells_below_know_what_is_written_again_by_its_first_name(figures, text, known):
    also = figures.evaluate(
        """async ([script, text]) => {
            const { alsoAs } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
            return alsoAs(text, ["f"]);
        }""",
        [SCRIPT, text],
    )
    # Each line keeps its number.
    lines = [known if known and "check(" in line else line for line in text.splitlines()]
    assert also.splitlines() == lines


def test_the_pages_script_keeps_and_chooses_the_same(figures):
    tries, days = figures.evaluate(
        """async ([text, {tries, days}, known]) => {
            const script = await import(`data:text/javascript,${encodeURIComponent(text)}`);
            const after = ({tries, entry_before}) => tries.reduce(
                (entry, [day, passed, mistake]) => script.noted(entry, passed, mistake, day),
                entry_before);
            return [
                tries.map(after), days.map(({record, date}) => script.chosen(record, date, known)),
            ];
        }""",
        [SCRIPT, CASES, recall.known()],
    )
    for case, entry in zip(CASES["tries"], tries, strict=True):
        assert entry == case["entry"], case["about"]
    for case, (recalls, day) in zip(CASES["days"], days, strict=True):
        assert recalls == case["recalls"], case["about"]
        done = {name: record._entry(entry) for name, entry in case["record"].items()}
        assert day == recall.chosen(done, case["date"])[1], case["about"]


def test_the_plan_goes_on_where_something_is_left():
    done = {}
    for number, day in enumerate(plan.days(), 1):
        next_day = recall.chosen(done, "2026-11-26")[1]
        names = [name for section in day.do for name in section.names]
        assert next_day == number if names else next_day != number
        done |= {name: record._entry(dict(tries=1, passed=True)) for name in names}
    assert recall.chosen(done, "2026-11-26")[1] is None


def test_today_says_what_to_do(work):
    first = today(DAY).message
    assert "Nothing is asked again yet" in first and "day 1: read Gradient descent" in first
    assert today("2026-11-26").message == first
    entry = dict(tries=2, passed=True, days=["2026-11-24"], mistakes=[["ascent", "2026-11-24"]])
    record.file().write_text(json.dumps({"gradient_descent": entry}))
    said = today(DAY).message
    assert "On Tuesday, this was said of your answer: “The sign is turned round:" in said
    assert '`check("gradient_descent", gradient_descent_again)`' in said
    assert "On November 24," in today("2026-12-24").message
    assert "✓" not in said
    work(26)
    record.note("gradient_descent", True)
    assert "1. ✓ `gradient_descent`" in today(DAY).message


def test_a_date_that_is_none_says_so(work):
    assert "2026-11-26, and this is `26.11.`" in today("26.11.").message


def test_outside_of_the_learners_folder_today_says_where_it_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "make lab" in today().message


def test_what_was_said_is_one_sentence_that_holds_by_itself():
    for id, mistake in BY_ID.items():
        for name in ("adam", *mistake.own):
            said = recall.says(name, id)
            assert bool(said) != mistake.variant, id
            assert "first step is right" not in said, id
            assert said[-1:] in ("", ".", "?"), id
    assert recall.says("adam", "unheard-of") == recall.says("adam", "") == ""
