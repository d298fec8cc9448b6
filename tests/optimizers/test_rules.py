"""Update rules against their publications, by tracing them; planted faults are caught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

import tiza as tz
from network_oracles import RULE_ORACLES, check_rule, small_data, small_model
from tiza.errors import ModelError, NameNotFoundError
from tiza.optimizers.optimizer import Progress
from tiza.optimizers.rules import OPTIMIZERS, optimizer


def test_every_rule_has_an_oracle() -> None:
    assert set(OPTIMIZERS) == set(RULE_ORACLES)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_five_steps(name: str) -> None:
    check_rule(OPTIMIZERS[name](), name)
    check_rule(OPTIMIZERS[name](learning_rate=0.3), name)


def test_adams_other_arguments() -> None:
    check_rule(tz.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.7, epsilon=0.01), "adam")


@dataclass(frozen=True)
class Uncorrected(tz.optimizers.Adam):
    """Adam without bias correction."""

    def update(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        late = Progress(progress.learning_rate, progress.step * 0.0 + 1e9)
        return super().update(parameter, gradient, slots, late)


@dataclass(frozen=True)
class CountsFromTwo(tz.optimizers.Adam):
    """Adam whose first step is called the second."""

    def update(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        return super().update(
            parameter, gradient, slots, Progress(progress.learning_rate, progress.step + 1.0)
        )


@pytest.mark.parametrize("faulty", [Uncorrected(), CountsFromTwo()], ids=lambda one: type(one).__name__)
def test_a_wrong_bias_correction_is_caught(faulty: tz.optimizers.Adam) -> None:
    with pytest.raises(AssertionError):
        check_rule(faulty, "adam")


@pytest.mark.parametrize(
    "make",
    [
        lambda: tz.optimizers.SGD(-1.0),
        lambda: tz.optimizers.SGD(float("nan")),
        lambda: tz.optimizers.SGD("fast"),  # type: ignore[arg-type]
        lambda: tz.optimizers.SGD(True),
        lambda: tz.optimizers.Adam(beta_1=1.0),
        lambda: tz.optimizers.Adam(beta_2=-0.1),
        lambda: tz.optimizers.Adam(epsilon=float("inf")),
    ],
)
def test_hyperparameters_out_of_range(make: object) -> None:
    with pytest.raises(ModelError, match=r"got .*=.*expected a number"):
        make()  # type: ignore[operator]


def test_names() -> None:
    assert optimizer("SGD") == tz.optimizers.SGD(0.01)
    assert optimizer("adam") == tz.optimizers.Adam(0.001, 0.9, 0.999, 1e-7)
    with pytest.raises(NameNotFoundError, match="adam"):
        optimizer("adamm")
    with pytest.raises(ModelError, match="expected a name"):
        optimizer(0.1)


def test_the_rate_is_set_between_fits_without_compiling() -> None:
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    programs = dict(model.trainer._programs)
    before = model.get_weights()
    model.learning_rate = 0.0
    model.fit(x, y, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert (old == new).all()
    assert model.trainer._programs == programs
    assert model.optimizer.learning_rate == 0.0
    with pytest.raises(ModelError, match="learning_rate"):
        model.learning_rate = -1.0
    assert model.learning_rate == 0.0


def test_a_rule_of_ones_own() -> None:
    @dataclass(frozen=True)
    class SignDescent(tz.optimizers.Optimizer):
        learning_rate: float = 0.5

        def update(
            self,
            parameter: tz.Tensor,
            gradient: tz.Tensor,
            slots: Mapping[str, tz.Tensor],
            progress: Progress,
        ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
            return parameter - progress.learning_rate * tz.ops.sign(gradient), {}

    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.compile(SignDescent(), "mse")
    model.fit([[1.0]], [0.0], verbose=0)
    assert model.get_weights()[0].tolist() == [[0.5]]
