"""What a training keeps for replaying its steps: bounds, places, fingerprints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network_oracles import small_data, small_model
from tiza.engines.native.engine import NativeEngine
from tiza.training.replay.record import Record
from tiza.training.replay.snapshots import MOST_SNAPSHOTS, Snapshot, Snapshots
from tiza.training.replay.sources import (
    MOST_COPIED,
    Copied,
    Fingerprint,
    Given,
    Lost,
    Referenced,
    reference,
    source_of,
)
from tiza.training.replay.span import Span
from tiza.training.state import ITERATIONS
from tiza.training.trainer import Data, Epochs, Trainer

ONE = 16
"""Bytes of a state."""


@settings(deadline=None)
@given(
    gaps=st.lists(st.tuples(st.integers(1, 5000), st.booleans()), min_size=1, max_size=300),
    budget=st.integers(0, 100 * ONE),
)
def test_snapshots_stay_within_their_bounds(gaps: list[tuple[int, bool]], budget: int) -> None:
    """They are in order, and the last one that nothing else leads to is never given up for others."""
    snapshots, steps, needed = Snapshots(), 0, -1
    for gap, replaced in gaps:
        steps += gap
        values = [np.zeros(2)]
        if replaced:
            snapshots.put(Snapshot(steps, values, needed=True), budget)
            needed = steps
        else:
            snapshots.offer(steps, values, budget)
        kept = [one.steps for one in snapshots.kept]
        assert kept == sorted(set(kept))
        assert len(kept) <= min(MOST_SNAPSHOTS, budget // ONE)
        if budget >= ONE:
            assert kept
            assert needed < 0 or needed in kept


@settings(deadline=None)
@given(st.integers(1000, 20_000), st.integers(1, 40))
def test_snapshots_of_a_long_training_lie_close(steps: int, gap: int) -> None:
    """No step is farther from a snapshot than a few parts in a hundred of the training."""
    snapshots = Snapshots()
    for at in range(0, steps, gap):
        snapshots.offer(at, [np.zeros(2)], 2**20)
    kept = [one.steps for one in snapshots.kept]
    assert max(np.diff([*kept, steps])) <= max(4 * steps / MOST_SNAPSHOTS, gap)


@settings(deadline=None, max_examples=40)
@given(
    samples=st.integers(1, 20),
    batch_size=st.integers(1, 25),
    steps=st.none() | st.integers(1, 8),
    epochs=st.integers(1, 7),
    first=st.integers(0, 3),
)
def test_a_step_lies_where_training_took_it(
    samples: int, batch_size: int, steps: int | None, epochs: int, first: int
) -> None:
    """The trainer's own division into epochs and passes, step by step."""
    model = small_model()
    taken = 5
    state: Any = {**model.state, ITERATIONS: np.array(taken)}
    asked = Epochs(first + epochs, min(batch_size, samples), first=first, steps=steps)
    span = Span(taken, Lost("no data"), samples, asked)
    trainer = Trainer(model.objective, model.optimizer, NativeEngine())
    at = taken
    for epoch, rows in trainer._parts(state, samples, asked):
        for step in range(rows.steps):
            place = span.place(at)
            known = {**state, ITERATIONS: np.array(place.begins)}
            order = trainer.orders(known, samples, asked.batch_size, True, 1)[0]
            there = order[place.step * asked.batch_size : (place.step + 1) * asked.batch_size]
            np.testing.assert_array_equal(rows.of_step(step), there)
            assert place.epoch == epoch + step // rows.steps_an_epoch
            at += 1
        state[ITERATIONS] = np.array(at)


@given(st.integers(1, 60), st.integers(1, 3), st.integers(0, 10**6))
def test_a_fingerprint_sees_every_number_of_a_small_array(rows: int, columns: int, seed: int) -> None:
    source = np.random.default_rng(seed)
    array = source.normal(size=(rows, columns)).astype("float32")
    changed = array.copy()
    at = tuple(int(source.integers(0, one)) for one in array.shape)
    changed[at] = np.nextafter(changed[at], np.float32(np.inf))
    assert Fingerprint.of(array) == Fingerprint.of(np.asfortranarray(array))
    assert Fingerprint.of(array) != Fingerprint.of(changed)


def test_a_fingerprint_tells_shape_dtype_and_signs_of_zeros() -> None:
    zeros = np.zeros((4, 3), "float32")
    prints = [Fingerprint.of(one) for one in (zeros, -zeros, zeros.reshape(3, 4), zeros.astype("int32"))]
    assert len(set(prints)) == 4


def test_few_data_are_copied_and_many_are_referred_to() -> None:
    x, y = np.ones((MOST_COPIED // 8, 1), "float32"), np.ones((MOST_COPIED // 8, 1), "float32")
    at_most, more = Data((x,), (y,)), Data((np.vstack([x, x[:1]]),), (np.vstack([y, y[:1]]),))
    assert isinstance(source_of(at_most, Given(x, y)), Copied)
    assert isinstance(source_of(more, Given(x, y)), Referenced)


def test_weights_of_samples_are_copied_and_counted() -> None:
    x, y, weights = np.ones((9, 2)), np.ones((9, 1)), np.ones(9)
    with_weights = source_of(Data((x,), (y,), weights), Given(x, y))
    without = source_of(Data((x,), (y,)), Given(x, y))
    assert with_weights.nbytes - without.nbytes == weights.nbytes
    assert not with_weights.is_same(without)
    assert with_weights.is_same(source_of(Data((x,), (y,), weights.copy()), Given(x, y)))
    weights[3] = 2
    assert not with_weights.is_same(source_of(Data((x,), (y,), weights), Given(x, y)))


def test_parts_are_referred_to_together() -> None:
    one, other = np.ones(3), np.zeros(3)
    by_name, in_order = reference({"a": one, "b": other}), reference([one, (other,)])
    assert by_name()["b"] is other
    assert in_order()[1][0] is other
    del other
    assert by_name() is in_order() is None
    assert reference([1.0] * 1000)() is None
    assert reference(3.0)() is None


@pytest.mark.parametrize("memory", [3000, 20_000, 2**20])
def test_a_record_stays_within_its_memory(memory: int) -> None:
    """Data, changes and snapshots of many short trainings together."""
    record = Record()
    source = np.random.default_rng(0)
    values = [np.zeros(4)]
    for step in range(300):
        x, y = source.normal(size=(5, 2)), source.normal(size=(5, 1))
        follower = record.follow(step, Data((x,), (y,)), Epochs(1, 5, shuffle=False), Given(x, y), memory)
        follower.depart(step, values if step % 7 else [np.zeros(4)], float(step))
        values = [np.ones(4)]
        follower.arrive(step + 1, values)
        kept = sum(one.nbytes for one in record.snapshots.kept)
        spans = 300 - record.known_from if record.known_from else step + 1
        assert kept <= memory
        assert spans <= 300
    assert record.known_from < 300
    assert (record.known_from == 0) == (memory == 2**20)
    assert record.rate_at(299) == 299.0


def test_the_same_data_are_kept_once() -> None:
    record, (x, y) = Record(), small_data()
    data = Data((x,), (y,))
    spans = []
    for step in range(4):
        record.follow(step, data, Epochs(1, 10), Given(x, y), 2**20).depart(step, [np.zeros(1)], 0.1)
        spans.append(record.last_span)
    assert len({id(one.source) for one in spans}) == 1
    other = replace(data, features=(x + 1,))
    record.follow(4, other, Epochs(1, 10), Given(x, y), 2**20)
    assert record.last_span.source is not spans[-1].source
