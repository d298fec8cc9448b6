"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from tiza.errors import ModelError
from tiza.nn.registry import find
from tiza.training.callbacks.callback import HOOKS, Callback

Hook: TypeAlias = Callable[..., Any] | None


class LambdaCallback(Callback):
    """A callback made of functions, each under the name of its hook.

    Hooks of epochs and batches are called with their number and `logs`, the others with `logs` alone.

    Raises:
        NameNotFoundError: there is no such hook.
        ModelError: what is given is no function.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> count = LambdaCallback(on_train_batch_end=lambda batch, logs: print(batch))
        >>> history = model.fit([[1.0], [2.0]], [2.0, 4.0], batch_size=1, verbose=0, callbacks=[count])
        0
        1
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **others: Hook,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        for name, function in given.items():
            find("LambdaCallback: hook", name, dict.fromkeys(HOOKS, name))
            if function is None:
                continue
            if not callable(function):
                raise ModelError(f"LambdaCallback: got {name}={function!r}, expected a function.")
            setattr(self, name, function)
