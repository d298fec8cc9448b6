"""Noticing features whose sizes hinder training, before time is lost."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.data.checking import as_numbers

Array = np.ndarray[Any, Any]

LARGE = 20.0
"""Root mean square above which a feature counts as large: it drives a unit to where it hardly changes."""

SMALL = 0.01
"""Largest magnitude below which a feature counts as small, if another is of size 1: it is hardly learned."""

LOOKED_AT = 1000
"""Rows that are looked at, spread evenly."""


class UnscaledFeaturesWarning(UserWarning):
    """Features differ so much in size that training will be slow or fail."""


@dataclass(frozen=True, slots=True)
class UnscaledFeatures:
    """Features of unsuitable size.

    Attributes:
        large: numbers of the features that are too large.
        small: numbers of the features that are too small beside others.
        sizes: the root mean square of every feature.
    """

    large: tuple[int, ...]
    small: tuple[int, ...]
    sizes: tuple[float, ...]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.large or self.small)


def unscaled_features(x: object) -> UnscaledFeatures:
    """Return which features are much larger than 1, or much smaller while others are not.

    A feature is large if sqrt(mean(x**2)) is above 20. It is small if it never reaches 0.01 in magnitude, is
    not 0 in more than half of the samples (as a pixel at the rim of an image), and another feature's root
    mean square is above 0.5. At most 1000 rows are looked at.

    Args:
        x: features, `(samples, ...)`; every place of a sample is a feature.

    Raises:
        DataError: not finite numbers.

    Example:
        >>> found = unscaled_features([[60.0, 1.0], [73.0, 0.0]])
        >>> found.large, found.small
        ((0,), ())
    """
    return _found(as_numbers("x", _spread(np.asarray(x))))


def _found(array: Array) -> UnscaledFeatures:
    flat = array.reshape(len(array), -1)
    largest = np.maximum(*(np.abs(one.astype("float64")) for one in (flat.min(axis=0), flat.max(axis=0))))
    # squares of the largest numbers would overflow
    shares = flat / np.where(largest > 0, largest, 1.0)
    sizes = largest * np.sqrt(np.einsum("ij,ij->j", shares, shares) / len(flat))
    small = (largest < SMALL) & bool((sizes > 0.5).any()) & (np.count_nonzero(flat, axis=0) * 2 >= len(flat))
    return UnscaledFeatures(_places(sizes > LARGE), _places(small), tuple(sizes.tolist()))


def _spread(array: Array) -> Array:
    if array.ndim == 0 or len(array) <= LOOKED_AT:
        return array
    spread: Array = array[np.linspace(0, len(array) - 1, LOOKED_AT).astype("int64")]
    return spread


def _places(where: Array) -> tuple[int, ...]:
    return tuple(int(one) for one in np.flatnonzero(where))


def warn_about_unscaled(
    x: object, names: Sequence[str] | None = None, stacklevel: int = 2, what: str = "x"
) -> bool:
    """Warn if features are so large or so small that training will be slow or fail.

    Args:
        x: features, `(samples, ...)`.
        names: names of the features.
        stacklevel: as that of `warnings.warn`.
        what: what the features are called.

    Returns:
        Whether there was anything to warn of.

    Raises:
        DataError: not finite numbers.

    Warns:
        UnscaledFeaturesWarning: some are; the worst is named, and the remedy.
    """
    found = unscaled_features(x)
    if not found:
        return False
    of_these = found.large or found.small
    worst = max(of_these, key=lambda one: abs(np.log(found.sizes[one])))
    name = repr(names[worst]) if names else f"{worst}"
    count = len(of_these)
    size = f"much {'larger' if found.large else 'smaller'} than 1"
    warnings.warn(
        f"{what}: {count} of {len(found.sizes)} features {'is' if count == 1 else 'are'} {size} (feature "
        f"{name}: root mean square {found.sizes[worst]:.3g}); training will be slow or fail. Scale them: "
        f"{what} = tz.data.Standardizer().fit({what}).transform({what}), or a Rescaling layer for images.",
        UnscaledFeaturesWarning,
        stacklevel + 1,
    )
    return True
