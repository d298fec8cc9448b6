"""A copy of a model's state, which refuses to be written to: the model would not learn of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from tiza.errors import ModelError, NameNotFoundError
from tiza.graph.primitive import unknown_name

Array = np.ndarray[Any, Any]


class Snapshot(Mapping[str, Array]):
    """Arrays by path, copied; arrays that stand in it are not replaced.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones")])
        >>> model.state["dense.kernel"].tolist()
        [[1.0]]
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = {path: value.copy() for path, value in arrays.items()}

    def __getitem__(self, path: str) -> Array:
        if path not in self._arrays:
            raise NameNotFoundError(unknown_name("path", path, self._arrays))
        return self._arrays[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return repr(self._arrays)

    def _refuse(self, path: object, _value: object = None) -> NoReturn:
        raise ModelError(
            f"state: {path!r} cannot be replaced: model.state is a copy, the model would stay as it is; set "
            "weights by model.set_weights([...]), in the order of model.weight_paths."
        )

    __setitem__ = _refuse
    __delitem__ = _refuse
