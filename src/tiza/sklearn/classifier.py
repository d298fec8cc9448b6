"""MLPClassifier: classes from layers of units."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted

from tiza.blackboard.board import Blackboard
from tiza.errors import DataError, ModelError
from tiza.sklearn.estimator import MultilayerPerceptron, takes_steps
from tiza.sklearn.targets import Labels, Targets, labels_of

Array = np.ndarray[Any, Any]

KINDS = ("binary", "multiclass", "multilabel-indicator")


@dataclass(eq=False, repr=False)
class MLPClassifier(ClassifierMixin, MultilayerPerceptron):  # type: ignore[misc]
    """Classes from layers of units, as scikit-learn's `MLPClassifier`.

    It makes the cross-entropy small. Parameters besides these are those of `MultilayerPerceptron`.

    Args:
        class_weight: how much samples of each class count, by class, or `balanced`; not scikit-learn's.

    Example:
        >>> from sklearn.datasets import make_moons
        >>> X, y = make_moons(200, noise=0.1, random_state=0)
        >>> classifier = MLPClassifier((16,), solver="lbfgs", random_state=0).fit(X, y)
        >>> classifier.score(X, y)
        1.0
    """

    _: KW_ONLY
    class_weight: Any = None

    def _targets(self, y: Any, goes_on: bool) -> Targets:
        if not goes_on:
            return _labels(y)
        known: Labels = self._learned
        found = unique_labels(y)
        if set(found) != set(known.classes):
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {known.classes}, `y` has {found}."
            )
        return known

    def _weights_of_classes(self, y: Any) -> Array | None:
        if self.class_weight is None:
            return None
        weights: Array = compute_sample_weight(self.class_weight, y)
        return weights

    def _publish(self, *found: Any) -> None:
        super()._publish(*found)
        self.classes_ = self._learned.classes

    @available_if(takes_steps)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch, with the optimizer as it was left.

        Args:
            X: features, `(samples, features)`.
            y: targets, `(samples,)`, or `(samples, labels)` of 0 and 1.
            sample_weight: how much each sample counts.
            classes: all classes there will be; needed in the first call.

        Raises:
            ModelError: a parameter may not be what it is, or does not go with single epochs.
            ValueError: data do not fit.
        """
        if self.early_stopping:
            raise ModelError("partial_fit does not support early_stopping=True: it takes one epoch; use fit.")
        if isinstance(self.class_weight, str):
            raise ModelError(
                f"partial_fit: got class_weight={self.class_weight!r}, which needs all samples; give weights "
                "by class."
            )
        goes_on = hasattr(self, "coefs_")
        learned = self._labels_to_go_on(y, classes) if goes_on else _first_labels(y, classes)
        return self._fitted(X, y, sample_weight, None, goes_on, learned, incremental=True)

    def _labels_to_go_on(self, y: Any, classes: Any) -> Labels:
        """Return what is learned already.

        Raises:
            DataError: other classes are named, or occur.
        """
        known: Labels = self._learned
        if classes is not None and not np.array_equal(known.classes, unique_labels(classes)):
            raise DataError(
                f"classes={classes!r} is not the same as on last call to partial_fit, was: {known.classes!r}."
            )
        _check_known(y, known)
        return known

    def explain(self, x: Any, y: Any, target: str, update: bool = False, digits: int = 4) -> Blackboard:
        """Return where a number of the network comes from, as text; see `MultilayerPerceptron.explain`.

        Raises:
            DataError: `y` is none of the classes.
        """
        check_is_fitted(self, "coefs_")
        if np.ndim(y) < 2:
            _check_known(np.atleast_1d(y), self._learned)
        return super().explain(x, y, target, update, digits)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, or label, `(samples, classes)`.

        Raises:
            NotFittedError: the estimator is not fitted.
        """
        outputs = self._outputs(X)
        learned: Labels = self._learned
        return learned.probabilities(outputs)

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of the probability of each class, `(samples, classes)`."""
        with np.errstate(divide="ignore"):  # the logarithm of 0 is meant
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _labels(y: Any) -> Labels:
    """Return what classes are learned.

    Raises:
        ValueError: the targets are no classes.
    """
    kind = type_of_target(y)
    if kind not in KINDS:
        check_classification_targets(y)
        raise DataError(f"y: got targets of type {kind!r}, expected one of {', '.join(KINDS)}.")
    return labels_of(y, kind)


def _first_labels(y: Any, classes: Any) -> Labels:
    """Return what the first of several calls learns.

    Raises:
        DataError: the classes are not named, or others occur.
    """
    if type_of_target(y).startswith("multilabel"):
        return _labels(y)
    if classes is None:
        raise DataError("classes must be passed on the first call to partial_fit.")
    learned = labels_of(classes, "multiclass")
    _check_known(y, learned)
    return learned


def _check_known(y: Any, learned: Labels) -> None:
    """Check that only known classes occur.

    Raises:
        DataError: others do.
    """
    found = unique_labels(y)
    if len(np.setdiff1d(found, learned.classes)):
        raise DataError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {learned.classes}. 'y' has {found}."
        )
