"""Training on several threads, rows brought ahead, state written over: same bits, right values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiza as tz
from native_training import Remembering, check_same_state, random_model, trained
from tiza.engines.engine import Rows, StepLayout
from tiza.engines.native import phases, scheduling, session
from tiza.engines.native.engine import NativeEngine
from tiza.engines.native.kernels import Schedule
from tiza.engines.native.pace import MOST_RETURNS, ThreadPace
from tiza.errors import DataError
from tiza.graph.graph import Graph
from tiza.graph.node import input_node
from tiza.graph.tensor import Tensor
from tiza.graph.tensor_type import TensorType
from tiza.models.model import Model
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]


class AllThreads(ThreadPace):
    """All threads, always."""

    def begin(self) -> None:
        """Take all."""
        self.threads = self.most


@pytest.fixture(autouse=True)
def _every_step_on_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ThreadPace", AllThreads)
    monkeypatch.setattr(scheduling, "WORTH_SHARING", 0)
    # code of the same graphs, written for one thread, may be kept
    monkeypatch.setenv("TIZA_CACHE", str(Path(__file__) / "none"))


def bits(model: Model) -> list[bytes]:
    return [value.tobytes() for value in model.state.values()]


def schedule_of(model: Model, x: Array, y: Array, batch: int) -> Schedule:
    """Return the kernels of a training step."""
    trainer = model.trainer
    made: Schedule = (
        NativeEngine(1)
        .compile(trainer.graph(Data((x,), (y,)).batch(batch)), trainer.layout(Data((x,), (y,)).batch(batch)))
        .schedule
    )
    return made


@pytest.mark.parametrize("optimizer", ["sgd", "adam", Remembering()], ids=["sgd", "adam", "remembering"])
@pytest.mark.parametrize("seed", range(6))
def test_any_number_of_threads_gives_the_same_bits(
    seed: int, optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, data, fit = random_model(seed, "mean_squared_error")
    found = []
    for threads in ("1", "2", "3", "4"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        model, _ = trained("native", layers, "float32", optimizer, "mse", data, epochs=3, **fit)
        found.append(bits(model))
    assert found[1:] == found[:1] * 3
    expected, _ = trained("reference", layers, "float32", optimizer, "mse", data, epochs=3, **fit)
    check_same_state(model, expected, 1e-4)


KINDS = [(784, "float32"), (785, "float32"), (301, "float64"), (1000, "uint8")]


def wide_data(features: int, dtype: str, samples: int = 100) -> tuple[Array, Array]:
    source = np.random.default_rng(features)
    x = (
        source.integers(0, 256, (samples, features))
        if dtype == "uint8"
        else source.normal(size=(samples, features))
    )
    return x.astype(dtype), source.normal(size=(samples, 3))


def wide_model(features: int, dtype: str, engine: str) -> Model:
    scaled = [tz.layers.Rescaling(1 / 255)] if dtype == "uint8" else []
    layers = [tz.Input((features,)), *scaled, tz.layers.Dense(20, "tanh"), tz.layers.Dense(3)]
    model = tz.Sequential(layers, dtype="float64" if dtype == "float64" else "float32", seed=3)
    model.compile("adam", "mse", engine=engine)
    return model


@pytest.mark.parametrize(
    ("features", "dtype"), [(784, "float32"), (785, "float32"), (301, "float64"), (1000, "uint8")]
)
@pytest.mark.parametrize("threads", ["1", "3"])
def test_rows_brought_ahead_are_the_rows(
    features: int, dtype: str, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of whole and of broken lines of memory, with a last batch that is smaller."""
    monkeypatch.setenv("TIZA_THREADS", threads)
    x, y = wide_data(features, dtype)
    models = [wide_model(features, dtype, engine) for engine in ("native", "reference")]
    for model in models:
        model.fit(x, y, batch_size=16, epochs=3, verbose=0)
    check_same_state(*models, 1e-12 if dtype == "float64" else 1e-4)


@pytest.mark.parametrize(("samples", "batch"), [(5, 1), (33, 32), (9, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_batch_of_one_row(samples: int, batch: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread gathers the row, others compute with parts of it."""
    source = np.random.default_rng(0)
    x, y = source.integers(0, 256, (samples, 2000)).astype(dtype), source.normal(size=(samples, 50))
    layers = [tz.Input((2000,)), tz.layers.Rescaling(1 / 255), tz.layers.Dense(50)]
    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        model, _ = trained("native", layers, "float32", "adam", "mse", (x, y), batch_size=batch, epochs=20)
        found.append(bits(model))
    assert found[1:] == found[:1] * 2


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_meet_after_gathering_though_nothing_is_computed_before(threads: int) -> None:
    single = np.dtype("float32")
    state, x = input_node("state", TensorType((), single)), input_node("x", TensorType((64, 50), single))
    total = tz.ops.sum(Tensor(x))
    graph = Graph((state, x), ((Tensor(state) + total).node, total.node))
    program = NativeEngine(1).compile(graph, StepLayout(1, 1))
    data = np.random.default_rng(0).normal(size=(6400, 50)).astype(single)
    rows = Rows(np.arange(6400)[None], 64)
    sums = [
        NativeEngine(count).session({64: program}, [np.zeros((), single)], [data], []).run(rows, 0, 9.0)
        for count in (1, threads)
    ]
    assert sums[0].state[0] == sums[1].state[0]
    np.testing.assert_array_equal(sums[0].results, sums[1].results)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0), (57, 784), (99, 300)])
def test_a_feature_that_is_not_finite_leaves_the_model_as_it_was(
    place: tuple[int, int], bad: float, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIZA_THREADS", "2")
    x, y = wide_data(785, "float32")
    model = wide_model(785, "float32", engine)
    model.fit(x, y, batch_size=16, verbose=0)
    history, before = model.history, bits(model)
    x[place] = bad
    with pytest.raises(DataError, match=rf"x: got {bad} at \({place[0]}, {place[1]}\)"):
        model.fit(x, y, batch_size=16, epochs=2, verbose=0)
    assert model.history is history
    assert bits(model) == before


def test_a_model_that_bad_data_would_build_stays_unbuilt() -> None:
    model = tz.Sequential([tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match=r"x: got nan at \(1, 0\)"):
        model.fit([[1.0], [float("nan")]], [1.0, 2.0], verbose=0)
    assert model.history is None
    with pytest.raises(tz.errors.NotBuiltError):
        _ = model.network
    model.fit([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0], verbose=0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_weights_are_written_over_and_threads_meet_three_times(optimizer: str) -> None:
    x, y = wide_data(785, "float32")
    model = wide_model(785, "float32", "native")
    model.compile(optimizer, "mse", engine="native")
    plan = schedule_of(model, x, y.astype("float32"), 16)
    assert not plan.copied
    assert len(plan.phases) == 3


def test_old_values_that_are_read_later_are_not_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Remembering` keeps old weights: where the new ones are written too early, its values are wrong."""
    layers, data, fit = random_model(1, "mean_squared_error")
    expected, _ = trained("reference", layers, "float64", Remembering(), "mse", data, epochs=3, **fit)

    def check() -> None:
        model, _ = trained("native", layers, "float64", Remembering(), "mse", data, epochs=3, **fit)
        check_same_state(model, expected, 1e-10)

    check()
    monkeypatch.setattr(phases._Order, "_add", lambda self, edge: None)
    with pytest.raises(AssertionError):
        check()


def steps_of(pace: ThreadPace, seconds: dict[int, float], calls: int) -> list[int]:
    """Return the number of threads of some calls, each of which begins a return, at given seconds a step."""
    taken = []
    for _ in range(calls):
        pace.begin()
        left = 0.05
        while left > 0:
            steps = pace.steps_in(left)
            taken.append(pace.threads)
            left -= steps * seconds[pace.threads]
            pace.took(seconds[pace.threads])
    return taken


def test_the_faster_number_of_threads_is_kept() -> None:
    assert steps_of(ThreadPace(2), {1: 1e-3, 2: 6e-4}, 4) == [1, 1, *[2] * 10]
    alone = steps_of(ThreadPace(2), {1: 1e-3, 2: 2e-3}, 60)
    assert set(alone[4:5]) == {1}
    assert alone.count(2) < 16
    assert steps_of(ThreadPace(1), {1: 1e-3}, 3) == [1, 1, 1, 1]


def test_a_processor_that_is_gone_for_a_moment_decides_nothing() -> None:
    for slow in range(2):
        pace = ThreadPace(2)
        trials = [5e-3, 6e-4] if slow else [6e-4, 5e-3]
        for seconds in (2e-3, 1e-3, *trials):
            pace.begin()
            pace.took(seconds)
        assert pace.threads == 2


def test_trials_that_a_return_leaves_undone_go_on_in_the_next() -> None:
    pace = ThreadPace(2)
    taken = []
    for _ in range(8):
        pace.begin()
        taken.append(pace.threads)
        pace.took({1: 1e-3, 2: 6e-4}[pace.threads])
    assert taken == [1, 1, 2, 2, 2, 2, 2, 2]


def test_threads_that_slow_down_are_doubted_and_tried_again() -> None:
    pace = ThreadPace(2)
    steps_of(pace, {1: 1e-3, 2: 6e-4}, 2)
    assert pace.threads == 2
    steps_of(pace, {1: 1e-3, 2: 5e-3}, 2)
    assert pace.threads == 1
    steps_of(pace, {1: 1e-3, 2: 6e-4}, MOST_RETURNS + 2)
    assert pace.threads == 2
