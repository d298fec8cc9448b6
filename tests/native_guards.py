"""Every buffer of a program between pages without access: reading or writing outside ends the process.

As a script it prints each name before its run, so that a crash shows where:

    python tests/native_guards.py registry avx2 both
    python tests/native_guards.py random 0 100
    python tests/native_guards.py convolutions 0 24
    python tests/native_guards.py loops 0 100
    python tests/native_guards.py indices
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import random
import sys
import unittest.mock
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from native_checks import Compared, check_close, compare, is_supported, joint_graph, targets, variants
from native_convolutions import random_convolution
from native_graphs import random_case, random_gradient
from native_loops import random_loop
from primitive_checks import case_name, cases, draw, graph_of
from tiza.calculus.loops import unroll
from tiza.engines.engine import ANY_SAMPLES, Samples
from tiza.engines.native import program as native_program
from tiza.engines.native import scheduling
from tiza.engines.native.arena import Arena
from tiza.engines.native.program import NativeProgram
from tiza.engines.native.target import Target
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.errors import EvaluationError
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT
from tiza.graph.tensor_type import TensorType

Array = Any
PAGE = mmap.PAGESIZE
FILL = 0xA5
WAYS = ((True, 1), (False, 3))
"""Where buffers end, and between how many threads a program is cut up."""
_protect = ctypes.CDLL(None, use_errno=True).mprotect
_protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Guarded:
    """An array between two pages without access, at the end of its own memory or at its start.

    What its memory holds besides is filled with a pattern, which `check` expects to find again.
    """

    def __init__(self, type_: TensorType, at_end: bool, value: Array | None = None) -> None:
        size = type_.size * type_.dtype.itemsize
        self._inner = -(-max(size, 1) // PAGE) * PAGE
        self._memory = mmap.mmap(-1, self._inner + 2 * PAGE)
        whole = np.frombuffer(self._memory, dtype="uint8")
        self._base = whole.ctypes.data
        self._offset = PAGE + (self._inner - size if at_end else 0)
        whole[PAGE : PAGE + self._inner] = FILL
        self._around = [whole[PAGE : self._offset], whole[self._offset + size : PAGE + self._inner]]
        self.array = whole[self._offset : self._offset + size].view(type_.dtype).reshape(type_.shape)
        if value is not None:
            self.array[...] = value
        for start in (self._base, self._base + PAGE + self._inner):
            self._set(start, PAGE, 0)
        if value is not None:
            self._set(self._base + PAGE, self._inner, mmap.PROT_READ)

    @property
    def address(self) -> int:
        """Where the array starts."""
        return self._base + self._offset

    def check(self) -> None:
        """Check that nothing around the array was written."""
        assert all((one == FILL).all() for one in self._around)

    def _set(self, start: int, size: int, protection: int) -> None:
        if _protect(start, size, protection):
            raise OSError(ctypes.get_errno(), "mprotect")


class GuardedProgram(NativeProgram):
    """A program whose own buffers, constants and each value between kernels, are guarded.

    With several threads it is cut up between them, however small it is.
    """

    at_end = True

    def __init__(
        self,
        graph: Graph,
        target: Target | None = None,
        threads: int = 1,
        samples: Samples = ANY_SAMPLES,
    ) -> None:
        least = scheduling.WORTH_SHARING if threads == 1 else 0
        with unittest.mock.patch.object(scheduling, "WORTH_SHARING", least):
            super().__init__(graph, samples=samples, target=target)
        self.threads = threads

    def table(self, arena: Arena) -> Array:
        """Return the addresses, with guarded memory in the place of the program's own."""
        table = super().table(arena)
        self.guarded = []
        for node in self.schedule.stored:
            slot = self.slot(node)
            assert slot is not None
            if table[slot]:
                value = node.attributes["value"] if node.primitive is CONSTANT else None
                self.guarded.append(Guarded(node.tensor_type, self.at_end, value))
                table[slot] = self.guarded[-1].address
        return table


class GuardedNumPy:
    """NumPy, but new arrays are guarded."""

    def __init__(self, at_end: bool) -> None:
        self.at_end = at_end
        self.guarded: list[Guarded] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def empty(self, shape: Any, dtype: Any = "float64") -> Array:
        """Return a new guarded array."""
        sizes = tuple(shape) if isinstance(shape, Sequence) else (int(shape),)
        self.guarded.append(Guarded(TensorType(sizes, np.dtype(dtype)), self.at_end))
        return self.guarded[-1].array


def run_guarded(program: GuardedProgram, inputs: Sequence[Array], at_end: bool) -> list[Array]:
    """Return the outputs of a program whose buffers are all guarded; what it only reads cannot be written."""
    program.at_end = at_end
    given = [
        Guarded(node.tensor_type, at_end, one) for node, one in zip(program.graph.inputs, inputs, strict=True)
    ]
    space = GuardedNumPy(at_end)
    with unittest.mock.patch.object(native_program, "np", space):
        found = program.run([one.array for one in given], program.threads)
    for one in (*given, *program.guarded, *space.guarded):
        one.check()
    return [np.array(one) for one in found]


def registry(target: str) -> Iterator[tuple[str, Graph, list[Array]]]:
    """Yield a graph with inputs for each example of the registry, with its variants."""
    for primitive, example in cases():
        if is_supported(graph_of(primitive, example)):
            yield (
                f"{primitive.name} {case_name(example)} {target}",
                *joint_graph(primitive, variants(primitive, example)),
            )


def check_registry(target: str, ways: str = "both") -> int:
    """Run every primitive on guarded memory, in both ways or in one by turns; return how many graphs ran."""
    count = 0
    for name, graph, inputs in registry(target):
        say(name)
        expected = evaluate_graph(graph, inputs)
        for at_end, threads in WAYS if ways == "both" else WAYS[count % 2 :][:1]:
            program = GuardedProgram(graph, targets()[target], threads)
            for found, right in zip(run_guarded(program, inputs, at_end), expected, strict=True):
                check_close(found, right, name)
        count += 1
    return count


def check_random(first: int, until: int) -> int:
    """Run random graphs on guarded memory; return how many ran."""
    total = Compared()
    for seed in range(first, until):
        say(f"random graph {seed}")
        made = (random_gradient if seed % 4 == 3 else random_case)(random.Random(seed))
        if made is None:
            continue
        graph, inputs = made
        names = sorted(targets())
        program = GuardedProgram(graph, targets()[names[seed // 4 % len(names)]], 1 + seed % 3)
        total.add(compare(graph, inputs, run_guarded(program, inputs, bool(seed // 2 % 2))))
    say(f"{total}")
    return until - first


def check_loops(first: int, until: int) -> int:
    """Run random loops over time on guarded memory; return how many ran."""
    for seed in range(first, until):
        say(f"random loop {seed}")
        graph, inputs = random_loop(random.Random(seed))
        names = sorted(targets())
        program = GuardedProgram(graph, targets()[names[seed % len(names)]], 1 + seed // 3 % 3)
        compare(unroll(graph), inputs, run_guarded(program, inputs, bool(seed % 2)))
    return until - first


def check_convolutions(first: int, until: int) -> int:
    """Run random convolutions and poolings with their gradients on guarded memory; return how many ran."""
    for seed in range(first, until):
        name, graph, inputs = random_convolution(random.Random(seed))
        say(f"{seed}: {name}")
        names = sorted(targets())
        program = GuardedProgram(graph, targets()[names[seed // 2 % len(names)]], 1 + 2 * (seed % 2))
        compare(graph, inputs, run_guarded(program, inputs, bool(seed // 6 % 2)))
    return until - first


def check_bad_indices() -> int:
    """Run every primitive that looks up places with indices far outside; return how many ran."""
    count = 0
    for primitive, example in cases():
        whole = [at for at, one in enumerate(example.operands) if one.type.dtype == np.dtype("int32")]
        if primitive.is_elementwise or not whole:
            continue
        say(f"{primitive.name} {case_name(example)}")
        graph = graph_of(primitive, example)
        arrays = draw(primitive, example)
        for bad in (-1, 10, 10**6, -(2**31), 2**31 - 1):
            inputs = [np.full_like(one, bad) if at in whole else one for at, one in enumerate(arrays)]
            for at_end in (True, False):
                check_refused_and_harmless(GuardedProgram(graph), inputs, at_end)
        count += 1
    return count


def check_refused_and_harmless(program: GuardedProgram, inputs: Sequence[Array], at_end: bool) -> None:
    """Check that bad indices are refused, and that code which was not asked to check them touches nothing."""
    try:
        run_guarded(program, inputs, at_end)
    except EvaluationError:
        program._index_inputs = []
        run_guarded(program, inputs, at_end)
    else:
        raise AssertionError("indices outside their axis were taken")


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Run what the arguments name."""
    faulthandler.enable()
    np.seterr(all="ignore")
    what, *rest = arguments
    if what == "registry":
        count = check_registry(*rest)
    elif what == "random":
        count = check_random(*map(int, rest))
    elif what == "convolutions":
        count = check_convolutions(*map(int, rest))
    elif what == "loops":
        count = check_loops(*map(int, rest))
    else:
        count = check_bad_indices()
    say(f"passed: {count}")


if __name__ == "__main__":
    main(sys.argv[1:])
