"""The losses of samples that are sequences, some of whose steps do not count."""

from __future__ import annotations

from tiza.graph.tensor import Tensor
from tiza.nn.losses import Loss
from tiza.ops.elementwise import cast, where
from tiza.ops.layout import reshape
from tiza.ops.reduction import sum as total


def sample_losses(loss: Loss, targets: Tensor, outputs: Tensor, mask: Tensor | None) -> Tensor:
    """Return the loss of each sample, `(batch,)`, in which masked steps do not count.

    Where a loss is a mean, the batch's mean is then that over all steps that count, whichever sample they
    are of; where it sums a sample's outputs, masked steps are left out of the sum. Metrics read all steps.

    Shapes: outputs `(batch, time, ...)`, mask `(batch, time)`; with outputs of other shapes the mask says
    nothing.

    Source: Keras 3, whose losses read the mask of the outputs; its metrics do so with sample weights alone.
    """
    if mask is None or outputs.ndim < 3 or not mask.shape == outputs.shape[:2] == targets.shape[:2]:
        return loss.call(targets, outputs)
    batch, steps = mask.shape
    each = reshape(loss.call(_each_step(targets), _each_step(outputs)), (batch, steps))
    counted = total(where(mask, each, 0.0), 1)
    if loss.sums_outputs:
        return counted
    count = total(cast(mask, outputs.dtype))
    return counted * (float(batch) / where(count == 0.0, 1.0, count))


def _each_step(values: Tensor) -> Tensor:
    """Return every step as a sample of its own."""
    return reshape(values, (values.shape[0] * values.shape[1], *values.shape[2:]))
