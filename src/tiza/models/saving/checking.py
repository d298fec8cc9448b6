"""Whether a description and arrays belong together: checked before a file is written, and when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tiza.errors import ModelError
from tiza.graph.tensor_type import TensorType
from tiza.models.saving.description import Description, Training
from tiza.nn.network import Network, network_of
from tiza.training.state import Entry, network_entries, training_entries

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A network made anew from a description, and how it is trained.

    Attributes:
        network: its layers, placed.
        training: how it is trained; None if it is not compiled.
        entries: the arrays that the model keeps.
    """

    network: Network
    training: Training | None
    entries: tuple[Entry, ...]


def place(description: Description, owner: object) -> Placed:
    """Return what a description makes, without any array yet.

    Raises:
        ModelError: it makes no model; whatever else layers raise.
    """
    network = network_of(*description.drawing(owner), description.identity().dtype)
    training = description.training()
    if training is None:
        return Placed(network, training, network_entries(network))
    return Placed(network, training, training_entries(network, training.optimizer))


def check_arrays(entries: Sequence[Entry], arrays: Mapping[str, Array], any_float: bool = False) -> None:
    """Check that arrays are those that a model keeps.

    Args:
        entries: what the model keeps.
        arrays: the arrays, by path.
        any_float: whether weights may be of another float type than the model's.

    Raises:
        ModelError: one is missing, or the model has none of that path, or one has another shape or type.
    """
    expected = {one.path: one.type for one in entries}
    for problem, paths in (
        ("lacks", [path for path in expected if path not in arrays]),
        ("has", [path for path in arrays if path not in expected]),
    ):
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            but = "which the model has" if problem == "lacks" else "which the model does not have"
            raise ModelError(
                f"it {problem} {', '.join(map(repr, paths[:3]))}{more}, {but}: it belongs to another model; "
                "make the model that it was written from."
            )
    for path, type_ in expected.items():
        found = arrays[path]
        same_type = found.dtype == np.dtype(str(type_.dtype))
        if any_float and found.dtype.kind == "f":
            same_type = True
        if found.shape != type_.shape or not same_type:
            raise ModelError(
                f"{path!r} has {_shown(found)}, but the model's has {_described(type_)}: it belongs to "
                "another model; make the model that it was written from."
            )


def _shown(array: Array) -> str:
    return f"shape {array.shape} ({array.dtype})"


def _described(type_: TensorType) -> str:
    return f"shape {type_.shape} ({type_.dtype})"


def check_comes_back(description: Description, arrays: Mapping[str, Array]) -> None:
    """Check that what is about to be written could be loaded.

    Raises:
        ModelError: layers make other weights now than when the model was made of them.
    """
    try:
        check_arrays(place(description, None).entries, arrays)
    except ModelError as error:
        raise ModelError(
            f"save: the layers have changed since the model was compiled ({error}); compile it again."
        ) from None
