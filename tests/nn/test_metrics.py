"""Metrics: values, weights, batches, both engines; which accuracy is meant; what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from metric_data import ENGINES, Array, every_metric, first_output, metric_data
from metric_data import measured as measured_of
from part_tables import check_table, metrics_table
from tiza.errors import DataError, ModelError, NameNotFoundError
from tiza.nn.losses import LOSSES
from tiza.nn.metrics import METRICS, LossMetric, Metric
from tiza.nn.metrics import metric as find_metric
from tiza.nn.metrics.confusion import among_largest
from tiza.ops.reduction import max as largest
from tiza.ops.reduction import mean

SCORES = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
LABELS = np.array([1, 2, 2])
COUNTS = np.array([1, 0, 3, 2, 1, 4, 0, 1, 2, 1, 1])
every = pytest.mark.parametrize("metric", every_metric())
engines = pytest.mark.parametrize("engine", ENGINES)


def measured(outputs: Any, targets: Any, metric: Any, loss: Any = "mse") -> float:
    model = tz.Sequential([tz.Input(outputs.shape[1:]), lambda x: x * 1.0])
    model.compile("sgd", loss, metrics=[metric])
    return float(model.evaluate(outputs, targets)[1])


def sparse(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
    return tz.losses.SparseCategoricalCrossentropy().call(y.reshape((y.shape[0],)), a)


def one_each(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
    return a[:, 0]


def check_metric(metric: Metric, engine: str) -> None:
    """Check that weights count as repeated samples, batches do not matter, and fit tells the same."""
    targets, outputs = metric_data(metric, len(COUNTS))
    whole = measured_of(metric, np.repeat(targets, COUNTS, axis=0), np.repeat(outputs, COUNTS, axis=0))
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3, use_bias=False)], dtype="float64")
    model.set_weights([np.eye(3)])
    # with a rate of 0 nothing moves
    model.compile(tz.optimizers.SGD(0.0), first_output, [metric], engine=engine)
    options: Any = {"batch_size": 4, "sample_weight": COUNTS.astype("float64")}
    found = model.evaluate(outputs, targets, **options, return_dict=True)
    history = model.fit(outputs, targets, **options, epochs=2, verbose=0).history
    assert list(history) == list(found)
    for (name, value), expected in zip(list(found.items())[1:], whole, strict=True):
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert history[name] == pytest.approx([expected] * 2, rel=1e-9, abs=1e-12)


@engines
@every
def test_weights_and_batches(metric: Metric, engine: str) -> None:
    check_metric(metric, engine)


@dataclass(frozen=True)
class MeanOfBatches(Metric):
    """A faulty metric: what it adds up depends on the batch."""

    name: str = "mean_of_batches"

    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return mean(outputs, 1) / outputs.shape[0]


def test_a_metric_that_depends_on_batches_is_caught() -> None:
    with pytest.raises(AssertionError):
        check_metric(MeanOfBatches(), "reference")


@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_follows_the_targets(name: str) -> None:
    assert measured(SCORES, LABELS, name, "sparse_categorical_crossentropy") == pytest.approx(2 / 3)
    assert measured(SCORES, np.eye(3)[LABELS], name) == pytest.approx(2 / 3)
    assert measured(SCORES, LABELS[:, None], name, sparse) == pytest.approx(2 / 3)
    assert measured(SCORES[:, :1], np.array([0, 0, 1]), name) == 1.0
    assert measured(SCORES[:, :1], np.array([[1], [0], [1]]), name) == pytest.approx(2 / 3)


def test_every_loss_is_a_metric() -> None:
    for name in LOSSES:
        assert name in METRICS
    targets = np.eye(3)[LABELS]
    assert measured(SCORES, targets, "mse") == pytest.approx(((SCORES - targets) ** 2).mean())
    assert measured(SCORES, targets, "mae") == pytest.approx(abs(SCORES - targets).mean())
    assert measured(SCORES, targets, "sum_squared_error") == pytest.approx(((SCORES - targets) ** 2).sum())
    entropy = -np.log(SCORES[np.arange(3), LABELS]).mean()
    assert measured(SCORES, targets, tz.losses.CategoricalCrossentropy()) == pytest.approx(entropy)
    assert measured(SCORES, LABELS, "sparse_categorical_crossentropy", one_each) == pytest.approx(entropy)
    assert measured(SCORES, LABELS[:, None], tz.losses.SparseCategoricalCrossentropy, sparse) == (
        pytest.approx(entropy)
    )


def test_cosine_similarity_has_the_sign_that_keras_gives_each() -> None:
    model = tz.Sequential([tz.Input((3,)), lambda x: x * 1.0])
    model.compile("sgd", "cosine_similarity", ["cosine_similarity"])
    loss, metric = model.evaluate(SCORES, SCORES * 3)
    assert (loss, metric) == (pytest.approx(-1.0), pytest.approx(1.0))


def test_by_hand() -> None:
    """Four samples, threshold 1/2: one true positive, one false positive, one of each negative."""
    a, y = np.array([[0.9], [0.8], [0.3], [0.2]]), np.array([1, 0, 1, 0])
    expected = {
        "true_positives": 1,
        "false_positives": 1,
        "false_negatives": 1,
        "true_negatives": 1,
        "precision": 0.5,
        "recall": 0.5,
        "binary_accuracy": 0.5,
    }
    for name, value in expected.items():
        assert measured(a, y, name) == value
    assert measured(a, y, tz.metrics.F1Score(threshold=0.5)) == 0.5
    assert measured(a, y, tz.metrics.Precision(thresholds=0.85)) == 1.0
    assert measured(a, y, tz.metrics.Recall(thresholds=0.25)) == 1.0


@engines
def test_nothing_said_is_no_precision(engine: str) -> None:
    targets, outputs = np.array([[0.0], [0.0]]), np.array([[0.1], [0.2]])
    for metric in (tz.metrics.Precision(), tz.metrics.Recall(), tz.metrics.F1Score(threshold=0.5)):
        assert measured_of(metric, targets, outputs, engine) == [0.0]


def test_labels_stand_for_their_columns() -> None:
    labels, outputs = metric_data(find_metric("sparse_categorical_accuracy"), 20)
    for metric in (tz.metrics.Precision(top_k=1), tz.metrics.Recall(class_id=2), tz.metrics.F1Score("macro")):
        np.testing.assert_array_equal(
            measured_of(metric, labels, outputs), measured_of(metric, np.eye(3)[labels], outputs)
        )


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6),
    st.integers(1, 5),
)
@settings(max_examples=30, deadline=None)
def test_the_largest_with_ties(rows: list[list[int]], k: int) -> None:
    """Of equal outputs the first ones are among the k largest."""
    outputs = np.array(rows, dtype="float64")
    graph = tz.trace(lambda a: among_largest(a, k), outputs)
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :k]
    expected = (order[:, :, None] == np.arange(4)).any(axis=1)
    np.testing.assert_array_equal(tz.evaluate(graph, outputs), expected)


def test_several_numbers_have_numbered_names() -> None:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(3, activation="softmax")])
    metrics: list[Any] = ["f1_score", tz.metrics.Precision(thresholds=[0.2, 0.5], name="p"), "accuracy"]
    model.compile("sgd", "sparse_categorical_crossentropy", metrics)
    history = model.fit(SCORES, LABELS, epochs=2, verbose=2).history
    names = [*(f"f1_score[{place}]" for place in range(3)), "p[0]", "p[1]", "accuracy"]
    assert list(history) == ["loss", *names]
    assert all(len(one) == 2 for one in history.values())
    assert list(model.evaluate(SCORES, LABELS, return_dict=True)) == ["loss", *names]


@engines
def test_r2_of_targets_far_from_zero(engine: str) -> None:
    """In float32 the sums of squares would lose all of it."""
    source = np.random.default_rng(3)
    y = 1000.0 + source.normal(size=(2000, 1))
    a = y + 0.1 * source.normal(size=y.shape)
    model = tz.Sequential([tz.Input((1,)), lambda x: x * 1.0])
    model.compile("sgd", "mse", ["r2_score"], engine=engine)
    found = model.evaluate(a, y)[1]
    y, a = y.astype("float32").astype("float64"), a.astype("float32").astype("float64")
    assert found == pytest.approx(1 - ((y - a) ** 2).sum() / ((y - y.mean()) ** 2).sum(), rel=1e-7)


def test_r2_of_targets_that_do_not_vary() -> None:
    y = np.full((5, 1), 0.3)
    assert measured_of(tz.metrics.R2Score(), y, y) == [1.0]
    assert measured_of(tz.metrics.R2Score(), y, y + 0.1) == [0.0]


@dataclass(frozen=True)
class TakenForPrecision(tz.metrics.Precision):
    """A planted fault: what was missed in place of what was wrong."""

    counted: ClassVar[tuple[str, ...]] = ("true_positives", "false_negatives")


def check_precision(metric: Metric) -> None:
    targets, outputs = metric_data(metric, 30)
    said = outputs > 0.5
    expected = (said & (targets > 0)).sum() / said.sum()
    assert measured_of(metric, targets, outputs)[0] == pytest.approx(expected)


def test_a_wrong_count_is_caught() -> None:
    check_precision(tz.metrics.Precision())
    with pytest.raises(AssertionError):
        check_precision(TakenForPrecision())


@pytest.mark.parametrize(
    "name", ["binary_accuracy", "categorical_accuracy", "mse", "mae", "r2_score", "hinge"]
)
def test_labels_are_never_repeated_along_the_output(name: str) -> None:
    """Three samples and three classes: (3,) against (3, 3) would go through."""
    with pytest.raises(ModelError, match=r"got targets of shape \(3,\) for outputs \(3, 3\)"):
        measured(SCORES, LABELS, name, one_each)


@pytest.mark.parametrize(
    "name",
    ["sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy", "sparse_categorical_crossentropy"],
)
def test_one_hot_targets_are_no_labels(name: str) -> None:
    with pytest.raises(ModelError, match="one label a sample"):
        measured(SCORES, np.eye(3)[LABELS], name)


def test_a_function_as_metric() -> None:
    def largest_error(y: tz.Tensor, a: tz.Tensor) -> tz.Tensor:
        return largest(abs(y - a), 1)

    expected = np.abs(SCORES - np.eye(3)[LABELS]).max(axis=1).mean()
    assert measured(SCORES, np.eye(3)[LABELS], largest_error) == pytest.approx(expected)
    with pytest.raises(ModelError, match="do not average over the batch"):
        measured(SCORES, np.eye(3)[LABELS], lambda y, a: mean(a))


class Wrong(Metric):
    """A metric that gives fewer numbers than it says."""

    name = "wrong"

    def parts(self, outputs: Any) -> tuple[str, ...]:
        return ("one", "two")

    def call(self, targets: tz.Tensor, outputs: tz.Tensor) -> tz.Tensor:
        return outputs[:, 0]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("accuracy", r"such as \['accuracy'\]"),
        (tz.metrics.Precision(), "expected a list"),
        ([3], "expected a name"),
        (["mse", "mse"], "'mse' stands for two numbers"),
        ([lambda y, a: y, lambda y, a: a], "'<lambda>' stands for two numbers"),
        ([tz.metrics.Precision(), tz.metrics.Precision(0.3)], "'precision' stands for two numbers.*name="),
        (["auc"], r"'auc', which is no sum over samples.*tz.metrics.roc_auc\(y, model.predict\(x\)\)"),
        (["AUC"], "tz.metrics.roc_auc"),
        ([tz.metrics.roc_auc], "tz.metrics.roc_auc"),
        (["confusion_matrix"], "tz.metrics.confusion_matrix"),
        ([tz.metrics.confusion_matrix], "tz.metrics.confusion_matrix"),
    ],
)
def test_bad_metrics(metrics: Any, words: str) -> None:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    with pytest.raises(ModelError, match=words):
        model.compile("sgd", "mse", metrics=metrics)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tz.metrics.Precision(thresholds=1.5), "thresholds=1.5"),
        (lambda: tz.metrics.Recall(thresholds=[0.5, -1.0]), "thresholds=-1.0"),
        (lambda: tz.metrics.Precision(top_k=0), "top_k"),
        (lambda: tz.metrics.Precision(class_id=-1), "class_id"),
        (lambda: tz.metrics.TopKCategoricalAccuracy(0), "k: got 0"),
        (lambda: tz.metrics.F1Score("mean"), "average='mean'"),
        (lambda: tz.metrics.F1Score(threshold=2.0), "threshold=2.0"),
        (lambda: tz.metrics.FBetaScore(beta=0.0), "beta=0.0"),
        (lambda: tz.metrics.R2Score("mean"), "class_aggregation='mean'"),
        (lambda: measured(SCORES, SCORES, tz.metrics.Precision(class_id=3)), "class_id=3, expected 0 to 2"),
        (lambda: measured(SCORES[:, :1], SCORES[:, :1], "f1_score"), "give threshold=0.5"),
        (lambda: measured(SCORES, SCORES, Wrong()), r"expected shape \(3, 2\) for 2 parts"),
    ],
)
def test_bad_arguments(make: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make()


def test_names() -> None:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
    with pytest.raises(NameNotFoundError, match=r"did you mean .*'accuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
    assert find_metric("mae").name == "mae"
    assert find_metric("MSE").name == "MSE"
    assert find_metric(tz.metrics.Recall).name == "recall"
    for name, make in METRICS.items():
        assert name == "acc" or make().name == name
        assert find_metric(name).name == name


def test_every_metric_class_has_a_name() -> None:
    public = {
        one
        for one in vars(tz.metrics).values()
        if isinstance(one, type) and issubclass(one, Metric)
    } - {Metric, LossMetric, tz.metrics.MeanMetric}  # fmt: skip
    assert public <= {type(make()) for make in METRICS.values()}


def test_documents_list_every_metric() -> None:
    check_table("metrics.md", metrics_table())


def test_confusion_matrix() -> None:
    y, said = ["cat", "dog", "cat", "cow"], ["cat", "cat", "cat", "dog"]
    expected = np.array([[2, 0, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(tz.metrics.confusion_matrix(y, said), expected)
    flipped = tz.metrics.confusion_matrix(y, said, labels=["dog", "cat"])
    np.testing.assert_array_equal(flipped, [[0, 1], [0, 2]])
    for normalize, axis in (("true", 1), ("pred", 0), ("all", None)):
        shares = tz.metrics.confusion_matrix(y, said, normalize=normalize)
        sums = shares.sum(axis=axis)
        assert np.isclose(sums, np.round(sums)).all()


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(1, 3)), min_size=2, max_size=30))
@settings(deadline=None)
def test_the_area_is_the_chance_that_a_yes_scores_more(samples: list[tuple[int, int, int]]) -> None:
    y, scores, weights = (np.array(one) for one in zip(*samples, strict=True))
    if len(set(y.tolist())) < 2:
        with pytest.raises(DataError, match="expected two"):
            tz.metrics.roc_auc(y, scores)
        return
    yes, no = scores[y == 1][:, None], scores[y == 0][None, :]
    pairs = weights[y == 1][:, None] * weights[y == 0][None, :]
    expected = (pairs * ((yes > no) + 0.5 * (yes == no))).sum() / pairs.sum()
    assert tz.metrics.roc_auc(y, scores, sample_weight=weights) == pytest.approx(expected)
    false, right, thresholds = tz.metrics.roc_curve(y, scores, sample_weight=weights)
    assert np.trapezoid(right, false) == pytest.approx(expected)
    assert (np.diff(false) >= 0).all()
    assert (np.diff(right) >= 0).all()
    assert thresholds[0] == np.inf


def test_areas_of_several_classes() -> None:
    labels, scores = metric_data(find_metric("sparse_categorical_accuracy"), 40)
    each = tz.metrics.roc_auc(labels, scores, average=None)
    assert each == pytest.approx([tz.metrics.roc_auc(labels == one, scores[:, one]) for one in range(3)])
    assert tz.metrics.roc_auc(labels, scores) == pytest.approx(each.mean())
    assert tz.metrics.roc_auc(np.eye(3)[labels], scores) == pytest.approx(each.mean())
    named = np.array(["x", "y", "z"])[labels]
    assert tz.metrics.roc_auc(named, scores) == pytest.approx(each.mean())


Y = np.array([0, 1, 1])
BAD_ARRAYS: list[tuple[Any, str]] = [
    (lambda: tz.metrics.roc_auc(Y, np.array([0.1, np.nan, 0.3])), r"scores: got nan at \(1,\)"),
    (lambda: tz.metrics.roc_auc(Y, np.ones(2)), "got 2 samples, expected 3"),
    (lambda: tz.metrics.roc_auc(np.ones(3), np.ones(3)), "expected two"),
    (lambda: tz.metrics.roc_auc([0, 1, 2], np.ones(3)), "a column of scores a class"),
    (lambda: tz.metrics.roc_auc(Y, SCORES), "got 3 columns for the classes"),
    (lambda: tz.metrics.roc_auc(Y, SCORES, labels=[1, 2, 3]), "expected one of the labels"),
    (lambda: tz.metrics.roc_auc(Y, SCORES, labels=[0, 1, 2]), "every sample has, or none"),
    (lambda: tz.metrics.roc_auc(Y, Y, average="mean"), "average: got 'mean'"),
    (lambda: tz.metrics.roc_auc(Y, Y, multi_class="all"), "multi_class: got 'all', expected 'ovr' or 'ovo'"),
    (lambda: tz.metrics.roc_curve(Y, SCORES), "take the column of one class"),
    (lambda: tz.metrics.roc_curve(Y, Y, pos_label=7), "pos_label: got 7"),
    (lambda: tz.metrics.confusion_matrix(LABELS, SCORES), r"take the largest: predicted.argmax\(axis=1\)"),
    (lambda: tz.metrics.confusion_matrix(Y, Y[:2]), "got 2 samples"),
    (lambda: tz.metrics.confusion_matrix(Y, Y, labels=[5]), "at least one that occurs in y"),
    (lambda: tz.metrics.confusion_matrix(Y, Y, normalize="rows"), "expected 'true' or 'pred' or 'all'"),
    (lambda: tz.metrics.confusion_matrix(Y, Y, sample_weight=[1]), "sample_weight: got shape"),
    (lambda: tz.metrics.precision_recall_fscore_support(Y, Y, average="mean"), "average: got 'mean'"),
]


@pytest.mark.parametrize(("call", "words"), BAD_ARRAYS, ids=[words for _, words in BAD_ARRAYS])
def test_bad_arrays(call: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


def test_precision_recall_and_support() -> None:
    labels, scores = metric_data(find_metric("sparse_categorical_accuracy"), 40)
    said: Array = scores.argmax(axis=1)
    precision, recall, score, support = tz.metrics.precision_recall_fscore_support(labels, said)
    matrix = tz.metrics.confusion_matrix(labels, said)
    np.testing.assert_allclose(precision, np.diagonal(matrix) / matrix.sum(axis=0))
    np.testing.assert_allclose(recall, np.diagonal(matrix) / matrix.sum(axis=1))
    np.testing.assert_allclose(score, 2 * precision * recall / (precision + recall))
    np.testing.assert_array_equal(support, np.bincount(labels))
