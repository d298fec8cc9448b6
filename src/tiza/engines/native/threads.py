"""Threads: how many, and the same machine code on each of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

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
    for one in others:
        one.start()
    function(*arguments, 0, count)
    for one in others:
        one.join()
