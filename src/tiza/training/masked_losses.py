"""The losses of samples of which some, or some of their steps, do not count."""

from __future__ import annotations

from tiza.graph.tensor import Tensor
from tiza.nn.losses import Loss
from tiza.ops.elementwise import cast, where
from tiza.ops.layout import reshape
from tiza.ops.reduction import sum as total


def sample_losses(loss: Loss, targets: Tensor, outputs: Tensor, mask: Tensor | None) -> Tensor:
    """Return the loss of each sample, `(batch,)`, in which what is masked does not count.

    Where a loss is a mean, the batch's mean is then that over all steps that count, whichever sample they
    are of; where it sums a sample's outputs, masked steps are left out of the sum. The mean over samples is
    that over samples that count. Metrics read all.

    Shapes: outputs `(batch, time, ...)` with a mask `(batch, time)`, or `(batch, ...)` with a mask
    `(batch,)`; with outputs of other shapes the mask says nothing.

    Source: Keras 3, whose losses read the mask of the outputs; its metrics do so with sample weights alone.
    """
    if mask is None or not _has_one_for_each(mask, targets, outputs):
        return loss.call(targets, outputs)
    if mask.ndim == 1:
        return _mean_over(mask, where(mask, loss.call(targets, outputs), 0.0))
    batch, steps = mask.shape
    each = reshape(loss.call(_each_step(targets), _each_step(outputs)), (batch, steps))
    counted = total(where(mask, each, 0.0), 1)
    return counted if loss.sums_outputs else _mean_over(mask, counted)


def _has_one_for_each(mask: Tensor, targets: Tensor, outputs: Tensor) -> bool:
    """Return whether a mask tells which samples, or which steps of them, count."""
    axes = mask.ndim
    alike = mask.shape == outputs.shape[:axes] == targets.shape[:axes]
    return alike and (outputs.ndim >= 3 if axes == 2 else outputs.ndim == 2)


def _mean_over(mask: Tensor, counted: Tensor) -> Tensor:
    """Return the losses of samples, scaled so that their mean is that over what counts."""
    count = total(cast(mask, counted.dtype))
    return counted * (float(mask.shape[0]) / where(count == 0.0, 1.0, count))


def _each_step(values: Tensor) -> Tensor:
    """Return every step as a sample of its own."""
    return reshape(values, (values.shape[0] * values.shape[1], *values.shape[2:]))
