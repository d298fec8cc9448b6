"""Recurrent layers, masks and ids: values, states, what travels beside the values, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from layer_checks import ENGINE_NAMES, run_graph
from recurrent_oracle import STEPS, outputs
from tiza.calculus.loops import unroll
from tiza.errors import DataError, EvaluationError, ModelError, NameNotFoundError, ShapeError
from tiza.graph.node import topological_order
from tiza.models.arguments import finite_features
from tiza.models.planning import plan
from tiza.nn.layer import Context, Layer
from tiza.nn.layers.recurrent import Recurrent
from tiza.ops import random
from tiza.ops.scan import SCAN, ScanParts

Array = np.ndarray[Any, Any]
NAMES = sorted(STEPS)
SOURCE = np.random.default_rng(0)


def recurrent(name: str, units: int, **options: Any) -> Recurrent:
    layer = getattr(tz.layers, name)(units, **options)
    assert isinstance(layer, Recurrent)
    return layer


def drawn_weights(layer: Layer, shape: tuple[int, ...], source: np.random.Generator) -> dict[str, Array]:
    found = layer.weights(tz.TensorType(shape, "float64"))
    return {one.name: source.normal(size=one.shape) for one in found}


def values_of(
    layer: Layer,
    weights: dict[str, Array],
    inputs: Array,
    mask: Array | None = None,
    training: bool = False,
    engine: str = "reference",
) -> list[Array]:
    """Return what a layer gives."""

    def call(weights: dict[str, Any], x: Any) -> Any:
        masks = () if mask is None else (tz.ops.constant(mask),)
        return layer.call(x, Context(weights, training, random.key(3), masks=masks))

    return run_graph(engine, tz.trace(call, weights, inputs), [*weights.values(), inputs])


sizes = st.integers(1, 4)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    batch=sizes,
    time=st.integers(1, 6),
    features=sizes,
    units=sizes,
    masked=st.booleans(),
    backwards=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_step_is_that_of_the_textbook(
    name: str, batch: int, time: int, features: int, units: int, masked: bool, backwards: bool, seed: int
) -> None:
    source = np.random.default_rng(seed)
    x = source.normal(size=(batch, time, features))
    mask = source.random((batch, time)) < 0.5 if masked else None
    layer = recurrent(name, units, return_sequences=True, go_backwards=backwards)
    weights = drawn_weights(layer, x.shape, source)
    expected = outputs(name, x, weights, mask, backwards)
    (found,) = values_of(layer, weights, x, mask)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    last = recurrent(name, units, go_backwards=backwards)
    (found,) = values_of(last, weights, x, mask)
    np.testing.assert_allclose(found, expected[:, -1], rtol=1e-12, atol=1e-13)


class WithoutMask(tz.layers.GRU):
    def _carried(self, name: str, new: Any, old: Any, counted: Sequence[Any]) -> Any:
        return super()._carried(name, new, old, ())


class GatesExchanged(tz.layers.LSTM):
    def step(self, entry: Any, states: Any, dropout: Any, context: Context) -> Any:
        turned = tz.ops.concatenate([entry[:, self.units :], entry[:, : self.units]], 1)
        return super().step(turned, states, dropout, context)


@pytest.mark.parametrize(("kind", "name"), [(WithoutMask, "GRU"), (GatesExchanged, "LSTM")])
def test_planted_faults_differ_from_the_textbook(kind: Any, name: str) -> None:
    x, mask = SOURCE.normal(size=(3, 4, 2)), np.array([[True, False, True, False]] * 3)
    layer = kind(3, return_sequences=True)
    weights = drawn_weights(layer, x.shape, SOURCE)
    (found,) = values_of(layer, weights, x, mask)
    assert np.abs(found - outputs(name, x, weights, mask)).max() > 1e-3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrap", [False, True])
def test_padding_that_is_masked_changes_nothing(name: str, wrap: bool) -> None:
    layer: Any = recurrent(name, 3)
    short_layer: Any = tz.layers.Bidirectional(layer) if wrap else layer
    short = tz.Sequential([tz.Input((4, 2)), tz.layers.Masking(-1.0), short_layer], dtype="float64")
    long_layer: Any = tz.layers.Bidirectional(recurrent(name, 3)) if wrap else recurrent(name, 3)
    long = tz.Sequential([tz.Input((9, 2)), tz.layers.Masking(-1.0), long_layer], dtype="float64")
    long.set_weights(short.get_weights())
    x = SOURCE.normal(size=(5, 4, 2))
    padded = np.full((5, 9, 2), -1.0)
    padded[:, 2:6] = x
    np.testing.assert_array_equal(long.predict(padded), short.predict(x))


def masks_behind(*layers: Any, shape: tuple[int, ...] = (4, 3)) -> Array | None:
    """Return the mask of what layers give behind a Masking, for samples whose last two steps are 0."""
    model = tz.Sequential([tz.Input(shape), tz.layers.Masking(), *layers], dtype="float64")
    x = np.ones((2, *shape))
    x[:, 2:] = 0.0
    paths = list(model.network.weights())

    def mask(x: Any, weights: list[Any]) -> Any:
        (found,) = model.network.call_all([x], dict(zip(paths, weights, strict=True))).masks
        return [] if found is None else [found]

    graph = tz.trace(mask, x, model.get_weights())
    given_ = run_graph("reference", graph, [x, *model.get_weights()])
    return given_[0] if given_ else None


HALF = np.array([[True, True, False, False]] * 2)
HANDED_ON: list[Any] = [
    [],
    [tz.layers.Dense(2), tz.layers.Activation("tanh"), tz.layers.ReLU(), tz.layers.Dropout(0.5)],
    [tz.layers.LeakyReLU(), tz.layers.PReLU(), tz.layers.ELU(), tz.layers.GaussianNoise(0.1)],
    [tz.layers.BatchNormalization(), tz.layers.LayerNormalization(), tz.layers.Rescaling(0.5)],
    [tz.layers.LSTM(2, return_sequences=True), tz.layers.TimeDistributed(tz.layers.Dense(2))],
    [tz.layers.Bidirectional(tz.layers.GRU(2, return_sequences=True))],
]
DROPPED: list[Any] = [
    [tz.layers.Flatten()],
    [tz.layers.Reshape((2, 6))],
    [tz.layers.GRU(2)],
    [tz.layers.Bidirectional(tz.layers.GRU(2))],
    [lambda x: x],
]


@pytest.mark.parametrize("layers", HANDED_ON)
def test_masks_are_handed_on(layers: Any) -> None:
    np.testing.assert_array_equal(masks_behind(*layers), HALF)


@pytest.mark.parametrize("layers", DROPPED)
def test_masks_are_dropped(layers: Any) -> None:
    assert masks_behind(*layers) is None


def test_the_loss_of_steps_that_do_not_count_is_not_counted() -> None:
    x = SOURCE.normal(size=(5, 4, 2))
    x[0, 1:], x[1, 3:], x[2] = 0.0, 0.0, 0.0
    counted = (x != 0.0).any(-1)
    y = SOURCE.normal(size=(5, 4, 3))
    layers = [tz.Input((4, 2)), tz.layers.Masking(), tz.layers.Dense(3)]
    for loss in ("mse", "mae", "quadratic"):
        model = tz.Sequential(layers, dtype="float64")
        model.compile("sgd", loss, engine="reference")
        error = (model.predict(x) - y)[counted]
        expected = {
            "mse": (error**2).mean(),
            "mae": np.abs(error).mean(),
            "quadratic": 0.5 * (error**2).sum() / 5,
        }[loss]
        assert model.evaluate(x, y) == pytest.approx(expected, rel=1e-12)
    nothing = np.zeros_like(x)
    assert model.evaluate(nothing, y) == 0.0


@pytest.mark.parametrize("loss", ["mse", "mae", "quadratic"])
def test_samples_without_a_feature_do_not_count(loss: str) -> None:
    x, y = SOURCE.normal(size=(5, 2)), SOURCE.normal(size=(5, 3))
    x[[1, 4]] = 0.0
    whole, some = (
        tz.Sequential(
            [tz.Input((2,)), *masking, tz.layers.Dense(3, kernel_initializer="ones")], dtype="float64"
        )
        for masking in ([tz.layers.Masking()], [])
    )
    for model in (whole, some):
        model.compile("sgd", loss, engine="reference")
    kept = (x != 0.0).any(-1)
    assert whole.evaluate(x, y) == pytest.approx(some.evaluate(x[kept], y[kept]), rel=1e-12)
    assert whole.evaluate(np.zeros_like(x), y) == 0.0


def joined_masks(axis: int, *inputs: tuple[Array, Array | None]) -> Array:
    """Return the mask of inputs, each with its own mask, that are concatenated."""

    def mask(values: list[Any], masks: list[Any]) -> Any:
        context = Context({}, masks=tuple(masks.pop(0) if has else None for has in present))
        return tz.layers.Concatenate(axis).compute_masks(values, context)

    present = [one is not None for _, one in inputs]
    given_ = [[value for value, _ in inputs], [one for _, one in inputs if one is not None]]
    graph = tz.trace(mask, *given_)
    (found,) = run_graph("reference", graph, [*given_[0], *given_[1]])
    return found


@given(
    axis=st.integers(1, 2), masked=st.lists(st.booleans(), min_size=1, max_size=3), seed=st.integers(0, 99)
)
def test_masks_of_steps_are_joined_as_the_steps_are(axis: int, masked: list[bool], seed: int) -> None:
    source = np.random.default_rng(seed)
    masks = [source.random((2, 3)) < 0.5 if one else None for one in [True, *masked]]
    inputs = [(np.zeros((2, 3, 4)), one) for one in masks]
    full = [np.ones((2, 3), bool) if one is None else one for one in masks]
    expected = np.concatenate(full, 1) if axis == 1 else np.logical_or.reduce(full)
    np.testing.assert_array_equal(joined_masks(axis, *inputs), expected)


def test_masks_of_samples_are_joined() -> None:
    first, second = np.array([True, False, False]), np.array([False, True, False])
    plain = np.zeros((3, 2))
    np.testing.assert_array_equal(joined_masks(1, (plain, first), (plain, second)), first | second)
    np.testing.assert_array_equal(joined_masks(-1, (plain, first), (plain, None)), [True] * 3)
    of_ids = np.stack([first, second], 1)
    np.testing.assert_array_equal(joined_masks(1, (plain, of_ids), (plain, of_ids)), first | second)


@pytest.mark.parametrize("axis", [1, 2, 4])
def test_masks_of_films_are_joined(axis: int) -> None:
    films, mask = np.zeros((2, 3, 4, 4, 1)), np.array([[True, False, True]] * 2)
    found = joined_masks(axis, (films, mask), (films, None))
    expected = np.concatenate([mask, np.ones((2, 3), bool)], 1) if axis == 1 else np.ones((2, 3), bool)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_masked_loss_is_as_stable(activation: str) -> None:
    x = np.full((2, 3, 1), 1000.0)
    x[:, 2] = 0.0
    dense = tz.layers.Dense(2, activation, kernel_initializer=tz.initializers.Constant([[1.0, -1.0]]))
    model = tz.Sequential([tz.Input((3, 1)), tz.layers.Masking(), dense], dtype="float64")
    soft = activation == "softmax"
    model.compile("sgd", "sparse_categorical_crossentropy" if soft else "binary_crossentropy")
    y: Any = np.ones((2, 3), int) if soft else np.array([[[0.0, 1.0]] * 3] * 2)
    loss, gradients = model.loss_and_gradients(x, y)
    assert loss == pytest.approx(2000.0 if soft else 1000.0)
    assert all(np.isfinite(one).all() for one in gradients)


# ids


def id_model(**options: Any) -> tz.Sequential:
    layers = [tz.Input((3,)), tz.layers.Embedding(5, 2, **options), tz.layers.LSTM(2), tz.layers.Dense(1)]
    model = tz.Sequential(layers, dtype="float64")
    model.compile("adam", "mse", engine="reference")
    return model


def test_an_embedding_looks_rows_up() -> None:
    model = tz.Sequential([tz.Input((2, 3)), tz.layers.Embedding(7, 4)])
    ids = SOURCE.integers(0, 7, (5, 2, 3))
    (table,) = model.get_weights()
    for given_ in (ids, ids.astype("uint8"), ids.astype("float32"), ids.tolist()):
        np.testing.assert_array_equal(model.predict(given_), table[ids])
    assert np.abs(table).max() <= 0.05


def test_ids_stay_whole() -> None:
    """Float32 does not hold 2**24 + 1."""
    count = 2**24 + 2
    model = tz.Sequential([tz.Input((1,)), tz.layers.Embedding(count, 1, "zeros", trainable=False)])
    (ids,) = finite_features([[count - 1]], model.network)
    assert (ids.dtype, ids.item()) == (np.dtype("int32"), count - 1)


def test_an_input_may_be_ids_and_numbers_at_once() -> None:
    x = tz.Input((3,))
    both = tz.layers.Concatenate()([tz.layers.Flatten()(tz.layers.Embedding(4, 2)(x)), x])
    model = tz.Model(x, both)
    ids = np.array([[0, 3, 1]])
    np.testing.assert_array_equal(model.predict(ids)[:, 6:], ids)
    with pytest.raises(DataError, match=r"id 4 at \(0, 1\)"):
        model.predict([[0, 4, 1]])


BAD_IDS: list[tuple[Any, str]] = [
    (
        [[0, 1, 2], [3, 5, 4]],
        r"x: got the id 5 at \(1, 1\), expected whole numbers from 0 to 4: layer 'embedding'",
    ),
    ([[0, -1, 2]], r"got the id -1 at \(0, 1\)"),
    ([[0.0, 1.5, 2.0]], r"got the id 1.5 at \(0, 1\)"),
    ([[0.0, 1.0, np.nan]], r"got the id nan at \(0, 2\)"),
    ([[0, 1]], r"got shape \(1, 2\), expected \(n, 3\)"),
    ([["a", "b", "c"]], "expected numbers"),
]


@pytest.mark.parametrize(("ids", "words"), BAD_IDS, ids=[words for _, words in BAD_IDS])
def test_bad_ids(ids: Any, words: str) -> None:
    model = id_model()
    before = model.get_weights()
    for call in (lambda: model.predict(ids), lambda: model.fit(ids, np.zeros(len(ids)), verbose=0)):
        with pytest.raises(DataError, match=words):
            call()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def computing_model(engine: str) -> tz.Sequential:
    layers = [tz.Input((3,)), tz.layers.Rescaling(10.0), tz.layers.Embedding(5, 2)]
    model = tz.Sequential([*layers, tz.layers.LSTM(2)])
    model.compile("sgd", "mse", engine=engine)
    return model


BAD_COMPUTED = pytest.mark.parametrize("bad", [1.0, 0.5, -0.1, -1.0, 1e30, -1e30])


@BAD_COMPUTED
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_ids_that_a_layer_computes_are_refused_in_training(engine: str, bad: float) -> None:
    model = computing_model(engine)
    before = model.get_weights()
    with pytest.raises(EvaluationError, match=r"layer 'embedding': indices: got .* at \(\d, 2\)"):
        model.fit([[0.0, 0.1, 0.4], [0.0, 0.0, bad]], np.ones((2, 2)), verbose=0)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@BAD_COMPUTED
def test_ids_that_a_layer_computes_are_seen_in_predictions(bad: float) -> None:
    good, wrong = [0.0, 0.1, 0.4], [0.0, -0.05, bad]
    with pytest.raises(EvaluationError, match="layer 'embedding'"):
        computing_model("reference").predict([wrong])
    found = computing_model("native").predict([good, wrong])
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_the_id_zero_stands_for_nothing() -> None:
    model, plain = id_model(mask_zero=True), id_model()
    plain.set_weights(model.get_weights())
    full, padded = np.array([[1, 2, 3]]), np.array([[1, 2, 0]])
    np.testing.assert_array_equal(model.predict(full), plain.predict(full))
    assert (model.predict(padded) != plain.predict(padded)).all()
    np.testing.assert_array_equal(model.predict([[1, 2, 0]]), model.predict([[1, 0, 2]]))


def test_only_rows_that_were_read_are_trained() -> None:
    model = id_model()
    model.compile(tz.optimizers.SGD(0.1), "mse", engine="native")
    before = model.get_weights()[0]
    model.fit([[1, 3, 3]], [1.0], verbose=0)
    changed = (model.get_weights()[0] != before).any(-1)
    np.testing.assert_array_equal(changed, [False, True, False, True, False])


# states


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_a_state_that_survives_goes_on(name: str, engine: str) -> None:
    """A sequence in two halves gives the same as the whole."""
    x = SOURCE.normal(size=(3, 6, 2))
    whole = tz.Sequential([tz.Input((6, 2)), recurrent(name, 4)], dtype="float64")
    given_ = tz.Input((3, 2), batch_size=3)
    model = tz.Sequential([given_, recurrent(name, 4, stateful=True)], dtype="float64")
    states = STEPS[name][1]
    model.set_weights([*whole.get_weights(), *[np.zeros((3, 4))] * states])
    for one in (whole, model):
        one.compile("sgd", "mse", engine=engine)
    expected = whole.predict(x)
    for _ in range(2):
        model.predict(x[:, :3])
        np.testing.assert_allclose(model.predict(x[:, 3:]), expected, rtol=1e-13)
        model.reset_states()
    assert all((one == 0).all() for one in model.get_weights()[3:])


def stateful_model() -> tz.Sequential:
    given_ = tz.Input((2, 1), batch_size=3)
    model = tz.Sequential([given_, tz.layers.LSTM(2, stateful=True), tz.layers.Dense(1)], dtype="float64")
    model.compile(tz.optimizers.SGD(0.1), "mse", engine="reference")
    return model


def test_states_survive_training_evaluation_and_files(tmp_path: Path) -> None:
    model = stateful_model()
    x, y = SOURCE.normal(size=(6, 2, 1)), np.zeros(6)
    seen = [model.state["lstm.state_h"]]
    model.fit(x, y, shuffle=False, verbose=0)
    seen.append(model.state["lstm.state_h"])
    model.evaluate(x, y)
    seen.append(model.state["lstm.state_h"])
    for one, other in pairwise(seen):
        assert (one != other).all()
    model.save(tmp_path / "model.tiza")
    same = tz.load_model(tmp_path / "model.tiza")
    assert same.network.batch_size == 3
    np.testing.assert_array_equal(same.predict(x), model.predict(x))
    same.reset_states()
    model.reset_states()
    np.testing.assert_array_equal(same.predict(x), model.predict(x))
    assert (same.predict(x) != same.predict(x)).any()


def test_a_stateful_layer_has_one_batch_size() -> None:
    model = stateful_model()
    x, y = np.ones((4, 2, 1)), np.zeros(4)
    before = dict(model.state)
    for call in (
        lambda: model.predict(x),
        lambda: model.evaluate(x, y),
        lambda: model.predict(x[:3], batch_size=1),
        lambda: model.fit(x, y, verbose=0),
        lambda: model.fit(x[:3], y[:3], validation_data=(x, y), verbose=0),
    ):
        with pytest.raises(ShapeError, match=r"layer 'lstm' .*batch_size=3"):
            call()
    for path, one in model.state.items():
        np.testing.assert_array_equal(one, before[path])
    with pytest.raises(ModelError, match="no layer is stateful"):
        id_model().reset_states()


def test_states_are_given_and_taken(tmp_path: Path) -> None:
    """An encoder's states are the decoder's first ones."""
    words, answer = tz.Input((4, 2), name="words"), tz.Input((3, 2), name="answer")
    _, h, c = tz.layers.LSTM(5, return_state=True, name="encoder")(words)
    decoder = tz.layers.LSTM(5, return_sequences=True, name="decoder")
    decoded = decoder(answer, initial_state=[h, c])
    model = tz.Model([words, answer], [tz.layers.Dense(1)(decoded), h], dtype="float64")
    assert model.network.output_names == ("dense", "encoder")
    x = [SOURCE.normal(size=(6, 4, 2)), SOURCE.normal(size=(6, 3, 2))]
    found, last = model.predict(x)
    values = dict(zip(model.weight_paths, model.get_weights(), strict=True))
    of = {name: one for name, one in values.items() if name.startswith("encoder")}
    encoder = {name.removeprefix("encoder."): one for name, one in of.items()}
    np.testing.assert_allclose(last, outputs("LSTM", x[0], encoder)[:, -1], rtol=1e-12)
    model.compile("adam", ["mse", "mse"], engine="reference")
    model.fit(x, [np.zeros((6, 3, 1)), np.zeros((6, 5))], verbose=0)
    model.save(tmp_path / "model.tiza")
    for one, other in zip(tz.load_model(tmp_path / "model.tiza").predict(x), model.predict(x), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.shape == (6, 3, 1)


def test_a_model_with_states_stands_in_a_model() -> None:
    x = tz.Input((4, 2))
    y, h = tz.layers.GRU(3, return_sequences=True, return_state=True)(x)
    inner = tz.Model(x, [h, y], dtype="float64", name="inner")
    outer_input = tz.Input((4, 2))
    last, every = inner(outer_input)
    outer = tz.Model(outer_input, [every, last], dtype="float64")
    values = SOURCE.normal(size=(3, 4, 2))
    own, other = inner.predict(values), outer.predict(values)
    np.testing.assert_array_equal(own[0], other[1])
    np.testing.assert_array_equal(own[1], other[0])


def test_a_mask_of_ones_own() -> None:
    x, counts = tz.Input((4, 2)), tz.Input((4,))
    layer = tz.layers.LSTM(3)
    model = tz.Model([x, counts], layer(x, mask=counts), dtype="float64")
    values, mask = SOURCE.normal(size=(3, 4, 2)), np.array([[1, 0, 1, 0]] * 3)
    weights = dict(zip(("kernel", "recurrent_kernel", "bias"), model.get_weights(), strict=True))
    expected = outputs("LSTM", values, weights, mask.astype(bool))[:, -1]
    np.testing.assert_allclose(model.predict([values, mask]), expected, rtol=1e-12)


# wrappers


def test_one_layer_at_every_step() -> None:
    x = SOURCE.normal(size=(3, 5, 2))
    layer = tz.layers.TimeDistributed(tz.layers.Dense(4, "tanh"))
    model = tz.Sequential([tz.Input((5, 2)), layer], dtype="float64")
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict(x), np.tanh(x @ kernel + bias), rtol=1e-13)
    frozen = tz.layers.TimeDistributed(tz.layers.Dense(4, trainable=("bias",)))
    weights = tz.Sequential([tz.Input((5, 2)), frozen]).network.weights()
    assert {path: one.trainable for path, one in weights.items()} == {
        "time_distributed.dense.kernel": False,
        "time_distributed.dense.bias": True,
    }


def test_ids_at_every_step() -> None:
    layer = tz.layers.TimeDistributed(tz.layers.Embedding(6, 2))
    model = tz.Sequential([tz.Input((4, 3)), layer])
    ids = SOURCE.integers(0, 6, (2, 4, 3))
    np.testing.assert_array_equal(model.predict(ids), model.get_weights()[0][ids])
    with pytest.raises(DataError, match="layer 'time_distributed'"):
        model.predict(ids + 6)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_both_ways(mode: str | None) -> None:
    x = SOURCE.normal(size=(3, 5, 2))
    given_ = tz.Input((5, 2))
    pattern = tz.layers.GRU(4, return_sequences=True)
    model = tz.Model(given_, tz.layers.Bidirectional(pattern, mode)(given_), dtype="float64")
    own = model.get_weights()
    names = ("kernel", "recurrent_kernel", "bias")
    forward, backward = (dict(zip(names, part, strict=True)) for part in (own[:3], own[3:]))
    one = outputs("GRU", x, forward)
    other = outputs("GRU", x, backward, backwards=True)[:, ::-1]
    expected = {
        "concat": np.concatenate([one, other], -1),
        "sum": one + other,
        "mul": one * other,
        "ave": (one + other) / 2,
        None: np.array([one, other]),
    }[mode]
    np.testing.assert_allclose(np.array(model.predict(x)), expected, rtol=1e-11)
    assert pattern.go_backwards is False
    assert pattern.given_name is None


# drawing


@pytest.mark.parametrize("name", NAMES)
def test_dropout_leaves_out_the_same_at_all_steps(name: str) -> None:
    """Only the input's first feature matters, and it is the same at all steps."""
    options: dict[str, Any] = {"return_sequences": True, "dropout": 0.5}
    layer = recurrent(name, 1, **options)
    weights = drawn_weights(layer, (200, 3, 1), np.random.default_rng(1))
    weights["recurrent_kernel"] = np.zeros_like(weights["recurrent_kernel"])
    if name == "LSTM":
        weights["kernel"][:, 1] = 0.0
    x = np.ones((200, 3, 1))
    (found,) = values_of(layer, weights, x, training=True)
    left = [len(np.unique(found[:, step].round(9))) for step in range(3)]
    assert left == [2, 2, 2], "each sample keeps its input, or loses it, at all steps"
    (used,) = values_of(layer, weights, x)
    assert len(np.unique(used[:, 0].round(9))) == 1


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_a_mask_of_ones_own_for_what_averages(engine: str) -> None:
    x, counts = tz.Input((4, 2)), tz.Input((4,))
    mean = tz.layers.GlobalAveragePooling1D()(tz.layers.Dense(2, kernel_initializer="ones")(x, mask=counts))
    model = tz.Model([x, counts], [mean, tz.layers.GlobalAveragePooling1D()(x, mask=counts)], dtype="float64")
    model.compile("sgd", ["mse", "mse"], engine=engine)
    values, mask = SOURCE.normal(size=(3, 4, 2)), np.array([[1, 0, 1, 0]] * 3)
    summed, own = model.predict([values, mask])
    np.testing.assert_allclose(own, values[:, ::2].mean(1), rtol=1e-12)
    np.testing.assert_allclose(summed, np.repeat(values[:, ::2].sum(-1).mean(1)[:, None], 2, 1), rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_the_mean_of_no_step_is_0(engine: str) -> None:
    layers = [tz.Input((4,)), tz.layers.Embedding(6, 3, mask_zero=True), tz.layers.GlobalAveragePooling1D()]
    model = tz.Sequential([*layers, tz.layers.Dense(1)], dtype="float64")
    model.compile("sgd", "mse", engine=engine)
    ids = [[1, 2, 0, 0], [0, 0, 0, 0]]
    assert model.predict(ids)[1] == model.state["dense.bias"]
    model.fit(ids, [1.0, 2.0], verbose=0)
    assert np.isfinite(np.concatenate([one.ravel() for one in model.get_weights()])).all()
    assert "global_average_pooling1d.a[0] = 0" in str(
        model.explain(ids[1], [1.0], "global_average_pooling1d.a[0]", language="en")
    )


STATEFUL_CALLS: dict[str, Any] = {
    "diagnose": lambda model, x, y: model.diagnose(x, y),
    "explain": lambda model, x, y: model.explain(x, y, "loss"),
    "fit_lbfgs": lambda model, x, y: model.fit_lbfgs(x, y, max_iterations=1),
    "gradients": lambda model, x, y: model.loss_and_gradients(x, y),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
}


@pytest.mark.parametrize("call", STATEFUL_CALLS.values(), ids=STATEFUL_CALLS)
def test_what_takes_one_batch_says_how_many_samples_a_state_has(call: Any) -> None:
    layers = [tz.Input((3, 1), batch_size=2), tz.layers.LSTM(2, stateful=True), tz.layers.Dense(1)]
    model = tz.Sequential(layers)
    model.compile("sgd", "mse", engine="reference")
    x, y = np.ones((8, 3, 1)), np.ones((8, 1))
    before = model.get_weights()
    with pytest.raises(
        ShapeError, match=r"'lstm' is stateful with batches of 2: got 8 samples.*give 2 of them"
    ):
        call(model, x, y)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    call(model, x[:2], y[:2])


def test_masks_of_inputs_that_are_joined() -> None:
    x, y, counts = tz.Input((4, 2)), tz.Input((4, 2)), tz.Input((4,))
    largest = tz.layers.Maximum()([x, y], mask=[counts, None])
    model = tz.Model([x, y, counts], largest, dtype="float64")
    one, other = SOURCE.normal(size=(2, 3, 4, 2))
    found = model.predict([one, other, np.array([[1, 0, 1, 0]] * 3)])
    expected = np.maximum(one, other)
    expected[:, 1::2] = other[:, 1::2]
    np.testing.assert_array_equal(found, expected)


BAD_MASKS: list[tuple[Any, str]] = [
    (lambda x, m: L.LSTM(2)(x, mask=np.ones((3, 4))), r"^LSTM: mask: got ndarray .*model\.predict\(x\)"),
    (lambda x, m: L.Dense(2)(np.ones((3, 4)), mask=m), "^Dense: got ndarray"),
    (
        lambda x, m: L.Add()([x, x], mask=m),
        "^Add: mask: got 1 for 2 inputs, expected a list with one for each",
    ),
]


@pytest.mark.parametrize(("call", "words"), BAD_MASKS, ids=[words for _, words in BAD_MASKS])
def test_masks_that_are_none(call: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        call(tz.Input((4, 2)), tz.Input((4,)))


# what is computed, and under which names


def labels_of(model: tz.Model, x: Array) -> set[str]:
    batch = model._checked_data(x, np.zeros((len(x), 1)), None).batch(len(x))
    graph = unroll(model.trainer.graph(batch))
    return {node.provenance.label for node in graph.nodes}


def small(layer: Layer) -> tz.Sequential:
    model = tz.Sequential([tz.Input((3, 2)), layer, tz.layers.Dense(1)], dtype="float64")
    model.compile("sgd", "mse", engine="reference")
    return model


QUANTITIES = {
    "SimpleRNN": ("simple_rnn.z", "simple_rnn.h"),
    "LSTM": tuple(f"lstm.{name}" for name in ("z_i", "z_f", "z_g", "z_o", "i", "f", "g", "o", "c", "h")),
    "GRU": tuple(f"gru.{name}" for name in ("z_z", "z_r", "z_n", "z", "r", "n", "h")),
}


@pytest.mark.parametrize("name", NAMES)
def test_quantities_have_names_and_steps(name: str) -> None:
    found = labels_of(small(recurrent(name, 2)), np.ones((2, 3, 2)))
    assert {f"{one}@{time}" for one in QUANTITIES[name] for time in range(3)} <= found
    assert f"{QUANTITIES[name][0].partition('.')[0]}.a" in found


@pytest.mark.parametrize("name", NAMES)
def test_the_inputs_product_stands_before_the_loop(name: str) -> None:
    """In the loop there is no product but those with the recurrent kernel; nothing has 4 axes."""
    model = small(recurrent(name, 5))
    batch = model._checked_data(np.ones((2, 3, 2)), np.zeros((2, 1)), None).batch(2)
    loops = [node for node in model.trainer.graph(batch).nodes if node.primitive is SCAN]
    assert len(loops) == 2
    for loop in loops:
        body = ScanParts(loop).body
        products = [one for one in topological_order(body.outputs) if one.primitive.name == "contract"]
        read = {size for one in products for operand in one.inputs for size in operand.tensor_type.shape}
        assert read <= {2, 5, 10, 15, 20}
        assert len(products) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_a_diagnosis_takes_no_gate_for_a_layer(name: str) -> None:
    x = SOURCE.normal(size=(6, 3, 2))
    found = small(recurrent(name, 2)).diagnose(x, x[:, -1, :1])
    assert [one.name for one in found.now.layers.layers] == ["dense"]
    assert len(found.now.layers.left_out) == 1


# what does not fit


def sequential(*layers: Any, shape: tuple[int, ...] = (4, 3), **options: Any) -> tz.Sequential:
    return tz.Sequential([tz.Input(shape, **options), *layers])


def functional(make: Any, *shapes: tuple[int, ...]) -> tz.Model:
    inputs = [tz.Input(shape) for shape in shapes]
    return tz.Model(inputs, make(*inputs))


L = tz.layers
BAD: list[tuple[Any, str]] = [
    (lambda: L.LSTM(0), "LSTM: units: got 0"),
    (lambda: L.GRU(2, dropout=1.0), "GRU: got dropout=1.0"),
    (lambda: L.SimpleRNN(2, recurrent_dropout=-0.1), "SimpleRNN: got recurrent_dropout=-0.1"),
    (lambda: L.LSTM(2, return_sequences="yes"), "LSTM: got return_sequences='yes'"),
    (lambda: L.LSTM(2, seed=-1), "LSTM: seed: got -1"),
    (lambda: L.Embedding(0, 2), "Embedding: input_dim: got 0"),
    (lambda: L.Embedding(2, 2.0), "Embedding: output_dim: got 2.0"),
    (lambda: L.Masking(np.inf), "Masking: got mask_value=inf"),
    (lambda: L.TimeDistributed(3), "TimeDistributed: got 3, expected a layer"),
    (lambda: L.TimeDistributed(L.GRU(2, return_state=True)), "GRU, which gives several values"),
    (lambda: L.TimeDistributed(L.GRU(2, stateful=True)), "GRU, which is stateful"),
    (lambda: L.Bidirectional(L.Dense(2)), "expected a recurrent layer"),
    (lambda: L.Bidirectional(L.GRU(2), backward_layer=L.GRU(2)), "backward_layer with go_backwards=False"),
    (lambda: L.Bidirectional(L.GRU(2, go_backwards=True)), "layer with go_backwards=True"),
    (
        lambda: L.Bidirectional(L.GRU(2), backward_layer=L.GRU(2, go_backwards=True, return_state=True)),
        "return_state=False for layer and True",
    ),
    (lambda: tz.Input((3,), batch_size=0), "Input: batch_size: got 0"),
    (
        lambda: sequential(L.LSTM(2), shape=(28,)),
        r"'lstm' \(LSTM\).*\(batch, 28\), expected \(batch, time, features\); .*sequences=True; .*\(28, 1\)",
    ),
    (lambda: sequential(L.LSTM(2), L.LSTM(3)), "behind layer 'lstm' .*return_sequences=True"),
    (
        lambda: sequential(L.TimeDistributed(L.Dense(2)), shape=(4,)),
        r"TimeDistributed: got inputs of shape \(batch, 4\), expected \(batch, time, features, \.\.\.\)",
    ),
    (lambda: L.TimeDistributed(sequential(L.Flatten())), "of a model, put each layer into one"),
    (lambda: sequential(L.GRU(2), shape=(28, 28, 1)), r"TimeDistributed\(tz.layers.Flatten\(\)\)"),
    (lambda: sequential(lambda x: x[:, :0], L.GRU(2)), "layer 'gru'.*a sequence of length 0"),
    (lambda: sequential(L.GRU(2, stateful=True)), "layer 'gru'.*it is stateful.*batch_size="),
    (lambda: sequential(L.GRU(2, return_state=True), L.Dense(1)), "layer 'gru'.*it gives 2 values"),
    (lambda: functional(lambda x, h: L.LSTM(2)(x, initial_state=[h]), (3, 2), (2,)), "got 1 initial states"),
    (
        lambda: functional(lambda x, h: L.GRU(2)(x, initial_state=h), (3, 2), (5,)),
        r"layer 'gru'.*initial_state h: got samples of shape \(5,\), expected \(2,\)",
    ),
    (
        lambda: functional(lambda x, m: L.GRU(2)(x, mask=m), (3, 2), (5,)),
        r"got a mask of shape \(batch, 5\), expected \(batch, 3\)",
    ),
    (
        lambda: functional(lambda x, m: L.TimeDistributed(L.Dense(2))(x, mask=m), (3, 2), (3, 2)),
        r"got a mask of shape \(batch, 3, 2\), expected \(batch, 3\)",
    ),
    (lambda: sequential(L.Masking(), shape=()), r"Masking: got inputs of shape \(batch,\)"),
    (lambda: sequential(L.Masking(), L.Softmax()), r"Softmax: got a mask of shape \(batch, 4\)"),
    (lambda: sequential(L.TimeDistributed(L.Dense(2)), shape=()), r"got inputs of shape \(batch,\)"),
    (
        lambda: tz.Model(
            [a := tz.Input((3,), batch_size=2), b := tz.Input((3,), batch_size=4)], L.Add()([a, b])
        ),
        "got batch_size 2 and 4",
    ),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=[words for _, words in BAD])
def test_what_does_not_fit(make: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make()


def test_unknown_merge_modes() -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'concat'"):
        L.Bidirectional(L.GRU(2), merge_mode="concatenate")


# long sequences


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_memory_is_linear_in_the_length(name: str) -> None:
    """And 1000 steps train."""

    def bytes_of(length: int) -> int:
        model = tz.Sequential([tz.Input((length, 3)), recurrent(name, 8), tz.layers.Dense(1)])
        model.compile("adam", "mse")
        found = plan(model)
        return found.arena + sum(one.bytes for one in found.kernels)

    # so short that every length has the same kernels: the sums of a long one join their products
    first, second, third = (bytes_of(length) for length in (60, 120, 240))
    assert third - second == pytest.approx(2 * (second - first), rel=0.01)
    assert bytes_of(2400) == pytest.approx(10 * third, rel=0.2)
    model = tz.Sequential([tz.Input((1000, 3)), recurrent(name, 8), tz.layers.Dense(1)])
    model.compile("adam", "mse")
    x = SOURCE.normal(size=(8, 1000, 3)).astype("float32")
    history = model.fit(x, x[:, -5:].mean((1, 2)), epochs=3, batch_size=8, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
