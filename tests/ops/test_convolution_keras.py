"""Convolution, pooling and interpolation against Keras on JAX in float64, over their options."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tiza as tz
from keras_peer import compare
from tiza.ops.resampling import INTERPOLATIONS

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

Array = np.ndarray[Any, Any]
SOURCE = np.random.default_rng(0)


def evaluated(function: Callable[..., Any], *arrays: Array) -> Array:
    return np.asarray(tz.evaluate(tz.trace(function, *arrays), *arrays))


def one_of_both(sizes: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...]) -> Any:
    """Yield windows, strides and dilations, of which Keras takes one above 1."""
    for window, stride, dilation in itertools.product(sizes, strides, dilations):
        if min(stride, dilation) == 1:
            yield window, stride, dilation


def test_convolution(keras: Any) -> None:
    for padding, size in itertools.product(("valid", "same"), (7, 8)):
        for window, stride, dilation in one_of_both((1, 2, 3, 4), (1, 2, 3), (1, 2)):
            x, kernel = SOURCE.normal(size=(2, size, 2)), SOURCE.normal(size=(window, 2, 3))
            options = (stride, padding, dilation)
            tried = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
            ours = evaluated(lambda x, k, options=options: tz.ops.convolution(x, k, *options), x, kernel)
            theirs = keras.ops.conv(x, kernel, stride, padding, dilation_rate=dilation)
            compare("operation convolution", ours, theirs, tried)
            assert ours.shape == theirs.shape


@pytest.mark.parametrize("output_padding", [None, 0, 1, 2])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_transposed_convolution(padding: str, output_padding: int | None, keras: Any) -> None:
    for window, stride, dilation in one_of_both((1, 2, 3, 4), (1, 2, 3), (1, 2)):
        if output_padding is not None and output_padding >= stride:
            continue
        x, kernel = SOURCE.normal(size=(2, 4, 2)), SOURCE.normal(size=(window, 3, 2))
        options = (stride, padding, output_padding, dilation)
        tried = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
        tried["output_padding"] = output_padding
        ours = evaluated(lambda x, k, o=options: tz.ops.transposed_convolution(x, k, *o), x, kernel)
        theirs = keras.ops.conv_transpose(x, kernel, stride, padding, output_padding, dilation_rate=dilation)
        compare("operation transposed_convolution", ours, theirs, tried)
        assert ours.shape == theirs.shape


@pytest.mark.parametrize("name", ["max", "average"])
def test_pooling(name: str, keras: Any) -> None:
    ours_of, theirs_of = getattr(tz.ops, f"{name}_pooling"), getattr(keras.ops, f"{name}_pool")
    for padding, size in itertools.product(("valid", "same"), (7, 8)):
        for window, stride in itertools.product((1, 2, 3, 4), (1, 2, 3)):
            x = SOURCE.normal(size=(2, size, 2)) - 3.0
            options = (window, stride, padding)
            ours = evaluated(lambda x, options=options: ours_of(x, *options), x)
            tried = {"window": window, "stride": stride, "padding": padding}
            compare(f"operation {name}_pooling", ours, theirs_of(x, window, stride, padding), tried)


@pytest.mark.parametrize("interpolation", ["nearest", *INTERPOLATIONS])
def test_interpolation(interpolation: str, keras: Any) -> None:
    for size, factor in itertools.product((1, 2, 5), (1, 2, 3, 4)):
        x = SOURCE.normal(size=(2, size, 3, 2))
        layer = tz.layers.UpSampling2D((factor, 2), interpolation=interpolation)
        model = tz.Sequential([tz.Input(x.shape[1:]), layer], dtype="float64")
        theirs = keras.layers.UpSampling2D((factor, 2), interpolation=interpolation)(x)
        tried = {"size": (factor, 2), "interpolation": interpolation}
        compare("UpSampling2D", model.predict(x), theirs, tried)
