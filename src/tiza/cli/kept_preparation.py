"""The preparation of a table, carried by the model that was trained on it."""

from __future__ import annotations

import json

from tiza.data.tables import TablePreparation
from tiza.errors import ModelError, TizaError
from tiza.language import translate
from tiza.models.model import Model


def keep_preparation(model: Model, preparation: TablePreparation) -> None:
    """Let a model carry how rows of a table become its samples."""
    model.preparation = json.loads(preparation.to_json())


def kept_preparation(model: Model, path: str) -> TablePreparation:
    """Return how rows of a table become a model's samples.

    Args:
        model: the model.
        path: its file, for errors.

    Raises:
        ModelError: it carries none, or something else.
    """
    if model.preparation is None:
        raise ModelError(
            translate(
                "{path}: the model does not say how rows of a table become its samples; write it with `tiza "
                "train data.csv --output`, or set model.preparation = json.loads(preparation.to_json()) and "
                "save.",
                path=path,
            )
        )
    try:
        return TablePreparation.from_json(json.dumps(model.preparation))
    except TizaError as error:
        raise ModelError(
            translate("{path}: the model carries no preparation of a table: {error}", path=path, error=error)
        ) from None
