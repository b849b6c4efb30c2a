"""Run a page's cells in Pyodide, and hand back what they show: loaded by `worker.mjs`.

A cell runs in `__main__`, after the cells above that it needs. What it shows is a list of outputs,
each a dict of one MIME type. There is no IPython here: `display` and its kin are those below.
"""

import ast
import copy
import io
import itertools
import json
import linecache
import logging
import os
import sys
import time
import traceback
import types
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

WORK = "/home/reader/my-work"
PRINTED = 10_000  # Characters that are shown of what a cell prints.
KINDS = ("text/html", "image/png", "text/markdown", "text/plain")

shown = []  # What the running cell has shown so far.
main = sys.modules["__main__"].__dict__


class Printed(io.TextIOBase):
    """Standard output as outputs: what follows on what was printed is joined to it."""

    def __init__(self, name):
        self.name = name

    def writable(self):
        """Whether it can be written to."""
        return True

    def write(self, text):
        """Keep a text, as long as there isn't too much."""
        last = shown[-1] if shown and self.name in shown[-1] else None
        if last is None:
            shown.append(last := {self.name: ""})
        room = PRINTED - len(last[self.name])
        if room > 0:
            last[self.name] += text[:room] + ("\n..." if len(text) > room else "")
        return len(text)


def bundle(value, metadata=None):
    """An output of the best kind that a value can be shown as."""
    if hasattr(value, "_repr_mimebundle_"):
        found = value._repr_mimebundle_()
        found, about = found if isinstance(found, tuple) else (found, {})
        metadata = (metadata or {}) | about
    elif isinstance(value, dict) and any("/" in str(key) for key in value):
        found = value
    else:
        found = {}
        for kind, name in (
            ("text/html", "_repr_html_"),
            ("text/markdown", "_repr_markdown_"),
        ):
            if (
                hasattr(value, name)
                and (text := getattr(value, name)()) is not None
            ):
                found[kind] = text
        found.setdefault("text/plain", repr(value))
    kind = next((kind for kind in KINDS if kind in found), "text/plain")
    output = {kind: found.get(kind, "")}
    if exercise := walks(value):
        output["exercise"] = exercise
    if metadata:
        about = metadata.get(kind, metadata)
        output["about"] = {
            k: about[k] for k in ("alt", "width", "height") if k in about
        }
    return output


def walks(value):
    """The exercise that a value reports on, if what was checked is a rule that can walk."""
    if type(value).__module__ != "descent.practice.report":
        return None
    from descent.practice.exercises import EXERCISES

    exercise = EXERCISES.get(value.title)
    if exercise is None:
        return None
    ran = value.passed or value.drawn is not None
    return value.title if ran and exercise.on_a_bowl else None


def display(*values, raw=False, metadata=None):
    """Show values, as IPython's `display` does."""
    for value in values:
        shown.append(
            bundle(
                value if raw or not isinstance(value, dict) else repr(value),
                metadata,
            )
        )


class Image:
    """A picture, from its PNG bytes, as IPython's `Image`."""

    def __init__(
        self, data, *, alt="", width=None, height=None, metadata=None, format="png"
    ):
        self.data, self.about = data, dict(alt=alt, width=width, height=height)

    def _repr_mimebundle_(self):
        import base64

        found = {"image/png": base64.b64encode(self.data).decode()}
        return found, {"image/png": self.about}


class Text:
    """A text of one kind, as IPython's `HTML` and `Markdown`."""

    kind = "text/plain"

    def __init__(self, data):
        self.data = data

    def _repr_mimebundle_(self):
        return {self.kind: self.data, "text/plain": self.data}


class HTML(Text):
    """A text that is HTML."""

    kind = "text/html"


class Markdown(Text):
    """A text that is Markdown."""

    kind = "text/markdown"


class Shell:
    """What the course's modules ask of IPython's shell: where its cells' trees may be changed."""

    def __init__(self):
        self.ast_transformers, self.user_ns = [], main
        self.events = types.SimpleNamespace(register=lambda *_: None)

    def enable_gui(self, gui=None):
        """Nothing: pictures are drawn when they are shown."""


shell = Shell()


def install():
    """Put a module of IPython's name in its place, and go to the folder of the learner's work."""
    os.makedirs(WORK, exist_ok=True)
    os.chdir(WORK)
    # Else a reader is told that Matplotlib builds its font cache.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    sys.setrecursionlimit(400)
    for name, parts in {
        "IPython": dict(get_ipython=lambda: shell, version_info=(9, 0)),
        "IPython.display": dict(
            display=display, Image=Image, HTML=HTML, Markdown=Markdown
        ),
        "IPython.core": {},
        "IPython.core.pylabtools": dict(backend2gui={}),
    }.items():
        module = types.ModuleType(name)
        module.__dict__.update(parts)
        sys.modules[name] = module
    sys.modules["IPython"].display = sys.modules["IPython.display"]
    main.update(display=display, get_ipython=lambda: shell)


SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
SHORT_SCOPES = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def used(*nodes):
    """The names that code uses and doesn't have of its own, as a function has its parameters."""
    found = set()
    for node in nodes:
        inside = used(*ast.iter_child_nodes(node))
        if isinstance(node, SCOPES):
            own = {
                part.arg
                for part in ast.walk(node.args)
                if isinstance(part, ast.arg)
            }
            body = node.body if isinstance(node.body, list) else [node.body]
            own |= stored(*body)
            outside = [node.args, *getattr(node, "decorator_list", [])]
            found |= (used(*body) - own) | used(*outside)
        elif isinstance(node, SHORT_SCOPES):
            found |= inside - stored(*node.generators)
        elif isinstance(node, ast.For):
            found |= (inside - stored(node.target)) | used(node.iter)
        elif isinstance(node, ast.AugAssign):
            found |= inside | stored(node.target)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        else:
            found |= inside
    return found


def stored(*nodes):
    """The names that code sets, but for those that a function or a comprehension has of its own."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= imported(node)
        elif not isinstance(node, SCOPES | SHORT_SCOPES):
            found |= stored(*ast.iter_child_nodes(node))
    return found


def changed(statement):
    """The names that a statement sets or may change, as `steps.append(step)` does."""
    found = set()
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.Attribute | ast.Subscript)
            and isinstance(node.ctx, ast.Store)
        ) or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            whole = node.func if isinstance(node, ast.Call) else node
            found |= {
                part.id for part in ast.walk(whole) if isinstance(part, ast.Name)
            }
        elif isinstance(node, ast.Global):
            found |= set(node.names)
    return stored(statement) | found & used(statement)


def settled(statement):
    """The names that a statement sets whatever they were before."""
    kinds = ast.Assign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom
    return (
        stored(statement) - used(statement)
        if isinstance(statement, kinds)
        else set()
    )


def asked(tree):
    """The names that a cell uses and doesn't set itself before."""
    wanted = set()
    for statement in reversed(tree.body):
        wanted = wanted - settled(statement) | used(statement)
    return wanted


def needed(cells, index):
    """The code above a cell that it needs, by the names that it uses.

    Imports are taken line by line, so that an exercise waits for no library that others use. A cell
    that only shows something isn't needed by anyone. Each line stays where it was, so that what is
    said of one names the right one.

    Parameters
    ----------
    cells : list of str
    index : int

    Returns
    -------
    list of (int, str)
        The cells' numbers and what of them is to be run, in order.
    """
    trees = {}
    for number, cell in enumerate(cells[: index + 1]):
        try:
            trees[number] = ast.parse(cell)
        except SyntaxError:
            if number == index:
                return []
    modules = set()
    for node in itertools.chain.from_iterable(map(ast.walk, trees.values())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules |= {
                (alias.asname or alias.name).split(".")[0] for alias in node.names
            }
    wanted, always = asked(trees.pop(index)), set()
    while True:
        found, inside = sliced(cells, trees, wanted | always, always, modules)
        if inside <= always:
            return found
        # What a function uses may be set below it, as long as that is above its call.
        always |= inside


def sliced(cells, trees, wanted, always, modules):
    """The lines that set what is wanted, cell by cell; and what functions among them use."""
    found, inside = [], set()
    for number, tree in reversed(trees.items()):
        keep = {}
        for statement in reversed(tree.body):
            first = getattr(statement, "decorator_list", None) or [statement]
            begin, end = first[0].lineno - 1, statement.end_lineno
            text = cells[number].splitlines()[begin:end]
            if isinstance(statement, ast.Import | ast.ImportFrom):
                names = [
                    alias
                    for alias in statement.names
                    if (alias.asname or alias.name).split(".")[0] in wanted
                ]
                if names:
                    line = copy.copy(statement)
                    line.names = names
                    keep[begin] = [ast.unparse(line)]
            elif (
                changed(statement) & wanted - modules
                or imported(statement) & wanted
                or settles(statement, wanted)
            ):
                keep[begin] = text
                wanted = wanted - settled(statement) | used(statement) | always
                if isinstance(statement, SCOPES | ast.ClassDef):
                    inside |= used(statement)
        if keep:
            lines = []
            for begin, text in sorted(keep.items()):
                lines += [""] * (begin - len(lines)) + text
            found.append((number, "\n".join(lines)))
    return found[::-1], inside - modules


def imported(statement):
    """What is imported inside a statement, as where a library may be missing."""
    return {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(statement)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def settles(statement, wanted):
    """Whether a line is a call that sets something of a module, such as `plt.style.use(...)`."""
    if not (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    ):
        return False
    return ast.unparse(statement.value.func) == "plt.style.use" and "plt" in wanted


def picture(kind):
    """Choose the one kind of picture that is drawn, as `descent.plot` names them."""
    os.environ["DESCENT_PICTURE"] = kind


class Endless(BaseException):
    """A line of a cell is still running after the time that it has."""


def is_checked(frame):
    """Whether the checker's sandbox has called what runs in a frame."""
    while frame and frame.f_globals.get("__name__") != "descent.practice.sandbox":
        frame = frame.f_back
    return frame is not None


@contextmanager
def ended(code, seconds):
    """End loops of a cell itself, and not those of libraries, after a while: so its line is known.

    What Python can't look into is ended by the page, together with Python. What is checked has a
    clock of its own, and the time that the checker takes before that is nobody's fault.
    """
    if not hasattr(sys, "monitoring"):
        yield
        return
    monitoring, deadline = sys.monitoring, time.monotonic() + seconds
    tool, events = monitoring.PROFILER_ID, monitoring.events

    def look(*_):
        if time.monotonic() > deadline and not is_checked(sys._getframe(1)):
            raise Endless(sys._getframe(1).f_lineno)

    monitoring.use_tool_id(tool, "cell")
    monitoring.register_callback(tool, events.JUMP, look)
    monitoring.register_callback(tool, events.PY_START, look)
    codes = [code]
    for one in codes:
        monitoring.set_local_events(tool, one, events.JUMP | events.PY_START)
        codes += [part for part in one.co_consts if hasattr(part, "co_code")]
    try:
        yield
    finally:
        for one in codes:
            monitoring.set_local_events(tool, one, 0)
        monitoring.free_tool_id(tool)


def run(name, source, seconds=15):
    """Run one cell.

    Parameters
    ----------
    name : str
        What the cell is called, in messages and to `linecache`.
    source : str
    seconds : float
        After so long, a loop of the cell is ended.

    Returns
    -------
    str
        JSON of the list of outputs; of an error there is one, with `error` and its `line`.
    """
    shown.clear()
    with redirect_stdout(Printed("stdout")), redirect_stderr(Printed("stderr")):
        missing = _run(name, source, seconds)
    return json.dumps({"missing": missing} if missing else shown)


def _run(name, source, seconds):
    """Run a cell; the name of a library that it needs, if that can be loaded here and isn't."""
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    ran.add(name)
    try:
        tree = ast.parse(source, name)
        called = dict(submitted(tree))
        for transform in shell.ast_transformers:
            tree = transform.visit(tree)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not quiet(source):
            last = ast.Expression(tree.body.pop().value)
        code = compile(tree, name, "exec")
        with ended(code, seconds):
            exec(code, main)
            value = last and eval(compile(last, name, "eval"), main)
        if value is not None:
            display(
                {"text/plain": repr(value)} if isinstance(value, dict) else value,
                raw=True,
            )
        for output in shown:
            if (exercise := output.pop("exercise", None)) in called:
                output["walks"] = dict(exercise=exercise, name=called[exercise])
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in libraries():
            return error.name.split(".")[0]
        shown.append(told(error, name))
    except Endless as late:
        (line,) = late.args
        said = f"Line {line} was still running after {seconds:g} seconds, and was stopped. "
        shown.append(
            {"error": f"{said}Is there a loop that never ends?", "line": line}
        )
    except BaseException as error:
        shown.append(told(error, name))
    return None


def submitted(tree):
    """The exercises that a cell checks, each with the name of the function that it hands in."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name("check"),
                args=[ast.Constant(str() as name), ast.Name(own)],
            ):
                yield name, own


ran = set()  # What the cells are called that have run.
figures = {}


def watch(exercise, name):
    """Put a learner's rule into a figure, beside the right one.

    Parameters
    ----------
    exercise : str
    name : str
        Of the learner's function.

    Returns
    -------
    str
        JSON: ``html``, the figure's element, and whether it is ``remote``, walked by `walk`; or
        ``problem``, a sentence that says why it can't walk.
    """
    from descent.explore.walk import yours
    from descent.practice.exercises import EXERCISES

    if name not in main:
        return json.dumps(
            dict(problem="Python was started anew: check it again first.")
        )
    try:
        figure = yours(main[name], EXERCISES[exercise].answer)
        figure.sent()
    except Exception as error:
        problem = f"{name} can't walk here. {type(error).__name__}: {error}"
        return json.dumps(dict(problem=problem))
    figures["watched"] = figure
    return json.dumps(dict(html=figure.element(""), remote=figure.remote))


def walk(values):
    """What Python walks for the figure that `watch` made last, at the given values.

    Parameters
    ----------
    values : str
        JSON of a dict.

    Returns
    -------
    dict
    """
    return figures["watched"].sent(**json.loads(values))


def libraries():
    """Libraries that can be loaded here besides NumPy."""
    return {"matplotlib"}


def quiet(source):
    """Whether a cell ends in a semicolon, by which its last value isn't shown."""
    return source.rstrip().endswith(";")


def told(error, name):
    """What to say of an error: its kind and text, and the line of the cell that it came from."""
    if isinstance(error, SyntaxError) and error.filename == name:
        line, kind = error.lineno, type(error).__name__
        said = f"{kind} in line {line}: {error.msg}"
        if "outside function" in error.msg:
            said += ". What belongs to a function begins with four spaces. Does this line?"
        return {"error": said, "line": line}
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f.filename in ran
    ]
    here = [frame for frame in frames if frame.filename == name]
    line = here[-1].lineno if here else None
    kind, text = type(error).__name__, str(error)
    if isinstance(error, ModuleNotFoundError):
        text += (
            ". A page has NumPy, Matplotlib and what comes with Python. What an exercise needs "
            "is handed in; with other libraries, run the notebook on your machine."
        )
    where = f" in line {line}" if line else ""
    if here and frames[-1].filename != name:
        where = f" in line {frames[-1].lineno} of the cell of {frames[-1].name}"
    return {
        "error": f"{kind}{where}: {text}" if text else f"{kind}{where}",
        "line": line,
    }


def progress(text=None):
    """What has been done, as the text of `progress.json`; or put it there."""
    path = Path(WORK) / "progress.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.exists() else "{}"
