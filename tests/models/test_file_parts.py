"""Every part that there is comes back from a file: all are found, none is listed here."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiza as tz
from layer_checks import ROWS, known_layers, layer_cases, samples
from loss_oracles import cases as loss_cases
from metric_data import every_metric
from network_oracles import small_data, small_model
from rule_examples import OWN_CASES, rule_examples
from saved_models import came_back, check_goes_on_alike
from schedule_examples import CASES as SCHEDULE_CASES
from schedule_examples import SCHEDULES
from tiza.errors import ModelError
from tiza.models.saving.table import FAMILIES, FUNCTIONS, PART_NAMES, PARTS
from tiza.models.saving.values import arguments_of, decode, encode
from tiza.nn.activations import ACTIVATIONS
from tiza.nn.initializers import INITIALIZERS
from tiza.nn.layer import Function, Layer, LayerExample, Masked
from tiza.nn.losses import LOSSES
from tiza.nn.metrics import METRICS
from tiza.nn.regularizers import REGULARIZERS
from tiza.optimizers.rules import OPTIMIZERS

FURTHER: tuple[object, ...] = (
    tz.initializers.Constant([[0.5, -0.1], [1e-30, 0.0]]),
    tz.initializers.RandomNormal(0.1, 0.2, seed=2**60),
    tz.initializers.Orthogonal(0.5, seed=3),
    tz.initializers.VarianceScaling(0.3, "fan_avg", "uniform"),
    tz.regularizers.L1(0.3),
    tz.regularizers.PerSample(tz.regularizers.L1L2(0.1, 0.2)),
    Function(ACTIVATIONS["tanh"], "squeeze"),
    Masked(),
    tz.metrics.metric(tz.metrics.categorical_accuracy),
)
"""Arguments that no registry states to be worth a try."""

WITHOUT_EXAMPLE = {"losses.FunctionLoss"}
"""What holds nothing but a function of the user's."""


def every_part() -> Iterator[Any]:
    yield from (kind(**one.arguments) for kind in known_layers().values() for one in kind.examples)
    for name in OPTIMIZERS:
        yield from (OPTIMIZERS[name](**arguments) for arguments in rule_examples(OPTIMIZERS[name]))
    yield from (one(**arguments) for one in SCHEDULES.values() for arguments in one.examples)
    yield from loss_cases()
    yield from (case.values[0] for case in every_metric())
    yield from (*INITIALIZERS.values(), *REGULARIZERS.values(), *FURTHER)


def back(part: object) -> Any:
    """Return a part, written as text and read again."""
    return decode(json.loads(json.dumps(encode(part, "part"), allow_nan=False)), "part")


def check_comes_back(part: object) -> None:
    same = back(part)
    assert type(same) is type(part)
    assert encode(same, "part") == encode(part, "part")
    for name, value in arguments_of(part).items():
        assert type(arguments_of(same)[name]) is type(value)


def test_every_part_comes_back() -> None:
    for part in every_part():
        check_comes_back(part)


def test_every_class_is_tried_and_every_registered_one_is_in_the_table() -> None:
    tried = {PART_NAMES[type(one)] for one in every_part()}
    assert set(PARTS) - tried == WITHOUT_EXAMPLE
    registered = [
        *known_layers().values(),
        *OPTIMIZERS.values(),
        *SCHEDULES.values(),
        *LOSSES.values(),
        *(type(make()) for make in METRICS.values()),
        *map(type, (*INITIALIZERS.values(), *REGULARIZERS.values())),
    ]
    assert set(registered) <= set(PART_NAMES)
    assert set(ACTIVATIONS.values()) <= set(FUNCTIONS.values())


def test_every_argument_is_kept_under_its_name() -> None:
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    for kind in PARTS.values():
        assert all(one.kind in plain for one in inspect.signature(kind).parameters.values()), kind
    assert all(issubclass(kind, FAMILIES[name.partition(".")[0]].base) for name, kind in PARTS.items())


class Forgetful(tz.layers.Dropout):
    def __init__(self, rate: float) -> None:
        super().__init__(rate)
        del self.rate


class Changing(tz.layers.Dropout):
    def __init__(self, rate: float) -> None:
        super().__init__(rate / 2)


@pytest.mark.parametrize("kind", [Forgetful, Changing])
def test_a_planted_part_that_does_not_come_back_is_caught(
    kind: type[Layer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PARTS, "layers.Planted", kind)
    monkeypatch.setitem(PART_NAMES, kind, "layers.Planted")
    with pytest.raises((ModelError, AssertionError)):
        check_comes_back(kind(0.5))  # type: ignore[call-arg]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from([np.float32(0.1), np.int64(7), np.bool_(True), *ACTIVATIONS.values()]),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple),
    max_leaves=20,
)


@given(values)
def test_any_argument_comes_back(value: object) -> None:
    same = back(value)
    assert type(same) is type(value)
    assert repr(same) == repr(value)


@given(st.sets(st.text()), st.sampled_from([set, frozenset]))
def test_sets_come_back(names: set[str], kind: Any) -> None:
    assert back(kind(names)) == names
    assert type(back(kind(names))) is kind


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint64", "bool", "<U3"])
def test_arrays_come_back(dtype: str) -> None:
    for shape in ((), (3,), (2, 3)):
        array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
        same = back(array)
        assert (same.dtype.kind, same.shape) == (array.dtype.kind, shape)
        np.testing.assert_array_equal(same, array)
    with pytest.raises(ModelError, match="complex"):
        encode(np.zeros(2, "complex128"), "layer 'dense'")


def layer_model(kind: type[Layer], example: LayerExample) -> tz.Model:
    """Return a model of one layer and what it needs."""
    inputs = [tz.Input(shape) for shape in example.sample_shapes]
    given_ = inputs[0] if len(inputs) == 1 else inputs
    layer = kind(**example.arguments)
    # weights before it, so that something is trained in any case; ids stay what they are
    before = (
        [] if layer.vocabulary is not None else [tz.layers.PReLU(alpha_initializer="ones") for _ in inputs]
    )
    first = [one(each) for one, each in zip(before, inputs, strict=True)] if before else inputs
    found = layer(first if len(inputs) > 1 else first[0])
    model = tz.Model(given_, found[0] if isinstance(found, list) else found)
    model.compile(tz.optimizers.SGD(0.01, momentum=0.9), "mse", engine="reference")
    return model


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_every_layer_goes_on_alike(kind: type[Layer], example: LayerExample, tmp_path: Path) -> None:
    model = layer_model(kind, example)
    source = np.random.default_rng(0)
    x = [np.abs(samples(model.layers[-1], shape, "float64", source)) for shape in example.sample_shapes]
    y = source.normal(size=(ROWS, *model.network.output.shape[1:]))
    data = x[0] if len(x) == 1 else x
    model.fit(data, y, batch_size=ROWS, verbose=0)
    same = came_back(model, tmp_path / "model.tiza")
    check_goes_on_alike(model, same, data, y, batch_size=ROWS)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "arguments"), OWN_CASES)
def test_every_optimizer_goes_on_alike(rule: Any, arguments: Any, tmp_path: Path) -> None:
    model = small_model()
    model.compile(rule(**arguments), "mse", engine="reference")
    x, y = small_data()
    model.fit(x, y, verbose=0)
    model.learning_rate = 0.03
    same = came_back(model, tmp_path / "model.tiza")
    assert same.learning_rate == 0.03
    assert type(same.optimizer) is rule
    check_goes_on_alike(model, same, x, y)


@pytest.mark.slow
@pytest.mark.parametrize(("schedule", "arguments"), SCHEDULE_CASES)
def test_every_schedule_goes_on_alike(schedule: Any, arguments: Any, tmp_path: Path) -> None:
    model = small_model()
    model.compile(tz.optimizers.SGD(schedule(**arguments)), "mse", engine="reference")
    x, y = small_data()
    model.fit(x, y, batch_size=2, verbose=0)
    for rate in (None, 0.03):
        if rate is not None:
            model.learning_rate = rate
        check_goes_on_alike(model, came_back(model, tmp_path / "model.tiza"), x, y)
