"""Parts of a model and their arguments as JSON, and back.

Plain values and lists are themselves. Everything else is a record with one of these fields:

| field | what it is |
|---|---|
| `part`, `arguments` | an object of a class of the closed table, with the arguments of its constructor |
| `function` | a function of the closed table |
| `tuple`, `set`, `frozenset` | such a collection |
| `array`, `dtype` | a NumPy array, nested lists |
| `scalar`, `dtype` | a NumPy number |
| `float` | `inf`, `-inf` or `nan`, which JSON lacks |
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeAlias, TypeVar

import numpy as np

from tiza.errors import ModelError, TizaError
from tiza.models.saving.refusing import REMEDY, fields_of, list_of, text_of
from tiza.models.saving.table import FUNCTION_NAMES, FUNCTIONS, PART_NAMES, PARTS
from tiza.nn.layer import Layer

Json: TypeAlias = Any
Part = TypeVar("Part")

WEIGHTS_INSTEAD = (
    "Save the numbers with model.save_weights(...); to come back, make the model by your code and call "
    "model.load_weights(...)."
)
"""The remedy where a model is not made of Tiza's own parts alone."""

COLLECTIONS: dict[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
NO_NUMBERS: dict[str, float] = {repr(one): one for one in (math.inf, -math.inf, math.nan)}
DTYPES: dict[str, type] = {
    "str": str,
    **{
        np.dtype(one).name: np.dtype(one).type
        for one in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
    },
}
"""What arrays and NumPy's numbers may be made of."""


def encode(value: object, where: str) -> Json:
    """Return a part, or an argument of one, as JSON.

    Args:
        value: the part.
        where: what it is to the model, for errors.

    Raises:
        ModelError: it is not Tiza's own, so that a file cannot hold it.

    Example:
        >>> import tiza as tz
        >>> encode(tz.optimizers.SGD(0.5), "optimizer")["part"]
        'optimizers.SGD'
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, where)
    if type(value) is list:
        return [encode(one, where) for one in value]
    if type(value) in (tuple, set, frozenset):
        listed = [encode(one, where) for one in value]  # type: ignore[attr-defined]
        # sets have no order; files of equal models are equal
        return {type(value).__name__: listed if type(value) is tuple else sorted(listed, key=json.dumps)}
    if id(value) in FUNCTION_NAMES:
        return {"function": FUNCTION_NAMES[id(value)]}
    if type(value) in PART_NAMES:
        arguments = {name: encode(one, f"{where}: {name}") for name, one in arguments_of(value).items()}
        return {"part": PART_NAMES[type(value)], "arguments": arguments}
    raise not_ours(value, where)


def not_ours(value: object, where: str) -> ModelError:
    """Return the error for what a file cannot hold."""
    name = getattr(value, "__qualname__", None) or f"an object of your class {type(value).__qualname__}"
    return ModelError(
        f"{where}: got {name}, expected a part of Tiza's own: a model file holds no code, and none is run "
        f"when it is loaded. {WEIGHTS_INSTEAD}"
    )


def subclass_of_yours(model: object) -> ModelError:
    """Return the error for a model whose class a file cannot hold."""
    return ModelError(
        f"model: got your class {type(model).__qualname__}, expected tz.Model or tz.Sequential: a model file "
        f"holds no code, and none is run when it is loaded. Make a tz.Model of the same layers. Or else: "
        f"{WEIGHTS_INSTEAD}"
    )


def arguments_of(part: object) -> dict[str, Any]:
    """Return the arguments that an object's constructor takes, from the attributes of the same names.

    Raises:
        ModelError: an argument has no such attribute.

    Example:
        >>> import tiza as tz
        >>> arguments_of(tz.regularizers.L2(0.5))
        {'l2': 0.5}
    """
    names = argument_names(type(part))
    missing = [name for name in names if not hasattr(part, name)]
    if missing:
        raise ModelError(f"{type(part).__name__}: it does not keep its argument {missing[0]!r}.")
    arguments = {name: getattr(part, name) for name in names}
    if isinstance(part, Layer) and "name" in arguments:
        arguments["name"] = part.given_name
    return arguments


def argument_names(kind: type) -> tuple[str, ...]:
    """Return the names of what a class's constructor takes."""
    return tuple(inspect.signature(kind).parameters)


def _encode_array(value: np.ndarray[Any, Any] | np.generic, where: str) -> Json:
    name = "str" if value.dtype.kind == "U" else value.dtype.name
    if name not in DTYPES:
        raise ModelError(f"{where}: got an array of {value.dtype}, expected numbers or text.")
    field = "array" if isinstance(value, np.ndarray) else "scalar"
    return {field: encode(value.tolist(), where), "dtype": name}


def decode(document: Json, where: str) -> Any:
    """Return what `encode` made JSON of.

    Raises:
        ModelError: it is nothing that `encode` makes; whatever else a constructor raises.
    """
    if isinstance(document, list):
        return [decode(one, where) for one in document]
    if not isinstance(document, dict):
        return document
    for field, read in _RECORDS.items():
        if field in document:
            return read(document, where)
    raise ModelError(
        f"{where}: got the fields {', '.join(document)}, expected one of {', '.join(_RECORDS)}; {REMEDY}."
    )


def decode_part(document: Json, where: str, base: Callable[..., Part]) -> Part:
    """Return a part of a kind: an object of a class, which may be abstract.

    Raises:
        ModelError: it is none.
    """
    part: Part = decode(document, where)
    fits = isinstance(part, base)  # type: ignore[arg-type]  # a `type[Part]` could not be abstract
    if not fits:
        raise ModelError(f"{where}: got {part!r:.60}, expected a {base.__name__}; {REMEDY}.")
    return part


def _known(name: object, where: str, table: dict[str, Any]) -> Any:
    text = text_of(name, where)
    if text not in table:
        near = get_close_matches(text, table, 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ModelError(
            f"{where}: got {text!r:.60}, which this Tiza does not have{hint}; a newer one may: update Tiza."
        )
    return table[text]


def _decode_part(document: Json, where: str) -> Any:
    name, arguments = fields_of(document, where, "part", "arguments")
    kind = _known(name, where, PARTS)
    inside = f"{where}: {name}"
    values = fields_of(arguments, inside, *argument_names(kind))
    decoded = {
        argument: decode(value, f"{inside}: {argument}")
        for argument, value in zip(argument_names(kind), values, strict=True)
    }
    try:
        return kind(**decoded)
    except TizaError as error:
        raise ModelError(f"{inside}: {error}") from None


def _decode_function(document: Json, where: str) -> Any:
    (name,) = fields_of(document, where, "function")
    return _known(name, where, FUNCTIONS)


def _decode_float(document: Json, where: str) -> Any:
    (name,) = fields_of(document, where, "float")
    return _known(name, where, NO_NUMBERS)


def _decode_array(document: Json, where: str) -> Any:
    values, name = fields_of(document, where, "array", "dtype")
    return np.array(decode(values, where), _known(name, where, DTYPES))


def _decode_scalar(document: Json, where: str) -> Any:
    value, name = fields_of(document, where, "scalar", "dtype")
    return _known(name, where, DTYPES)(decode(value, where))


def _decode_collection(field: str) -> Callable[[Json, str], Any]:
    def read(document: Json, where: str) -> Any:
        (values,) = fields_of(document, where, field)
        return COLLECTIONS[field]([decode(one, where) for one in list_of(values, where)])

    return read


_RECORDS: dict[str, Callable[[Json, str], Any]] = {
    "part": _decode_part,
    "function": _decode_function,
    "array": _decode_array,
    "scalar": _decode_scalar,
    "float": _decode_float,
    **{field: _decode_collection(field) for field in COLLECTIONS},
}
