"""Networks that several tests explain."""

from __future__ import annotations

import tiza as tz
from tiza.models.model import Model


def tanh_example() -> Model:
    """Return the courses' 2-2-1 network: no biases, tanh, linear output, half the squared error."""
    model = tz.Sequential(
        [
            tz.Input((2,)),
            tz.layers.Dense(2, "tanh", use_bias=False),
            tz.layers.Dense(1, use_bias=False),
        ]
    )
    model.compile(tz.optimizers.SGD(0.5), tz.losses.Quadratic())
    model.set_weights([[[0.1, 0.3], [0.2, 0.1]], [[0.5], [0.8]]])
    return model
