"""Arenas: memory for what stands between kernels; what one gives back serves the next."""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any

import numpy as np

from tiza.engines.native.kernels import Kernel, Loop, Schedule, kernel_buffers, size_in_bytes
from tiza.graph.node import Node

Array = Any
ALIGNMENT = 64

MOST_KEPT = 512 * 2**20
"""Most bytes of an arena that is kept when nothing uses it: what a larger one takes, it takes anew."""

_spare: deque[Array] = deque(maxlen=1)


class Arena:
    """Memory of at least `size` bytes, at an address that is a multiple of `ALIGNMENT`.

    Its values are what was there before. A system may take as long to find fresh memory as several training
    steps last, so the last arena that was given back, when nothing refers to it any more, is taken again.

    Attributes:
        address: where it begins.
    """

    def __init__(self, size: int) -> None:
        memory = _taken(size + ALIGNMENT)
        self.address: int = _padded(memory.ctypes.data)
        weakref.finalize(self, _keep, memory).atexit = False


def _taken(size: int) -> Array:
    try:
        memory = _spare.pop()
    except IndexError:
        return np.empty(size, dtype="uint8")
    return memory if memory.nbytes >= size else np.empty(size, dtype="uint8")


def _keep(memory: Array) -> None:
    if memory.nbytes <= MOST_KEPT:
        _spare.append(memory)


def arena_offsets(plan: Schedule) -> tuple[dict[Node, int], int]:
    """Return where in the arena each value between kernels stands, places shared when they are free again.

    Within a phase no place is used again: a thread may be ahead of another.
    """
    last = {
        node: number
        for number, phase in enumerate(plan.phases)
        for kernel in phase
        for node in _touched(kernel)
    }
    outside = {*plan.graph.inputs, *plan.graph.outputs}
    offsets: dict[Node, int] = {}
    free: list[tuple[int, int]] = []
    end = 0
    for number, phase in enumerate(plan.phases):
        for node in dict.fromkeys(node for kernel in phase for node in kernel.written):
            if node in outside or node in offsets:
                continue
            start = _take(free, _padded(size_in_bytes(node)))
            if start is None:
                start, end = end, end + _padded(size_in_bytes(node))
            offsets[node] = start
        for node, use in last.items():
            if use == number and node in offsets:
                free.append((offsets[node], _padded(size_in_bytes(node))))
    return offsets, end


def _touched(kernel: Kernel | Loop) -> list[Node]:
    return kernel.buffers if isinstance(kernel, Loop) else kernel_buffers(kernel)


def _take(free: list[tuple[int, int]], size: int) -> int | None:
    """Return the start of the smallest hole that `size` fits into, and shorten it."""
    fitting = [hole for hole in free if hole[1] >= size]
    if not fitting:
        return None
    start, length = min(fitting, key=lambda hole: hole[1])
    free.remove((start, length))
    if length > size:
        free.append((start + size, length - size))
    return start


def _padded(size: int) -> int:
    return max(-(-size // ALIGNMENT), 1) * ALIGNMENT
