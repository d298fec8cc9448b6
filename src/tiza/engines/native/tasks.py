"""Tasks: what each thread does of each kernel, as numbers that the code reads when it runs.

The code of a program that is shared between threads names neither the number of rows nor numbers made of it:
programs that differ in nothing else are one code.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

import llvmlite.ir as ir
import numpy as np

from tiza.engines.native.code import I64, index, register_type, splat
from tiza.engines.native.expression import Number, every_part
from tiza.engines.native.kernels import Kernel, Loop, Schedule, Sharing
from tiza.engines.native.phases import ALONE, ANYWHERE, grain, overwrites
from tiza.engines.native.target import Target

Array = Any


class Word(IntEnum):
    """Words of a task: the part of the first loop, and the length of the reduction's first loop."""

    FIRST = 0
    UNTIL = 1
    TERMS = 2


ROWS = len(Word)
"""Where the number of rows stands, after the thread's part of them; numbers stand after a kernel's task."""

WRITTEN = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)
"""Numbers that are written into the code in any case: they are nobody's share of something."""


def numbers_of(kernel: Kernel) -> list[Number]:
    """Return the numbers that a kernel is handed with its task."""
    expressions = [expression for _, expression in kernel.values]
    parts = every_part([*expressions, kernel.body] if kernel.body is not None else expressions)
    found = (one for one in parts if isinstance(one, Number) and is_handed(one))
    return list(dict.fromkeys(found))


def is_handed(number: Number) -> bool:
    """Return whether a number stands in a task, not in the code."""
    return number.dtype.kind == "f" and number.value not in WRITTEN


def every_kernel(plan: Schedule) -> Iterator[Kernel]:
    """Yield each kernel, those of loops too."""
    for kernel in plan.kernels:
        if isinstance(kernel, Loop):
            yield from every_kernel(kernel.body)
        else:
            yield kernel


def _cuts(plan: Schedule, target: Target, alone: bool = False) -> Iterator[tuple[Kernel, int]]:
    """Yield each kernel and its grain; one thread runs those of a loop that it runs alone."""
    for kernel in plan.kernels:
        if isinstance(kernel, Loop):
            yield from _cuts(kernel.body, target, alone or kernel.sharing is Sharing.ALONE)
        else:
            yield kernel, ALONE if alone else grain(kernel, target, overwrites(kernel, plan.overwritten))


def task_places(plan: Schedule) -> tuple[dict[int, int], int]:
    """Return where each kernel's task begins, by identity, and how many words all take."""
    places: dict[int, int] = {}
    end = ROWS + 1
    for kernel in every_kernel(plan):
        places[id(kernel)] = end
        end += task_words(kernel)
    return places, end


def task_words(kernel: Kernel) -> int:
    """Return how many words a kernel's task takes."""
    return len(Word) + len(numbers_of(kernel))


def tasks_of(plan: Schedule, target: Target, threads: int) -> Array:
    """Return the tasks of each thread, one line each."""
    places, words = task_places(plan)
    tasks = np.zeros((threads, words), dtype="int64")
    rows = plan.gathered[0].tensor_type.shape[0] if plan.gathered else 0
    # samples of a sum are one thread's
    of_samples = max([ANYWHERE, *(kernel.group for kernel in every_kernel(plan))])
    tasks[:, ROWS] = rows
    for thread in range(threads):
        tasks[thread, Word.FIRST : Word.UNTIL + 1] = _part(rows, of_samples, thread, threads)
    for kernel, grain_of_kernel in _cuts(plan, target):
        start = places[id(kernel)]
        numbers = [_as_word(one) for one in numbers_of(kernel)]
        for thread, line in enumerate(tasks):
            length = kernel.shared_length
            by_samples = grain_of_kernel == ANYWHERE and length == plan.samples.count
            step = of_samples if by_samples else grain_of_kernel
            # one thread runs a kernel that is not cut up
            part = _part(length, step, thread, threads) if step != ALONE else (0, length)
            terms = kernel.reduced[0] if kernel.reduced else 0
            line[start : start + len(Word) + len(numbers)] = [*part, terms, *numbers]
    return tasks


def _part(size: int, step: int, thread: int, threads: int) -> tuple[int, int]:
    """Return the part of `size` that a thread takes, in whole steps but for the end."""
    steps = -(-size // step)
    first, until = (min(steps * number // threads * step, size) for number in (thread, thread + 1))
    return first, until


def _as_word(number: Number) -> int:
    word = np.zeros(8 // number.dtype.itemsize, number.dtype)
    word[0] = number.value
    return int(word.view("int64")[0])


def read_word(builder: ir.IRBuilder, task: ir.Value, place: int) -> ir.Value:
    """Return a word of a task."""
    return builder.load(builder.gep(task, [index(place)], source_etype=I64), typ=I64)


class Handed:
    """The numbers of a kernel's task, read before its loops."""

    def __init__(self, builder: ir.IRBuilder, task: ir.Value, kernel: Kernel, lanes: int) -> None:
        self._values: dict[tuple[Number, int], ir.Value] = {}
        for position, one in enumerate(numbers_of(kernel)):
            address = builder.gep(task, [index(len(Word) + position)], source_etype=I64)
            value = builder.load(address, typ=register_type(one.dtype, 1))
            for width in {1, lanes}:
                self._values[one, width] = splat(builder, value, width)

    def value(self, number: Number, lanes: int) -> ir.Value | None:
        """Return a number in all lanes; None if it is not one of these."""
        return self._values.get((number, lanes))
