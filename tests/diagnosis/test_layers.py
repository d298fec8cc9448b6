"""The factors of the gradient: they multiply to the measured norms, and keep to their bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiza as tz
from diagnosis_cases import HEALTHY, quadrants
from functional_networks import CASES, compiled, only, samples_for
from tiza.diagnosis.evidence import Moment
from tiza.diagnosis.layers import LayerMeasures

Array = np.ndarray[Any, Any]


def measured(model: tz.Model, x: Any, y: Any) -> Moment:
    return model.diagnose(x, y).now


def check_products(layers: tuple[LayerMeasures, ...]) -> int:
    """Check every product of factors; return how many there are."""
    by_name = {one.name: one for one in layers}
    closed = 0
    for one in layers:
        if one.leads_to:
            together = math.hypot(*(by_name[name].delta for name in one.leads_to))
            assert one.delta_after == pytest.approx(together, rel=1e-12)
        if one.delta_after is None or one.weight_factor is None or one.slope_factor is None:
            continue
        assert one.delta == pytest.approx(one.delta_after * one.weight_factor * one.slope_factor, rel=1e-12)
        closed += 1
    return closed


@given(
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    activations=st.lists(st.sampled_from(["sigmoid", "tanh", "relu", None, "gelu"]), min_size=4, max_size=4),
    seed=st.integers(0, 100),
)
@settings(max_examples=25, deadline=None)
def test_factors_multiply_and_keep_to_their_bounds(
    widths: list[int], activations: list[str | None], seed: int
) -> None:
    hidden = [tz.layers.Dense(*one) for one in zip(widths, activations, strict=False)]
    layers = [tz.Input((3,)), *hidden, tz.layers.Dense(1)]
    model = tz.Sequential(layers, seed=seed, dtype="float64")
    model.compile("sgd", "mse")
    source = np.random.default_rng(seed)
    found = measured(model, source.normal(size=(7, 3)), source.normal(size=7)).layers
    assert len(found.layers) == len(widths) + 1
    assert found.left_out == ()
    check_products(found.layers)
    kernels = [one for one in model.get_weights() if one.ndim == 2]
    for one, kernel in zip(found.layers, kernels[1:], strict=False):
        if one.weight_factor is not None:
            assert one.weight_factor <= np.linalg.norm(kernel, 2) * (1 + 1e-9)
        if one.slope_factor is not None:
            assert one.slope_factor <= 1.13  # the steepest gelu
    assert found.layers[-1].delta_after is None


def test_against_backpropagation_by_hand() -> None:
    x, y = quadrants(samples=50)
    model = tz.Sequential(
        [tz.Input((4,)), tz.layers.Dense(5, "tanh"), tz.layers.Dense(3, "sigmoid"), tz.layers.Dense(1)],
        dtype="float64",
    )
    model.compile("sgd", "quadratic")
    w1, b1, w2, b2, w3, b3 = model.get_weights()
    a1 = np.tanh(x @ w1 + b1)
    a2 = 1 / (1 + np.exp(-(a1 @ w2 + b2)))
    delta3 = (a2 @ w3 + b3 - y[:, None]) / len(x)
    back2 = delta3 @ w3.T
    delta2 = back2 * a2 * (1 - a2)
    back1 = delta2 @ w2.T
    delta1 = back1 * (1 - a1**2)
    one, two, three = measured(model, x, y).layers.layers
    norm = np.linalg.norm
    for layer, delta, back, after, activations in (
        (one, delta1, back1, delta2, a1),
        (two, delta2, back2, delta3, a2),
    ):
        assert layer.delta == pytest.approx(norm(delta), rel=1e-9)
        assert layer.weight_factor == pytest.approx(norm(back) / norm(after), rel=1e-9)
        assert layer.slope_factor == pytest.approx(norm(delta) / norm(back), rel=1e-9)
        assert layer.mean == pytest.approx(activations.mean())
        assert layer.deviation == pytest.approx(activations.std())
    assert three.delta == pytest.approx(norm(delta3), rel=1e-9)
    assert one.mean_slope == pytest.approx((1 - a1**2).mean())


def test_a_sum_of_branches_closes_too() -> None:
    patient = HEALTHY["residual"]("reference")
    layers = measured(patient.model, patient.x, patient.y).layers.layers
    assert [one.leads_to for one in layers][:2] == [
        ("dense_1", "dense_2", "dense_3", "dense_4"),
        ("dense_2", "dense_3", "dense_4"),
    ]
    assert check_products(layers) == 4


def test_layers_that_share_their_constants() -> None:
    model = tz.Sequential(
        [tz.Input((4,)), *(tz.layers.Dense(6, "relu") for _ in range(3)), tz.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    layers = measured(model, *quadrants()).layers.layers
    assert [one.activation for one in layers] == ["relu", "relu", "relu", ""]
    assert check_products(layers) == 3


@pytest.mark.filterwarnings("ignore:penalties")
@pytest.mark.parametrize("name", sorted(CASES))
def test_any_functional_network(name: str) -> None:
    model = compiled(CASES[name], "reference", "sgd")
    samples = samples_for(CASES[name], model)
    found = measured(model, only(samples.x), only(samples.y))
    layers = found.layers.layers
    read = {one for layer in layers for one in layer.leads_to}
    # of what is given out and read as well, a part goes another way
    assert check_products(layers) > 0 or any(one.leads_to and not one.weight_factor for one in layers)
    assert read or len(layers) == 1
    paths = {path.rpartition(".")[0] for path in model.weight_paths}
    assert {one.name.partition(" ")[0] for one in layers} | set(found.layers.left_out) >= paths


def test_layers_of_ones_own_are_named_as_left_out() -> None:
    class Scale(tz.layers.Layer):
        def weights(self, inputs: Any) -> Any:
            return (tz.layers.Weight("factor", inputs.shape[1:], tz.initializers.Ones()),)

        def call(self, inputs: Any, context: Any) -> Any:
            return inputs * context["factor"]

    model = tz.Sequential([tz.Input((4,)), Scale(), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = quadrants()
    found = model.diagnose(x, y)
    assert found.now.layers.left_out == ("scale",)
    assert "scale" in str(found)


def test_the_step_is_the_one_that_training_takes() -> None:
    x, y = quadrants(samples=32)
    model = tz.Sequential([tz.Input((4,)), tz.layers.Dense(6, "tanh"), tz.layers.Dense(1)], dtype="float64")
    model.compile(tz.optimizers.Adam(0.01), "mse")
    model.fit(x, y, epochs=2, verbose=0)
    step = measured(model, x, y).step
    before, gradients = model.get_weights(), model.loss_and_gradients(x, y)[1]
    assert step.loss == pytest.approx(model.evaluate(x, y))
    model.train_on_batch(x, y)
    after = model.get_weights()
    assert step.at(1.0) == pytest.approx(model.evaluate(x, y))
    for one, old, new, gradient in zip(step.weights, before, after, gradients, strict=True):
        assert one.update == pytest.approx(np.linalg.norm(new - old), rel=1e-6)
        assert one.gradient == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
        assert one.weight == pytest.approx(np.linalg.norm(old))
    half = [old + 0.5 * (new - old) for old, new in zip(before, after, strict=True)]
    model.set_weights(half)
    assert step.at(0.5) == pytest.approx(model.evaluate(x, y))
