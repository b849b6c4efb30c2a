"""Machine code for large arrays, made from a rule's own text by Numba, where that is installed.

NumPy walks an array once for every operation of a rule. Here one loop does all of them to a number
while it is in the processor, and every thread has a part of the array. What doesn't depend on the
gradient, such as `1 - beta1**t`, is computed once a step by Python itself, in double precision; the
rest in the array's own type, in the order of the rule's text and with nothing rearranged. So the
numbers are those of the rule, to the last bit.

Threads are Python's own, and the loops let go of its lock. Numba's parallel loops would do as well,
but they take ten times as long to compile, and their threads kill a process that was forked.
"""

import ast
import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from descent.translate import Branch, Return, Set, Untranslatable, names, read

# From this size on, some hundred steps repay the second that compiling takes.
SIZE = 100_000
# A thread is woken for so many numbers of a step; and of a look at whether they are finite.
LEAST, LEAST_LOOK = 200_000, 1_000_000

# What may be called on arrays: that for which Numba and NumPy agree to the last bit.
ALIKE = ("abs", "np.abs", "np.maximum", "np.minimum", "np.sign", "np.sqrt")


def kernel(rule, dtype):
    """Return the loop for a rule, which is compiled when it is first called.

    Parameters
    ----------
    rule : function
    dtype : dtype
        That of the parameters.

    Returns
    -------
    Kernel or None
        None where Numba isn't installed, where the dtype is neither float32 nor float64, and where
        the rule's text can't be carried over, or not so that its numbers stay the same.
    """
    if dtype.char not in "fd" or _numba() is None:
        return None
    return _kernel(rule, dtype)


@lru_cache(maxsize=64)
def _kernel(rule, dtype):
    try:
        return Kernel(read(rule), dtype)
    except Untranslatable:
        return None


@cache
def _numba():
    """Numba, which is imported when the first large array comes, or None."""
    try:
        import numba
    except ImportError:
        return None
    return numba


@dataclass
class Way:
    """One way through a rule: what is done to each number of an array, as text.

    Made by `Kernel`.
    """

    statements: list
    step: str
    memory: list
    numbers: int


class Kernel:
    """A rule for arrays of one dtype, as two programs.

    One is for Python, on numbers alone: it finds which way through the rule this step takes. The
    other is a loop over the arrays, for each way its own, which is compiled when it is needed.

    Parameters
    ----------
    text : descent.translate.Text
    dtype : dtype

    Raises
    ------
    descent.translate.Untranslatable
        When the loop's numbers would differ from the rule's.
    """

    def __init__(self, text, dtype):
        self.text = text
        self.dtype = dtype
        self.arrays = [name for name in text.memory if name in text.arrays]
        self.counts = [name for name in text.memory if name not in text.arrays]
        self.ways = []
        self.loops = {}
        self.lines = [f"def numbers({', '.join([*self.counts, *text.hyper])}):"]
        self._write(text.body, "    ", Way([], "", [], 0))
        self.program = _function("\n".join(self.lines), "numbers")

    def numbers(self, memory, hyper):
        """Compute what depends on numbers alone, and make the loop ready that this step needs.

        Parameters
        ----------
        memory : dict
            The rule's memory; empty before the first step.
        hyper : dict of numbers

        Returns
        -------
        tuple
            What `step` needs.
        """
        counts = {name: memory.get(name, self.text.memory[name]) for name in self.counts}
        way, numbers, counts = self.program(**counts, **hyper)
        if way not in self.loops:
            self.loops[way] = self._compiled(self.ways[way])
        counts = {n: c.item() if isinstance(c, np.generic) else c for n, c in counts.items()}
        with np.errstate(over="ignore"):
            return self.loops[way], [self.dtype.type(number) for number in numbers], counts

    def step(self, p, g, memory, decay, numbers):
        """Take one step, in place.

        Parameters
        ----------
        p : array, contiguous
            The parameters.
        g : array, contiguous
            Their gradient.
        memory : dict
            The rule's memory, whose arrays are written into; empty before the first step.
        decay : float
            What the parameters are multiplied by first.
        numbers : tuple
            From `numbers`.

        Returns
        -------
        (dict, bool)
            The new memory, and whether it and the step are finite.
        """
        loop, numbers, counts = numbers
        held = {
            name: np.require(memory[name], self.dtype, "CW")
            if memory
            else np.full(p.shape, self.text.memory[name], self.dtype)
            for name in self.arrays
        }
        arrays = [array.reshape(-1) for array in (p, g, *held.values())]
        found = _in_parts(loop, arrays, [self.dtype.type(decay), *numbers], LEAST)
        made = held | counts
        return {name: made[name] for name in self.text.memory}, not any(found)

    def _write(self, body, indent, way):
        """Write both programs for a body, after what `way` has already."""

        def plain(node):
            # To NumPy, its own float64 beside a float32 array is no weak number, as Python's is.
            calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
            if self.dtype.char == "f" and any("np" in names(func) for func in calls):
                raise Untranslatable("NumPy's numbers turn float32 into float64")
            return ast.unparse(node)

        def number(node):
            name = f"__{way.numbers}"
            self.lines.append(f"{indent}{name} = {plain(node)}")
            way.numbers += 1
            return name

        for part in body:
            match part:
                case Set(name=name, value=value, arrays=arrays) if names(value) & arrays:
                    way.statements.append(f"own_{name} = {_carried(value, arrays, number)}")
                case Set(name=name, value=value):
                    self.lines.append(f"{indent}{name} = {plain(value)}")
                case Branch(condition=condition, then=then, otherwise=otherwise):
                    self.lines.append(f"{indent}if {ast.unparse(condition)}:")
                    before = Way([*way.statements], "", [], way.numbers)
                    self._write(then, indent + "    ", before)
                    self._write(otherwise, indent, way)
                case Return(step=step, memory=memory, arrays=arrays):
                    for value in (step, *(memory[name] for name in self.arrays)):
                        if not names(value) & arrays:
                            raise Untranslatable("an array is a number here")
                    way.step = _carried(step, arrays, number)
                    way.memory = [_carried(memory[n], arrays, number) for n in self.arrays]
                    numbers = "".join(f"__{k}, " for k in range(way.numbers))
                    counts = ", ".join(f"{n}={ast.unparse(memory[n])}" for n in self.counts)
                    self.lines.append(
                        f"{indent}return {len(self.ways)}, ({numbers}), dict({counts})"
                    )
                    self.ways.append(way)

    def _compiled(self, way):
        """The loop for one way."""
        arrays = ["p", "g", *(f"old_{name}" for name in self.arrays)]
        numbers = ["decay", *(f"__{k}" for k in range(way.numbers))]
        made = ["step", *(f"new_{name}" for name in self.arrays)]
        body = [
            f"own_{self.text.gradient} = g[i]",
            *(f"own_{name} = old_{name}[i]" for name in self.arrays),
            *way.statements,
            f"step = {way.step}",
            *(f"new_{n} = {value}" for n, value in zip(self.arrays, way.memory, strict=True)),
            # 0 for a finite number, and NaN for any other.
            f"found |= {' + '.join(f'({name} - {name})' for name in made)} != 0",
            *(f"old_{name}[i] = new_{name}" for name in self.arrays),
            "p[i] = p[i] * decay - step",
        ]
        head = f"def loop({', '.join(arrays + numbers)}):\n    found = none\n"
        head += "    for i in range(p.size):\n"
        source = head + "".join(f"        {line}\n" for line in body) + "    return found"
        numba = _numba()
        square = numba.njit(lambda x: x * x)
        number = numba.from_dtype(self.dtype)
        types = [number[::1]] * len(arrays) + [number] * len(numbers)
        integer = np.dtype(f"i{self.dtype.itemsize}")
        known = dict(square=square, none=integer.type(0))
        signature = numba.from_dtype(integer)(*types)
        compile = numba.njit(signature, nogil=True, error_model="numpy")
        return compile(_function(source, "loop", **known))


def _carried(node, arrays, number):
    """An expression as text for the loop; `number` takes what doesn't depend on `arrays`."""
    if not names(node) & arrays:
        return number(node)

    def carried(node):
        return _carried(node, arrays, number)

    match node:
        case ast.Name(id=name):
            return f"own_{name}"
        case ast.UnaryOp(operand=operand):
            return f"(-{carried(operand)})"
        # NumPy's own short ways for these powers, and the only ones that come out the same.
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
            return f"square({carried(left)})"
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=0.5)):
            return f"np.sqrt({carried(left)})"
        case ast.BinOp(op=ast.Pow()):
            raise Untranslatable("powers differ in their last bits")
        case ast.BinOp(left=left, op=op, right=right):
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(op)]
            return f"({carried(left)} {sign} {carried(right)})"
        case ast.Call(func=func, args=args) if ast.unparse(func) in ALIKE:
            return f"{ast.unparse(func)}({', '.join(map(carried, args))})"
    raise Untranslatable(f"{ast.unparse(node.func)} differs in its last bits")


def _function(source, name, **known):
    space = dict(np=np, math=math, **known)
    exec(source, space)
    return space[name]


def finite(array):
    """Whether all numbers of an array are finite, found by all threads.

    Parameters
    ----------
    array : array of float32 or float64, contiguous

    Returns
    -------
    bool
    """
    # Their bits are looked at, as integers: a comparison of floats isn't made many at a time.
    bits = array.reshape(-1).view(f"i{array.itemsize}")
    exponent = np.array(np.inf, array.dtype).view(bits.dtype)[()]
    return not any(_in_parts(_holds_all(bits.dtype), [bits], [exponent], LEAST_LOOK))


@cache
def _holds_all(dtype):
    """A loop that says whether some integer has all of certain bits set."""
    zero = dtype.type(0)

    def loop(integers, bits):
        found = zero
        for i in range(integers.size):
            found |= (integers[i] & bits) == bits
        return found

    integer = _numba().from_dtype(dtype)
    return _numba().njit(integer(integer[::1], integer), nogil=True)(loop)


def _in_parts(loop, arrays, numbers, least):
    """Call a loop on parts of the arrays, of `least` numbers or more, and return all it returned.

    Each thread takes the next part when it is done with one: those that have to be woken first, for
    a tenth of a millisecond and more, come to do less.
    """
    threads = _numba().config.NUMBA_NUM_THREADS
    size = arrays[0].size
    count = max(1, min(2 * threads, size // least))
    cuts = [size * k // count for k in range(count + 1)]
    parts = iter([[array[a:b] for array in arrays] for a, b in itertools.pairwise(cuts)])

    def work():
        return [loop(*part, *numbers) for part in parts]

    waiting = [_threads(threads).submit(work) for _ in range(min(threads, count) - 1)]
    return work() + [found for other in waiting for found in other.result()]


@cache
def _threads(count):
    """Those besides the one that calls."""
    return ThreadPoolExecutor(count - 1, "descent")


if hasattr(os, "register_at_fork"):
    # A forked child has none of its parent's threads, and would wait for them.
    os.register_at_fork(after_in_child=_threads.cache_clear)
