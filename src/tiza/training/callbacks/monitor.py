"""Monitor: whether a number that is watched has become better."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiza.errors import ModelError, NameNotFoundError
from tiza.nn.checks import finite_number
from tiza.nn.losses import loss
from tiza.nn.registry import find

MODES = {"auto": 0, "max": 1, "min": -1}
"""Which way is better: 1 if more is, -1 if less is, 0 if the name tells."""

VALIDATION = "val_"

MORE_IS_BETTER = ("acc", "auc", "cosine", "f1", "precision", "r2", "recall", "score", "true_")
"""What stands in the names of metrics that should grow."""

LESS_IS_BETTER = ("divergence", "entropy", "error", "false_", "hinge", "loss", "rmse")
"""What stands in the names of metrics that should fall."""


@dataclass(slots=True)
class Monitor:
    """Whether a number that is watched has become better.

    Attributes:
        owner: the callback, for messages.
        name: what is watched, such as `val_loss`.
        mode: `min`, `max`, or `auto` if the name tells.
        min_delta: a smaller change is none.
        best: the best number so far; None before the first.

    Raises:
        NameNotFoundError: the mode is none of these.
        ModelError: `min_delta` is no finite number.
    """

    owner: str
    name: str
    mode: str = "auto"
    min_delta: float = 0.0
    best: float | None = None
    _sign: int = field(init=False)
    _warned: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._sign = find(f"{self.owner}: mode", self.mode, MODES)
        self.min_delta = abs(finite_number(self.owner, "min_delta", self.min_delta))

    def begin(self, best: float | None = None) -> None:
        """Forget what was seen.

        Raises:
            ModelError: the name does not tell which way is better.
        """
        self.best, self._warned = best, False
        self._sign = MODES[self.mode] or _direction(self.owner, self.name)

    def value(self, logs: Mapping[str, Any] | None, params: Mapping[str, Any]) -> float | None:
        """Return the number that is watched; None, with a warning, if it is not there.

        A number of the validation data is not there in epochs without validation, which is no surprise.
        """
        found = (logs or {}).get(self.name)
        expected = self.name.partition("[")[0] in params.get("metrics", ())
        if found is None and not expected and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.owner}: {self.name!r} is not measured, so nothing is done; measured are "
                f"{', '.join(logs or ()) or 'none'}. Give validation_data, compile(metrics=[...]), or "
                "another monitor.",
                stacklevel=2,
            )
        return None if found is None else float(found)

    def improves(self, value: float, on: float | None) -> bool:
        """Whether `value` is better than another by more than `min_delta`; anything is better than None."""
        return on is None or self._sign * (value - on) > self.min_delta


def _direction(owner: str, name: str) -> int:
    """Return 1 if more is better, -1 if less is.

    Raises:
        ModelError: the name does not tell.
    """
    plain = name.removeprefix(VALIDATION).lower()
    if any(part in plain for part in LESS_IS_BETTER):
        return MODES["min"]
    if any(part in plain for part in MORE_IS_BETTER):
        return MODES["max"]
    if _is_loss(plain):
        return MODES["min"]
    raise ModelError(
        f"{owner}: got monitor={name!r}, whose name does not tell whether more or less is better; give "
        "mode='min' or mode='max'."
    )


def _is_loss(name: str) -> bool:
    try:
        loss(name)
    except NameNotFoundError:
        return False
    return True
