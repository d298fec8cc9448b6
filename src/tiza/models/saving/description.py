"""What a model is, but for its numbers: a record, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tiza.errors import ModelError
from tiza.models.per_output import PerOutput
from tiza.models.saving.drawing import Drawing, decode_drawing, encode_drawing
from tiza.models.saving.refusing import REMEDY, fields_of, list_of, text_of
from tiza.models.saving.values import Json, decode, decode_part, encode
from tiza.nn.checks import whole_number
from tiza.nn.losses import Loss
from tiza.nn.metrics import Metric, distinct
from tiza.nn.network import Network
from tiza.optimizers.optimizer import Optimizer

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Training:
    """How a model is trained.

    Attributes:
        optimizer: the update rule, its learning rate as it was set.
        losses: what is made small.
        metrics: what is measured besides.
        loss_weights: how much each loss counts.
        engine: name of what runs the graphs.
    """

    optimizer: Optimizer
    losses: PerOutput[Loss]
    metrics: PerOutput[tuple[Metric, ...]]
    loss_weights: PerOutput[float]
    engine: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What a model has before its network is known.

    Attributes:
        face: name of its class.
        name: its name.
        seed: its seed.
        dtype: dtype of weights and computation.
    """

    face: str
    name: str
    seed: int
    dtype: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What a model carries for those who use it.

    Attributes:
        preparation: how raw data become features; None if nothing is.
        class_names: names of the classes, by their numbers.
    """

    preparation: dict[str, Any] | None
    class_names: Sequence[Any] | None


def encode_model(identity: Identity, network: Network, training: Training | None, notes: Notes) -> Json:
    """Return a model's description as JSON.

    Raises:
        ModelError: a part is not Tiza's own, or a note is nothing that JSON can hold; it is named.
    """
    return {
        "class": identity.face,
        "name": identity.name,
        "seed": identity.seed,
        "dtype": identity.dtype,
        "network": encode_drawing(network),
        "training": None if training is None else _encode_training(training),
        "preparation": checked_json("preparation", notes.preparation),
        "class_names": encode(notes.class_names, "class_names"),
    }


FIELDS = ("class", "name", "seed", "dtype", "network", "training", "preparation", "class_names")


@dataclass(frozen=True, slots=True)
class Description:
    """A model's description, its parts made in turn: a network may want to know whose it is."""

    fields: dict[str, Json]

    @classmethod
    def of(cls, document: Json) -> Description:
        """Return the description that JSON holds.

        Raises:
            ModelError: it is none.
        """
        values = fields_of(document, "description", *FIELDS)
        return cls(dict(zip(FIELDS, values, strict=True)))

    def identity(self) -> Identity:
        """Return what a model has before its network is known."""
        face, name, dtype = (text_of(self.fields[one], one) for one in ("class", "name", "dtype"))
        return Identity(face, name, whole_number("seed", self.fields["seed"], 0, below=2**64), dtype)

    def drawing(self, owner: object) -> Drawing:
        """Return the network's inputs and outputs, drawn anew for a model."""
        return decode_drawing(self.fields["network"], owner)

    def training(self) -> Training | None:
        """Return how the model is trained; None if it is not compiled."""
        document = self.fields["training"]
        return None if document is None else _decode_training(document)

    def notes(self) -> Notes:
        """Return what the model carries."""
        preparation, class_names = (
            self.fields["preparation"],
            decode(self.fields["class_names"], "class_names"),
        )
        if not isinstance(preparation, dict | None):
            raise ModelError(f"preparation: got {preparation!r:.60}, expected a record; {REMEDY}.")
        return Notes(preparation, class_names)


def checked_json(name: str, value: object) -> Json:
    """Return what JSON can hold, unchanged by it.

    Raises:
        ModelError: it cannot, or would come back as something else.

    Example:
        >>> checked_json("preparation", {"mean": [0.5]})
        {'mean': [0.5]}
    """
    try:
        same = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"{name}: got {value!r:.60}, which is no JSON ({error!s:.100}).") from None
    if same != value or not isinstance(value, dict | None):
        raise ModelError(
            f"{name}: got {value!r:.60}, expected a dictionary that JSON gives back as it was: texts as "
            "keys, lists and no tuples."
        )
    return same


def _encode_training(training: Training) -> Json:
    return {
        "optimizer": encode(training.optimizer, "optimizer"),
        "loss": _encode_per_output(training.losses, "loss", encode),
        "metrics": _encode_per_output(training.metrics, "metrics", _encode_metrics),
        "loss_weights": _encode_per_output(training.loss_weights, "loss_weights", encode),
        "engine": training.engine,
    }


def _decode_training(document: Json) -> Training:
    optimizer, loss, metrics, loss_weights, engine = fields_of(
        document, "training", "optimizer", "loss", "metrics", "loss_weights", "engine"
    )
    return Training(
        decode_part(optimizer, "optimizer", Optimizer),
        _decode_per_output(loss, "loss", _decode_loss),
        _decode_per_output(metrics, "metrics", _decode_metrics),
        _decode_per_output(loss_weights, "loss_weights", _decode_weight),
        text_of(engine, "engine"),
    )


def _encode_per_output(known: PerOutput[Any], where: str, encode_one: Callable[[Any, str], Json]) -> Json:
    parts: Json
    if isinstance(known.parts, Mapping):
        parts = {name: encode_one(one, f"{where} of {name!r}") for name, one in known.parts.items()}
    else:
        parts = [encode_one(one, where) for one in known.parts]
    return {"parts": parts, "missing": None if known.missing is None else encode_one(known.missing, where)}


def _decode_per_output(
    document: Json, where: str, decode_one: Callable[[Json, str], Part]
) -> PerOutput[Part]:
    parts, missing = fields_of(document, where, "parts", "missing")
    default = None if missing is None else decode_one(missing, where)
    if isinstance(parts, dict):
        return PerOutput(
            {name: decode_one(one, f"{where} of {name!r}") for name, one in parts.items()}, default
        )
    return PerOutput(tuple(decode_one(one, where) for one in list_of(parts, where)), default)


def _encode_metrics(known: Sequence[Metric], where: str) -> Json:
    return [encode(one, f"metric {one.name!r}") for one in known]


def _decode_metrics(document: Json, where: str) -> tuple[Metric, ...]:
    return distinct(decode_part(one, where, Metric) for one in list_of(document, where))


def _decode_loss(document: Json, where: str) -> Loss:
    return decode_part(document, where, Loss)


def _decode_weight(document: Json, where: str) -> float:
    return decode_part(document, where, float)
