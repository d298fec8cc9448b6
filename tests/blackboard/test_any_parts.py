"""Other layers, activations, losses and optimizers change the text; the explainer does not know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import tiza as tz
from blackboard.page_reader import Reader, numbered_lines
from tiza.graph.tensor import Tensor, mark
from tiza.graph.tensor_type import TensorType
from tiza.language import use_language
from tiza.models.model import Model
from tiza.optimizers.optimizer import Optimizer, Progress, term

X, Y = [0.5, -2.0, 1.5], [0.25]


@dataclass(frozen=True)
class SignDescent(Optimizer):
    """w' = w - learning_rate sign(g)."""

    learning_rate: float = 0.1

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return parameter - progress.learning_rate * tz.ops.sign(gradient), {}


@dataclass(frozen=True)
class HeavyBall(Optimizer):
    """v' = 0.9 v - learning_rate g, w' = w + v'."""

    learning_rate: float = 0.1
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    def update(
        self, parameter: Tensor, gradient: Tensor, slots: Mapping[str, Tensor], progress: Progress
    ) -> tuple[Tensor, dict[str, Tensor]]:
        velocity = term(0.9 * slots["velocity"] - progress.learning_rate * gradient, "velocity")
        return parameter + velocity, {"velocity": velocity}


class Scale(tz.layers.Layer):
    """Each feature times a weight of its own."""

    def weights(self, inputs: TensorType) -> tuple[tz.layers.Weight, ...]:
        return (tz.layers.Weight("factor", inputs.shape[1:], tz.initializers.Ones()),)

    def call(self, inputs: Tensor, context: tz.layers.Context) -> Tensor:
        return mark(inputs * context["factor"], tz.graph.provenance.Role.PRE_ACTIVATION)


def softsign(z: Tensor) -> Tensor:
    return z / (1.0 + abs(z))


def leaky(z: Tensor) -> Tensor:
    return tz.ops.where(z > 0.0, z, 0.1 * z)


def absolute_error(targets: Tensor, outputs: Tensor) -> Tensor:
    return abs(targets - outputs)


def worst_error(targets: Tensor, outputs: Tensor) -> Tensor:
    return tz.ops.max((targets - outputs) * (targets - outputs), axis=-1)


def model_of(*layers: object, optimizer: object = None, loss: object = "mse", inputs: int = 3) -> Model:
    model = tz.Sequential([tz.Input((inputs,)), *layers], seed=4)
    model.compile(optimizer or tz.optimizers.SGD(0.1), loss)
    return model


def explained(model: Model, target: str, x: object = X, y: object = Y, update: bool = True) -> str:
    with use_language("en"):
        page = str(model.explain(x, y, target, update=update))
    Reader().read(page)
    assert "✗" not in page
    return page


def line_of(page: str, name: str) -> str:
    return next(line for line in numbered_lines(page) if line.startswith(f"{name} = "))


def test_an_optimizer_of_ones_own() -> None:
    layers = (tz.layers.Dense(2, "tanh"), tz.layers.Dense(1))
    page = explained(model_of(*layers, optimizer=SignDescent(0.25)), "dense.kernel[1,0]")
    assert "− η·sign(∂L/∂dense.kernel[1,0]) = " in line_of(page, "dense.kernel′[1,0]")


def test_an_optimizer_with_a_slot_of_its_own() -> None:
    model = model_of(tz.layers.Dense(1), optimizer=HeavyBall(0.1))
    model.fit([X], [Y], verbose=0)
    page = explained(model, "dense.kernel[1,0]")
    slot = "dense.kernel.velocity"
    formula = f"0.9·{slot}[1,0] − η·∂L/∂dense.kernel[1,0]"
    assert line_of(page, f"{slot}′[1,0]").startswith(f"{slot}′[1,0] = {formula} = 0.9·")
    assert f"dense.kernel[1,0] + {slot}′[1,0]" in line_of(page, "dense.kernel′[1,0]")


def test_the_same_network_with_two_optimizers_differs_in_the_update_only() -> None:
    layers = (tz.layers.Dense(2, "sigmoid"), tz.layers.Dense(1))
    first = explained(model_of(*layers), "dense.kernel[0,1]")
    second = explained(model_of(*layers, optimizer="adam"), "dense.kernel[0,1]")
    shared = [line for line in numbered_lines(first) if "′" not in line.split(" = ")[0]]
    assert shared
    assert numbered_lines(second)[: len(shared)] == shared
    assert "√(dense.kernel.v′[0,1])" in line_of(second, "dense.kernel′[0,1]")


def test_a_layer_of_ones_own() -> None:
    page = explained(model_of(Scale(), tz.layers.Dense(1)), "scale.factor[2]")
    assert line_of(page, "scale.z[2]") == "scale.z[2] = x[2]·scale.factor[2] = 1.5·1 = 1.5"
    assert "x[2]" in line_of(page, "∂L/∂scale.factor[2]")


def test_an_activation_of_ones_own() -> None:
    page = explained(model_of(tz.layers.Dense(1, softsign)), "dense.kernel[0,0]")
    assert "dense.z[0]/(1 + abs(dense.z[0]))" in line_of(page, "dense.a[0]")


def test_only_the_branch_taken_is_written() -> None:
    model = model_of(tz.layers.Dense(1, leaky, kernel_initializer="ones"))
    up = explained(model, "dense.kernel[0,0]", x=[1.0, 2.0, 0.0])
    down = explained(model, "dense.kernel[0,0]", x=[-1.0, -2.0, 0.0])
    assert line_of(up, "dense.a[0]") == "dense.a[0] = dense.z[0] = 3"
    assert "(this branch because 0 < dense.z[0] holds)" in up
    assert line_of(down, "dense.a[0]") == "dense.a[0] = 0.1·dense.z[0] = 0.1·(−3) = −0.3"
    assert "(this branch because 0 < dense.z[0] does not hold)" in down


def test_at_a_kink_the_quotient_is_said_to_differ() -> None:
    model = model_of(tz.layers.Dense(1, leaky, kernel_initializer="ones"))
    with use_language("en"):
        page = str(model.explain([1.0, -1.0, 0.0], Y, "dense.kernel[0,0]"))
    assert "✗ apart: " in page
    assert "not the derivative: there is a kink nearby" in " ".join(page.split())


def test_losses_of_ones_own() -> None:
    page = explained(model_of(tz.layers.Dense(1), loss=absolute_error), "dense.bias[0]")
    assert line_of(page, "L").startswith("L = abs(y[0] − dense.z[0]) = abs(0.25 − ")
    page = explained(model_of(tz.layers.Dense(3), loss=worst_error), "dense.bias[0]", y=[0.0, 9.0, 1.0])
    assert line_of(page, "L").startswith("L = (y[1] − dense.z[1])² = (9 − ")
    assert "the largest is (y[1] − dense.z[1])²" in page


def test_layouts_are_written_as_indices() -> None:
    model = tz.Sequential(
        [tz.Input((2, 3)), tz.layers.Rescaling(0.5, 1.0), tz.layers.Flatten(), tz.layers.Dense(2)], seed=1
    )
    model.compile("sgd", "mse")
    page = explained(model, "dense.kernel[4,1]", x=np.arange(6.0).reshape(2, 3), y=[0.0, 1.0])
    assert line_of(page, "rescaling.a[1,1]") == "rescaling.a[1,1] = 0.5·x[1,1] + 1 = 0.5·4 + 1 = 3"
    assert line_of(page, "∂L/∂dense.kernel[4,1]").startswith(
        "∂L/∂dense.kernel[4,1] = rescaling.a[1,1]·dense.δ[1] = 3·"
    )


def test_several_samples_are_added() -> None:
    model = model_of(tz.layers.Dense(1))
    page = explained(model, "dense.kernel[0,0]", x=[X, [1.0, 2.0, 3.0]], y=[[1.0], [2.0]])
    formula = "x[0,0]·dense.δ[0,0] + x[1,0]·dense.δ[1,0]"
    assert line_of(page, "∂L/∂dense.kernel[0,0]").startswith(f"∂L/∂dense.kernel[0,0] = {formula} = 0.5·")
    assert "2 samples, [0,…] is the first" in page


def test_a_loss_that_is_tied_to_float32_is_explained_in_float32() -> None:
    def hinge(targets: Tensor, outputs: Tensor) -> Tensor:
        return tz.ops.maximum(0.0, 1.0 - tz.ops.constant(np.float32(2.0)) * targets * outputs)

    with use_language("en"):
        page = str(model_of(tz.layers.Dense(1), loss=hinge).explain(X, Y, "dense.bias[0]", update=True))
    assert "L = max(0, 1 − 2·y[0]·dense.z[0])" in page


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_either_dtype(dtype: str) -> None:
    model = tz.Sequential([tz.Input((3,)), tz.layers.Dense(2, "relu"), tz.layers.Dense(1)], dtype=dtype)
    model.compile("adam", "quadratic")
    explained(model, "dense.kernel[0,0]")


# what is not ordinary


def dead_unit() -> Model:
    model = model_of(tz.layers.Dense(1, "relu"), tz.layers.Dense(1))
    model.set_weights([[[1.0], [1.0], [0.0]], [0.0], [[2.0]], [0.5]])
    return model


def test_a_dead_unit_is_told() -> None:
    page = explained(dead_unit(), "dense.kernel[0,0]")
    assert "dense.kernel[0,0]: 1 → 1    (it stays, because ∂L/∂dense.kernel[0,0] = 0)" in page
    assert "[0 < dense.z[0]] = 0, because it does not hold" in page
    assert line_of(page, "dense.δ[0]").endswith("·0 = 0")


def test_momentum_may_move_a_weight_against_its_gradient() -> None:
    model = model_of(tz.layers.Dense(1), optimizer=HeavyBall(0.01))
    for _ in range(3):
        model.fit([X], [[9.0]], verbose=0)
    page = explained(model, "dense.bias[0]", y=[model.predict([X])[0, 0] - 0.1])
    assert "it rises although ∂L/∂dense.bias[0] ≈ 0.2 > 0: earlier steps weigh more" in page


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_saturated_units_have_numbers(target: float) -> None:
    model = model_of(tz.layers.Dense(1, "sigmoid"), loss="binary_crossentropy", inputs=1)
    model.set_weights([[[100.0]], [0.0]])
    page = explained(model, "dense.kernel[0,0]", x=[20.0], y=[target])
    assert "nan" not in page
    assert "inf" not in page.lower()


def test_an_infinite_loss_is_shown_as_infinite() -> None:
    def logarithm(targets: Tensor, outputs: Tensor) -> Tensor:
        return -targets * tz.ops.log(tz.ops.maximum(0.0, outputs))

    model = model_of(tz.layers.Dense(1, kernel_initializer="zeros"), loss=logarithm)
    with use_language("en"):
        page = str(model.explain(X, Y, "loss"))
    assert page.splitlines()[0] == "What is L?    L = ∞"


def test_a_weight_that_the_loss_does_not_depend_on() -> None:
    class Idle(Scale):
        def call(self, inputs: Tensor, context: tz.layers.Context) -> Tensor:
            return inputs

    model = model_of(Idle(), tz.layers.Dense(1))
    page = explained(model, "idle.factor[0]")
    assert "idle.factor[0]: 1 → 1    (L does not depend on it)" in page
