"""Networks of recurrent layers, masks and ids against Keras on JAX in float64: trained for three steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tiza as tz
from functional_networks import TIZA, Kit, only
from keras_peer import compare

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

Array = np.ndarray[Any, Any]
SOURCE = np.random.default_rng(0)
ROWS, TIME = 9, 5


def padded(features: int) -> Array:
    """Return sequences of different lengths; what is behind them is 0. One has no step at all."""
    x = SOURCE.normal(size=(ROWS, TIME, features))
    x[np.arange(TIME) >= np.arange(ROWS)[:, None] % (TIME + 1)] = 0.0
    return x


def ids(count: int) -> Array:
    found = SOURCE.integers(1, count, (ROWS, TIME))
    found[np.arange(TIME) >= 1 + np.arange(ROWS)[:, None] % TIME] = 0
    return found


def numbers(*shape: int) -> Array:
    return SOURCE.normal(size=(ROWS, *shape))


@dataclass(frozen=True)
class Network:
    """A network, drawn alike in both libraries, with data and a loss for each output."""

    draw: Callable[[Kit], Any]
    x: list[Array]
    y: list[Array]
    losses: list[str]


NETWORKS: dict[str, Network] = {}


def network(x: list[Array], y: list[Array], *losses: str) -> Callable[[Callable[[Kit], Any]], Any]:
    def registered(draw: Callable[[Kit], Any]) -> Callable[[Kit], Any]:
        NETWORKS[draw.__name__] = Network(draw, x, y, list(losses))
        return draw

    return registered


@network([numbers(4, 2), numbers(3, 2)], [numbers(3, 1), numbers(5)], "mse", "mae")
def encoder_and_decoder(kit: Kit) -> Any:
    words, begun = kit.module.Input((4, 2)), kit.module.Input((3, 2))
    _, h, c = kit.layers.LSTM(5, return_state=True, name="encoder")(words)
    decoded = kit.layers.LSTM(5, return_sequences=True, name="decoder")(begun, initial_state=[h, c])
    return kit.model([words, begun], [kit.layers.TimeDistributed(kit.dense("end", 1))(decoded), c])


@network([ids(7)], [SOURCE.integers(0, 3, ROWS)], "sparse_categorical_crossentropy")
def padded_ids(kit: Kit) -> Any:
    x = kit.module.Input((TIME,))
    read = kit.layers.Embedding(7, 3, mask_zero=True, name="read")(x)
    both = kit.layers.Bidirectional(kit.layers.LSTM(4), name="both")(read)
    return kit.model(x, kit.dense("end", 3, "softmax")(both))


@network([ids(7)], [SOURCE.integers(0, 3, (ROWS, TIME))], "sparse_categorical_crossentropy")
def a_label_a_step(kit: Kit) -> Any:
    x = kit.module.Input((TIME,))
    read = kit.layers.Embedding(7, 3, mask_zero=True, name="read")(x)
    steps = kit.layers.GRU(4, return_sequences=True, name="steps")(read)
    return kit.model(x, kit.layers.TimeDistributed(kit.dense("end", 3, "softmax"), name="each")(steps))


@network([padded(2)], [numbers(TIME, 2)], "mse")
def numbers_a_step(kit: Kit) -> Any:
    x = kit.module.Input((TIME, 2))
    layers = kit.layers
    steps = layers.LSTM(4, return_sequences=True, name="steps")(layers.Masking()(x))
    normal = layers.BatchNormalization(name="normal", momentum=0.5)(steps)
    return kit.model(x, kit.dense("end", 2, None)(layers.Activation("tanh")(normal)))


@network([padded(3), padded(3)], [numbers(1)], "mse")
def masks_that_meet(kit: Kit) -> Any:
    layers = kit.layers
    one, other = kit.module.Input((TIME, 3)), kit.module.Input((TIME, 3))
    masked = [layers.Masking()(one), layers.Masking()(other)]
    parts = [
        layers.GRU(2, name="added")(layers.Add()(masked)),
        layers.GRU(2, name="largest")(layers.Maximum()(masked)),
        layers.GRU(2, name="smallest")(layers.Minimum()(masked)),
        layers.GRU(2, name="wide")(layers.Concatenate()(masked)),
        layers.GRU(2, name="long")(layers.Concatenate(axis=1)(masked)),
        layers.GRU(2, name="half")(layers.Maximum()([masked[0], other])),
    ]
    return kit.model([one, other], kit.dense("end", 1, None)(layers.Concatenate()(parts)))


@network([padded(4)[:, 2], padded(3)[:, 2], numbers(2)], [numbers(2), numbers(3)], "mse", "mae")
def samples_that_do_not_count(kit: Kit) -> Any:
    layers = kit.layers
    one, other, plain = kit.module.Input((4,)), kit.module.Input((3,)), kit.module.Input((2,))
    masked = [layers.Masking()(one), layers.Masking()(other)]
    of_both = kit.dense("of_both", 2, "tanh")(layers.Concatenate()(masked))
    of_one = layers.Concatenate(axis=1)([masked[0], plain])
    added = layers.Add()([kit.dense("first", 3)(masked[0]), kit.dense("second", 3)(masked[1])])
    return kit.model(
        [one, other, plain], [of_both, kit.dense("end", 3)(layers.Concatenate()([of_one, added]))]
    )


@network([padded(4)[:, 2]], [numbers(2)], "mse")
def samples_that_count(kit: Kit) -> Any:
    x = kit.module.Input((4,))
    normal = kit.layers.BatchNormalization(name="normal", momentum=0.5)(kit.layers.Masking()(x))
    return kit.model(x, kit.dense("end", 2, None)(normal))


@network([numbers(TIME, 2), SOURCE.integers(0, 2, (ROWS, TIME))], [numbers(1)], "mse")
def a_mask_of_its_own(kit: Kit) -> Any:
    x, counts = kit.module.Input((TIME, 2)), kit.module.Input((TIME,))
    both = kit.layers.Bidirectional(
        kit.layers.SimpleRNN(3, return_sequences=True), merge_mode="sum", name="both"
    )
    last = kit.layers.SimpleRNN(2, go_backwards=True, name="last")(both(x, mask=counts))
    return kit.model([x, counts], kit.dense("end", 1, None)(last))


@network([numbers(TIME, 2)], [numbers(6)], "mse")
def states_of_both_ways(kit: Kit) -> Any:
    x = kit.module.Input((TIME, 2))
    inner = kit.layers.LSTM(3, return_state=True, kernel_regularizer=kit.regularizers.L2(0.1))
    y, h, _, _, back_c = kit.layers.Bidirectional(inner, name="both")(x)
    decoded = kit.layers.GRU(3, name="decoded")(x, initial_state=back_c)
    return kit.model(x, kit.layers.Add()([y, kit.layers.Concatenate()([h, decoded])]))


@pytest.mark.parametrize("known", [pytest.param(one, id=name) for name, one in NETWORKS.items()])
def test_three_steps(known: Network, keras: Any) -> None:
    ours, theirs = known.draw(TIZA), known.draw(Kit(keras))
    drawn = {"network": known.draw.__name__.replace("_", " ")}
    assert [one.shape for one in ours.get_weights()] == [one.shape for one in theirs.get_weights()]
    source = np.random.default_rng(1)
    first = [source.uniform(0.1, 0.9, one.shape) for one in ours.get_weights()]
    for model in (ours, theirs):
        model.set_weights(first)
    ours.compile("adam", known.losses, engine="native")
    theirs.compile("adam", known.losses)
    options = {"batch_size": 3, "epochs": 1, "shuffle": False, "verbose": 0}
    mine, other = (one.fit(only(known.x), only(known.y), **options).history for one in (ours, theirs))
    for one, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        compare("recurrent networks, three steps", one, expected, drawn)
    compare("recurrent networks, three steps", mine["loss"], other["loss"])
    found, given = ours.predict(only(known.x)), theirs.predict(only(known.x), verbose=0)
    for one, expected in zip(
        *((part if isinstance(part, list) else [part]) for part in (found, given)), strict=True
    ):
        compare("recurrent networks, three steps", one, expected, drawn)


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_states_that_survive(name: str, keras: Any) -> None:
    ours = tz.Sequential(
        [tz.Input((3, 2), batch_size=2), getattr(tz.layers, name)(4, stateful=True)], dtype="float64"
    )
    theirs = keras.Sequential(
        [keras.Input((3, 2), batch_size=2), getattr(keras.layers, name)(4, stateful=True)]
    )
    first = [SOURCE.normal(size=one.shape) for one in theirs.get_weights()]
    theirs.set_weights(first)
    kept = len(ours.get_weights()) - len(first)
    ours.set_weights([*first, *ours.get_weights()[len(first) :]])
    assert kept == (2 if name == "LSTM" else 1)
    x = SOURCE.normal(size=(2, 3, 2))
    for _ in range(2):
        for _ in range(3):
            compare(name, ours.predict(x), np.asarray(theirs(x)), {"stateful": True})
        ours.reset_states()
        theirs.layers[0].reset_states()
