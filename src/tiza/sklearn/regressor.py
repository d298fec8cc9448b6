"""MLPRegressor: quantities from layers of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from tiza.errors import ModelError
from tiza.sklearn.estimator import MultilayerPerceptron, takes_steps
from tiza.sklearn.losses import regression_loss
from tiza.sklearn.targets import Quantities, Targets


@dataclass(eq=False, repr=False)
class _WithLoss:
    """The parameter that stands before those that both estimators have."""

    loss: Any = "squared_error"


@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, MultilayerPerceptron, _WithLoss):  # type: ignore[misc]
    """Quantities from layers of units, as scikit-learn's `MLPRegressor`.

    Parameters besides these are those of `MultilayerPerceptron`.

    Args:
        loss: `squared_error`, `poisson`, or another loss of `tz.losses` by name or as an object.

    Example:
        >>> import numpy as np
        >>> X = np.linspace(-1.0, 1.0, 50)[:, None]
        >>> regressor = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
        >>> regressor.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.99
        True
    """

    def _targets(self, y: Any, goes_on: bool) -> Targets:
        return Quantities(regression_loss(self.loss), 1 if y.ndim == 1 else y.shape[1])

    @property
    def _targets_are_numbers(self) -> bool:
        return True

    @available_if(takes_steps)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch, with the optimizer as it was left.

        Args:
            X: features, `(samples, features)`.
            y: targets, `(samples,)` or `(samples, outputs)`.
            sample_weight: how much each sample counts.

        Raises:
            ModelError: a parameter may not be what it is, or does not go with single epochs.
            ValueError: data do not fit.
        """
        if self.early_stopping:
            raise ModelError("partial_fit does not support early_stopping=True: it takes one epoch; use fit.")
        return self._fitted(X, y, sample_weight, None, hasattr(self, "coefs_"), incremental=True)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
