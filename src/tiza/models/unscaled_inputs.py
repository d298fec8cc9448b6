"""Inputs that reach weights as they are given, and the warning where their sizes hinder training."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from tiza.data.unscaled import warn_about_unscaled
from tiza.errors import DataError
from tiza.nn.layers import (
    AveragePooling1D,
    AveragePooling2D,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Cropping1D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    Reshape,
    SeparableConv2D,
    SpatialDropout1D,
    SpatialDropout2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from tiza.nn.network import Network

Array = np.ndarray[Any, Any]

HINDERED = (Conv1D, Conv2D, Conv2DTranspose, Dense, DepthwiseConv2D, SeparableConv2D)
"""Layers that learn slowly, or fail, where features are much larger or smaller than 1."""

KEEPING_SIZES = (
    AveragePooling1D,
    AveragePooling2D,
    Concatenate,
    Cropping1D,
    Cropping2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
    Reshape,
    SpatialDropout1D,
    SpatialDropout2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
"""Layers whose outputs are as large as their inputs. Of all others nothing is known, and nothing is said."""


def inputs_read_as_given(network: Network) -> list[int]:
    """Return the numbers of the inputs that reach a hindered layer through layers that keep sizes.

    Example:
        >>> from tiza.nn.layers import Rescaling
        >>> from tiza.nn.network import build_network
        >>> inputs_read_as_given(build_network([Flatten(), Dense(1)], (2, 3), "float32"))
        [0]
        >>> inputs_read_as_given(build_network([Rescaling(0.1), Dense(1)], (3,), "float32"))
        []
    """
    reached: set[int] = set()
    origins = [{number} for number in range(len(network.sample_shapes))]
    for call in network.calls:
        layer = network.layers[call.place].layer
        given = {number for one in call.operands for number in origins[one]}
        if isinstance(layer, HINDERED):
            reached |= given
        kept = given if isinstance(layer, KEEPING_SIZES) else set()
        origins += [kept] * len(call.results)
    return sorted(reached)


def warn_of_unscaled_inputs(network: Network, features: Sequence[Array], stacklevel: int) -> bool:
    """Warn of inputs whose features are so large or so small that training will be slow or fail.

    What is not finite is left to those who read it.

    Returns:
        Whether there was anything to warn of.
    """
    warned = False
    for number in inputs_read_as_given(network):
        name = "x" if len(features) == 1 else f"x[{number}]"
        with suppress(DataError):
            warned |= warn_about_unscaled(features[number], stacklevel=stacklevel + 1, what=name)
    return warned
