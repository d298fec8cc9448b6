"""The record of a diagnosis: what it holds, says and tries, and that the model stays as it is."""

from __future__ import annotations

import inspect
import json
import re
import string
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import tiza as tz
from diagnosis_cases import (
    HEALTHY,
    ILL,
    dense,
    network,
    one_hot,
    quadrants,
    sides,
    three_classes,
    trained,
    waves,
)
from tiza.diagnosis.causes import CAUSES
from tiza.diagnosis.findings import Change, Finding
from tiza.diagnosis.results import measure_results
from tiza.diagnosis.thresholds import THRESHOLDS
from tiza.diagnosis.trial import try_changes
from tiza.diagnosis.wording import CHANGES, OF_ONE, SENTENCES, advice, sentence
from tiza.errors import DataError, ModelError
from tiza.language import use_language

DEAD = "relu_with_a_bias_far_below: dead_units"
FAST = "a_rate_a_hundred_times_too_high: rate_too_high"


def test_the_model_stays_as_it_is() -> None:
    patient = trained(ILL[DEAD], "native")
    before = patient.model.state
    found = patient.model.diagnose(patient.x, patient.y)
    found.tried(epochs=2)
    after = patient.model.state
    assert all((before[path] == after[path]).all() for path in before)
    assert patient.model.optimizer.learning_rate == 0.01


def test_as_json_and_as_text() -> None:
    for name in (DEAD, FAST):
        patient = trained(ILL[name], "native")
        found = patient.model.diagnose(patient.x, patient.y)
        trial = found.tried(epochs=3)
        json.dumps([asdict(found), asdict(trial)], allow_nan=False)
        for language in ("en", "es"):
            with use_language(language):
                text, tried = str(found), str(trial)
                assert sentence(found.findings[0]) in text
                assert advice(found.findings[0].changes) in text
                assert "dense_1.kernel" in text
                assert {"●", "×"} <= set(tried)
                assert not re.search(r"[{}]|nan|None", text + tried)


def test_nothing_is_wrong() -> None:
    patient = trained(HEALTHY["codes"], "native")
    found = patient.model.diagnose(patient.x, patient.y)
    with use_language("en"):
        assert "Nothing is wrong" in str(found)
    with use_language("es"):
        assert "No se ve nada mal" in str(found)
    with pytest.raises(ModelError, match="nothing can be tried"):
        found.tried()


def test_every_sentence_has_its_fields() -> None:
    seen: dict[str, Finding] = {}
    for name in ILL:
        patient = ILL[name]("reference")
        for one in patient.model.diagnose(patient.x, patient.y).findings:
            seen[one.kind] = one
    assert len(seen) >= 11
    for kind, one in seen.items():
        fields = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[kind]) if name}
        assert fields <= {*one.numbers, *one.words, "layers"}
        for change in one.changes:
            assert change.kind in CHANGES


def test_a_rate_that_is_too_low_is_named_before_its_effects() -> None:
    moons = tz.datasets.moons()
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(16, "relu"), tz.layers.Dense(1)])
    model.compile(tz.optimizers.SGD(1e-4), tz.losses.BinaryCrossentropy(from_logits=True))
    model.fit(moons.features, moons.targets, epochs=12, verbose=0)
    found = model.diagnose(moons.features, moons.targets)
    (change,) = found.findings[0].changes
    assert found.findings[0].kind == "rate_too_low"
    assert change.kind == "learning_rate"
    assert found.tried().helped


def test_one_is_no_plural() -> None:
    numbers = {
        "ratio": 0.001,
        "layers_passed": 1.0,
        "count": 1.0,
        "features": 3.0,
        "feature": 0.0,
        "size": 1e3,
    }
    gradient = Finding("vanishing_gradients", ("dense",), numbers, {"first": "dense", "last": "dense_1"})
    inputs = Finding("large_inputs", (), numbers)
    with use_language("es"):
        assert "tras una sola capa" in sentence(gradient)
        assert "1 de las 3 características es mucho mayor que 1" in sentence(inputs)
        assert "entrada" not in sentence(inputs).partition("(")[2]
        assert sentence(replace(inputs, words={"input": "x"})).endswith("Se trata de la entrada x.")
        assert advice((Change("optimizer", "adam"),)) == "usar el optimizador adam."
    for kind, (counted, _) in OF_ONE.items():
        assert f"{{{counted}}}" in SENTENCES[kind]


def test_the_trial_repeats_the_training_itself() -> None:
    patient = trained(ILL["all_weights_zero: same_units"], "native")
    found = patient.model.diagnose(patient.x, patient.y)
    trial = found.tried(epochs=patient.epochs)
    assert trial.before.losses[-1] == pytest.approx(patient.model.evaluate(patient.x, patient.y), rel=1e-5)
    assert len(trial.before.losses) == len(trial.after.losses) == patient.epochs + 1
    assert trial.helped
    # another initializer is one that a model could have been made with
    other = network(dense(16, "tanh"), dense(1, "sigmoid"))
    other.compile(tz.optimizers.SGD(0.5), "binary_crossentropy")
    other.fit(patient.x, patient.y, epochs=patient.epochs, verbose=0)
    assert trial.after.losses[-1] == pytest.approx(other.evaluate(patient.x, patient.y), rel=1e-5)


def test_a_change_that_does_not_help_is_said_not_to() -> None:
    patient = HEALTHY["tanh_and_sgd"]("native")
    found = patient.model.diagnose(patient.x, patient.y)
    case = found._case  # type: ignore[attr-defined]
    slower = try_changes(case, (Change("learning_rate", 1e-6),), 5, 32)
    assert not slower.helped
    with use_language("en"):
        assert "It did not help" in str(slower)
    wild = try_changes(case, (Change("learning_rate", 1e4),), 5, 32)
    assert not wild.helped
    assert wild.after.ended
    assert wild.after.losses[-1] is None
    with pytest.raises(ModelError, match="got the kind 'more'"):
        try_changes(case, (Change("more"),), 1, 32)
    with pytest.raises(ModelError, match="expects probabilities"):
        try_changes(case, (Change("loss", "binary_crossentropy"),), 1, 32)


def test_activation_layers_are_exchanged_too() -> None:
    x, y = quadrants()
    low = tz.initializers.Constant(-10.0)
    model = network(dense(8, bias_initializer=low), tz.layers.ReLU(), dense(1, "sigmoid"))
    model.compile(tz.optimizers.Adam(0.01), "binary_crossentropy")
    found = model.diagnose(x, y)
    assert found.findings[0].kind == "dead_units"
    assert found.findings[0].layers == ("dense",)
    case = found._case  # type: ignore[attr-defined]
    trial = try_changes(case, (Change("activation", "leaky_relu", ("re_lu",)),), 5, 32)
    assert trial.after.losses[0] != trial.before.losses[0]


def constant_loss(loss: object, units: int, last: str | None, y: object) -> float:
    x = np.zeros((len(np.asarray(y)), 4))
    model = network(dense(units, last))
    model.compile("sgd", loss)
    data = model._checked_data(x, y, None)
    found = measure_results(model.objective, model.state, data).constant_loss
    assert found is not None
    return found


def test_the_best_constant() -> None:
    _, y = waves()
    assert constant_loss("mse", 1, None, y) == pytest.approx(np.var(y), rel=1e-5)
    assert constant_loss("mae", 1, None, y) == pytest.approx(np.abs(y - np.median(y)).mean(), rel=1e-5)
    _, yes = sides()
    p = yes.mean()
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert constant_loss("binary_crossentropy", 1, "sigmoid", yes) == pytest.approx(entropy, rel=1e-5)
    logits = tz.losses.BinaryCrossentropy(from_logits=True)
    assert constant_loss(logits, 1, None, yes) == pytest.approx(entropy, rel=1e-5)
    _, labels = three_classes()
    assert constant_loss("sparse_categorical_crossentropy", 3, "softmax", labels) == pytest.approx(np.log(3))
    codes = one_hot(labels)
    assert constant_loss("categorical_crossentropy", 3, "softmax", codes) == pytest.approx(np.log(3))


def test_small_features_count_if_they_are_more_than_a_border() -> None:
    x, y = quadrants()
    x[:, 0] *= 1e-4
    for width, kinds in ((4, ["small_inputs"]), (40, [])):
        wide = np.hstack([x, np.random.default_rng(1).normal(size=(len(x), width - 4))])
        model = network(dense(1, "sigmoid"), features=width)
        model.compile("adam", "binary_crossentropy")
        assert [one.kind for one in model.diagnose(wide, y).findings] == kinds


def test_refusals() -> None:
    x, y = quadrants()
    model = network(dense(1))
    with pytest.raises(ModelError, match="not compiled"):
        model.diagnose(x, y)
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="expected"):
        model.diagnose(x[:, :2], y)
    with pytest.raises(ModelError, match="batch_size"):
        model.diagnose(x, y, 0)
    found = model.diagnose(x, y)
    with pytest.raises(ModelError, match="finding"):
        found.tried(finding=-1)


def test_every_limit_has_its_reason_and_is_used() -> None:
    folder = Path(inspect.getfile(Finding)).parent
    code = "".join(one.read_text(encoding="utf-8") for one in folder.glob("*.py") if one.stem != "thresholds")
    for name, one in THRESHOLDS.items():
        assert len(one.reason) > 10
        assert f'"{name}"' in code
    assert len(CAUSES) == len(set(CAUSES))


def test_rows_of_one_sample_and_of_integers() -> None:
    model = network(tz.layers.Rescaling(0.1), dense(3, "relu"), dense(2, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    found = model.diagnose([[1, 2, 3, 4]], [1])
    assert found.rows == 1
    assert str(found)


@pytest.mark.parametrize("rate", [1e2, 1e5, 1e6, 1e9])
def test_a_rate_is_too_high_however_high(rate: float) -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(3, "relu"), tz.layers.Dense(1)], seed=1)
    model.compile(tz.optimizers.SGD(rate), "mse")
    first = model.diagnose(x, x[:, :1]).findings[0]
    assert first.kind == "rate_too_high"
    assert first.changes[0].value == pytest.approx(0.1)
