"""Embedding: a vector for every id, looked up."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from tiza.graph.provenance import Role
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType, as_dtype
from tiza.nn.checks import switch, whole_number
from tiza.nn.initializers import Initializer, initializer
from tiza.nn.layer import Context, Layer, LayerExample, Weight
from tiza.nn.regularizers import Regularizer, regularizer
from tiza.ops.elementwise import cast, where
from tiza.ops.indexing import take
from tiza.ops.layout import broadcast_to, expand_dims

INT32 = as_dtype("int32")


class Embedding(Layer):
    """A vector for every id: a_t = E[x_t], row x_t of a table that is trained.

    Ids are whole numbers from 0 to `input_dim` - 1. An `Input` that it is called on takes whole numbers, and
    keeps them so; they are checked before anything is computed. What another layer gives is cut to a whole
    number; out of range, it is an error on the reference engine and a vector of NaN on the native one, where
    training then stops at the step whose loss is not finite.

    Shapes: x `(batch, ...)`, embeddings E `(input_dim, output_dim)`, result `(batch, ..., output_dim)`.

    Args:
        input_dim: how many ids there are.
        output_dim: numbers in each vector.
        embeddings_initializer: first values of E.
        embeddings_regularizer: penalty on E that is added to the loss.
        mask_zero: whether the id 0 stands for nothing: layers behind it then skip these steps.
        name: name of the layer.
        trainable: whether E is trained.

    Raises:
        ModelError: a size is not a whole number of at least 1.
        DataError: an id of the data is out of range, or no whole number.

    Example:
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((2,)), tz.layers.Embedding(4, 3, "ones")])
        >>> model.predict([[3, 0]]).shape
        (1, 2, 3)
    """

    examples = (
        LayerExample({"input_dim": 5, "output_dim": 3}, ((4,),)),
        LayerExample({"input_dim": 2, "output_dim": 2, "mask_zero": True}, ((6,),)),
        LayerExample({"input_dim": 7, "output_dim": 1}, ((2, 3),)),
        LayerExample({"input_dim": 3, "output_dim": 2}, ((),)),
    )

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: str | Initializer = "uniform",
        embeddings_regularizer: str | Regularizer | None = None,
        mask_zero: bool = False,
        name: str | None = None,
        trainable: bool | Collection[str] = True,
    ) -> None:
        self.input_dim = whole_number("Embedding: input_dim", input_dim)
        self.output_dim = whole_number("Embedding: output_dim", output_dim)
        self.embeddings_initializer = initializer(embeddings_initializer)
        self.embeddings_regularizer = regularizer(embeddings_regularizer)
        self.mask_zero = switch("Embedding", "mask_zero", mask_zero)
        self.name = name
        self.trainable = trainable

    @property
    def vocabulary(self) -> int | None:
        """How many ids there are."""
        return self.input_dim

    def weights(self, inputs: TensorType) -> tuple[Weight, ...]:
        """Return the table."""
        shape = (self.input_dim, self.output_dim)
        first, penalty = self.embeddings_initializer, self.embeddings_regularizer
        return (Weight("embeddings", shape, first, regularizer=penalty),)

    def call(self, inputs: Tensor, context: Context) -> Tensor:
        """Return the vectors."""
        vectors = take(context["embeddings"], _ids(inputs), 0)
        if inputs.dtype != INT32:
            vectors = where(self._known(inputs), vectors, math.nan)
        return mark(vectors, Role.ACTIVATION, note="embedding")

    def _known(self, computed: Tensor) -> Tensor:
        """Return where what is cut to a whole number is an id, for each number of a vector."""
        known = (computed > -1.0) & (computed < float(self.input_dim))
        return broadcast_to(expand_dims(known, -1), (*computed.shape, self.output_dim))

    def compute_masks(self, inputs: Tensor | Sequence[Tensor], context: Context) -> tuple[Tensor | None, ...]:
        """Return where the id is not 0, if 0 stands for nothing."""
        assert isinstance(inputs, Tensor)
        return (_ids(inputs) != 0,) if self.mask_zero else ()


def _ids(inputs: Tensor) -> Tensor:
    return inputs if inputs.dtype == INT32 else cast(inputs, INT32)
