"""Functional models against Keras on JAX in float64: weights and numbers after five training steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiza as tz
from functional_networks import CASES, Case, Kit, Samples, compiled, only, samples_for
from keras_peer import compare
from tiza.models.model import Model

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

NAMED = [pytest.param(one, id=name) for name, one in CASES.items()]
STEPS = 5


def own_name(path: str) -> tuple[str, ...]:
    """Return layer and weight of a path in either library."""
    return tuple(path.replace("/", ".").split(".")[-2:])


def twin(keras: Any, known: Case, ours: Model) -> Any:
    """Return the model in Keras, with our weights."""
    theirs = known.draw(Kit(keras))
    values = {own_name(path): one for path, one in zip(ours.weight_paths, ours.get_weights(), strict=True)}
    for variable in theirs.weights:
        variable.assign(values.pop(own_name(variable.path)))
    assert not values
    return theirs


def compile_both(keras: Any, known: Case, engine: str, optimizer: str) -> tuple[Model, Any]:
    ours = compiled(known, engine, optimizer)
    theirs = twin(keras, known, ours)
    theirs.compile(optimizer, known.loss, loss_weights=known.loss_weights, weighted_metrics=known.metrics)
    return ours, theirs


def compare_weights(what: str, ours: Model, theirs: Any) -> None:
    values = {own_name(path): one for path, one in zip(ours.weight_paths, ours.get_weights(), strict=True)}
    for variable in theirs.weights:
        compare(what, values[own_name(variable.path)], np.asarray(variable))


def frozen_penalty(ours: Model) -> float:
    """Return the penalties on weights that do not train: we count them, Keras leaves them out."""
    values = dict(zip(ours.weight_paths, ours.get_weights(), strict=True))
    return sum(
        float(tz.evaluate(weight.regularizer.penalty(tz.ops.constant(values[path]), 1)))
        for path, weight in ours.network.weights().items()
        if weight.regularizer is not None and not weight.trainable
    )


def test_penalties_on_frozen_weights_are_what_differs(keras: Any) -> None:
    ours, theirs = compile_both(keras, CASES["a_penalty_on_a_frozen_layer"], "reference", "sgd")
    assert frozen_penalty(ours) > 0.0
    assert len(theirs.losses) == 1


def weights_for(samples: Samples) -> Any:
    """Return the samples' weights, once for each output, as Keras wants them."""
    return only([samples.weights] * len(samples.y))


@pytest.mark.parametrize("known", NAMED)
def test_the_order_of_weights_is_kerass(known: Case, keras: Any) -> None:
    ours = compiled(known, "reference", "sgd")
    theirs = known.draw(Kit(keras))
    assert [own_name(one) for one in ours.weight_paths] == [own_name(one.path) for one in theirs.weights]


@pytest.mark.parametrize("known", NAMED)
def test_five_steps(known: Case, keras: Any) -> None:
    ours, theirs = compile_both(keras, known, "native", "adam")
    train = samples_for(known, ours, rows=3 * STEPS)
    held = samples_for(known, ours, seed=1, rows=4)
    options = {"batch_size": 3, "epochs": 1, "shuffle": False, "verbose": 0}
    mine = ours.fit(
        only(train.x),
        only(train.y),
        sample_weight=train.weights,
        validation_data=(only(held.x), only(held.y), held.weights),
        **options,  # type: ignore[arg-type]
    ).history
    other = theirs.fit(
        only(train.x),
        only(train.y),
        sample_weight=weights_for(train),
        validation_data=(only(held.x), only(held.y), weights_for(held)),
        **options,
    ).history
    compare_weights("functional models", ours, theirs)
    told = {name for name in mine if not name.endswith("penalty")}
    assert told == set(other)
    counted = frozen_penalty(ours)
    for name in told:
        more = counted if name in ("loss", "val_loss") else 0.0
        compare("functional models", mine[name], [one + more for one in other[name]])
    found, expected = ours.predict(only(train.x)), theirs.predict(only(train.x), verbose=0)
    for one, two in zip(
        *((part if isinstance(part, list) else [part]) for part in (found, expected)), strict=True
    ):
        compare("functional models", one, two)


@pytest.mark.parametrize("known", [one for one in NAMED if "penalt" in str(one.id)])
def test_the_penalty_is_the_sum_of_kerass_losses(known: Case, keras: Any) -> None:
    ours, theirs = compile_both(keras, known, "native", "sgd")
    samples = samples_for(known, ours)
    measured = ours.evaluate(only(samples.x), only(samples.y), return_dict=True)
    expected = sum(float(one) for one in theirs.losses) + frozen_penalty(ours)
    compare("penalties", measured["penalty"], expected)


@pytest.mark.parametrize("known", [CASES["outputs_by_name"]])
def test_dictionaries(known: Case, keras: Any) -> None:
    ours, theirs = compile_both(keras, known, "native", "sgd")
    samples = samples_for(known, ours)
    x = dict(zip(ours.network.input_names, samples.x, strict=True))
    y = dict(zip(ours.network.output_names, samples.y, strict=True))
    for model in (ours, theirs):
        model.fit(x, y, batch_size=3, shuffle=False, verbose=0)
    compare_weights("functional models", ours, theirs)
