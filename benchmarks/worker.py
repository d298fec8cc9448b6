"""What a library's process does: it prepares a task, trains when asked and says how long that took.

It reads requests from its input, one a line, and answers each with a line of JSON:
`prepare NAME` (and `prepare NAME tiny`), `train EPOCHS`, `accuracy`, `memory`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Protocol

from tasks import Task, task


class Contestant(Protocol):
    """A library with a task in hand."""

    def train(self, epochs: int) -> None:
        """Train, and return when it is done."""

    def accuracy(self) -> float:
        """Return the share of test samples that are right."""


def serve(prepare: Callable[[Task], Contestant]) -> None:
    """Answer requests until the input ends."""
    contestant: Contestant | None = None
    for line in sys.stdin:
        what, *arguments = line.split()
        if what == "prepare":
            contestant, answer = _prepared(prepare, task(arguments[0], arguments[1:] == ["tiny"]))
        else:
            assert contestant is not None, "prepare comes first"
            answer = _answer(contestant, what, arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _prepared(prepare: Callable[[Task], Contestant], of: Task) -> tuple[Contestant, dict[str, float]]:
    start = time.perf_counter()
    contestant = prepare(of)
    ready = time.perf_counter()
    contestant.train(1)
    return contestant, {"ready": ready - start, "first": time.perf_counter() - ready}


def _answer(contestant: Contestant, what: str, arguments: list[str]) -> dict[str, float]:
    if what == "train":
        start = time.perf_counter()
        contestant.train(int(arguments[0]))
        return {"seconds": time.perf_counter() - start}
    if what == "accuracy":
        return {"accuracy": contestant.accuracy()}
    if what == "memory":
        # Linux counts in kilobytes
        return {"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    raise ValueError(f"got {what!r}, expected prepare, train, accuracy or memory")
