"""CallbackList: callbacks that are told of things together, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tiza.errors import ModelError
from tiza.training.callbacks.callback import Callback


class CallbackList:
    """Callbacks that are told of things together, in their order.

    Args:
        callbacks: callbacks, one alone, or None.
        model: the model that they are told of.
        params: what they know before training.

    Raises:
        ModelError: one of them is no callback.
    """

    def __init__(self, callbacks: object, model: Any, params: Mapping[str, Any] | None = None) -> None:
        self.callbacks = _checked(callbacks)
        for one in self.callbacks:
            one.set_model(model)
            one.set_params(params or {})

    def __bool__(self) -> bool:
        return bool(self.callbacks)

    def follows_steps(self) -> bool:
        """Return whether one of them is told of every step of training."""
        return any(one.follows_steps() for one in self.callbacks)

    def tell(self, hook: str, *arguments: object) -> None:
        """Call a hook of each."""
        for one in self.callbacks:
            getattr(one, hook)(*arguments)


def _checked(callbacks: object) -> tuple[Callback, ...]:
    if callbacks is None:
        return ()
    if isinstance(callbacks, CallbackList):
        return callbacks.callbacks
    given = callbacks if isinstance(callbacks, Iterable) else (callbacks,)
    chosen = []
    for one in given:
        if not isinstance(one, Callback):
            remedy = _remedy(one)
            raise ModelError(f"callbacks: got {one!r}, expected objects of tz.callbacks.Callback; {remedy}.")
        chosen.append(one)
    return tuple(chosen)


def _remedy(given: object) -> str:
    if isinstance(given, type):
        return f"make one: {given.__name__}(...)"
    if callable(given):
        return "make one: LambdaCallback(on_epoch_end=...)"
    return "derive it from that class"
