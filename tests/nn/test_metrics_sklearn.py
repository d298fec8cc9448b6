"""Metrics, and measures of whole arrays, against scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from metric_data import ENGINES, Array, measured

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def metrics() -> Any:
    return pytest.importorskip("sklearn.metrics")


def sample(rows: int, classes: int, seed: int) -> tuple[Array, Array, Array]:
    """Return labels (every class occurs), scores that add up to 1, with ties, and weights."""
    source = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), source.integers(0, classes, rows - classes)])
    scores = np.round(source.dirichlet(np.ones(classes), rows) + 0.4 * np.eye(classes)[labels], 1) + 0.01
    return labels, scores / scores.sum(axis=1, keepdims=True), source.uniform(0.1, 2.0, rows)


every_sample = pytest.mark.parametrize("seed", range(4))
weighted = pytest.mark.parametrize("weigh", [False, True])
engines = pytest.mark.parametrize("engine", ENGINES)


@engines
@weighted
@every_sample
def test_of_two_classes(seed: int, weigh: bool, engine: str, metrics: Any) -> None:
    labels, scores, weights = sample(23, 2, seed)
    weight = weights if weigh else None
    options = {"batch_size": 7, "sample_weight": weight}
    said = scores[:, 1] > 0.5
    for metric, theirs in (
        (tz.metrics.Precision(), metrics.precision_score),
        (tz.metrics.Recall(), metrics.recall_score),
        (tz.metrics.F1Score(threshold=0.5), metrics.f1_score),
        ("accuracy", metrics.accuracy_score),
    ):
        ours = measured(metric, labels[:, None], scores[:, 1:], engine, **options)
        assert ours[0] == pytest.approx(theirs(labels, said, sample_weight=weight), rel=1e-9)
    for name, theirs in (("binary_crossentropy", metrics.log_loss), ("mse", metrics.brier_score_loss)):
        ours = measured(name, labels[:, None], scores[:, 1:], engine, **options)
        assert ours[0] == pytest.approx(theirs(labels, scores[:, 1], sample_weight=weight), rel=1e-9)


@engines
@weighted
@every_sample
def test_of_several_classes(seed: int, weigh: bool, engine: str, metrics: Any) -> None:
    labels, _, weights = sample(23, 4, seed)
    scores = np.random.default_rng(seed).dirichlet(np.ones(4), 23)
    weight = weights if weigh else None
    options = {"batch_size": 7, "sample_weight": weight}
    said = scores.argmax(axis=1)
    for average in (None, "micro", "macro", "weighted"):
        ours = measured(tz.metrics.F1Score(average), labels, scores, engine, **options)
        theirs = metrics.f1_score(labels, said, average=average, sample_weight=weight, zero_division=0)
        np.testing.assert_allclose(ours, np.reshape(theirs, -1), rtol=1e-9)
    for beta in (0.5, 2.0):
        ours = measured(tz.metrics.FBetaScore("macro", beta), labels, scores, engine, **options)
        theirs = metrics.fbeta_score(labels, said, beta=beta, average="macro", sample_weight=weight)
        assert ours[0] == pytest.approx(theirs, rel=1e-9)
    for kind, theirs in (
        (tz.metrics.Precision, metrics.precision_score),
        (tz.metrics.Recall, metrics.recall_score),
    ):
        for place in range(4):
            ours = measured(kind(top_k=1, class_id=place), labels, scores, engine, **options)
            each = theirs(labels, said, average=None, sample_weight=weight, zero_division=0)
            assert ours[0] == pytest.approx(each[place], rel=1e-9)
    for k in (1, 2, 3):
        ours = measured(tz.metrics.SparseTopKCategoricalAccuracy(k), labels, scores, engine, **options)
        theirs = metrics.top_k_accuracy_score(labels, scores, k=k, sample_weight=weight)
        assert ours[0] == pytest.approx(theirs, rel=1e-9)


@engines
@weighted
@every_sample
def test_of_quantities(seed: int, weigh: bool, engine: str, metrics: Any) -> None:
    source = np.random.default_rng(seed)
    y = 5.0 + source.normal(size=(23, 3)) * [1.0, 3.0, 0.1]
    a = y + source.normal(size=y.shape)
    weight = source.uniform(0.1, 2.0, 23) if weigh else None
    options = {"batch_size": 7, "sample_weight": weight}
    aggregations = {
        "uniform_average": "uniform_average",
        "variance_weighted_average": "variance_weighted",
        None: "raw_values",
    }
    for ours, theirs in aggregations.items():
        found = measured(tz.metrics.R2Score(ours), y, a, engine, **options)
        expected = metrics.r2_score(y, a, sample_weight=weight, multioutput=theirs)
        np.testing.assert_allclose(found, np.reshape(expected, -1), rtol=1e-8)
    for name, function in (
        ("mse", metrics.mean_squared_error),
        ("mae", metrics.mean_absolute_error),
    ):
        found = measured(name, y, a, engine, **options)
        assert found[0] == pytest.approx(function(y, a, sample_weight=weight), rel=1e-9)


@weighted
@every_sample
def test_confusion_matrices(seed: int, weigh: bool, metrics: Any) -> None:
    labels, scores, weights = sample(40, 5, seed)
    said = np.random.default_rng(seed).permutation(scores.argmax(axis=1))
    options: Any = {"sample_weight": weights} if weigh else {}
    names = np.array(["one", "two", "three", "four", "five"])
    for y, p in ((labels, said), (names[labels], names[said])):
        for normalize in (None, "true", "pred", "all"):
            for chosen in (None, np.unique(y)[[3, 1, 2]]):
                arguments: Any = {"labels": chosen, "normalize": normalize, **options}
                ours, theirs = (
                    one(y, p, **arguments) for one in (tz.metrics.confusion_matrix, metrics.confusion_matrix)
                )
                np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        for average in (None, "micro", "macro", "weighted"):
            for chosen in (None, np.unique(y)[[3, 1, 2]]):
                arguments = {"beta": 1.5, "average": average, "labels": chosen, **options}
                both = [
                    one(y, p, **arguments)
                    for one in (
                        tz.metrics.precision_recall_fscore_support,
                        metrics.precision_recall_fscore_support,
                    )
                ]
                for ours, theirs in zip(*both, strict=True):
                    assert (ours is None) == (theirs is None)
                    if ours is not None:
                        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@weighted
@every_sample
def test_curves_and_areas(seed: int, weigh: bool, metrics: Any) -> None:
    labels, scores, weights = sample(60, 2, seed)
    options: Any = {"sample_weight": weights} if weigh else {}
    column = scores[:, 1]
    assert tz.metrics.roc_auc(labels, column, **options) == pytest.approx(
        metrics.roc_auc_score(labels, column, **options), rel=1e-12
    )
    for drop in (True, False):
        arguments: Any = {"drop_intermediate": drop, **options}
        for ours, theirs in zip(
            tz.metrics.roc_curve(labels, column, **arguments),
            metrics.roc_curve(labels, column, **arguments),
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    labels, scores, weights = sample(60, 4, seed)
    options = {"sample_weight": weights} if weigh else {}
    for average in ("macro", "weighted"):
        arguments = {"average": average, "multi_class": "ovr", **options}
        assert tz.metrics.roc_auc(labels, scores, **arguments) == pytest.approx(
            metrics.roc_auc_score(labels, scores, **arguments), rel=1e-12
        )
        if not weigh:  # theirs takes no weights here
            arguments = {"average": average, "multi_class": "ovo"}
            assert tz.metrics.roc_auc(labels, scores, **arguments) == pytest.approx(
                metrics.roc_auc_score(labels, scores, **arguments), rel=1e-12
            )
        several = np.eye(4, dtype=int)[labels] | np.eye(4, dtype=int)[labels[::-1]]
        arguments = {"average": average, **options}
        assert tz.metrics.roc_auc(several, scores, **arguments) == pytest.approx(
            metrics.roc_auc_score(several, scores, **arguments), rel=1e-12
        )
