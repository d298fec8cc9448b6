"""The training loop: events and numbers, no printing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.calculus.simplification import simplify
from tiza.engines.engine import Engine, Rows, Samples, Session, StepLayout, StepsDone
from tiza.engines.reference.evaluation import record
from tiza.errors import DataError, NonFiniteError
from tiza.graph.graph import Graph
from tiza.graph.node import topological_order
from tiza.graph.tensor_type import TensorType
from tiza.nn.targets import check_finite
from tiza.optimizers.optimizer import Optimizer
from tiza.training.means import Means, totals
from tiza.training.order import shuffled_orders
from tiza.training.state import ITERATIONS, SEED, Entry, State, training_entries, values_in_order
from tiza.training.step import Batch, Objective, step_graph

Array = np.ndarray[Any, Any]

SECONDS_A_RETURN = 0.05
"""How often an engine returns, so that progress shows and Ctrl-C is heard."""

FEWEST_ROWS_TOGETHER, MOST_ROWS_TOGETHER = 2**13, 2**20
"""Rows whose order is made at once, at first and later, when epochs are short."""


@dataclass(frozen=True, slots=True)
class Data:
    """Checked training data: features, targets and perhaps weights, one row a sample."""

    features: Array
    targets: Array
    weights: Array | None = None

    @property
    def samples(self) -> int:
        """Number of samples."""
        return int(self.features.shape[0])

    @property
    def blocks(self) -> tuple[Array, ...]:
        """The arrays a step reads rows of."""
        both = (self.features, self.targets)
        return both if self.weights is None else (*both, self.weights)

    def batch(self, rows: int) -> Batch:
        """Return the types of a batch of `rows` samples."""
        features, targets = (
            TensorType((rows, *one.shape[1:]), one.dtype) for one in (self.features, self.targets)
        )
        return Batch(features, targets, self.weights is not None)


@dataclass(frozen=True, slots=True)
class StepsEvent:
    """Some steps of an epoch are done.

    Attributes:
        epoch: its number, from 0.
        done: how many of its steps are done.
        steps: how many it has.
        measured: means of loss and metrics over the steps done.
    """

    epoch: int
    done: int
    steps: int
    measured: dict[str, float]

    @property
    def ends_epoch(self) -> bool:
        """Whether the epoch is done."""
        return self.done == self.steps


@dataclass(frozen=True, slots=True)
class _Run:
    """What one call of `train` goes by."""

    data: Data
    session: Session
    batch_size: int
    shuffle: bool
    rate: Array

    def inputs(self, state: list[Array], chosen: Array) -> list[Array]:
        """Return the inputs of the step that reads the rows `chosen`."""
        return [*state, *(block[chosen] for block in self.data.blocks), self.rate]


class Trainer:
    """Trains a network; programs are made once a number of rows and reused."""

    def __init__(self, objective: Objective, optimizer: Optimizer, engine: Engine) -> None:
        self.objective = objective
        self.optimizer = optimizer
        self.engine = engine
        self.entries: tuple[Entry, ...] = training_entries(objective.network, optimizer)
        self._graphs: dict[Batch, Graph] = {}
        self._programs: dict[tuple[Batch, int], Any] = {}

    def graph(self, batch: Batch) -> Graph:
        """Return the canonical graph of a step for batches of these types."""
        if batch not in self._graphs:
            self._graphs[batch] = step_graph(self.objective, self.optimizer, batch)
        return self._graphs[batch]

    def program(self, batch: Batch, usual: int) -> Any:
        """Return the step for batches of these types, ready to run, laid out for the usual number of rows."""
        key = batch, usual
        if key not in self._programs:
            step = simplify(self.graph(batch)).graph
            samples = Samples(batch.rows, usual)
            self._programs[key] = self.engine.compile(step, self.layout(batch), samples)
        return self._programs[key]

    def layout(self, batch: Batch) -> StepLayout:
        """Return what the inputs and outputs of a step are."""
        return StepLayout(len(self.entries), 3 if batch.weighted else 2)

    def train(
        self, state: State, data: Data, epochs: int, batch_size: int, shuffle: bool, learning_rate: float
    ) -> Iterator[StepsEvent]:
        """Train, leaving the new state in `state` at every event.

        Features are looked at while they are read, which costs nothing; the rest of `data` is checked.

        Raises:
            DataError: a feature is not finite; `state` is as it was at the beginning.
            NonFiniteError: a value is not finite; `state` is as before the step where that happened.
        """
        before = dict(state)
        try:
            yield from self._train(state, data, epochs, batch_size, shuffle, learning_rate)
        except DataError:
            state.update(before)
            raise

    def _train(
        self, state: State, data: Data, epochs: int, batch_size: int, shuffle: bool, learning_rate: float
    ) -> Iterator[StepsEvent]:
        batch_size = min(batch_size, data.samples)
        sizes = {min(batch_size, data.samples), data.samples % batch_size or batch_size}
        programs = {rows: self.program(data.batch(rows), batch_size) for rows in sizes}
        rate = np.asarray(learning_rate, dtype=self.objective.network.dtype)
        values = values_in_order(self.entries, state)
        run = _Run(
            data, self.engine.session(programs, values, data.blocks, (rate,)), batch_size, shuffle, rate
        )
        epoch, together = 0, max(1, FEWEST_ROWS_TOGETHER // data.samples)
        while epoch < epochs:
            count = min(together, epochs - epoch)
            started = time.perf_counter()
            yield from self._epochs(state, run, epoch, count)
            epoch += count
            # epochs shorter than a return are taken several at a time
            if (
                time.perf_counter() - started < SECONDS_A_RETURN / 2
                and count * data.samples < MOST_ROWS_TOGETHER
            ):
                together = 2 * count

    def _epochs(self, state: State, run: _Run, epoch: int, count: int) -> Iterator[StepsEvent]:
        rows = Rows(self.orders(state, run.data.samples, run.batch_size, run.shuffle, count), run.batch_size)
        means = self._means()
        step = 0
        while step < rows.steps:
            done = run.session.run(rows, step, SECONDS_A_RETURN)
            fault, sound = self._settled(state, run, rows, done, epoch)
            for until, part in _totals_by_epoch(rows, done, sound):
                means.add(part)
                place, one = (until - 1) % rows.steps_an_epoch, (until - 1) // rows.steps_an_epoch
                event = StepsEvent(epoch + one, place + 1, rows.steps_an_epoch, means.values())
                yield event
                if event.ends_epoch:
                    means = self._means()
            step = sound
            if fault is not None:
                raise fault

    def _means(self) -> Means:
        return Means(tuple(metric.name for metric in self.objective.metrics))

    def orders(self, state: State, samples: int, batch_size: int, shuffle: bool, count: int) -> Array:
        """Return the order of rows of `count` epochs from a state on, `(count, samples)`."""
        if not shuffle:
            return np.broadcast_to(np.arange(samples), (count, samples))
        low, high = (int(word) for word in state[SEED])
        steps = -(-samples // batch_size)
        first = int(state[ITERATIONS])
        return shuffled_orders(low + high * 2**32, first + steps * np.arange(count), samples, self.engine)

    def _settled(
        self, state: State, run: _Run, rows: Rows, done: StepsDone, epoch: int
    ) -> tuple[NonFiniteError | None, int]:
        """Put the last sound state into `state`; return the fault, if any, and the step after."""
        if done.sound and all(np.isfinite(one).all() for one in done.state):
            state.update(self._by_path(done.state))
            return None, done.next
        check_finite("x", run.data.features)
        before, bad = self._last_sound(state, run, rows, done)
        state.update(self._by_path(before))
        node = self._first_non_finite(before, run, rows, bad)
        steps = rows.steps_an_epoch
        fault = NonFiniteError(
            f"epoch {epoch + bad // steps + 1}, step {bad % steps + 1} of {steps}: {node} is not finite; the "
            "weights are restored to those before that step. Try a smaller learning_rate, scaled inputs, or "
            "a stable loss (from_logits)."
        )
        return fault, bad

    def _by_path(self, values: list[Array]) -> State:
        return {one.path: np.asarray(value) for one, value in zip(self.entries, values, strict=True)}

    def _last_sound(self, state: State, run: _Run, rows: Rows, done: StepsDone) -> tuple[list[Array], int]:
        """Return the state before the first step that left something not finite, and that step.

        The steps since the last return are taken again one by one: they are few, and they repeat exactly.
        """
        current = values_in_order(self.entries, state)
        for step in range(done.first, done.next):
            chosen = rows.of_step(step)
            program = self.program(run.data.batch(len(chosen)), run.batch_size)
            outputs = self.engine.run(program, run.inputs(current, chosen))
            new = outputs[: len(current)]
            if not np.isfinite(outputs[len(current)]) or not all(np.isfinite(one).all() for one in new):
                return current, step
            current = new
        raise AssertionError("the steps did not repeat exactly")

    def _first_non_finite(self, state: list[Array], run: _Run, rows: Rows, step: int) -> str:
        """Return the name of the first value of a step that is not finite, found on the reference engine."""
        chosen = rows.of_step(step)
        graph = self.graph(run.data.batch(len(chosen)))
        values = record(graph, run.inputs(state, chosen))
        loss = graph.outputs[len(state)]
        # the way to the loss first: what comes back from it is an effect
        for node in dict.fromkeys((*topological_order([loss]), *graph.nodes)):
            if isinstance(node.type, TensorType) and not np.isfinite(values[node]).all():
                place = node.provenance.label or node.primitive.name
                inside = f" in layer {node.provenance.layer}" if node.provenance.layer else ""
                return f"{place} ({node.primitive.name}{inside})"
        return "a value"


def _totals_by_epoch(rows: Rows, done: StepsDone, sound: int) -> Iterator[tuple[int, Array]]:
    """Yield, for each epoch that steps up to `sound` belong to, the step after them and their totals."""
    if sound == done.first:
        return
    steps = rows.steps_an_epoch
    starts = [done.first, *range((done.first // steps + 1) * steps, sound, steps)]
    results, samples = done.results[: sound - done.first], rows.sizes(done.first, sound)
    parts = totals(results, samples, [start - done.first for start in starts])
    yield from zip([*starts[1:], sound], parts, strict=True)
