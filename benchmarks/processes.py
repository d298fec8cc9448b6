"""Processes that are timed in turn, and what their times amount to."""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAUSE = 0.1
"""Seconds between two measurements: a library's threads may spin that long before they sleep."""

HOPELESS = 3
"""How many times as long as with another number of threads is too long to go on."""

LONG = 30
"""Seconds that are too long to ask for more than once."""


@dataclass(frozen=True)
class Library:
    """A script that serves requests, and the number of threads it may use.

    Attributes:
        name: what the tables call it.
        script: its command line.
        threads: how many threads.
    """

    name: str
    script: tuple[str, ...]
    threads: int

    @property
    def label(self) -> str:
        """The name with the number of threads."""
        return f"{self.name}, {self.threads}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that limit the threads of each library."""
        return environment(self.threads)


def environment(threads: int, further: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables for a process that may use so many threads."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TIZA_THREADS", "NPROC")
    # XLA's pool of threads has the size that NPROC says
    limits = {name: str(threads) for name in names}
    return {**os.environ, **limits, "KERAS_BACKEND": "jax", **(further or {})}


@dataclass
class Times:
    """Seconds, measured several times."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The shortest."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The longest."""
        return max(self.values)

    def scaled(self, factor: float) -> Times:
        """Return them in another unit."""
        return Times([one * factor for one in self.values])


class Process:
    """A library at work in a process of its own."""

    def __init__(self, library: Library) -> None:
        self.library = library
        command = [sys.executable, str(HERE / library.script[0]), *library.script[1:]]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=library.environment,
            cwd=HERE,
        )

    def ask(self, request: str, limit: float | None = None) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            TimeoutError: it did not come within `limit` seconds; the process is ended.
            RuntimeError: the process has ended.
        """
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(request + "\n")
        self._running.stdin.flush()
        if not select.select([self._running.stdout], [], [], limit)[0]:
            self._running.kill()
            self._running.wait()
            raise TimeoutError(f"{self.library.label}: more than {limit:.0f} s for {request!r}")
        line = self._running.stdout.readline()
        if not line:
            self._said.seek(0)
            last = self._said.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{self.library.label}: the process ended at {request!r}\n{last}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process is no longer there."""
        return self._running.poll() is not None

    def close(self) -> None:
        """End the process."""
        assert self._running.stdin is not None
        with suppress(BrokenPipeError):  # it was given up
            self._running.stdin.close()
        self._running.wait()


@contextmanager
def processes(libraries: Sequence[Library]) -> Iterator[list[Process]]:
    """Start a process for each library, and end them all."""
    with ExitStack() as stack:
        started = []
        for library in libraries:
            process = Process(library)
            stack.callback(process.close)
            started.append(process)
        yield started


def prepared(running: Sequence[Process], request: str) -> list[dict[str, Any]]:
    """Ask each process to prepare a task; a number of threads that takes too long is given up."""
    answers: list[dict[str, Any]] = []
    known: dict[str, float] = {}
    for process in running:
        before = known.get(process.library.name)
        start = time.perf_counter()
        try:
            answers.append(process.ask(request, None if before is None else 5 + HOPELESS * before))
        except TimeoutError:
            answers.append({})
            continue
        known.setdefault(process.library.name, time.perf_counter() - start)
    return answers


def in_turn(running: Sequence[Process], request: str, repeats: int) -> list[Times]:
    """Ask each process in turn, `repeats` times over, the order reversed every other time.

    After the first round a library's hopeless number of threads is not asked again, nor what took very long.
    """
    times = [Times() for _ in running]
    places = [place for place, process in enumerate(running) if not process.ended]
    for repeat in range(repeats):
        for place in places if repeat % 2 == 0 else reversed(places):
            time.sleep(PAUSE)
            times[place].values.append(running[place].ask(request)["seconds"])
        if repeat == 0:
            places = [
                place
                for place in places
                if times[place].median <= LONG and not _is_hopeless(running, times, place)
            ]
    return times


def _is_hopeless(running: Sequence[Process], times: Sequence[Times], place: int) -> bool:
    name = running[place].library.name
    same = [
        one.median
        for one, process in zip(times, running, strict=True)
        if one.values and process.library.name == name
    ]
    return times[place].median > HOPELESS * min(same)


@dataclass(frozen=True)
class Whole:
    """What a script took from start to end.

    Attributes:
        seconds: of the clock.
        processor_seconds: of all processors at work for it.
        printed: what it said.
    """

    seconds: float
    processor_seconds: float
    printed: str


def whole_process(script: str, threads: int, further: Mapping[str, str] | None = None) -> Whole:
    """Run a script from start to end; no other process of this program may end meanwhile."""
    start, before = time.perf_counter(), _used_by_ended()
    done = subprocess.run(
        [sys.executable, str(HERE / script)],
        capture_output=True,
        text=True,
        env=environment(threads, further),
        cwd=HERE,
        check=True,
    )
    return Whole(time.perf_counter() - start, _used_by_ended() - before, done.stdout.strip())


def _used_by_ended() -> float:
    """Return the processor seconds of the processes of this program that have ended."""
    of = os.times()
    return of.children_user + of.children_system


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy with another process meanwhile: the last of those this process may use."""
    core = max(os.sched_getaffinity(0))
    endless = f"import os; os.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    other = subprocess.Popen([sys.executable, "-c", endless])
    try:
        time.sleep(0.5)
        yield
    finally:
        other.kill()
        other.wait()
