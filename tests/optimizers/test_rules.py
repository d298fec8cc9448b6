"""Update rules against their publications, by tracing them; planted faults are caught."""

from __future__ import annotations

import inspect
import math
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import tiza as tz
from network_oracles import RULE_ORACLES, check_rule, small_data, small_model
from rule_examples import ALL_CASES, rule_examples
from tiza.errors import ModelError, NameNotFoundError
from tiza.ops.elementwise import sign
from tiza.optimizers.hyperparameters import NOT_NEGATIVE, POSITIVE, Interval
from tiza.optimizers.optimizer import CLIPPINGS, Progress
from tiza.optimizers.rules import OPTIMIZERS, optimizer


def test_every_rule_in_the_package_has_a_name() -> None:
    modules = [
        import_module(f"tiza.optimizers.{one.name}") for one in pkgutil.iter_modules(tz.optimizers.__path__)
    ]
    classes = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    rules = {
        one for one in classes if issubclass(one, tz.optimizers.Optimizer) and not inspect.isabstract(one)
    }
    assert rules == set(OPTIMIZERS.values())
    for name, rule in OPTIMIZERS.items():
        assert name == rule.__name__.lower()
        assert getattr(tz.optimizers, rule.__name__) is rule


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_examples_show_all_that_a_rule_can_do(name: str) -> None:
    rule = OPTIMIZERS[name]
    tried = {argument for arguments in rule_examples(rule) for argument in arguments}
    assert tried == {one.name for one in fields(rule)}
    slots = {slot.name for arguments in rule_examples(rule) for slot in rule(**arguments).kept_slots()}
    assert slots == set(rule.slots)


@pytest.mark.parametrize(("rule", "arguments"), ALL_CASES)
def test_ten_updates(rule: type[tz.optimizers.Optimizer], arguments: Mapping[str, Any]) -> None:
    name = rule.__name__.lower()
    if name not in RULE_ORACLES:
        pytest.skip("no oracle in NumPy; the rule is compared with Keras")
    check_rule(rule(**arguments), name)


@dataclass(frozen=True)
class Uncorrected(tz.optimizers.Adam):
    """Adam without bias correction."""

    def update(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        late = Progress(progress.learning_rate, progress.step * 0.0 + 1e9)
        return super().update(parameter, gradient, slots, late)


@dataclass(frozen=True)
class CountsFromTwo(tz.optimizers.Nadam):
    """Nadam whose first step is called the second."""

    def update(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        return super().update(
            parameter, gradient, slots, Progress(progress.learning_rate, progress.step + 1.0)
        )


@dataclass(frozen=True)
class FromZero(tz.optimizers.Adagrad):
    """Adagrad whose accumulator starts at 0, whatever is asked."""

    def kept_slots(self) -> tuple[tz.optimizers.Slot, ...]:
        return (tz.optimizers.Slot("accumulator"),)


@dataclass(frozen=True)
class DecaysLate(tz.optimizers.SGD):
    """The weight is decayed after the update."""

    def step(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        new, new_slots = self.update(parameter, gradient, slots, progress)
        return self._decayed(new, progress), new_slots


@dataclass(frozen=True)
class ClipsTheUpdate(tz.optimizers.SGD):
    """The change is clipped, not the gradient."""

    def step(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        new, new_slots = self.update(parameter, gradient, slots, progress)
        return parameter + self._clipped(new - parameter, progress), new_slots


@pytest.mark.parametrize(
    ("name", "faulty"),
    [
        ("adam", Uncorrected()),
        ("nadam", CountsFromTwo()),
        ("adagrad", FromZero()),
        ("sgd", DecaysLate(weight_decay=0.1)),
        ("sgd", ClipsTheUpdate(clipnorm=0.7)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_wrong_rule_is_caught(name: str, faulty: tz.optimizers.Optimizer) -> None:
    with pytest.raises(AssertionError):
        check_rule(faulty, name)


def outside(interval: Interval) -> list[object]:
    """Return what is no number of an interval."""
    low = interval.low - (1.0 if interval.includes_low else 0.0)
    high = [interval.high + (1.0 if interval.includes_high else 0.0)] if math.isfinite(interval.high) else []
    return [low, *high, math.inf, math.nan, "0.1", True, [0.1]]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_hyperparameters_out_of_range(name: str) -> None:
    rule: Any = OPTIMIZERS[name]
    shared = {
        "learning_rate": NOT_NEGATIVE,
        "weight_decay": NOT_NEGATIVE,
        **dict.fromkeys(CLIPPINGS, POSITIVE),
    }
    for argument, interval in {**shared, **rule.allowed}.items():
        for value in outside(interval):
            with pytest.raises(ModelError) as error:
                rule(**{argument: value})
            assert f"{rule.__name__}: got {argument}={value!r}, expected a number" in str(error.value)
    for one in fields(rule):
        if isinstance(one.default, bool):
            with pytest.raises(ModelError, match=f"{one.name}='no', expected True or False"):
                rule(**{one.name: "no"})


def test_what_is_bad_is_told() -> None:
    with pytest.raises(
        ModelError, match=r"SGD: got momentum=2, expected a number of at least 0, at most 1\."
    ):
        tz.optimizers.SGD(0.1, 2)
    with pytest.raises(
        ModelError, match=r"Adam: got beta_1=1\.0, expected a number of at least 0, below 1\."
    ):
        tz.optimizers.Adam(beta_1=1.0)
    with pytest.raises(ModelError, match=r"SGD: got clipnorm=0, expected a number above 0, no upper limit\."):
        tz.optimizers.SGD(clipnorm=0)
    with pytest.raises(ModelError, match=r"Lion: got clipnorm and clipvalue, expected one of them\."):
        tz.optimizers.Lion(clipnorm=1.0, clipvalue=1.0)


def test_arguments_stand_where_keras_has_them() -> None:
    assert tz.optimizers.AdamW(0.1, 0.2, 0.3) == tz.optimizers.AdamW(
        learning_rate=0.1, weight_decay=0.2, beta_1=0.3
    )
    assert tz.optimizers.SGD(0.1, 0.2, True) == tz.optimizers.SGD(
        learning_rate=0.1, momentum=0.2, nesterov=True
    )


def test_names() -> None:
    assert optimizer("SGD") == tz.optimizers.SGD(0.01)
    assert optimizer("adam") == tz.optimizers.Adam(0.001, 0.9, 0.999, 1e-7)
    with pytest.raises(NameNotFoundError, match="adam"):
        optimizer("adamm")
    with pytest.raises(ModelError, match="expected a name"):
        optimizer(0.1)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_the_global_norm_is_that_of_all_weights(engine: str) -> None:
    x, y = small_data()
    model = small_model(dtype="float64")
    model.compile(tz.optimizers.SGD(0.1, global_clipnorm=0.3), "mse", engine=engine)
    before = model.get_weights()
    _, gradients = model.loss_and_gradients(x, y)
    norm = float(np.sqrt(sum((one**2).sum() for one in gradients)))
    assert norm > 0.3
    model.fit(x, y, batch_size=len(x), verbose=0)
    for old, gradient, new in zip(before, gradients, model.get_weights(), strict=True):
        np.testing.assert_allclose(new, old - 0.1 * 0.3 / norm * gradient, rtol=1e-12)


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


@dataclass(frozen=True)
class SignDescent(tz.optimizers.Optimizer):
    """A rule of one's own."""

    learning_rate: float = 0.5

    def update(
        self, parameter: tz.Tensor, gradient: tz.Tensor, slots: Mapping[str, tz.Tensor], progress: Progress
    ) -> tuple[tz.Tensor, dict[str, tz.Tensor]]:
        return parameter - progress.learning_rate * sign(gradient), {}


@dataclass(frozen=True)
class Forgetful(SignDescent):
    """A rule that does not give back its slot."""

    slots = ("kept",)


def one_weight(rule: tz.optimizers.Optimizer) -> tz.Sequential:
    model = tz.Sequential([tz.Input((1,)), tz.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.compile(rule, "mse")
    return model


def test_a_rule_of_ones_own() -> None:
    model = one_weight(SignDescent())
    model.fit([[1.0]], [0.0], verbose=0)
    assert model.get_weights()[0].tolist() == [[0.5]]


def test_a_rule_of_ones_own_is_clipped_and_decayed() -> None:
    model = one_weight(SignDescent(weight_decay=0.5, clipnorm=0.1))
    model.fit([[1.0]], [0.0], verbose=0)
    assert model.get_weights()[0].tolist() == [[0.25]]


def test_a_rule_that_loses_its_slot() -> None:
    with pytest.raises(
        ModelError, match=r"'dense\.kernel' gave slots \{\}, expected \{'kept': float32\[1, 1\]\}"
    ):
        one_weight(Forgetful()).fit([[1.0]], [0.0], verbose=0)
