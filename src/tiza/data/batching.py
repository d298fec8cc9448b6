"""Batching: rows in the order that training reads them, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tiza.data.arguments import seed_of, whole
from tiza.data.checking import check_lengths, numbers
from tiza.data.random import Stream

Array = np.ndarray[Any, Any]


def batches(
    x: object,
    y: object | None = None,
    batch_size: int = 32,
    shuffle: bool = True,
    seed: int = 0,
    iteration: int = 0,
) -> Iterator[tuple[Array, ...]]:
    """Return one pass over the rows: `(x, y)`, or `(x,)`, of `batch_size` rows each; the last may be smaller.

    They are the batches that `fit` reads with a model of the same `seed` when `iteration` steps were done
    before, so the first epoch of a new model with `iteration=0`.

    Args:
        x: features, `(samples, ...)`.
        y: targets, `(samples, ...)`.
        batch_size: rows a batch.
        shuffle: whether rows come in random order.
        seed: of the order.
        iteration: what tells the orders of one seed apart.

    Raises:
        DataError: not numbers, numbers of rows that differ, or a batch size that is not a whole number of
            at least 1; raised at once, not at the first batch.

    Example:
        >>> for x, y in batches([[1.0], [2.0], [3.0]], [0, 1, 0], batch_size=2, shuffle=False):
        ...     print(x.tolist(), y.tolist())
        [[1.0], [2.0]] [0, 1]
        [[3.0]] [0]
    """
    blocks = [numbers("x", x)] if y is None else [numbers("x", x), numbers("y", y)]
    rows = check_lengths(**dict(zip(("x", "y"), blocks, strict=False)))
    size = whole("batch_size", batch_size)
    stream = Stream.of(seed_of(seed), "order").fold_in(whole("iteration", iteration, 0, below=2**32))
    order = stream.permutation(rows) if shuffle else np.arange(rows)
    return (tuple(block[order[at : at + size]] for block in blocks) for at in range(0, rows, size))
