"""Run the studies: `python -m studies [NAME ...]`; with `--check`, a sample of each.

Rows are written race by race, into `.studies/`; a run that was stopped goes on where it was. At the
end they are packed into the package. A study runs only if its predictions are committed, and that
commit is written into its rows.
"""

import argparse
import ast
import csv
import gzip
import hashlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "code")]
# One thread a run: with several, last digits depend on the number of processors.
for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
# A step makes a dozen arrays of half a megabyte: keep their memory, instead of asking for it anew.
os.environ |= {f"MALLOC_{name}_": "1073741824" for name in ("MMAP_THRESHOLD", "TRIM_THRESHOLD")}

from joblib import Parallel, cpu_count, delayed  # noqa: E402
from tqdm import tqdm  # noqa: E402

from descent import studies as stored  # noqa: E402
from studies import compare, problems, protocol  # noqa: E402

LEDGER = "code/descent/claims.toml"
DATA = ROOT / "code" / "descent" / "data" / "studies"
# The text that a study's meaning depends on, besides its own.
MEANING = (
    "studies/protocol.py",
    "studies/problems.py",
    "code/descent/rules.py",
    "code/descent/tasks.py",
    "code/descent/schedules.py",
    "code/descent/averaging.py",
)


def git(*command):
    """What git says."""
    done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def predictions(text, study):
    """What a ledger predicted of a study: nothing else of its entries.

    What it says to be written after a look is no prediction, and can come at any time.
    """
    told = ("prediction", "low", "high", "counts_from", "counts_to", "measures")
    evidence = tomllib.loads(text)["evidence"]
    return {
        key: {name: entry.get(name) for name in told}
        for key, entry in evidence.items()
        if entry.get("study") == study and not entry.get("after_a_look")
    }


def committed(study):
    """The commit that has the study's predictions as they are; an exit if none has.

    If they are those that the stored rows were predicted by, it is the commit of these, so that a
    run again doesn't look as if it had been predicted after the first.
    """
    text = (ROOT / LEDGER).read_text(encoding="utf-8")
    now = predictions(text, study)
    if f'study = "{study}"' not in text:
        sys.exit(f"{LEDGER} predicts nothing of the study {study}: say first what you expect.")
    if predictions(git("show", f"HEAD:{LEDGER}"), study) != now:
        sys.exit(
            f"The predictions of the study {study} in {LEDGER} aren't committed. Commit first."
        )
    if (DATA / f"{study}.csv.gz").exists():
        before = about(study)["predicted"]
        if predictions(git("show", f"{before}:{LEDGER}"), study) == now:
            return before
    return git("log", "-1", "--format=%H", "--", LEDGER)


def meaning(path):
    """A file's syntax tree without docstrings; comments and layout are not in it anyway."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    # As Python 3.11 writes a tree: later ones leave out what is empty, and know a field more.
    whole = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **whole).replace(", type_params=[]", "")


def stamp(study):
    """A hash of all that the study's rows mean."""
    paths = [ROOT / name for name in (*MEANING, f"studies/{study}.py")]
    return hashlib.sha256("\n".join(map(meaning, paths)).encode()).hexdigest()[:16]


def parts(study):
    """What makes a study's rows, by name: its races, and what its module has in `PARTS` besides."""
    module = importlib.import_module(f"studies.{study}")

    def raced(race):
        return lambda: protocol.rows(problems.PROBLEMS[race.problem](), race)

    races = {race.name: raced(race) for race in getattr(module, "RACES", ())}
    return races | getattr(module, "PARTS", {})


def one(study, name, path):
    """Run one part of a study; its rows go into a file of their own."""
    start = time.process_time()
    found = list(parts(study)[name]())
    columns = list(found[0])
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        file.write(f"# {time.process_time() - start:.0f}\n")
        out = csv.DictWriter(file, columns, lineterminator="\n")
        out.writeheader()
        for row in found:
            out.writerow({name: shown(name, row) for name in columns})
    part.rename(path)  # Whole, or not at all.


def shown(name, row):
    """A number with the digits that it is good for; tries keep what they were judged by."""
    value = row[name]
    if not isinstance(value, float):
        return value
    if value != value or (
        row.get("phase") in ("try", "line")
        and name in ("error", "valid_mean", "test_mean", "first")
    ):
        return ""
    return f"{value:.13g}" if name in ("first", "lr") else f"{value:.7g}"


def pack(study, files, commit):
    """Join the parts into one compressed table, the same bytes for the same rows."""
    seconds, lines, header = 0, [], ""
    for path in files:
        first, header, *rest = path.read_text().splitlines()
        seconds += int(first[2:])
        lines += rest
    about = json.dumps(
        {"study": study, "stamp": stamp(study), "predicted": commit, "cpu_seconds": seconds}
    )
    DATA.mkdir(exist_ok=True)
    write(DATA / f"{study}.csv.gz", "\n".join([f"# {about}", header, *lines, ""]))


def run(study, n_jobs):
    """Run what is missing of a study, and pack it."""
    commit, mark = committed(study), stamp(study)
    folder = ROOT / ".studies" / f"{study}-{mark}"
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.csv" for name in parts(study)}
    missing = [name for name, path in files.items() if not path.exists()]
    work = (delayed(one)(study, name, files[name]) for name in missing)
    todo = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(work)
    for _ in tqdm(todo, total=len(missing), desc=study, unit="race"):
        pass
    pack(study, files.values(), commit)


def sampled(races):
    """The first race of each rule, each problem and each schedule."""
    seen = set()
    for race in races:
        kinds = {("rule", race.rule), ("problem", race.problem), ("schedule", race.schedule)}
        if kinds - seen:
            yield race
        seen |= kinds


def sample(study):
    """Run a fixed sample of a study's rows again, and say how they differ from the stored ones.

    `compare` says what counts as a difference.

    Yields
    ------
    str
        What differs.
    """
    rows, module = stored.rows(study), importlib.import_module(f"studies.{study}")
    if not hasattr(module, "RACES"):
        yield from (f"{study}: {told}" for told in module.differences(rows))
        return
    for race in sampled(module.RACES):
        problem, budget = problems.PROBLEMS[race.problem](), race.budgets[0]
        equal = dict(problem=race.problem, rule=race.rule, schedule=race.schedule)
        runs = rows.where(**equal, batch=race.batch, budget=budget, phase="report", by=race.by[0])
        tuned = (pair.split("=") for pair in runs["hyper"][0].split())
        hyper = {name: float(value) for name, value in tuned}
        again = protocol.walk(problem, race, budget, runs["lr"][0], hyper, [0])[0]
        yield from compare.differences(f"{study}: {race.name}", again, runs, 0, "train")


def check(study):
    """Run the sample; if its meaning's stamp has changed and the sample agrees, renew the stamp."""
    if differences := list(sample(study)):
        sys.exit("\n".join([*differences, f"Run the study again: python -m studies {study}"]))
    head, now = about(study), stamp(study)
    if head["stamp"] != now:
        path = DATA / f"{study}.csv.gz"
        text = stored.text(study).split("\n", 1)[1]
        write(path, f"# {json.dumps(head | {'stamp': now})}\n{text}")
    print(f"{study}: the sample agrees")


def again(study, path):
    """Add what another run of a study reported to its rows, as the phase "again".

    From nothing, on another processor: what differs there doesn't take the first rows' place.
    """
    ours, theirs = stored.text(study), gzip.decompress(path.read_bytes()).decode()
    head, header, *lines = ours.splitlines()
    other, same, *found = theirs.splitlines()
    stamps = [json.loads(line.removeprefix("# "))["stamp"] for line in (head, other)]
    if header != same or stamps[0] != stamps[1]:
        sys.exit(f"{path} is of another meaning: stamped {stamps[1]}, and the rows {stamps[0]}.")
    added = [line.replace(",report,", ",again,") for line in found if ",report," in line]
    kept = [line for line in lines if ",again," not in line]
    write(DATA / f"{study}.csv.gz", "\n".join([head, header, *kept, *added, ""]))


def write(path, text):
    """Write compressed text, the same bytes for the same text."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(text.encode())
    path.write_bytes(packed.getvalue())


def about(study):
    """What the head of a study's rows says: its stamp, and the commit that predicted it."""
    return json.loads(stored.text(study).split("\n", 1)[0].removeprefix("# "))


def main():
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("study", nargs="*", help=f"all by default: {', '.join(stored.STUDIES)}")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--check", action="store_true", help="run a sample, and compare")
    told = "add the reports of another run of one study, the table of another machine"
    parser.add_argument("--again", type=Path, metavar="TABLE", help=told)
    asked = parser.parse_args()
    if unknown := sorted(set(asked.study) - set(stored.STUDIES)):
        parser.error(f"there is no study {', '.join(unknown)}")
    if asked.again:
        return again(*asked.study, asked.again)
    for study in asked.study or stored.STUDIES:
        check(study) if asked.check else run(study, asked.jobs)


if __name__ == "__main__":
    main()
