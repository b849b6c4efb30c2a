"""Run a learner's function: it may print, crash, never end, or eat all memory, and we go on.

This protects from accidents, and not from malice. A function can do here what the notebook could:
write and delete files, use the network, start programs of their own session. And what it hands back
is unpickled in the notebook's process. Check code that you would run yourself.

Where Python can fork, the function runs in a child process, on a copy of the notebook's state. No
`except` can catch the alarm that ends the child, what it asks for in memory is limited, and nothing
that it does to NumPy, to `random` or to standard output reaches the parent. Processes that it forks
end with it.

In a browser and on Windows there is no fork. There, from Python 3.12 on, `sys.monitoring` raises an
exception at *every* line and jump after the deadline, so that catching one of them does not help.
What blocks inside one call of compiled code is not stopped there. Python 3.11 has only a tracer: it
does the same, but Python turns it off where recursion goes too deep, and a function that catches
that, and goes on, is not stopped.

The time that the checker takes for itself, as at the first check on a slow machine, is nobody's
fault. There, the clock stands still meanwhile. A child process has one clock for all: where that
strikes in our own code, all is tried once more with more time, and then nobody is accused.
"""

import builtins
import faulthandler
import gc
import io
import math
import os
import pickle
import random
import re
import select
import signal
import sys
import sysconfig
import threading
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from descent import compiled

SECONDS = 2.0  # A right answer takes hundredths of one.
# Of what the right one takes: on a phone, or a machine that has much to do, that may be a second.
TIMES = 30
MORE = 5  # So many times as long has a child whose time went into our own code.
AFTER = 10.0  # So long after the deadline, the child is killed, whatever it is doing.
MEMORY = 2**30  # Bytes on top of what the notebook uses.
PRINTED = 2000  # Characters that are kept of what is printed first, and as many of the last.
GRACE = 0.5  # So long after the deadline, code of a library may still come back to the learner's.
HEAD = 8  # Bytes before the child's message, its length. The first is 0, as in no dump.

CAN_FORK = hasattr(os, "fork") and sys.platform not in ("emscripten", "wasi")

_OURS = str(Path(__file__).parent)
_COURSE = str(Path(__file__).parents[1])
# In a browser, the standard library is in a file of the name that Python itself looks for; and the
# paths of the others begin with two slashes there, and their files with one.
_ZIPPED = "python{}{}.zip".format(*sys.version_info)
_LIBRARIES = tuple(
    path.replace("//", "/")
    for path in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *(path for path in sys.path if Path(path).name == _ZIPPED),
    )
)


@dataclass(frozen=True)
class Place:
    """A line of the learner's: its file, its number, and the name of the function."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Trouble:
    """Why a function gave no result.

    Attributes
    ----------
    kind : str
        The name of an exception, or ``"endless"``, ``"blocked"``, ``"ended"``; or ``"busy"``, of
        which the function has no part.
    text : str
        What the exception said.
    place : Place or None
        Where, in the learner's own code.
    seconds : int
        After how many it was stopped.
    """

    kind: str
    text: str = ""
    place: Place | None = None
    seconds: int = 0


def run(work, pace=0.0):
    """Call `work()`, whatever it may do.

    Parameters
    ----------
    work : callable
        Takes nothing. What it returns must be picklable.
    pace : float
        Seconds that the right answer takes here and now.

    Returns
    -------
    (object, str)
        What it returned, or a `Trouble`; and what it printed, cut.
    """
    seconds = max(SECONDS, TIMES * pace)
    if not CAN_FORK:
        return _watched(work, seconds)
    result, printed = _in_a_child(work, seconds)
    if isinstance(result, Trouble) and result.kind == "busy":
        result, printed = _in_a_child(work, MORE * seconds)
    return result, printed


def _guarded(work, stop_watching):
    """Call `work()` and turn any exception into a `Trouble`."""
    try:
        result = work()
        stop_watching()
        return result
    except BaseException as error:
        stop_watching()
        try:
            text = str(error)
        except BaseException:
            text = ""
        return Trouble(type(error).__name__, text[:500], learners_place(error))


def _is_learners(file):
    # What dataclasses and named tuples write for themselves comes from a string.
    return not file.startswith((_COURSE, "<frozen", "<__array", "<string>", *_LIBRARIES))


def learners_place(error):
    """The innermost line of an error that is the learner's own."""
    place, traceback = None, error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _is_learners(code.co_filename) and traceback.tb_lineno:
            place = Place(code.co_filename, traceback.tb_lineno, code.co_name)
        traceback = traceback.tb_next
    return place


class _Printed(io.TextIOBase):
    """Standard output that keeps the beginning and the end, and forgets what was between."""

    def __init__(self):
        self.begins = self.ends = ""

    @property
    def text(self):
        return self.begins + self.ends

    def writable(self):
        return True

    def write(self, text):
        text, room = str(text), PRINTED - len(self.begins)
        self.begins += text[:room]
        self.ends = (self.ends + text[room:])[-PRINTED:]
        return len(text)


def _no_input(*_):
    raise EOFError("input() has nobody to ask while an exercise is checked")


@contextmanager
def _quiet():
    """Keep what is printed, and give nothing to read."""
    printed = _Printed()
    saved = sys.stdout, sys.stderr, sys.stdin, builtins.input
    sys.stdout = sys.stderr = printed
    sys.stdin, builtins.input = io.StringIO(), _no_input
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield printed
    finally:
        sys.stdout, sys.stderr, sys.stdin, builtins.input = saved


# In a child process


def _in_a_child(work, seconds):
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some libraries warn at every fork; this child is small.
        child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _child(work, seconds, writing)
        finally:
            os._exit(1)
    os.close(writing)
    try:
        data = _read(reading, time.monotonic() + seconds + AFTER)
    finally:
        os.close(reading)
        for kill in (os.killpg, os.kill):  # Its group, and it alone if it has none yet.
            with suppress(OSError):
                kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if _is_whole(data):
        return pickle.loads(data[HEAD:])
    place, ours = _dumped_place(data.decode(errors="replace"))
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    if ended_by == signal.SIGALRM:
        kind = "busy" if ours else "endless"
        return Trouble(kind, place=place, seconds=round(seconds)), ""
    kind = "blocked" if ended_by == signal.SIGKILL else "ended"
    return Trouble(kind, place=place, seconds=round(seconds + AFTER)), ""


def _child(work, seconds, writing):
    _set_up(writing)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with _quiet() as printed:
        result = _guarded(work, lambda: signal.setitimer(signal.ITIMER_REAL, 0))
    data = pickle.dumps((result, printed.text))
    data = len(data).to_bytes(HEAD, "big") + data
    while data:
        data = data[os.write(writing, data) :]
    os._exit(0)


def _set_up(writing):
    """Prepare the child for a function of which nothing is known."""
    os.setsid()  # A group of its own, so that what it forks can be ended with it.
    sys.settrace(None)
    sys.setprofile(None)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    # What it forks has nothing to say, and must not hold the pipe.
    os.register_at_fork(after_in_child=lambda: os.dup2(null, writing))
    _limit_memory()
    compiled.SIZE = math.inf  # Half of the time would go to the compiler.
    # The alarm writes down where the code is, from C, and ends the process: nothing can catch it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    faulthandler.register(signal.SIGALRM, file=writing, all_threads=True, chain=True)
    faulthandler.enable(file=writing)  # And where it is if Python crashes.


def _limit_memory():
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ImportError, OSError, ValueError):
        pass  # Not on this system; the deadline holds all the same.


def _read(pipe, deadline):
    """What comes through the pipe until a message is whole, the pipe closed, or it is too late."""
    data = b""
    while not _is_whole(data) and (left := deadline - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            part = os.read(pipe, 1 << 16)
            if not part:
                break
            data += part
    return data


def _is_whole(data):
    """Whether this is all of a message, and not the dump of a child that was ended."""
    return data[:1] == b"\0" and len(data) >= HEAD + int.from_bytes(data[:HEAD], "big")


def _dumped_place(dump):
    """Where faulthandler found the learner's code; and whether it found ours instead.

    It writes thread by thread, and the innermost frame first.
    """
    ours = False
    for thread in re.split("(?m)^(?:Current thread|Thread) ", dump):
        for file, line, function in re.findall(r'File "(.*)", line (\d+) in (.*)', thread):
            if file.startswith(_OURS):
                ours = True
                break
            if _is_learners(file):
                return Place(file, int(line), function), False
    return None, ours


# In this process


class _Late(BaseException):
    """The deadline has passed."""

    def __init__(self, watch):
        self.watch = watch

    def __del__(self):
        # Python turns a tracer off that raises. Whoever has caught and forgotten this gets another.
        self.watch.trace_again()


@contextmanager
def _unchanged():
    """Put back what a function could have changed for everybody."""
    shared = (np, np.random, np.linalg, math, random, builtins)
    modules = [(vars(module), dict(vars(module))) for module in shared]
    state, own = np.random.get_state(), random.getstate()  # noqa: NPY002
    tracer, limit = sys.gettrace(), sys.getrecursionlimit()
    # Libraries' callbacks would run in the middle of the function, and be stopped in its place.
    callbacks, gc.callbacks[:] = gc.callbacks[:], []
    try:
        yield
    finally:
        gc.callbacks[:] = callbacks
        sys.settrace(tracer)
        sys.setrecursionlimit(limit)
        for now, before in modules:
            now.update(before)
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(own)


def _watched(work, seconds):
    watch = _Watch(seconds)
    with _unchanged(), _quiet() as printed:
        watch.start()
        result = _guarded(work, watch.stop)
    if watch.late:  # The exception may have been caught by the code that it was to stop.
        result = Trouble("endless", place=watch.place, seconds=round(seconds))
    return result, printed.text


class _Watch:
    """Raises in the learner's code, again and again, once it has run for so many seconds.

    What it calls is on its account, and what we do before, between and after isn't.
    """

    def __init__(self, seconds):
        self.left = seconds
        self.since = time.monotonic()
        self.theirs = False  # Whether it is the learner's code that runs, or is waited for.
        self.owners = {}
        self.thread = threading.get_ident()  # `sys.monitoring` sees all of them.
        self.late = False
        self.place = None
        self.lines = {}
        self.traces = False

    def start(self):
        if not hasattr(sys, "monitoring"):
            self.traces = True
            sys.settrace(self.at_trace)
            return
        monitoring, events = sys.monitoring, sys.monitoring.events
        self.tool = next(i for i in range(5, -1, -1) if monitoring.get_tool(i) is None)
        self.callbacks = {
            events.LINE: self.at_line,
            events.JUMP: self.elsewhere,
            events.PY_START: self.elsewhere,
            events.PY_RESUME: self.elsewhere,
        }
        monitoring.use_tool_id(self.tool, "descent.practice")
        for event, callback in self.callbacks.items():
            monitoring.register_callback(self.tool, event, callback)
        monitoring.set_events(self.tool, sum(self.callbacks))

    def stop(self):
        if not hasattr(sys, "monitoring"):
            self.traces = False
            sys.settrace(None)
            return
        sys.monitoring.set_events(self.tool, 0)
        for event in self.callbacks:
            sys.monitoring.register_callback(self.tool, event, None)
        sys.monitoring.free_tool_id(self.tool)

    def at_line(self, code, line):
        self.lines[code] = line
        self.look(code, line)

    def elsewhere(self, code, *_):
        self.look(code, self.lines.get(code, code.co_firstlineno))

    def at_trace(self, frame, event, argument):
        self.look(frame.f_code, frame.f_lineno)
        owner = self.owner(frame.f_code)
        if owner == "ours":
            return None  # It comes to an end, and what it calls is traced on its own.
        # A loop in one line may be no new line to Python. Libraries have none of these.
        frame.f_trace_opcodes = owner == "theirs"
        # We aren't traced, so where a call of ours ends has to be noticed here.
        if event == "return" and frame.f_back and self.owner(frame.f_back.f_code) == "ours":
            self.theirs = False
        return self.at_trace

    def trace_again(self):
        if not self.traces or threading.get_ident() != self.thread:
            return
        sys.settrace(self.at_trace)
        frame = sys._getframe()
        while frame is not None:
            if not frame.f_code.co_filename.startswith(_OURS):
                frame.f_trace = self.at_trace
            frame = frame.f_back

    def owner(self, code):
        file = code.co_filename
        if file not in self.owners:
            ours, theirs = file.startswith(_OURS), _is_learners(file)
            self.owners[file] = "ours" if ours else "theirs" if theirs else "a library's"
        return self.owners[file]

    def look(self, code, line):
        if threading.get_ident() != self.thread:
            return
        now, owner = time.monotonic(), self.owner(code)
        if self.theirs:
            self.left -= now - self.since
        self.since = now
        if owner != "a library's":  # It works for whom it was called by.
            self.theirs = owner == "theirs"
        if not self.theirs or self.left > 0:
            return
        # An exception in the middle of a library, or in a callback of one, may leave it broken.
        learners = owner == "theirs"
        if not learners and self.left > -GRACE:
            return
        self.late = True
        if self.place is None and learners:
            self.place = Place(code.co_filename, line, code.co_name)
        raise _Late(self)
