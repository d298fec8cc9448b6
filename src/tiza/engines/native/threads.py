"""Threads: how many, and the same machine code on each of them."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tiza.errors import ModelError


def thread_count() -> int:
    """Return how many threads to use: TIZA_THREADS, or one a processor, but no more than OMP_NUM_THREADS.

    The latter limits other libraries too; joblib sets it in its workers, which share the processors.

    Raises:
        ModelError: TIZA_THREADS is not a whole number of at least 1.
    """
    text = os.environ.get("TIZA_THREADS", "")
    if not text:
        return int(min(_processors(), _most_of_openmp()))
    if not text.isdecimal() or int(text) < 1:
        raise ModelError(f"TIZA_THREADS: got {text!r}, expected a whole number of at least 1.")
    return int(text)


def _processors() -> int:
    """Return how many processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _most_of_openmp() -> float:
    """Return the limit that OMP_NUM_THREADS sets: the first of its numbers, which are one a level."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    # what is no such number limits nothing: the variable is another library's
    return int(first) if first.isdecimal() and int(first) else math.inf


class _Gate:
    """Where new threads wait until it is known how many there are, so that none enters alone."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self._count = 0
        self.entered: list[float] = []

    def open(self, count: int) -> None:
        """Let the threads in, `count` of them in all; 0 sends them away."""
        self._count = count
        self._opened.set()

    def enter(self, function: Callable[..., None], arguments: tuple[int, ...], number: int) -> None:
        """Wait, then call `function` as thread `number`."""
        self._opened.wait()
        if number < self._count:
            self.entered.append(time.perf_counter())
            function(*arguments, number, self._count)


def call_on_threads(function: Callable[..., None], arguments: tuple[int, ...], count: int) -> float:
    """Call `function(*arguments, number, count)` on up to `count` threads, this one first, and wait for all.

    Where the system gives fewer threads, fewer are used: the result is the same.

    Returns:
        The seconds that all of them computed: how long a system takes to wake one says nothing of their pace.
    """
    if count == 1:
        started = time.perf_counter()
        function(*arguments, 0, 1)
        return time.perf_counter() - started
    with _interrupts_held_back():
        return _call_together(function, arguments, count)


def _call_together(function: Callable[..., None], arguments: tuple[int, ...], count: int) -> float:
    gate = _Gate()
    others: list[threading.Thread] = []
    try:
        for number in range(1, count):
            one = threading.Thread(target=gate.enter, args=(function, arguments, number), daemon=True)
            one.start()
            others.append(one)
    except RuntimeError:
        # the system gives no more threads; those there are do the work
        pass
    except BaseException:
        gate.open(0)
        raise
    gate.open(len(others) + 1)
    gate.enter(function, arguments, 0)
    for one in others:
        one.join()
    return time.perf_counter() - max(gate.entered)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Hold Ctrl-C back inside a `with` block.

    Threads wait for one another and use the caller's memory: an exception must not part them.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    held: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if held:
        handler(*held[0])
