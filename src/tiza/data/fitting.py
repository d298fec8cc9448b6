"""What learns from data before it can transform: `fit` returns a new, frozen object that does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

_OF_THE_RESULT = ("transform", "inverse_transform", "fit_transform")


class Fitter(ABC):
    """Settings of a transformation that must see data first."""

    @abstractmethod
    def fit(self, values: object) -> Any:
        """Return the transformation that fits `values`."""

    def __getattr__(self, name: str) -> Any:
        """Tell who expects `fit` to change its object how it is done here."""
        kind = type(self).__name__
        if name in _OF_THE_RESULT:
            raise AttributeError(
                f"{kind}.{name}: got an object that has seen no data; fit returns what transforms: "
                f"fitted = {kind}().fit(x), then fitted.transform(x)."
            )
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")
