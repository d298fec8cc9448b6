"""Ctrl-C while training: a real signal in a second process, and every place where it may come."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from network_oracles import small_data, small_model
from tiza.training.callbacks import Callback, LambdaCallback
from tiza.training.history import History
from tiza.training.loop import EpochLoop

SCRIPT = """
import json, os, signal, sys, threading
sys.path.insert(0, {tests!r})
from network_oracles import small_data, small_model
from tiza.training.callbacks import Callback

model = small_model(engine={engine!r})

def interrupt():
    while model.history is None or len(model.history.epoch) < 3:
        pass
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    model.fit(*small_data(200), batch_size=3, epochs=10**9, verbose=0, callbacks={callbacks})
except KeyboardInterrupt:
    pass
weights = [one.astype("float64").ravel().tolist() for one in model.get_weights()]
iterations = int(model.state["optimizer.iterations"])
print(json.dumps([iterations, model.history.history["loss"], weights]))
"""


@pytest.mark.parametrize("callbacks", ["None", "[Callback()]"])
@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_signal_keeps_weights_and_history(engine: str, callbacks: str, pytestconfig: pytest.Config) -> None:
    """The history has every epoch that is done and no other; the weights are those after a step."""
    script = SCRIPT.format(tests=str(pytestconfig.rootpath / "tests"), engine=engine, callbacks=callbacks)
    done = subprocess.run(
        [sys.executable, "-c", script], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    iterations, losses, weights = json.loads(done.stdout)
    steps = 67
    assert len(losses) == iterations // steps >= 3
    model = small_model(engine=engine)
    x, y = small_data(200)
    history = model.fit(x, y, batch_size=3, epochs=len(losses), verbose=0)
    assert history.history["loss"] == pytest.approx(losses, rel=1e-9)
    order = model.trainer.orders(model.state, 200, 3, True, 1)[0]
    for step in range(iterations % steps):
        rows = order[step * 3 : step * 3 + 3]
        model.train_on_batch(x[rows], y[rows])
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours.ravel(), theirs, rtol=1e-5, atol=1e-6)


def test_an_interrupt_before_the_first_step_leaves_an_empty_history(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EpochLoop, "_steps", interrupted)
    model = small_model()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*small_data(), verbose=0)
    assert model.history is not None
    assert model.history.epoch == []


@pytest.mark.parametrize("place", ["show", "end_epoch", "validate", "append"])
@pytest.mark.parametrize("watched", [True, False])
def test_no_epoch_is_lost_wherever_the_signal_comes(
    place: str, watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short epochs are taken many at a time: those that are done when nobody was told of them count too."""
    x, y = small_data()
    model = small_model()
    calls = 0

    def interrupted(run: Any) -> Any:
        def wrapped(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyboardInterrupt
            return run(*arguments)

        return wrapped

    if place == "append":
        monkeypatch.setattr(History, "append", interrupted(History.append))
    elif place == "validate":
        monkeypatch.setattr(EpochLoop, "_epoch", interrupted(EpochLoop._epoch))
    else:
        from tiza.models.progress import ProgressDisplay

        monkeypatch.setattr(ProgressDisplay, place, interrupted(getattr(ProgressDisplay, place)))
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=5, epochs=50, verbose=0, callbacks=[Callback()] if watched else None)
    monkeypatch.undo()
    assert model.history is not None
    epochs = int(model.state["optimizer.iterations"]) // 2
    assert model.history.epoch == list(range(epochs))
    assert len(model.history.history["loss"]) == epochs
    assert epochs >= 2


def test_an_epoch_that_is_lost_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EpochLoop, "_record_what_was_settled", lambda self, iterations: None)
    with pytest.raises(AssertionError):
        test_no_epoch_is_lost_wherever_the_signal_comes("show", False, monkeypatch)


class _Interrupted(dict[str, Any]):
    """A state at which Ctrl-C comes as soon as steps have changed it."""

    def update(self, *changes: Any, **others: Any) -> None:
        super().update(*changes, **others)
        if int(self["optimizer.iterations"]):
            raise KeyboardInterrupt


def test_steps_before_anybody_was_told_are_in_the_history() -> None:
    """The signal comes after the first return has changed the state, and before its first event."""
    x, y = small_data()
    model = small_model()
    model.build(x.shape[1:])
    model._state = _Interrupted(model._state)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=5, epochs=50, verbose=0)
    epochs = int(model.state["optimizer.iterations"]) // 2
    assert epochs >= 1
    assert model.history is not None
    assert model.history.epoch == list(range(epochs))


def test_an_interrupted_validation_leaves_the_epoch() -> None:
    x, y = small_data()
    model = small_model()

    def interrupt(logs: Any) -> None:
        if model.history is not None and len(model.history.epoch) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            y,
            epochs=5,
            verbose=0,
            validation_data=(x, y),
            callbacks=[LambdaCallback(on_test_begin=interrupt)],
        )
    assert model.history is not None
    assert [len(values) for values in model.history.history.values()] == [3, 3, 2, 2]
    assert model.state["optimizer.iterations"] == 3
