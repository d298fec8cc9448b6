"""Arguments that a layer does not have: refused by name, those of Keras with what is written instead."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache

from tiza.errors import ModelError
from tiza.graph.primitive import unknown_name

_FIRST = "put tz.Input(shape_of_a_sample) first, or let fit build the model"
_ABSENT = "there is none here; leave it out"
_IN_KERAS: Mapping[str, str] = {
    "input_shape": _FIRST,
    "batch_input_shape": "put tz.Input(shape_of_a_sample, batch_size=...) first",
    "batch_shape": "write tz.Input(shape_of_a_sample, batch_size=...)",
    "input_dim": _FIRST,
    "input_length": "leave it out: the tz.Input before it says how long sequences are",
    "dtype": "say it for the whole model: tz.Sequential(layers, dtype='float64')",
    "kernel_constraint": _ABSENT,
    "bias_constraint": _ABSENT,
    "recurrent_constraint": _ABSENT,
    "embeddings_constraint": _ABSENT,
    "depthwise_constraint": _ABSENT,
    "pointwise_constraint": _ABSENT,
    "gamma_constraint": _ABSENT,
    "beta_constraint": _ABSENT,
    "activity_regularizer": _ABSENT,
    "implementation": "leave it out: there is one way, which is compiled",
    "use_cudnn": "leave it out: there is one way, which is compiled",
    "time_major": "leave it out: sequences are (batch, time, features)",
    "zero_output_for_mask": "leave it out: at a masked step the output before it stays, as Keras' default",
    "data_format": "leave it out: channels are the last axis",
}


def check_arguments(made: type, given: Mapping[str, object]) -> None:
    """Check that a class has arguments of these names.

    Raises:
        ModelError: it has not; near names, or what is written instead, are told.

    Example:
        >>> import tiza as tz
        >>> tz.layers.LSTM(2, return_sequence=True)
        Traceback (most recent call last):
        ...
        tiza.errors.ModelError: LSTM: argument: unknown name 'return_sequence'; did you mean ...
    """
    known = _arguments_of(made)
    for name in given:
        if known is None or name in known:
            continue
        if name in _IN_KERAS:
            raise ModelError(f"{made.__name__}: got {name}=...; {_IN_KERAS[name]}.")
        raise ModelError(unknown_name(f"{made.__name__}: argument", name, known))


@cache
def _arguments_of(made: type) -> tuple[str, ...] | None:
    """Return the names of a constructor's arguments; None if it takes any."""
    found = list(inspect.signature(made.__init__).parameters.values())[1:]  # type: ignore[misc]
    if any(one.kind is one.VAR_KEYWORD for one in found):
        return None
    return tuple(one.name for one in found)
