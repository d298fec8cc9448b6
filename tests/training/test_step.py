"""The state and the step: paths, roles, order of outputs, data that is shown to be read."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import tiza as tz
from network_oracles import small_data, small_model
from tiza.engines.engine import Engine
from tiza.engines.native.engine import NativeEngine
from tiza.engines.reference.engine import ReferenceEngine
from tiza.graph.provenance import Role
from tiza.training.order import shuffled_orders
from tiza.training.state import initial_values
from tiza.training.trainer import Data

SLOTS = [
    f"optimizer.{slot}.{layer}.{weight}"
    for layer in ("dense", "dense_1")
    for weight in ("kernel", "bias")
    for slot in "mv"
]


def test_paths_and_roles() -> None:
    model = small_model()
    entries = model.trainer.entries
    weights = ["dense.kernel", "dense.bias", "dense_1.kernel", "dense_1.bias"]
    assert [one.path for one in entries] == [*weights, *SLOTS, "optimizer.iterations", "random.seed"]
    assert list(model.state) == [one.path for one in entries]
    roles = [one.provenance.role for one in entries]
    assert roles == [Role.PARAMETER] * 4 + [Role.SLOT] * 8 + [Role.STATE] * 2
    assert [one.trainable for one in entries] == [True] * 4 + [False] * 10
    slot = entries[4].provenance
    assert slot.label == "dense.kernel.m"
    assert slot.of is not None
    assert slot.of.label == "dense.kernel"
    for one in entries:
        assert model.state[one.path].dtype == one.type.dtype
        assert model.state[one.path].shape == one.type.shape


def test_the_step_takes_and_gives_the_state() -> None:
    model = small_model()
    x, y = (one.astype("float32") for one in small_data(6))
    graph = model.trainer.graph(Data((x,), (y,), np.ones(6, "float32")).batch(6))
    paths = [one.path for one in model.trainer.entries]
    names = [str(node.attributes["name"]) for node in graph.inputs]
    assert names == [*paths, "x", "y", "sample_weight", "learning_rate"]
    assert [node.provenance.role for node in graph.inputs[-4:]] == [
        Role.INPUT,
        Role.TARGET,
        Role.SAMPLE_WEIGHT,
        Role.SCALAR,
    ]
    assert [one.type for one in graph.outputs[: len(paths)]] == [one.type for one in model.trainer.entries]
    loss, metric, weight = graph.outputs[len(paths) :]
    assert loss.provenance.role is Role.LOSS
    assert metric.provenance.role is Role.METRIC
    assert weight.tensor_type.shape == ()
    labels = {node.provenance.label for node in graph.nodes}
    for quantity in (
        "dense.z",
        "dense.a",
        "dense_1.z",
        "d loss/d dense.kernel",
        "new dense_1.bias",
        "dense.kernel.m",
    ):
        assert quantity in labels


def test_seed_and_counter_are_state() -> None:
    seed = 2**40 + 7
    model = small_model(seed)
    assert model.state["random.seed"].tolist() == [7, 2**8]
    model.fit(*small_data(), batch_size=4, epochs=2, verbose=0)
    assert model.state["optimizer.iterations"] == 6
    assert model.state["random.seed"].tolist() == [7, 2**8]


@pytest.mark.parametrize("engine", [ReferenceEngine(), NativeEngine()], ids=["reference", "native"])
@pytest.mark.parametrize("rows", [1, 2, 100, 4097])
def test_orders_are_permutations(rows: int, engine: Engine) -> None:
    first = shuffled_orders(0, np.array([0, 1]), rows, engine)
    orders = [*first, *(shuffled_orders(seed, np.array([0]), rows, engine)[0] for seed in (1, 2**63))]
    for one in orders:
        assert one.dtype == "int64"
        np.testing.assert_array_equal(np.sort(one), np.arange(rows))
    np.testing.assert_array_equal(orders[1], shuffled_orders(0, np.array([1]), rows, engine)[0])
    if rows > 2:
        assert len({tuple(one) for one in orders}) == 4


def test_orders_are_even() -> None:
    """Each of the six orders of three rows in a sixth of 600 draws (within five standard deviations)."""
    seen = Counter(map(tuple, shuffled_orders(5, np.arange(600), 3, ReferenceEngine()).tolist()))
    assert len(seen) == 6
    assert max(abs(count - 100) for count in seen.values()) < 5 * np.sqrt(600 * 5 / 36)


def test_first_values_depend_on_seed_and_path_only() -> None:
    entries = small_model().trainer.entries
    whole, part = initial_values(entries, 3), initial_values(entries[2:3], 3)
    np.testing.assert_array_equal(whole["dense_1.kernel"], part["dense_1.kernel"])
    assert (whole["dense.kernel"][:, :2] != initial_values(entries, 4)["dense.kernel"][:, :2]).all()


def test_steps_read_the_rows_of_their_batch() -> None:
    """A step of SGD on one sample moves the weight by that sample alone."""
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    model.compile(tz.optimizers.SGD(1.0), lambda y, a: -y * a)
    model.fit([[1.0]] * 4, [1.0, 10.0, 100.0, 1000.0], batch_size=3, shuffle=False, verbose=0)
    assert model.get_weights()[0][0, 0] == pytest.approx(37 + 1000)
