"""What users give as features, targets and weights, as the arrays that a network reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tiza.data.checking import (
    as_numbers,
    check_lengths,
    checked_features,
    checked_ids,
    checked_sample_weight,
    shaped_features,
)
from tiza.errors import DataError
from tiza.graph.tensor_type import TensorType
from tiza.nn.losses import Loss
from tiza.nn.network import Network
from tiza.training.trainer import Data

Array = np.ndarray[Any, Any]
Arrays = tuple[Array, ...]


def given_features(x: object, network: Network) -> Arrays:
    """Return the features of each input; whether they are finite, is seen by who reads them.

    Raises:
        DataError: their number, a shape or a length does not fit.
    """
    return _features(x, network, shaped_features)


def finite_features(x: object, network: Network) -> Arrays:
    """Return the features of each input, all finite; raises as `given_features`, and for one that is not."""
    return _features(x, network, checked_features)


def _features(x: object, network: Network, check: Callable[..., Array]) -> Arrays:
    names = named("x", x, network.input_names)
    arrays = tuple(
        check(values, shape, network.dtype, name)
        if ids is None
        else checked_ids(values, shape, ids.below, ids.layer, name)
        for (name, values), shape, ids in zip(names, network.sample_shapes, network.ids, strict=True)
    )
    check_lengths(**{name: array for (name, _), array in zip(names, arrays, strict=True)})
    return arrays


def named(what: str, given: object, names: Sequence[str]) -> list[tuple[str, Any]]:
    """Return what a user gives for each of several inputs or outputs, under the name for messages.

    Raises:
        DataError: it is neither a list of their number nor a dictionary of their names.
    """
    if isinstance(given, Mapping):
        if set(given) != set(names):
            raise DataError(f"{what}: got the names {sorted(given)}, expected {sorted(names)}.")
        return [(f"{what}[{name!r}]", given[name]) for name in names]
    if len(names) == 1:
        return [(what, given)]
    if not isinstance(given, list | tuple) or len(given) != len(names):
        got = f"{len(given)} parts" if isinstance(given, list | tuple) else type(given).__name__
        raise DataError(
            f"{what}: got {got}, expected a list of {len(names)}, or a dictionary of {', '.join(names)}."
        )
    return [(f"{what}[{number}]", one) for number, one in enumerate(given)]


def given_data(
    network: Network, losses: Sequence[Loss], features: Arrays, y: object, sample_weight: object | None
) -> Data:
    """Return what a user gives as the arrays that a step reads.

    Raises:
        DataError: shape, length or a value does not fit.
    """
    targets = []
    for (name, values), loss, outputs in zip(
        named("y", y, network.output_names), losses, network.outputs, strict=True
    ):
        array = as_numbers(name, values)
        check_lengths(x=features[0], **{name: array})
        targets.append(loss.checked_targets(array, outputs))
    weights = checked_sample_weight(sample_weight, len(features[0]), network.dtype)
    return Data(features, tuple(targets), weights)


def validation_data(network: Network, losses: Sequence[Loss], given: object) -> Data:
    """Return `(x, y)` or `(x, y, sample_weight)` as data.

    Raises:
        DataError: it is neither, or something in it does not fit; the message begins with `validation_data`.
    """
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) not in (2, 3):
        parts = f" of {len(given)} parts" if isinstance(given, list | tuple) else ""
        raise DataError(
            f"validation_data: got {type(given).__name__}{parts}, expected (x, y) or (x, y, sample_weight)."
        )
    x, y, weight = (*given, None)[:3]
    try:
        return given_data(network, losses, finite_features(x, network), y, weight)
    except DataError as error:
        raise DataError(f"validation_data: {error}") from None


def single_sample_as_batch(x: object, y: object, network: Network) -> tuple[Any, Any]:
    """Return a single sample with its target as a batch of one; a batch as it is.

    With a batch of one, the target may come without the axis of samples.
    """
    inputs = named("x", x, network.input_names)
    arrays = [as_numbers(name, values) for name, values in inputs]
    if [one.shape for one in arrays] != list(network.sample_shapes):
        features = arrays
        if any(len(one) != 1 for one in arrays):
            return _one_or_all(features), y
        targets = [
            _as_batch(values, outputs)
            for (_, values), outputs in zip(named("y", y, network.output_names), network.outputs, strict=True)
        ]
    else:
        features = [one[None] for one in arrays]
        targets = [np.asarray(values)[None] for _, values in named("y", y, network.output_names)]
    return _one_or_all(features), _one_or_all(targets)


def _as_batch(target: Any, outputs: TensorType) -> Any:
    """Return the target of a single sample with an axis of samples, which it may have already."""
    shape = np.shape(target)
    return (
        np.asarray(target)[None] if shape == () or (shape[0] != 1 and shape == outputs.shape[1:]) else target
    )


def _one_or_all(arrays: list[Any]) -> Any:
    return arrays if len(arrays) > 1 else arrays[0]
