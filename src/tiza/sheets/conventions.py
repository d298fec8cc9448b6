"""The factors of a loss that are a convention, and so are forgotten: 1/2, 2, one over the samples."""

from __future__ import annotations

from dataclasses import dataclass

_HALVED = frozenset(("quadratic",))
_SQUARED = frozenset(("mean_squared_error", "sum_squared_error"))
_MEAN_OVER_UNITS = frozenset(
    (
        "binary_crossentropy",
        "hinge",
        "huber",
        "log_cosh",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_error",
        "mean_squared_logarithmic_error",
        "poisson",
        "squared_hinge",
    )
)

_SUMMED = frozenset(("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"))


@dataclass(frozen=True, slots=True)
class Conventions:
    """What a loss is multiplied by.

    Attributes:
        factor: the factor before the loss, such as 1/2.
        slope: the factor before its derivative, such as 2.
        means: what is averaged over: how many samples, how many outputs, both.
        sums: what might be, and is added up.
        known: whether the loss is one whose factors are known by its name.
    """

    factor: float
    slope: float
    means: tuple[int, ...]
    sums: tuple[int, ...]
    known: bool = True


def conventions(loss: str, rows: int, units: int) -> Conventions:
    """Return the conventions of a loss, by its name, for a batch.

    Example:
        >>> conventions("quadratic", rows=1, units=2)
        Conventions(factor=0.5, slope=1.0, means=(), sums=(2,), known=True)
    """
    over_units = loss in _MEAN_OVER_UNITS
    means = [rows, *([units, rows * units] if over_units else [])]
    return Conventions(
        factor=0.5 if loss in _HALVED else 1.0,
        slope=2.0 if loss in _SQUARED else 1.0,
        means=tuple(dict.fromkeys(one for one in means if one > 1)),
        sums=() if over_units or units == 1 else (units,),
        known=loss in _HALVED | _SQUARED | _MEAN_OVER_UNITS or loss in _SUMMED,
    )
