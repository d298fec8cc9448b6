"""Threads: how many, and the same machine code on each of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tiza.errors import ModelError


def thread_count() -> int:
    """Return how many threads to use: TIZA_THREADS, or one a processor that this process may run on.

    Raises:
        ModelError: TIZA_THREADS is not a whole number of at least 1.
    """
    text = os.environ.get("TIZA_THREADS", "")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise ModelError(f"TIZA_THREADS: got {text!r}, expected a whole number of at least 1.")
    return int(text)


def call_on_threads(function: Callable[..., None], arguments: tuple[int, ...], count: int) -> None:
    """Call `function(*arguments, number, count)` on `count` threads, this one the first, and wait for all."""
    others = [
        threading.Thread(target=function, args=(*arguments, number, count)) for number in range(1, count)
    ]
    with _interrupts_held_back():
        for one in others:
            one.start()
        function(*arguments, 0, count)
        for one in others:
            one.join()


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
