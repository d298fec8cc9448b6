"""Measures of whole arrays, which no sums over batches make: the confusion matrix, the ROC curve, its area.

Names, arguments and results as scikit-learn; all are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tiza.errors import DataError
from tiza.nn.metrics.confusion import f_score, quotient
from tiza.nn.targets import check_finite

Array = np.ndarray[Any, Any]


def _column(name: str, values: object) -> Array:
    """Return one value a sample, `(samples,)`; a column `(samples, 1)` will do."""
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not array.size:
        raise DataError(
            f"{name}: got shape {array.shape}, expected (n,), one class a sample; of probabilities of "
            f"classes take the largest: {name}.argmax(axis=1)."
        )
    return array


def _weights(sample_weight: object | None, samples: int) -> Array:
    if sample_weight is None:
        return np.ones(samples)
    weights = np.asarray(sample_weight, dtype="float64")
    if weights.shape != (samples,):
        raise DataError(
            f"sample_weight: got shape {weights.shape}, expected ({samples},), a weight a sample."
        )
    return weights


def _check_lengths(y: Array, name: str, other: Array) -> None:
    if len(y) != len(other):
        raise DataError(f"{name}: got {len(other)} samples, expected {len(y)} as in y; give as many.")


def _choose(argument: str, value: object, table: dict[str, Any]) -> Any:
    if value not in table:
        raise DataError(f"{argument}: got {value!r}, expected {' or '.join(map(repr, table))}.")
    return table[str(value)]


_SHARES: dict[str, Callable[[Array], Array]] = {
    "true": lambda counts: counts.sum(axis=1, keepdims=True),
    "pred": lambda counts: counts.sum(axis=0, keepdims=True),
    "all": lambda counts: counts.sum(keepdims=True),
}


def confusion_matrix(
    y: object,
    predicted: object,
    *,
    labels: Sequence[Any] | None = None,
    sample_weight: object | None = None,
    normalize: str | None = None,
) -> Array:
    """Return how often each true class (row) was taken for each class (column), `(classes, classes)`.

    Args:
        y: the true class of each sample, `(samples,)`: numbers, text or anything that sorts.
        predicted: the class that was said, `(samples,)`.
        labels: classes and their order; None takes all that occur, sorted.
        sample_weight: how much each sample counts.
        normalize: divide by the sums of `true` rows, of `pred` columns, or by `all`.

    Raises:
        DataError: shapes do not fit, or no label occurs in y.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 1, 0])
        array([[1, 0],
               [1, 1]])
    """
    true, said = _column("y", y), _column("predicted", predicted)
    _check_lengths(true, "predicted", said)
    weights = _weights(sample_weight, len(true))
    known, counted = _known_labels(true, said, labels)
    rows, columns = (_places(known, one) for one in (true, said))
    both = (rows >= 0) & (columns >= 0)
    counts = np.zeros((counted, counted))
    np.add.at(counts, (rows[both], columns[both]), weights[both])
    if normalize is not None:
        shares = np.broadcast_to(_choose("normalize", normalize, _SHARES)(counts), counts.shape)
        return quotient(counts, shares)
    return counts if sample_weight is not None else counts.astype("int64")


def _known_labels(true: Array, said: Array, labels: Sequence[Any] | None) -> tuple[dict[Any, int], int]:
    """Return the place of each class, and how many there are."""
    listed = np.unique(np.concatenate([true, said])) if labels is None else np.asarray(labels)
    if not np.isin(listed, true).any():
        raise DataError(f"labels: got {listed.tolist()}, expected at least one that occurs in y.")
    return {one: place for place, one in enumerate(listed.tolist())}, len(listed)


def _places(known: dict[Any, int], values: Array) -> Array:
    """Return the place of each value's class, -1 where it has none."""
    return np.array([known.get(one, -1) for one in values.tolist()])


_AVERAGES = (None, "macro", "micro", "weighted")


def precision_recall_fscore_support(
    y: object,
    predicted: object,
    *,
    beta: float = 1.0,
    labels: Sequence[Any] | None = None,
    average: str | None = None,
    sample_weight: object | None = None,
) -> tuple[Any, Any, Any, Any]:
    """Return precision, recall, F score and support of each class, `(classes,)`, or their averages.

    Args:
        y: the true class of each sample, `(samples,)`.
        predicted: the class that was said, `(samples,)`.
        beta: how many times as much recall counts as precision.
        labels: classes and their order; None takes all that occur, sorted.
        average: None, `macro` (the mean), `weighted` (by support) or `micro` (all counts together); the
            support of an average is None.
        sample_weight: how much each sample counts.

    Raises:
        DataError: shapes do not fit.

    Example:
        >>> precision_recall_fscore_support([0, 1, 1], [0, 1, 0], average="macro")
        (0.75, 0.75, 0.6666666666666666, None)
    """
    if average not in _AVERAGES:
        raise DataError(f"average: got {average!r}, expected None, 'macro', 'micro' or 'weighted'.")
    true, said = _column("y", y), _column("predicted", predicted)
    present = np.unique(np.concatenate([true, said])).tolist()
    listed = present if labels is None else list(labels)
    everything = [*listed, *(one for one in present if one not in listed)]
    matrix = confusion_matrix(true, said, labels=everything, sample_weight=sample_weight).astype("float64")
    right = np.diagonal(matrix)
    counts = np.array([right, matrix.sum(axis=0) - right, matrix.sum(axis=1) - right])[:, : len(listed)]
    support = counts[0] + counts[2]
    if average == "micro":
        counts = counts.sum(axis=1, keepdims=True)
    found = (
        quotient(counts[0], counts[0] + counts[1]),
        quotient(counts[0], counts[0] + counts[2]),
        f_score(counts, beta),
    )
    if average is None:
        return (*found, support if sample_weight is not None else support.astype("int64"))
    weights = support if average == "weighted" and support.any() else None
    precision, recall, score = (float(np.average(one, weights=weights)) for one in found)
    return precision, recall, score, None


def roc_curve(
    y: object,
    scores: object,
    *,
    pos_label: object | None = None,
    sample_weight: object | None = None,
    drop_intermediate: bool = True,
) -> tuple[Array, Array, Array]:
    """Return false positive rates, true positive rates and thresholds, from none that is a yes to all.

    Args:
        y: two classes, `(samples,)`.
        scores: what speaks for the second of them, `(samples,)`.
        pos_label: the class that is a yes; None takes the greater of the two.
        sample_weight: how much each sample counts.
        drop_intermediate: leave out points on a straight line.

    Raises:
        DataError: shapes do not fit, or there are not two classes.

    Example:
        >>> rates = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        >>> [one.tolist() for one in rates[:2]]
        [[0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0]]
    """
    true, said = _column("y", y), _scores(scores)
    if said.ndim == 2 and said.shape[1] == 1:
        said = said[:, 0]
    _check_lengths(true, "scores", said)
    if said.ndim != 1:
        raise DataError(f"scores: got shape {said.shape}, expected (n,); take the column of one class.")
    classes = np.unique(true)
    if len(classes) != 2 and (pos_label is None or len(classes) < 2):
        raise DataError(f"y: got the classes {classes.tolist()}, expected two; a curve needs a yes and a no.")
    positive = true == (classes[-1] if pos_label is None else pos_label)
    if positive.all() or not positive.any():
        raise DataError(f"pos_label: got {pos_label!r}, expected one of {classes.tolist()}.")
    weights = _weights(sample_weight, len(true))
    false, right, thresholds = _cumulated(positive, said, weights)
    if drop_intermediate and len(false) > 2:
        bends = (np.diff(false, 2) != 0) | (np.diff(right, 2) != 0)
        kept = np.concatenate([[True], bends, [True]])
        false, right, thresholds = false[kept], right[kept], thresholds[kept]
    starts = np.concatenate([[0.0], false]), np.concatenate([[0.0], right])
    return (
        starts[0] / starts[0][-1],
        starts[1] / starts[1][-1],
        np.concatenate([[np.inf], thresholds]),
    )


def _scores(scores: object) -> Array:
    array = np.asarray(scores, dtype="float64")
    check_finite("scores", array)
    return array


def _cumulated(positive: Array, scores: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return the weights of false and of true positives at each threshold, from the highest on."""
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    last = np.concatenate([np.flatnonzero(np.diff(falling)), [len(falling) - 1]])
    weighted = weights[order]
    right = np.cumsum(np.where(positive[order], weighted, 0.0))[last]
    false = np.cumsum(np.where(positive[order], 0.0, weighted))[last]
    return false, right, falling[last]


def _area(positive: Array, scores: Array, weights: Array) -> float:
    """Return the area under the ROC curve: the chance that a yes scores more than a no, ties half."""
    false, right, _ = _cumulated(positive, scores, weights)
    if not false[-1] or not right[-1]:
        raise DataError(
            "y: got a class that every sample has, or none, expected a yes and a no for each; an area needs "
            "both."
        )
    rates = np.concatenate([[0.0], false / false[-1]]), np.concatenate([[0.0], right / right[-1]])
    return float(np.trapezoid(rates[1], rates[0]))


def _one_against_rest(y: Array, scores: Array, weights: Array) -> tuple[Array, Array]:
    """Return the area of each class, and the weight of its samples."""
    areas = [_area(y == place, scores[:, place], weights) for place in range(scores.shape[1])]
    return np.array(areas), np.array([weights[y == place].sum() for place in range(scores.shape[1])])


def _one_against_one(y: Array, scores: Array, weights: Array) -> tuple[Array, Array]:
    """Return the area of each pair of classes, both ways averaged, and how many samples it has."""
    areas, sizes = [], []
    for one in range(scores.shape[1]):
        for other in range(one + 1, scores.shape[1]):
            pair = (y == one) | (y == other)
            both = (
                _area(y[pair] == one, scores[pair, one], weights[pair]),
                _area(y[pair] == other, scores[pair, other], weights[pair]),
            )
            areas.append(sum(both) / 2)
            sizes.append(weights[pair].sum())
    return np.array(areas), np.array(sizes)


_WAYS = {"ovr": _one_against_rest, "ovo": _one_against_one}


def roc_auc(
    y: object,
    scores: object,
    *,
    average: str | None = "macro",
    sample_weight: object | None = None,
    multi_class: str = "ovr",
    labels: Sequence[Any] | None = None,
) -> Any:
    """Return the area under the ROC curve: the chance that a yes scores more than a no, ties counting half.

    Args:
        y: two classes `(samples,)`; several classes `(samples,)`; or yes and no of several labels
            `(samples, labels)`, such as one-hot classes.
        scores: what speaks for the greater of two classes, `(samples,)`; or for each class or label,
            `(samples, classes)`.
        average: of classes or labels: `macro`, `weighted` (by how many samples they have), None for each.
        sample_weight: how much each sample counts.
        multi_class: `ovr` compares each class with the rest, `ovo` each pair (Hand and Till, 2001).
        labels: the classes that the columns of scores stand for; None takes those of y, sorted.

    Raises:
        DataError: shapes do not fit, or a class has all samples or none.

    Example:
        >>> roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.75
    """
    said, true = _scores(scores), np.asarray(y)
    way = _choose("multi_class", multi_class, _WAYS)
    if average not in (None, "macro", "weighted"):
        raise DataError(f"average: got {average!r}, expected 'macro', 'weighted' or None.")
    if said.ndim == 2 and said.shape[1] == 1:
        said = said[:, 0]
    if said.ndim == 1:
        return _area_of_two(_column("y", true), said, sample_weight)
    if said.ndim != 2:
        raise DataError(f"scores: got shape {said.shape}, expected (n,) or (n, classes).")
    _check_lengths(true, "scores", said)
    weights = _weights(sample_weight, len(true))
    if true.shape == said.shape:
        positive = true > 0
        areas = np.array([_area(positive[:, at], said[:, at], weights) for at in range(said.shape[1])])
        sizes = (positive * weights[:, None]).sum(axis=0)
    else:
        areas, sizes = way(_class_places(_column("y", true), said, labels), said, weights)
    if average is None:
        return areas
    return float(np.average(areas, weights=sizes if average == "weighted" else None))


def _area_of_two(true: Array, scores: Array, sample_weight: object | None) -> float:
    _check_lengths(true, "scores", scores)
    classes = np.unique(true)
    if len(classes) != 2:
        raise DataError(
            f"y: got the classes {classes.tolist()}, expected two for scores of shape {scores.shape}; give a "
            "column of scores a class."
        )
    return _area(true == classes[1], scores, _weights(sample_weight, len(true)))


def _class_places(true: Array, scores: Array, labels: Sequence[Any] | None) -> Array:
    """Return which column of scores each sample's class is."""
    listed = np.unique(true).tolist() if labels is None else list(labels)
    if len(listed) != scores.shape[1]:
        raise DataError(
            f"scores: got {scores.shape[1]} columns for the classes {listed}, expected one a class; name the "
            "classes of the columns with labels=."
        )
    places = _places({one: place for place, one in enumerate(listed)}, true)
    if (places < 0).any():
        raise DataError(f"y: got {true[places < 0][0]!r}, expected one of the labels {listed}.")
    return places


roc_auc_score = roc_auc
