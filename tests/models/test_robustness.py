"""A lost batch, threads that are interrupted or refused, shapes and names of layers, caches."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import tiza as tz
from tiza.engines.native import pace
from tiza.engines.native.threads import call_on_threads
from tiza.errors import ModelError


def wide_model() -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(512, 20)).astype("float32"), generator.integers(0, 5, 512)
    layers = [
        tz.Input((20,)),
        tz.layers.Dense(400, activation="relu"),
        tz.layers.Dense(5, activation="softmax"),
    ]
    model = tz.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model, x, y


@pytest.mark.parametrize("lost", [lambda x: x[0:1], lambda x: x.sum(axis=0, keepdims=True), lambda x: x[:2]])
def test_a_layer_that_loses_the_batch_is_refused(lost: Any) -> None:
    with pytest.raises(ModelError, match="batch"):
        tz.Sequential([tz.Input((3,)), lost, tz.layers.Dense(1)])


def test_a_layer_that_keeps_three_samples_is_refused_for_others() -> None:
    model = tz.Sequential([tz.Input((3,)), lambda x: x[:3], tz.layers.Dense(1)])
    with pytest.raises(ValueError, match="batch"):
        model.predict(np.ones((4, 3)))


def test_an_interrupt_while_threads_start_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIZA_THREADS", "2")
    monkeypatch.setattr(pace.ThreadPace, "begin", lambda self: setattr(self, "threads", self.most))
    model, x, y = wide_model()
    model.fit(x, y, batch_size=128, verbose=0)
    start = threading.Thread.start

    def interrupted(self: threading.Thread) -> None:
        start(self)
        monkeypatch.setattr(threading.Thread, "start", start)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=128, verbose=0)
    model.fit(x, y, batch_size=128, epochs=3, verbose=0)
    assert np.isfinite(model.history.history["loss"]).all()


def test_fewer_threads_than_asked_for_do_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    weights = []
    for threads in ("1", "3"):
        monkeypatch.setenv("TIZA_THREADS", threads)
        model, x, y = wide_model()
        if threads == "3":
            monkeypatch.setattr(threading.Thread, "start", refused)
        model.fit(x, y, batch_size=128, epochs=2, verbose=0)
        weights.append(model.get_weights())
    assert all((one == other).all() for one, other in zip(*weights, strict=True))


def test_all_threads_are_told_their_number_and_count() -> None:
    seen: list[tuple[int, ...]] = []
    call_on_threads(lambda *arguments: seen.append(arguments), (7,), 3)
    assert sorted(seen) == [(7, 0, 3), (7, 1, 3), (7, 2, 3)]


def test_shapes_and_names_of_layers() -> None:
    for shape in ((-3,), (0,), (2.5,)):
        model = tz.Sequential([tz.layers.Dense(1)])
        with pytest.raises(ModelError, match="sample shape"):
            model.build(shape)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="without"):
        tz.Sequential([tz.Input((2,)), tz.layers.Dense(2, name="a.b[0]")])


def test_weights_that_are_no_arrays() -> None:
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1)])
    for wrong in (None, 3, [[[1.0], [2.0, 3.0]], [0.0]]):
        with pytest.raises(ModelError, match="weights"):
            model.set_weights(wrong)  # type: ignore[arg-type]


def test_a_home_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> None:
        raise RuntimeError("Could not determine home directory.")

    for name in ("TIZA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tiza.engines.native.cache.Path.home", nowhere)
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1)])
    assert model.predict([[0.0, 0.0]]).shape == (1, 1)


def test_derivatives_follow_what_a_closure_holds() -> None:
    factor = 2.0

    def scaled(x: Any) -> Any:
        return factor * x

    assert tz.grad(scaled)(1.0) == 2.0
    factor = 7.0
    assert tz.grad(scaled)(1.0) == 7.0


class Scaled:
    """A callable that equals every other of its kind."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        return self.factor * x

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def test_callables_that_are_equal_are_not_the_same() -> None:
    assert [tz.grad(one)(1.0) for one in (Scaled(2.0), Scaled(3.0))] == [2.0, 3.0]


def test_a_stable_derivative_of_an_unstable_formula() -> None:
    assert tz.grad(lambda x: tz.ops.log(tz.ops.sigmoid(x)))(-800.0) == 1.0
