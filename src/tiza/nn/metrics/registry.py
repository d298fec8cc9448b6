"""Metrics by name: those of their own, and every loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tiza.errors import ModelError
from tiza.nn.losses.base import Loss
from tiza.nn.losses.registry import ALIASES, LOSSES
from tiza.nn.metrics.accuracies import ACCURACIES
from tiza.nn.metrics.base import LossMetric, MeanMetric, Metric
from tiza.nn.metrics.confusion import COUNTING
from tiza.nn.metrics.deviations import DEVIATIONS
from tiza.nn.registry import find, is_text

METRICS: dict[str, Callable[[], Any]] = {
    **{name: partial(LossMetric, kind(), name) for name, kind in LOSSES.items()},
    **ACCURACIES,
    **COUNTING,
    **DEVIATIONS,
}
"""By name. A loss of the name of a metric is another thing: the cosine similarity has the other sign."""

_NAMES: dict[str, Callable[[], Any]] = {
    **METRICS,
    **{alias: METRICS[name] for alias, name in ALIASES.items()},
    **{alias.upper(): METRICS[name] for alias, name in ALIASES.items() if len(alias) <= 4},
    **{kind.__name__: METRICS[name] for name, kind in LOSSES.items()},
    **{make.__name__: make for make in METRICS.values() if isinstance(make, type)},
    "f1": METRICS["f1_score"],
    "f_beta_score": METRICS["fbeta_score"],
    "r2": METRICS["r2_score"],
    "rmse": METRICS["root_mean_squared_error"],
}

_OF_WHOLE_ARRAYS = {
    "auc": "roc_auc",
    "confusion_matrix": "confusion_matrix",
    "roc_auc": "roc_auc",
    "roc_auc_score": "roc_auc",
}


def metric(name_or_object: object) -> Metric:
    """Return a metric by name, the object itself, or a loss or a plain function as one.

    Raises:
        NameNotFoundError: no metric has that name.
        ModelError: it is none of these, or no sum over samples.

    Example:
        >>> metric("accuracy").name
        'accuracy'
    """
    if isinstance(name_or_object, Metric):
        return name_or_object
    if isinstance(name_or_object, str):
        return _named(name_or_object)
    if isinstance(name_or_object, type) and issubclass(name_or_object, Metric | Loss):
        return metric(name_or_object())
    if isinstance(name_or_object, Loss):
        return LossMetric(name_or_object, name_or_object.name or type(name_or_object).__name__)
    if callable(name_or_object):
        own = getattr(name_or_object, "__name__", "metric")
        if own in _OF_WHOLE_ARRAYS and getattr(name_or_object, "__module__", "") == f"{__package__}.arrays":
            raise _needs_whole_arrays(own)
        return MeanMetric(name_or_object, own)
    raise ModelError(
        f"metrics: got {name_or_object!r}, expected a name, a tz.metrics object or a function of targets "
        "and outputs."
    )


def _named(name: str) -> Metric:
    if is_text(name) and name.lower() in _OF_WHOLE_ARRAYS:
        raise _needs_whole_arrays(name)
    found: Metric = replace(find("metric", name, _NAMES)(), name=name)
    return found


def _needs_whole_arrays(name: str) -> ModelError:
    function = _OF_WHOLE_ARRAYS[name.lower()]
    return ModelError(
        f"metrics: got {name!r}, which is no sum over samples, so that batches do not add up to it; when the "
        f"model is trained, give whole arrays: tz.metrics.{function}(y, model.predict(x))."
    )
