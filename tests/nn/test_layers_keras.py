"""Layers, activations and initializers against Keras on JAX in float64."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import tiza as tz
from functional_networks import TIZA, Kit
from keras_peer import compare, planted_fault
from layer_checks import ENGINE_NAMES, Found, Probe, known_layers, layer_cases
from tiza.graph.provenance import Role
from tiza.models.saving.values import arguments_of
from tiza.nn.activations import RECORDS, ActivationRecord, activation_name
from tiza.nn.initializers import INITIALIZERS, Drawn, Initializer
from tiza.nn.layer import Layer, LayerExample
from tiza.nn.layers.recurrent import Recurrent
from tiza.nn.regularizers import Regularizer

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

Array = np.ndarray[Any, Any]
NAMES = {"identity": "linear"}


def keras_activation(keras: Any, name: str) -> Any:
    """Return Keras' activation, or, for one that it lacks, the same in Keras' operations."""
    lacking: dict[str, Callable[[Any], Any]] = {
        "binary_step": lambda x: keras.ops.cast(x >= 0, x.dtype),
        "arctan": keras.ops.arctan,
    }
    return lacking.get(name) or keras.activations.get(NAMES.get(name, name))


def keras_part(keras: Any, part: Any) -> Any:
    """Return an argument of a layer, as Keras takes it: a layer in a layer is made anew."""
    if not isinstance(part, Layer):
        return part
    return getattr(keras.layers, type(part).__name__)(**keras_arguments(keras, arguments_of(part)))


def keras_arguments(keras: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer that Keras knows, as it takes them."""
    known = {name: keras_part(keras, one) for name, one in arguments.items()}
    for name in ("activation", "recurrent_activation"):
        if name in known:
            given = known[name] if isinstance(known[name], str) else activation_name(known[name])
            known[name] = keras_activation(keras, given)
    kept = {name: one for name, one in known.items() if not isinstance(one, Initializer | Regularizer)}
    return {name: one for name, one in kept.items() if name != "name" or one is not None}


def keras_layer(keras: Any, probe: Probe, example: LayerExample) -> Any:
    """Return Keras' layer of the same name, built, with the same weights."""
    layer = getattr(keras.layers, type(probe.layer).__name__)(**keras_arguments(keras, example.arguments))
    inputs, options = keras_inputs(probe), keras_options(probe)
    layer(inputs, **options)
    own = [name.rpartition(".")[2] for name in probe.values]
    assert [one.name for one in layer.weights] == own
    layer.set_weights(list(probe.values.values()))
    return layer


def takes_states(probe: Probe) -> bool:
    """Return whether the inputs behind the first are states."""
    return isinstance(probe.layer, Recurrent | tz.layers.Bidirectional)


def keras_inputs(probe: Probe) -> Any:
    return probe.inputs[0] if len(probe.inputs) == 1 or takes_states(probe) else list(probe.inputs)


def keras_options(probe: Probe, inputs: Any = None) -> dict[str, Any]:
    """Return what Keras takes besides inputs: initial states, a mask."""
    options: dict[str, Any] = {}
    if takes_states(probe) and len(probe.inputs) > 1:
        options["initial_state"] = list(probe.inputs[1:] if inputs is None else inputs)
    if probe.mask is not None:
        options["mask"] = probe.mask
    return options


def keras_found(probe: Probe, layer: Any, training: bool) -> Found:
    """Return the same of Keras' layer as of a probe."""
    import jax
    import jax.numpy as jnp

    cotangents = probe.cotangents()
    takes = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}
    fixed = [jnp.asarray(one.value) for one in layer.non_trainable_variables]
    trained = [jnp.asarray(one.value) for one in layer.trainable_variables]
    ids = probe.inputs[0].dtype.kind == "i"

    def number(trained: Any, x: Any) -> Any:
        given: Any = probe.inputs if ids else x
        options = keras_options(probe, given[1:])
        one = given[0] if len(given) == 1 or takes_states(probe) else given
        if "mask" in options:
            options["mask"] = jnp.asarray(options["mask"])
        found, new = layer.stateless_call(trained, fixed, one, **takes, **options)
        outputs = list(found) if isinstance(found, list | tuple) else [found]
        parts = zip(outputs, cotangents, strict=True)
        return sum((one * other).sum() for one, other in parts), (outputs, new)

    x = [] if ids else [jnp.asarray(one) for one in probe.inputs]
    gradients, (outputs, new) = jax.grad(number, argnums=(0, 1), has_aux=True)(trained, x)
    own = dict(zip(map(id, layer.weights), probe.values, strict=True))
    known = zip(layer.non_trainable_variables, new, strict=True)
    updates = {own[id(one)]: np.asarray(value) for one, value in known if id(one) in own}
    return Found(
        [np.asarray(one) for one in outputs],
        updates,
        dict(zip(probe.trained, map(np.asarray, gradients[0]), strict=True)),
        [np.asarray(one) for one in gradients[1]],
    )


def options_of(kind: type[Layer], example: LayerExample) -> dict[str, Any]:
    """Return what a layer is tried with, for the report: the arguments that its examples vary."""
    varied = {name for one in kind.examples for name in one.arguments}
    known = inspect.signature(kind.__init__).parameters
    tried = {name: example.arguments.get(name, one.default) for name, one in known.items() if name in varied}
    return {**tried, **({"mask": True} if example.masked else {})}


def check_layer(keras: Any, kind: type[Layer], example: LayerExample, engine: str) -> None:
    """Check values and gradients as used, and in training unless the layer draws there."""
    probe = Probe.of(kind, example)
    layer = keras_layer(keras, probe, example)
    for training in (False,) if probe.draws() else (False, True):
        ours, theirs = probe.run(engine, training), keras_found(probe, layer, training)
        expected = theirs.arrays()
        for name, one in ours.arrays().items():
            compare(kind.__name__, one, expected[name], options_of(kind, example))
            assert one.shape == expected[name].shape


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_layers(kind: type[Layer], example: LayerExample, engine: str, keras: Any) -> None:
    check_layer(keras, kind, example, engine)


def test_faults_are_found(keras: Any) -> None:
    class LeakyReLU(tz.layers.LeakyReLU):
        def __init__(self, negative_slope: float = 0.2) -> None:
            super().__init__(negative_slope)

    class BatchNormalization(tz.layers.BatchNormalization):
        def call(self, inputs: tz.Tensor, context: tz.layers.Context) -> tz.Tensor:
            value = super().call(inputs, context)
            if context.training:
                context.updates["moving_variance"] = context.updates["moving_variance"] * (7 / 6)
            return value

    for kind in (LeakyReLU, BatchNormalization):
        with planted_fault():
            check_layer(keras, kind, LayerExample(), "reference")


def cases_with_state() -> list[Any]:
    """Return the examples of layers that keep more than what is trained."""
    return [
        case
        for case in layer_cases()
        if any(one.role is Role.STATE for one in Probe.of(*case.values).weights)
    ]


@pytest.mark.parametrize(("kind", "example"), cases_with_state())
def test_three_training_steps_leave_the_same_state(
    kind: type[Layer], example: LayerExample, keras: Any
) -> None:
    for engine in ENGINE_NAMES:
        ours = Probe.of(kind, example)
        layer = keras_layer(keras, ours, example)
        for seed in range(3):
            ours.inputs = Probe.of(kind, example, seed=seed).inputs
            found = ours.run(engine, training=True)
            assert found.updates
            theirs = layer(keras_inputs(ours), **keras_options(ours), training=True)
            compare(kind.__name__, found.output, theirs, options_of(kind, example))
            ours.values.update(found.updates)
        for name, kept in zip(ours.values, layer.get_weights(), strict=True):
            compare(kind.__name__, ours.values[name], kept, options_of(kind, example))


@pytest.mark.parametrize("name", sorted(known_layers()))
def test_arguments(name: str, keras: Any) -> None:
    """The same names, in the same order, with the same defaults."""
    given = inspect.signature(getattr(keras.layers, name).__init__).parameters
    own = inspect.signature(known_layers()[name].__init__).parameters
    shared = [one for one in own if one in given]
    assert shared == [one for one in given if one in own]
    for argument in shared:
        theirs, ours = given[argument].default, own[argument].default
        if theirs is not inspect.Parameter.empty:
            same = ours.lower() == theirs.lower() if isinstance(theirs, str) else ours == theirs
            assert same, argument
    assert set(own) - set(given) <= {"name", "trainable"}


@pytest.mark.parametrize(("kind", "example"), layer_cases())
def test_in_a_model(kind: type[Layer], example: LayerExample, keras: Any) -> None:
    probe = replace(Probe.of(kind, example), mask=None)
    ours = model_of(TIZA, probe, kind(**example.arguments))
    theirs = model_of(Kit(keras), probe, keras_layer(keras, probe, example))
    assert [one.shape for one in ours.get_weights()] == [one.shape for one in theirs.get_weights()]
    ours.set_weights(theirs.get_weights())
    x = probe.inputs if len(probe.inputs) > 1 else probe.inputs[0]
    outputs, expected = listed(ours.predict(x)), listed(theirs.predict(x, verbose=0))
    assert len(outputs) == probe.layer.results
    for one, other in zip(outputs, expected, strict=True):
        assert one.shape == other.shape
        compare(kind.__name__, one, other, options_of(kind, example))
    assert ours.output_shape == theirs.outputs[0].shape
    assert ours.count_params() == theirs.count_params()


def model_of(kit: Kit, probe: Probe, layer: Any) -> Any:
    """Return a model of one layer, with all its inputs and all that it gives."""
    inputs = [kit.module.Input(one.shape[1:]) for one in probe.inputs]
    if len(inputs) == 1:
        return kit.model(inputs[0], layer(inputs[0]))
    if takes_states(probe):
        return kit.model(inputs, layer(inputs[0], initial_state=inputs[1:]))
    return kit.model(inputs, layer(inputs))


def listed(given: Any) -> list[Array]:
    """Return one output, or several, as a list."""
    return list(given) if isinstance(given, list | tuple) else [given]


def cases_with_a_seed() -> list[Any]:
    """Return the examples of layers that can draw."""
    return [case for case in layer_cases() if "seed" in inspect.signature(case.values[0]).parameters]


@pytest.mark.parametrize(("kind", "example"), cases_with_a_seed())
def test_noise_is_as_large(kind: type[Layer], example: LayerExample, keras: Any) -> None:
    probe = Probe.of(kind, example)
    if not probe.draws():
        pytest.skip("as this example has it, the layer draws nothing")
    probe.inputs = [np.full((3000, *example.sample_shapes[0]), 1.5)]
    # so small that activations are about linear
    probe.values = {name: 0.2 * one for name, one in probe.values.items()}
    ours = probe.run("reference", training=True).output
    theirs = np.asarray(keras_layer(keras, probe, example)(probe.inputs[0], training=True))
    if probe.weights:
        # noise behind weights
        assert abs(ours.mean() - theirs.mean()) < 8 * theirs.std() / np.sqrt(len(ours))
        assert ours.std() == pytest.approx(theirs.std(), rel=0.08)
        return
    assert abs(ours.mean() - theirs.mean()) < 0.06
    assert ours.std() == pytest.approx(theirs.std(), rel=0.06)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_adapt(axis: Any, invert: bool, keras: Any) -> None:
    data = np.random.default_rng(0).normal(size=(40, 2, 3)) * [1.0, 2.0, 0.0] + 4.0
    ours, theirs = (
        tz.layers.Normalization(axis, invert=invert),
        keras.layers.Normalization(axis, invert=invert),
    )
    ours.adapt(data)
    theirs.adapt(data)
    model = tz.Sequential([tz.Input((2, 3)), ours], dtype="float64")
    compare("Normalization", model.predict(data), theirs(data), {"axis": axis, "invert": invert})
    for one, other in zip(model.get_weights(), theirs.get_weights(), strict=False):
        compare("Normalization", one, other)


def test_layer_paths(keras: Any) -> None:
    keras.backend.clear_session()
    ours = tz.Sequential([tz.Input((3,)), *(tz.layers.Dense(2) for _ in range(3))])
    theirs = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(2) for _ in range(3))])
    assert [one.path for one in ours.network.layers] == [one.name for one in theirs.layers]


@pytest.mark.parametrize("name", sorted(known_layers()))
def test_names_in_paths(name: str, keras: Any) -> None:
    keras.backend.clear_session()
    kind = known_layers()[name]
    arguments = dict(kind.examples[0].arguments)
    if "activation" in arguments:
        arguments["activation"] = "relu"
    theirs = getattr(keras.layers, name)(**keras_arguments(keras, arguments))
    assert kind(**arguments).base_name == theirs.name


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@pytest.mark.parametrize("row", RECORDS, ids=lambda one: one.name)
def test_activations(row: ActivationRecord, engine: str, keras: Any) -> None:
    x = np.concatenate([np.random.default_rng(0).normal(size=(7, 6)), [[0.0] * 6, np.linspace(-50, 50, 6)]])
    model = tz.Sequential([tz.Input((6,)), lambda x: row.apply(x)], dtype="float64")
    model.compile("sgd", "mse", engine=engine)
    theirs = keras_activation(keras, row.name)
    compare("activations", model.predict(x), theirs(keras.ops.convert_to_tensor(x), **row.arguments))
    for name in row.other_names:
        if name != "identity":
            assert keras.activations.get(name) is keras.activations.get(NAMES.get(row.name, row.name))


def test_every_initializer_has_keras_spread(keras: Any) -> None:
    for name, ours in INITIALIZERS.items():
        kind = getattr(keras.initializers, type(ours).__name__)
        # Keras' constant has no default when asked for by name
        theirs = kind()
        assert name == "constant" or type(keras.initializers.get(name)) is kind
        given = inspect.signature(kind.__init__).parameters
        for argument, parameter in inspect.signature(type(ours)).parameters.items():
            assert parameter.default == given[argument].default
        layer = tz.layers.Dense(300, kernel_initializer=name)
        values = tz.Sequential([tz.Input((200,)), layer]).get_weights()[0]
        other = np.asarray(theirs((200, 300)))
        if not isinstance(ours, Drawn):
            np.testing.assert_array_equal(values, other)
            continue
        assert values.std() == pytest.approx(other.std(), rel=0.03)
        assert abs(values.mean() - other.mean()) < 0.05 * other.std()
        if name.endswith("uniform") or "truncated" in name or name in ("he_normal", "glorot_normal"):
            assert np.abs(values).max() == pytest.approx(np.abs(other).max(), rel=0.03)
