"""Layers along positions: sizes, what does not fit, what is asked of images, and what files keep."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from keras_peer import compare
from tiza.data import UnscaledFeaturesWarning
from tiza.errors import ModelError, NameNotFoundError
from tiza.graph.provenance import Role
from tiza.nn.initializers import fans
from tiza.nn.layer import Context, Layer
from tiza.ops import random

ours = tz.layers
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1)).astype("uint8")


def network(shape: tuple[int, ...], *layers: Layer) -> tz.Sequential:
    return tz.Sequential([tz.Input(shape), *layers])


def computed(layer: Layer, x: Any, training: bool = False) -> np.ndarray[Any, Any]:
    context = Context({}, training, random.key(3))
    return np.asarray(tz.evaluate(tz.trace(lambda x: layer.call(x, context), x), x))


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from(["valid", "same"]),
)
def test_output_sizes(size: tuple[int, int], window: int, stride: int, padding: str) -> None:
    """As many positions as there are steps of the stride that leave room for the window."""
    layers = (
        ours.Conv2D(1, window, stride, padding),
        ours.MaxPooling2D(window, stride, padding),
        ours.AveragePooling2D(window, stride, padding),
        ours.DepthwiseConv2D(window, stride, padding),
        ours.SeparableConv2D(1, window, stride, padding),
    )
    room = [one if padding == "same" else one - window + 1 for one in size]
    for layer in layers:
        if min(room) < 1:
            with pytest.raises(ModelError, match=f"a window of {window} along (height|width) does not fit"):
                network((*size, 1), layer)
        else:
            expected = tuple(len(range(0, one, stride)) for one in room)
            assert network((*size, 1), layer).output_shape == (None, *expected, 1)


def test_a_causal_output_sees_no_later_step() -> None:
    layer = ours.Conv1D(2, 3, padding="causal", dilation_rate=2)
    model = tz.Sequential([tz.Input((9, 1)), layer], dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 9, 1))
    before = model.predict(x)
    x[:, 5:] += 1.0
    after = model.predict(x)
    np.testing.assert_array_equal(after[:, :5], before[:, :5])
    assert (after[:, 5] != before[:, 5]).all()


@settings(max_examples=30, deadline=None)
@given(st.tuples(*(st.tuples(st.integers(0, 3), st.integers(0, 3)),) * 2))
def test_margins(margins: tuple[tuple[int, int], tuple[int, int]]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    larger = computed(ours.ZeroPadding2D(margins), x)
    np.testing.assert_array_equal(larger, np.pad(x, ((0, 0), *margins, (0, 0))))
    np.testing.assert_array_equal(computed(ours.Cropping2D(margins), larger), x)
    steps, (pair, _) = x[:, :, 0], margins
    longer = computed(ours.ZeroPadding1D(pair), steps)
    np.testing.assert_array_equal(longer, np.pad(steps, ((0, 0), pair, (0, 0))))
    np.testing.assert_array_equal(computed(ours.Cropping1D(pair), longer), steps)


def test_one_number_and_pairs_mean_what_they_mean_in_keras() -> None:
    assert ours.ZeroPadding2D(2).padding == ours.Cropping2D(2).cropping == ((2, 2), (2, 2))
    assert ours.ZeroPadding2D((1, 2)).padding == ours.Cropping2D((1, 2)).cropping == ((1, 1), (2, 2))
    assert ours.ZeroPadding1D(2).padding == ours.Cropping1D(2).cropping == (2, 2)


def test_the_task_of_digits() -> None:
    """Keras' example for MNIST: shapes and numbers of weights."""
    model = network(
        (28, 28, 1),
        ours.Conv2D(32, 3, activation="relu"),
        ours.MaxPooling2D(),
        ours.Conv2D(64, (3, 3), activation="relu"),
        ours.MaxPooling2D((2, 2)),
        ours.Flatten(),
        ours.Dropout(0.5),
        ours.Dense(10, activation="softmax"),
    )
    shapes = [one.outputs.shape[1:] for one in model.network.layers]
    assert shapes == [(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (1600,), (1600,), (10,)]
    assert model.count_params() == 34826
    assert model.weight_paths[:4] == ["conv2d.kernel", "conv2d.bias", "conv2d_1.kernel", "conv2d_1.bias"]


def test_reshape_before_and_flatten_behind() -> None:
    model = network((16,), ours.Reshape((4, 4, 1)), ours.AveragePooling2D(2), ours.Flatten())
    x = np.arange(16.0)[None]
    np.testing.assert_allclose(model.predict(x), [[2.5, 4.5, 10.5, 12.5]])


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_network_learns_where_a_line_stands(engine: str) -> None:
    """Rows or columns, anywhere: what a mean over positions of a convolution tells apart."""
    source = np.random.default_rng(0)
    x = np.zeros((64, 6, 6, 1))
    kind = source.integers(0, 2, 64)
    for image, row, at in zip(x, kind, source.integers(0, 6, 64), strict=True):
        image[(at, slice(None)) if row else (slice(None), at)] = 1.0
    model = tz.Sequential(
        [
            tz.Input((6, 6, 1)),
            ours.Conv2D(4, 3, activation="relu"),
            ours.GlobalMaxPooling2D(),
            ours.Dense(2, activation="softmax"),
        ],
        seed=1,
    )
    model.compile(tz.optimizers.Adam(0.02), "sparse_categorical_crossentropy", ["accuracy"], engine=engine)
    model.fit(x, kind, batch_size=16, epochs=40, verbose=0)
    assert model.evaluate(x, kind, verbose=0)[1] == 1.0


# marks, masks, noise


def test_quantities_have_names() -> None:
    x = np.ones((2, 6, 6, 1))
    layers = [ours.Conv2D(2, 3, activation="relu"), ours.MaxPooling2D(), ours.SeparableConv2D(2, 2)]
    model = network((6, 6, 1), *layers, ours.GlobalAveragePooling2D(), ours.Dense(1))
    model.compile("sgd", "mse")
    graph: Any = model.trainer.graph(model._checked_data(x, np.zeros((2, 1)), None).batch(2))
    labels = {node.provenance.label for node in graph.nodes}
    expected = "conv2d.z conv2d.a max_pooling2d.a separable_conv2d.depthwise separable_conv2d.z"
    assert {*expected.split(), "global_average_pooling2d.a", "conv2d.kernel"} <= labels
    roles = {node.provenance.role for node in graph.nodes if node.provenance.label == "conv2d.z"}
    assert roles == {Role.PRE_ACTIVATION}


def test_a_mean_of_the_steps_that_count() -> None:
    layers = [ours.Masking(0.0), ours.GlobalAveragePooling1D()]
    model = network((3, 2), *layers)
    x = [[[1.0, 3.0], [0.0, 0.0], [5.0, 0.0]]]
    np.testing.assert_allclose(model.predict(x), [[3.0, 1.5]])


@pytest.mark.parametrize(
    ("layer", "shape"), [(ours.SpatialDropout1D(0.5), (9, 40)), (ours.SpatialDropout2D(0.5), (3, 3, 40))]
)
def test_whole_channels_are_left_out(layer: Layer, shape: tuple[int, ...]) -> None:
    found = computed(layer, np.ones((5, *shape)), training=True)
    channels = found.reshape(5, -1, 40)
    assert (channels == channels[:, :1]).all()
    assert set(np.unique(channels)) == {0.0, 2.0}
    assert (channels[0] != channels[1]).any()


# first weights


@pytest.mark.parametrize(
    ("shape", "expected"), [((3, 3, 2, 8), (18, 72)), ((5, 4, 6), (20, 30)), ((7, 2), (7, 2)), ((3,), (3, 3))]
)
def test_fans_count_the_window(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


@pytest.mark.peers
def test_fans_are_those_of_keras(keras: Any) -> None:
    from keras.src.initializers.random_initializers import compute_fans

    for shape in ((3, 3, 2, 8), (5, 4, 6), (1, 1, 3, 5), (2, 3, 4, 1), (7, 2), (3,), ()):
        assert fans(shape) == compute_fans(shape)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "lecun_normal", "orthogonal"])
def test_first_kernels_spread_as_those_of_keras(name: str, keras: Any) -> None:
    values = network((9, 9, 16), ours.Conv2D(64, 5, kernel_initializer=name)).get_weights()[0]
    theirs = np.asarray(keras.initializers.get(name)((5, 5, 16, 64)))
    assert values.std() == pytest.approx(theirs.std(), rel=0.03)
    assert abs(values.mean() - theirs.mean()) < 0.05 * theirs.std()


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ["native", "reference"])
def test_training_leaves_the_weights_that_keras_leaves(engine: str, keras: Any) -> None:
    """Three epochs of a network of every kind of layer that stands before Flatten."""
    source = np.random.default_rng(0)
    x, y = source.normal(size=(20, 9, 8, 2)), source.integers(0, 3, 20)

    def layers_of(module: Any) -> list[Any]:
        return [
            module.ZeroPadding2D(((1, 0), (0, 1))),
            module.Conv2D(4, 3, activation="relu"),
            module.MaxPooling2D(2, 1, "same"),
            module.DepthwiseConv2D(2, 2, "same", depth_multiplier=2),
            module.SeparableConv2D(6, 3, padding="same", activation="tanh"),
            module.UpSampling2D(2),
            module.Conv2DTranspose(3, 3, 2, "same"),
            module.AveragePooling2D(3, padding="same"),
            module.Cropping2D(1),
            module.Flatten(),
            module.Dense(3, "softmax"),
        ]

    model = tz.Sequential([tz.Input((9, 8, 2)), *layers_of(ours)], dtype="float64")
    theirs = keras.Sequential([keras.Input((9, 8, 2)), *layers_of(keras.layers)])
    theirs.set_weights(model.get_weights())
    loss = "sparse_categorical_crossentropy"
    model.compile(tz.optimizers.Adam(0.01), loss, engine=engine)
    theirs.compile(keras.optimizers.Adam(0.01), loss)
    options: dict[str, Any] = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
    found, expected = (one.fit(x, y, **options).history["loss"] for one in (model, theirs))
    compare("training with layers along positions", found, expected)
    for one, other in zip(model.get_weights(), theirs.get_weights(), strict=True):
        compare("training with layers along positions", one, other)


# warnings, files, summaries


def trained(*layers: Layer) -> None:
    model = network(IMAGES.shape[1:], *layers, ours.Flatten(), ours.Dense(1))
    model.compile(tz.optimizers.SGD(1e-12), "mse", engine="reference")
    model.fit(IMAGES, np.zeros(len(IMAGES)), verbose=0)


@pytest.mark.parametrize(
    "layers",
    [
        (ours.Conv2D(2, 3),),
        (ours.ZeroPadding2D(), ours.MaxPooling2D(), ours.SpatialDropout2D(0.1), ours.SeparableConv2D(2, 2)),
        (ours.Cropping2D(1), ours.UpSampling2D(), ours.AveragePooling2D(2)),
        (ours.Conv2DTranspose(1, 2),),
        (ours.DepthwiseConv2D(2),),
    ],
)
def test_unscaled_pixels_are_warned_of(layers: tuple[Layer, ...]) -> None:
    with pytest.warns(UnscaledFeaturesWarning, match="64 of 64 features are much larger"):
        trained(*layers)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(ours.Rescaling(1 / 255), *layers)


def test_a_model_file_keeps_every_option(tmp_path: Path) -> None:
    layers = [
        ours.ZeroPadding2D(((1, 0), (2, 1))),
        ours.Conv2D(4, (3, 2), (2, 1), "same", "channels_last", groups=2, activation="tanh"),
        ours.Conv2DTranspose(2, 2, 2, "same", output_padding=1, use_bias=False),
        ours.UpSampling2D((1, 2), interpolation="bilinear"),
        ours.Cropping2D((1, 2)),
        ours.AveragePooling2D(3, 2, "same"),
        ours.SpatialDropout2D(0.5, seed=4),
        ours.GlobalMaxPooling2D(keepdims=True),
    ]
    model = network((7, 6, 2), *layers)
    model.save(tmp_path / "model.tiza")
    again = tz.load_model(tmp_path / "model.tiza")
    x = np.random.default_rng(0).normal(size=(3, 7, 6, 2))
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.network.layers[1].layer.kernel_size == (3, 2)


def test_the_summary_writes_kernels_as_products(capsys: pytest.CaptureFixture[str]) -> None:
    network((28, 28, 1), ours.Conv2D(32, 3)).summary()
    assert "3x3x1x32 + 32 = 320" in capsys.readouterr().out


# bad input

ARGUMENTS: list[tuple[Callable[[], object], str]] = [
    (lambda: ours.Conv2D(0, 3), "Conv2D: filters: got 0"),
    (lambda: ours.Conv2D(4, 0), "Conv2D: kernel_size: got 0"),
    (lambda: ours.Conv2D(4, 3.0), "Conv2D: kernel_size: got 3.0"),
    (lambda: ours.Conv2D(4, (3,)), r"kernel_size=\(3,\), expected a whole number or 2.*height, width"),
    (lambda: ours.Conv1D(4, "3"), "Conv1D: kernel_size: got '3'"),
    (lambda: ours.Conv2D(4, 3, strides=(1, 0)), "Conv2D: strides: got 0"),
    (lambda: ours.Conv2D(4, 3, strides=2, dilation_rate=(1, 2)), r"strides=\(2, 2\) and dilation_rate"),
    (lambda: ours.Conv2D(4, 3, padding="causal"), "padding: unknown name 'causal'; known: same, valid"),
    (lambda: ours.Conv1D(4, 3, padding=1), "padding: got 1"),
    (lambda: ours.Conv2D(4, 3, groups=3), "filters=4 and groups=3, expected groups that divide filters"),
    (lambda: ours.Conv2D(4, 3, data_format="channels_first"), r"channels are the last axis.*np\.moveaxis"),
    (lambda: ours.MaxPooling2D(data_format="channels_first"), "MaxPooling2D: got data_format"),
    (lambda: ours.MaxPooling2D(pool_size=(2, 2, 2)), r"pool_size=\(2, 2, 2\), expected a whole number or 2"),
    (lambda: ours.GlobalMaxPooling1D(keepdims="no"), "GlobalMaxPooling1D: got keepdims='no'"),
    (lambda: ours.ZeroPadding2D((1, 2, 3, 4)), r"\(height, width\), or \(\(top, bottom\), \(left, right\)\)"),
    (lambda: ours.ZeroPadding1D(-1), "ZeroPadding1D: padding: got -1"),
    (lambda: ours.Cropping1D((1, 2, 3)), r"expected a whole number or \(before, after\)"),
    (lambda: ours.UpSampling1D(0), "UpSampling1D: size: got 0"),
    (lambda: ours.UpSampling2D(interpolation="cubic"), "did you mean 'bicubic'"),
    (lambda: ours.Conv2DTranspose(4, 3, 2, output_padding=2), "expected output_padding below strides"),
    (lambda: ours.DepthwiseConv2D(3, depth_multiplier=0), "depth_multiplier: got 0"),
    (lambda: ours.SpatialDropout2D(1.0), "SpatialDropout2D: got rate=1.0"),
]


@pytest.mark.parametrize(("make", "message"), ARGUMENTS)
def test_bad_arguments(make: Callable[[], object], message: str) -> None:
    with pytest.raises((ModelError, NameNotFoundError), match=message):
        make()


INPUTS: list[tuple[Layer, tuple[int, ...], str]] = [
    (
        ours.Conv2D(4, 3),
        (28, 28),
        r"Conv2D: got samples of shape \(28, 28\), expected \(height, width, channels\), channels last.*"
        r"x\[\.\.\., None\] and tz\.Input\(\(28, 28, 1\)\)",
    ),
    (ours.Conv1D(4, 3), (28,), r"expected \(steps, channels\).*tz\.layers\.Reshape\(\(28, 1\)\) before"),
    (ours.Conv2D(4, 3), (784,), r"put tz\.layers\.Reshape\(\(height, width, channels\)\)"),
    (ours.MaxPooling2D(), (4, 4, 1, 1), r"expected \(height, width, channels\), channels last\.$"),
    (ours.GlobalAveragePooling2D(), (4, 4), "GlobalAveragePooling2D: got samples of shape"),
    (ours.Conv2D(4, 3), (2, 28, 1), "a window of 3 along height does not fit into 2; expected a smaller one"),
    (ours.Conv2D(4, 3), (1, 28, 28), r"does not fit into 1; the channels are the last axis: .*np\.moveaxis"),
    (ours.Conv2D(4, (1, 3), dilation_rate=2), (4, 4, 1), "3 along width .over 5 places.*does not fit into 4"),
    (ours.AveragePooling1D(6), (5, 1), r"pool_size=\(6,\).*a window of 6 along steps"),
    (ours.Conv2D(4, 3, groups=2), (5, 5, 3), "got 3 channels and groups=2"),
    (ours.Cropping2D(3), (7, 6, 1), "cropping 3 before and 3 after along width, expected something"),
    (ours.Conv2DTranspose(1, 2, 1, "same", 0), (1, 4, 1), "keeps nothing along height"),
    (ours.SpatialDropout1D(0.5), (4, 4, 1), "SpatialDropout1D: got samples"),
    (ours.UpSampling2D(), (4,), "UpSampling2D: got samples"),
    (ours.MaxPooling2D(10**6, padding="same"), (3, 3, 1), "max_pooling: got .* places, expected at most"),
    (ours.AveragePooling2D(2, 1, "same"), (10**5, 10**5, 1), "average_pooling: got 100000 x 100000 places"),
    (ours.UpSampling2D(10**7, interpolation="bilinear"), (3, 3, 1), "interpolate: got 30000000 x 3 places"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), INPUTS)
def test_inputs_that_do_not_fit(layer: Layer, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        network(shape, layer)
    assert f"({type(layer).__name__}) does not fit" in str(refused.value)
