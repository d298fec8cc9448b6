"""Record: what training leaves behind so that its steps can be taken again, within a budget."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Any

import numpy as np

from tiza.training.replay.snapshots import Snapshot, Snapshots
from tiza.training.replay.sources import Given, Lost, Referenced, Source, source_of
from tiza.training.replay.span import Span
from tiza.training.trainer import Data, Epochs

Array = np.ndarray[Any, Any]

REPLAY_MEMORY = 64 * 2**20
"""Bytes that a record may take, unless told otherwise."""

SPAN_BYTES = 1024
"""What a span takes besides its data, about."""

BUDGET_ZERO = "it was taken while model.replay_memory was 0; set it before fit."
TOO_SMALL = "model.replay_memory was too small for the weights of its samples; make it larger before fit."
TOO_OLD = (
    "model.replay_memory had room for what later steps need alone; make it larger before fit, or train by "
    "fit rather than step by step."
)
WITHIN = "a callback trained the model while fit did; leave that out."
LOADED = (
    "the model was loaded after it, and a model file does not hold what replaying needs; steps that are "
    "taken from now on can be replayed."
)


class Record:
    """What a training leaves behind; steps are counted by how many were taken before.

    Args:
        start: how many steps were taken before the record begins.

    Attributes:
        snapshots: some states.
        known_from: the first step that may be taken again.
        why: why those before it may not.
        memory: bytes that the record may take.
    """

    def __init__(self, start: int = 0) -> None:
        self.snapshots = Snapshots()
        self.known_from, self.why = start, LOADED
        self.memory = REPLAY_MEMORY
        self._spans: list[Span] = []
        self._held = 0
        # step and rate by turns, where the rate changes
        self._rates = array("d")
        # steps before which somebody else replaced the state
        self._breaks = array("q")
        self._reached: Snapshot | None = None

    def follow(self, first: int, data: Data, epochs: Epochs, given: Given, memory: int) -> Follower:
        """Return what follows a training that begins now.

        Args:
            first: how many steps were taken before it.
            data: what its steps read.
            epochs: which epochs, and how they read the data.
            given: the data as the training was given them.
            memory: bytes that the record may take.
        """
        self.memory = memory
        self._forget_from(first)
        if not memory:
            self.lose(first, BUDGET_ZERO)
            return Follower(self, self._spans[-1])
        source: Source = source_of(data, given, memory // 4)
        if source.nbytes > memory // 2:
            source = Lost(TOO_SMALL)
        if self._spans and source.is_same(self._spans[-1].source):
            source = self._spans[-1].source
        self._add(Span(first, source, data.samples, epochs))
        return Follower(self, self._spans[-1])

    def lose(self, first: int, reason: str) -> None:
        """Note that the steps from one on cannot be taken again."""
        self._reached = None
        if not self._spans or self._spans[-1].source != Lost(reason):
            self._add(Span(first, Lost(reason), 1, Epochs(0, 1)))

    @property
    def last_span(self) -> Span:
        """The span of the steps that are taken now."""
        return self._spans[-1]

    def span_of(self, step: int) -> Span:
        """Return the span of a step."""
        return self._spans[bisect_right(self._spans, step, key=_first) - 1]

    def end_of(self, step: int, steps: int) -> int:
        """Return the step that the next span begins with, of so many steps in all."""
        at = bisect_right(self._spans, step, key=_first)
        return self._spans[at].first if at < len(self._spans) else steps

    def rate_at(self, step: int) -> float:
        """Return the learning rate that a step was given."""
        return self._rates[2 * self._rates_until(step) - 1]

    def next_rate(self, step: int) -> float:
        """Return the step behind `step` that was given another rate; infinity if none was."""
        at = 2 * self._rates_until(step)
        return self._rates[at] if at < len(self._rates) else float("inf")

    def last_before(self, step: int) -> Snapshot | None:
        """Return the last state that leads to the one before a step, if one is kept."""
        found = [one for one in self._states() if one.steps <= step]
        return found[-1] if found and not self._is_broken(found[-1].steps, step) else None

    def first_after(self, step: int) -> Snapshot | None:
        """Return the first state behind a step that this step leads to, if one is kept."""
        found = [one for one in self._states() if one.steps > step]
        return found[0] if found and not self._is_broken(step, found[0].steps) else None

    def depart(self, span: Span, step: int, values: list[Array], rate: float) -> None:
        """Note the state and the learning rate that a step of a span begins with."""
        if not self._rates or self._rates[-1] != rate:
            self._rates.extend((step, rate))
        reached = self._reached
        if reached is not None and reached.values is values:
            return
        if reached is None or reached.steps != step or not _are_same(reached.values, values):
            self._breaks.append(step)
            self.snapshots.put(Snapshot(step, values, needed=True), self._budget())
        elif step == span.first and self._came_from_elsewhere(span):
            # what comes next can then be taken again without the data of what came before
            self.snapshots.put(Snapshot(step, values), self._budget())
        self._reached = Snapshot(step, values)
        if 8 * (len(self._rates) + len(self._breaks)) > self.memory // 4:
            self._forget_before((self.known_from + step) // 2)

    def arrive(self, step: int, values: list[Array]) -> None:
        """Note the state that training has come to."""
        self._reached = Snapshot(step, values)
        if self.snapshots.is_due(step):
            self.snapshots.offer(step, values, self._budget())

    def _states(self) -> list[Snapshot]:
        """Return the states that are kept, and the last one."""
        kept, last = self.snapshots.kept, self._reached
        return kept if last is None or (kept and kept[-1].steps >= last.steps) else [*kept, last]

    def _is_broken(self, after: int, until: int) -> bool:
        """Whether somebody replaced the state behind a step, up to another."""
        return bisect_right(self._breaks, until) > bisect_right(self._breaks, after)

    def _rates_until(self, step: int) -> int:
        """Return how many rates were noted up to a step."""
        return bisect_right(range(len(self._rates) // 2), step, key=lambda at: int(self._rates[2 * at]))

    def _budget(self) -> int:
        """Return the bytes that snapshots may take."""
        return max(0, self.memory - self._held - 8 * (len(self._rates) + len(self._breaks)))

    def _came_from_elsewhere(self, span: Span) -> bool:
        """Whether the span before, which this one goes on from, needs data that may go."""
        before = self._spans[-2].source if len(self._spans) > 1 else span.source
        return isinstance(before, Referenced) and before is not span.source

    def _add(self, span: Span) -> None:
        """Add a span; where spans take half of the memory, the older half of them is forgotten."""
        self._held += _bytes_of(span, self._spans[-1] if self._spans else None)
        self._spans.append(span)
        if self._held > self.memory // 2 and len(self._spans) > 2:
            self._forget_before(self._spans[len(self._spans) // 2].first)

    def _forget_before(self, step: int) -> None:
        """Forget what only steps before one need."""
        at = max(0, bisect_right(self._spans, step, key=_first) - 1)
        self._spans = self._spans[at:]
        self._held = sum(map(_bytes_of, self._spans, [None, *self._spans[:-1]]))
        del self._rates[: max(0, 2 * self._rates_until(step) - 2)]
        del self._breaks[: bisect_right(self._breaks, step)]
        self.snapshots.kept = [one for one in self.snapshots.kept if one.steps >= step]
        if not self.snapshots.kept and self._reached is not None:
            self.snapshots.put(self._reached, self._budget())
        kept = self.snapshots.kept
        self.known_from, self.why = kept[0].steps if kept else step, TOO_OLD

    def _forget_from(self, step: int) -> None:
        """Forget steps that were taken back, from one on, and spans without any step."""
        while self._spans and self._spans[-1].first >= step:
            span = self._spans.pop()
            self._held -= _bytes_of(span, self._spans[-1] if self._spans else None)
        while self._rates and self._rates[-2] > step:
            del self._rates[-2:]
        del self._breaks[bisect_right(self._breaks, step) :]
        self.snapshots.kept = [one for one in self.snapshots.kept if one.steps <= step]
        if self._reached is not None and self._reached.steps > step:
            self._reached = None


class Follower:
    """Follows one training, for a record."""

    def __init__(self, record: Record, span: Span) -> None:
        self._record = record
        self._span = span

    def depart(self, step: int, values: list[Array], rate: float) -> None:
        """See `Recorder.depart`."""
        record = self._record
        if record.last_span is not self._span:
            record.lose(step, WITHIN)
            self._span = record.last_span
        if not isinstance(self._span.source, Lost):
            record.depart(self._span, step, values, rate)

    def arrive(self, step: int, values: list[Array]) -> None:
        """See `Recorder.arrive`."""
        if not isinstance(self._span.source, Lost):
            self._record.arrive(step, values)


def _first(span: Span) -> int:
    return span.first


def _bytes_of(span: Span, before: Span | None) -> int:
    """Return what a span takes behind another, whose data it may share."""
    shares = before is not None and before.source is span.source
    return SPAN_BYTES if shares else SPAN_BYTES + span.source.nbytes


def _are_same(ours: list[Array], theirs: list[Array]) -> bool:
    return all(one is other for one, other in zip(ours, theirs, strict=True))
