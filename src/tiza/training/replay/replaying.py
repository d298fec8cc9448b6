"""Taking a step again: from the last state kept before it, and on to the next, which must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.engines.engine import Rows
from tiza.errors import DataError, ModelError
from tiza.nn.checks import whole_number
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.schedules.schedule import LearningRateSchedule
from tiza.training.replay.record import Record
from tiza.training.replay.sources import Copied, Given, Prepare, Source
from tiza.training.replay.span import Span
from tiza.training.state import ITERATIONS, SEED, State
from tiza.training.trainer import SECONDS_A_RETURN, Data, Run, Trainer

Array = np.ndarray[Any, Any]


ROWS_TOGETHER = 2**15
"""Rows whose order is made at once, where passes over the data are short."""


@dataclass(frozen=True)
class Replay:
    """One step of a training, as it was.

    Attributes:
        step: its number, from 1.
        epoch: number of its epoch, from 0.
        rows: the rows of the data that it read.
        learning_rate: the rate that it was taken with.
        initial_learning_rate: the rate that a schedule started from; without one, the same.
        loss: the loss of its batch before it.
        state: weights, optimizer slots, step counter and seed before it, by path.
        batch: what it read.
    """

    step: int
    epoch: int
    rows: Array
    learning_rate: float
    initial_learning_rate: float
    loss: float
    state: Mapping[str, Array]
    batch: Data


def replayed(
    trainer: Trainer, record: Record, steps: int, step: object, given: Given | None, prepare: Prepare
) -> Replay:
    """Return a step that is taken again, bitwise as it was.

    It goes on to the next state that is kept, and is right only if that comes out: this tells data that were
    changed in place, even where fingerprints do not.

    Args:
        trainer: network, loss, optimizer and engine.
        record: what training left behind.
        steps: how many steps were taken in all.
        step: its number, from 1.
        given: the data that it was trained on, if somebody gives them again.
        prepare: makes arrays of what a user gives.

    Raises:
        ModelError: there was no such step, or not all that it needs is kept.
        DataError: data have changed, or others are given; the first difference is named.
    """
    before = _checked_step(step, steps) - 1
    where = f"step {before + 1}"
    if before < record.known_from:
        raise ModelError(f"{where} cannot be replayed: {record.why}")
    span = record.span_of(before)
    start = record.last_before(before)
    sources = _Sources(span.source, given, prepare, where)
    data = sources.of(span)
    if start is None:
        raise ModelError(
            f"{where} cannot be replayed: no state that leads to it was kept (model.replay_memory was "
            f"{record.memory} bytes); make it larger before fit."
        )
    walk = _Walk(trainer, record, sources.of, steps)
    state = walk.on(start.values, start.steps, before)
    after = walk.on(state, before, before + 1)
    loss = walk.loss
    goal = record.first_after(before)
    if goal is not None and all(
        isinstance(one, Copied) or one is span.source for one in _sources_between(record, before, goal.steps)
    ):
        _check_comes_out(trainer, walk.on(after, before + 1, goal.steps), goal.values, where, span.source)
    rows = np.array(walk.rows(span, state, before))
    initial = record.rate_at(before)
    return Replay(
        before + 1,
        span.place(before).epoch,
        rows,
        _rate(trainer.optimizer, initial, before),
        initial,
        loss,
        {one.path: np.array(value) for one, value in zip(trainer.entries, state, strict=True)},
        data.part(rows),
    )


def _checked_step(step: object, steps: int) -> int:
    number = whole_number("step", step)
    if number > steps:
        taken = f"1 to {steps}: so many were taken" if steps else "a model that has taken one; call fit first"
        raise ModelError(f"step: got {number}, expected {taken}.")
    return number


class _Sources:
    """The data of spans; those that are given are the ones of one span."""

    def __init__(self, own: Source, given: Given | None, prepare: Prepare, where: str) -> None:
        self._own = own
        self._given = given
        self._prepare = prepare
        self._where = where
        self._found: dict[int, Data] = {}

    def of(self, span: Span) -> Data:
        """Return the data that a span reads."""
        source = span.source
        if id(source) not in self._found:
            given = self._given if source is self._own else None
            try:
                self._found[id(source)] = source.again(given, self._prepare)
            except ModelError as error:
                past = "" if source is self._own else f"step {span.first + 1} comes before it, and "
                raise ModelError(f"{self._where} cannot be replayed: {past}{error}") from None
            except DataError as error:
                raise DataError(f"{self._where} cannot be replayed: {error}") from None
        return self._found[id(source)]


class _Walk:
    """Takes steps of a record again."""

    def __init__(self, trainer: Trainer, record: Record, data_of: Callable[[Span], Data], steps: int) -> None:
        self._trainer = trainer
        self._record = record
        self._data_of = data_of
        self._steps = steps
        self.loss = float("nan")

    def on(self, values: list[Array], step: int, until: int) -> list[Array]:
        """Return the state before the step `until`, from that before `step` on."""
        while step < until:
            span = self._record.span_of(step)
            end = min(until, self._record.end_of(step, self._steps))
            values = self._through(span, values, step, end)
            step = end
        return values

    def rows(self, span: Span, values: list[Array], step: int) -> Any:
        """Return the rows that a step reads."""
        return self._rows(span, values, step, step + 1).of_step(span.place(step).step)

    def _through(self, span: Span, values: list[Array], step: int, end: int) -> list[Array]:
        """Take steps of one span, as many at once as read one order with one rate."""
        run = self._trainer.begin(self._state(values), self._data_of(span), span.batch_size)
        while step < end:
            run.rate[...] = self._record.rate_at(step)
            rows = self._rows(span, values, step, int(min(end, self._record.next_rate(step))))
            first = span.place(step).step
            values = self._run(run, rows, first)
            step += rows.steps - first
        return values

    def _run(self, run: Run, rows: Rows, first: int) -> list[Array]:
        while True:
            done = run.session.run(rows, first, SECONDS_A_RETURN)
            self.loss = float(done.results[-1, 0])
            first = done.next
            if first >= rows.steps or not done.sound:
                return done.state

    def _rows(self, span: Span, values: list[Array], step: int, end: int) -> Rows:
        """Return the rows of the pass that a step lies in, or of some whole passes, up to a step at most."""
        begins, size = span.place(step).begins, span.batch_size
        passes = (end - begins) // span.steps_a_pass if step == begins else 0
        count = max(1, min(passes, ROWS_TOGETHER // span.samples))
        known = {SEED: self._state(values)[SEED], ITERATIONS: np.asarray(begins)}
        orders = self._trainer.orders(known, span.samples, size, span.epochs.shuffle, count)
        return Rows(orders if passes else orders[:, : (end - begins) * size], size)

    def _state(self, values: list[Array]) -> State:
        return {one.path: value for one, value in zip(self._trainer.entries, values, strict=True)}


def _sources_between(record: Record, step: int, until: int) -> list[Source]:
    """Return the data of all steps from one to before another."""
    found = []
    while step < until:
        found.append(record.span_of(step).source)
        step = record.end_of(step, until)
    return found


def _check_comes_out(
    trainer: Trainer, found: list[Array], expected: list[Array], where: str, source: Source
) -> None:
    """Check that the steps lead where they led.

    Raises:
        DataError: they do not, and the data may have changed.
        ModelError: they do not, with the data of that time.
    """
    for entry, one, other in zip(trainer.entries, found, expected, strict=True):
        if one.tobytes() == other.tobytes():
            continue
        problem = f"{where} cannot be replayed: it leads to another {entry.path} than it did;"
        if isinstance(source, Copied):
            raise ModelError(f"{problem} the engine does not repeat a step exactly here.")
        raise DataError(f"{problem} x or y was changed in place since fit: pass them as they were.")


def _rate(optimizer: Optimizer, initial: float, completed: int) -> float:
    """Return the learning rate of the step after so many."""
    known = optimizer.with_learning_rate(initial).learning_rate
    return float(known(completed)) if isinstance(known, LearningRateSchedule) else float(known)
