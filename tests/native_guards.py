"""Every buffer of a program between pages that must not be touched: what is read or written outside ends the process.

As a script it runs the registry, or random graphs, and prints each name before its run, so that a crash shows where:

    python tests/native_guards.py registry avx2
    python tests/native_guards.py random 0 100
"""

from __future__ import annotations

import ctypes
import faulthandler
import mmap
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from native_checks import Compared, check_close, compare, is_supported, joint_graph, targets, type_of, variants
from native_graphs import random_case
from primitive_checks import case_name, cases, graph_of
from tiza.engines.native.program import NativeProgram
from tiza.engines.reference.evaluation import evaluate_graph
from tiza.graph.graph import Graph
from tiza.graph.node import CONSTANT, INPUT
from tiza.graph.tensor_type import TensorType

Array = Any
PAGE = mmap.PAGESIZE
FILL = 0xA5
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
            self._set(start, PAGE, mmap.PROT_NONE if hasattr(mmap, "PROT_NONE") else 0)
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


def run_guarded(program: NativeProgram, inputs: Sequence[Array], at_end: bool) -> list[Array]:
    """Return the outputs of a program whose buffers, those between kernels too, are guarded; what it reads only
    cannot be written."""
    table, kept = program.table()
    given = dict(zip(program.graph.inputs, inputs, strict=True))
    guarded = {}
    for node in program.schedule.stored:
        value = node.attributes["value"] if node.primitive is CONSTANT else given.get(node)
        guarded[node] = Guarded(node.tensor_type, at_end, value)
        slot = program.slot(node)
        assert slot is not None
        table[slot] = guarded[node].address
    program._run(table.ctypes.data)
    for one in guarded.values():
        one.check()
    del kept
    missing = [node for node in program.graph.outputs if node not in guarded]
    assert all(node.primitive in (INPUT, CONSTANT) for node in missing)
    return [
        guarded[node].array.copy() if node in guarded else given.get(node, node.attributes.get("value"))
        for node in program.graph.outputs
    ]


Check = Callable[[NativeProgram, Graph, list[Array]], None]


def registry(target: str) -> Iterator[tuple[str, Graph, list[Array]]]:
    """Yield a graph with inputs for each example of the registry, with its variants."""
    for primitive, example in cases():
        if is_supported(graph_of(primitive, example)):
            yield (f"{primitive.name} {case_name(example)} {target}", *joint_graph(primitive, variants(primitive, example)))


def check_registry(target: str) -> int:
    """Run every primitive on guarded memory; return how many graphs ran."""
    count = 0
    for name, graph, inputs in registry(target):
        say(name)
        program = NativeProgram(graph, targets()[target])
        expected = evaluate_graph(graph, inputs)
        for at_end in (True, False):
            for found, right in zip(run_guarded(program, inputs, at_end), expected, strict=True):
                check_close(found, right, name)
        count += 1
    return count


def check_random(first: int, until: int) -> int:
    """Run random graphs on guarded memory; return how many ran."""
    total = Compared()
    for seed in range(first, until):
        say(f"random graph {seed}")
        graph, inputs = random_case(random.Random(seed))
        names = sorted(targets())
        program = NativeProgram(graph, targets()[names[seed % len(names)]])
        total.add(compare(graph, inputs, run_guarded(program, inputs, bool(seed % 2))))
    say(f"{total}")
    return until - first


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Run what the arguments name."""
    faulthandler.enable()
    np.seterr(all="ignore")
    what, *rest = arguments
    count = check_registry(*rest) if what == "registry" else check_random(*map(int, rest))
    say(f"passed: {count}")


__all__ = ["Guarded", "run_guarded", "type_of"]

if __name__ == "__main__":
    main(sys.argv[1:])
