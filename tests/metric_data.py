"""Metrics to test, with data that they take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from loss_oracles import as_it_is, example_outputs
from tiza.nn.metrics import METRICS, LossMetric, Metric

Array = np.ndarray[Any, Any]
ENGINES = ["reference", "native"]

VARIANTS: list[Metric] = [
    tz.metrics.BinaryAccuracy(threshold=0.3),
    tz.metrics.TopKCategoricalAccuracy(2),
    tz.metrics.SparseTopKCategoricalAccuracy(2),
    tz.metrics.SparseTopKCategoricalAccuracy(1),
    *(
        kind(**arguments)
        for kind in (tz.metrics.Precision, tz.metrics.Recall)
        for arguments in (
            {"thresholds": 0.3},
            {"thresholds": [0.2, 0.4, 0.9]},
            {"top_k": 1},
            {"top_k": 2},
            {"class_id": 1},
            {"top_k": 1, "class_id": 2},
            {"thresholds": 0.35, "top_k": 2, "class_id": 0},
        )
    ),
    *(
        tz.metrics.F1Score(average, threshold)
        for average in (None, "micro", "macro", "weighted")
        for threshold in (None, 0.35)
    ),
    tz.metrics.FBetaScore("macro", 2.0),
    tz.metrics.FBetaScore(None, 0.5, 0.3),
    tz.metrics.R2Score(None),
    tz.metrics.R2Score("variance_weighted_average"),
]
"""Metrics with arguments, besides each by its name."""


def every_metric() -> list[Any]:
    named = [pytest.param(make(), id=name) for name, make in METRICS.items() if name != "acc"]
    return [*named, *(pytest.param(one, id=repr(one)) for one in VARIANTS)]


def metric_data(metric: Metric, rows: int, units: int = 3, seed: int = 5) -> tuple[Array, Array]:
    """Return targets and outputs that a metric takes: those of a loss, else labels or one-hot classes."""
    if isinstance(metric, LossMetric):
        return example_outputs(metric.loss, rows, units, seed)
    labels, outputs = example_outputs("sparse_categorical_crossentropy", rows, units, seed)
    return (labels if "sparse" in metric.name else np.eye(units)[labels]), outputs


def first_output(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
    """Return a loss that takes any targets."""
    return a.reshape((a.shape[0], -1))[:, 0]


def measuring(metric: Any, units: int = 3, engine: str = "reference") -> tz.Sequential:
    """Return a model whose outputs are its inputs, with one metric."""
    return as_it_is(first_output, units, engine, metrics=[metric])


def measured(metric: Any, targets: Array, outputs: Array, engine: str = "reference", **options: Any) -> Array:
    """Return a metric's numbers."""
    model = measuring(metric, outputs.shape[1], engine)
    return np.array(model.evaluate(outputs, targets, **options)[1:])
