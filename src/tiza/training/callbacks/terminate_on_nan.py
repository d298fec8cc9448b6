"""TerminateOnNaN: training ends quietly when a number is not finite."""

from __future__ import annotations

from tiza.errors import NonFiniteError
from tiza.nn.checks import switch
from tiza.training.callbacks.callback import Callback


class TerminateOnNaN(Callback):
    """End training, without an error, when a number is not finite.

    Tiza looks at every return for numbers that are not finite, with this callback and without. In Keras the
    weights are lost then; here they are those before that step, and the history has finite numbers alone: the
    epoch in which it happened stands there with the steps before, if there are any.

    Args:
        raise_error: raise the error, as without this callback.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1)])
        >>> model.compile(tz.optimizers.SGD(1e30), "mse")
        >>> from tiza.language import use_language
        >>> with use_language("en"):
        ...     history = model.fit([[1.0]], [2.0], epochs=9, verbose=0, callbacks=[TerminateOnNaN()])
        Training ends: epoch 2, step 1 of 1: ... is not finite; the weights are restored to those before ...
        >>> history.epoch
        [0]
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = switch("TerminateOnNaN", "raise_error", raise_error)

    def on_not_finite(self, error: NonFiniteError) -> None:
        """End training."""
        if not self.raise_error:
            self.model.stop_training = True
            self.report("not finite", error=str(error))
