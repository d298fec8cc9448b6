"""Metrics against Keras on JAX in float64: whole and partial batches, with and without weights."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from metric_data import ENGINES, every_metric, measured, metric_data
from tiza.nn.metrics import LossMetric, Metric
from tiza.nn.metrics import metric as find_metric

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
WEIGHTS = np.array([1.0, 0.5, 3.0, 2.0, 1.0, 0.0, 0.25, 1.0, 2.0])


def keras_metric(keras: Any, metric: Metric) -> Any:
    """Return Keras' metric with the same arguments, or None if there is none."""
    if isinstance(metric, LossMetric):
        if not metric.loss.statement.keras:
            return None
        loss = getattr(keras.losses, metric.loss.statement.keras)()
        return keras.metrics.MeanMetricWrapper(lambda y, a: loss.call(y, a))
    if metric.name == "accuracy":
        return keras.metrics.CategoricalAccuracy()
    kind = getattr(keras.metrics, type(metric).__name__)
    known = inspect.signature(kind).parameters
    arguments = asdict(metric)  # type: ignore[call-overload]
    return kind(**{name: value for name, value in arguments.items() if name in known})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("metric", every_metric())
def test_metrics(metric: Metric, engine: str, keras: Any) -> None:
    theirs = keras_metric(keras, metric)
    if theirs is None:
        pytest.skip("Keras has no such metric")
    targets, outputs = metric_data(metric, 9)
    twin = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    twin.compile("sgd", lambda y, a: a[:, 0], weighted_metrics=[theirs])
    for weights in (None, WEIGHTS):
        found = twin.evaluate(outputs, targets, batch_size=4, sample_weight=weights, verbose=0)[1]
        options = {"batch_size": 4, "sample_weight": weights}
        ours = measured(metric, targets, outputs, engine, **options)
        compare("metrics", ours, np.asarray(found).reshape(-1))


def test_names_that_keras_knows_are_known(keras: Any) -> None:
    from keras.src.metrics import ALL_OBJECTS_DICT

    shared = {name for name, kind in ALL_OBJECTS_DICT.items() if hasattr(tz.metrics, kind.__name__)}
    for name in shared - {"Metric", "metric"}:
        assert type(find_metric(name)).__name__ == ALL_OBJECTS_DICT[name].__name__
    assert {"Precision", "recall", "f1_score", "r2_score"} <= shared
