"""Penalties on weights that do not train: they count in the loss, and change nothing."""

from __future__ import annotations

import warnings

from tiza.nn.network import Network


def warn_of_frozen_penalties(network: Network, stacklevel: int = 2) -> None:
    """Warn of penalties on weights that do not train; the weights are named.

    For functions that users call: the warning points at who called them, if `stacklevel` is 2.
    """
    found = [
        path
        for path, weight in network.weights().items()
        if weight.regularizer is not None and not weight.trainable
    ]
    if found:
        warnings.warn(
            f"penalties on {', '.join(found)}: these weights do not train, so that their penalties are added "
            "to the loss and change nothing else; train them, or remove the regularizers.",
            stacklevel=stacklevel + 1,
        )
