"""Functional models, drawn alike in Tiza and in Keras: the names and the arguments are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tiza as tz
from tiza.nn import layers as layers_module
from tiza.nn.layers.merging import Merging

Array = np.ndarray[Any, Any]
ROWS = 15


@dataclass(frozen=True)
class Kit:
    """A library that networks are drawn with.

    Attributes:
        module: `tiza`, or `keras`.
        options: what its models are made with besides.
    """

    module: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def layers(self) -> Any:
        """Its layers."""
        return self.module.layers

    @property
    def regularizers(self) -> Any:
        """Its regularizers."""
        return self.module.regularizers

    def input(self, width: int, name: str | None = None) -> Any:
        """Return an input of so many features."""
        return self.module.Input((width,), name=name)

    def dense(self, name: str, units: int = 3, activation: str | None = "tanh", **options: Any) -> Any:
        """Return a dense layer."""
        return self.layers.Dense(units, activation, name=name, **options)

    def model(self, inputs: Any, outputs: Any, name: str | None = None) -> Any:
        """Return the model that leads from inputs to outputs."""
        return self.module.Model(inputs, outputs, name=name, **self.options)


TIZA = Kit(tz, {"dtype": "float64"})


@dataclass(frozen=True)
class Case:
    """A network, and how it is trained.

    Attributes:
        draw: draws the model with a kit.
        loss: as `compile` takes it.
        loss_weights: as `compile` takes it.
        metrics: as `compile` takes it.
        frozen: paths that do not train, but for state.
    """

    draw: Callable[[Kit], Any]
    loss: Any = "mse"
    loss_weights: Any = None
    metrics: Any = None
    frozen: tuple[str, ...] = ()


CASES: dict[str, Case] = {}


def case(**options: Any) -> Callable[[Callable[[Kit], Any]], Callable[[Kit], Any]]:
    """Make a function that draws a model a case, by its name."""

    def registered(draw: Callable[[Kit], Any]) -> Callable[[Kit], Any]:
        CASES[draw.__name__] = Case(draw, **options)
        return draw

    return registered


@case()
def branches(kit: Kit) -> Any:
    x = kit.input(4)
    parts = [kit.dense("left", 3)(x), kit.dense("middle", 2, "relu")(x), kit.dense("right", 1, None)(x)]
    return kit.model(x, kit.dense("end", 2, None)(kit.layers.Concatenate()(parts)))


@case()
def a_skip(kit: Kit) -> Any:
    x = kit.input(3)
    hidden = kit.dense("first")(x)
    for name in ("second", "third"):
        hidden = kit.layers.Add()([hidden, kit.dense(name)(hidden)])
    return kit.model(x, kit.dense("end", 1, None)(kit.layers.Add()([x, hidden])))


@case()
def branches_of_different_lengths(kit: Kit) -> Any:
    x = kit.input(4)
    short = kit.dense("short")(x)
    long = kit.dense("long_2")(kit.dense("long_1", 5)(x))
    return kit.model(x, kit.dense("end", 1, None)(kit.layers.Multiply()([short, long])))


@case()
def several_inputs(kit: Kit) -> Any:
    left, right = kit.input(3, "left"), kit.input(2, "right")
    both = kit.layers.Average()([kit.dense("of_left", 4)(left), kit.dense("of_right", 4)(right)])
    return kit.model([left, right], kit.dense("end", 2, None)(both))


@case(
    loss=["mse", "sparse_categorical_crossentropy", "binary_crossentropy"],
    loss_weights=[1.0, 0.25, 3.0],
    metrics=[["mae"], ["accuracy"], ["mse"]],
)
def several_outputs(kit: Kit) -> Any:
    x = kit.input(4)
    trunk = kit.dense("trunk", 6)(x)
    heads = [("number", 2, None), ("kind", 3, "softmax"), ("flag", 1, "sigmoid")]
    return kit.model(x, [kit.dense(*head)(trunk) for head in heads])


@case(
    loss={"second": "mse", "first": "mae"},
    loss_weights={"second": 0.5, "first": 2.0},
    metrics={"first": ["mse"], "second": ["mae"]},
)
def outputs_by_name(kit: Kit) -> Any:
    """One output is a hidden layer of the other."""
    x, other = kit.input(4, "features"), kit.input(2, "others")
    first = kit.dense("first", 2)(x)
    joined = kit.layers.Concatenate()([first, other])
    return kit.model([x, other], [first, kit.dense("second", 1, None)(joined)])


@case()
def a_shared_layer(kit: Kit) -> Any:
    one, other = kit.input(3, "one"), kit.input(3, "other")
    shared = kit.dense("shared", 4)
    apart = kit.layers.Subtract()([shared(one), shared(other)])
    return kit.model([one, other], kit.dense("end", 1, None)(apart))


@case()
def a_layer_behind_itself(kit: Kit) -> Any:
    x = kit.input(4)
    again = kit.dense("again", 4)
    return kit.model(x, kit.dense("end", 1, None)(again(again(again(x)))))


def residual(kit: Kit, width: int = 4) -> Any:
    x = kit.input(width)
    return kit.model(x, kit.layers.Add()([x, kit.dense("inside", width)(x)]), name="residual")


@case()
def a_model_in_a_model(kit: Kit) -> Any:
    x = kit.input(3)
    inner = residual(kit)
    return kit.model(x, kit.dense("end", 1, None)(inner(kit.dense("start", 4)(x))))


@case()
def models_twice_nested(kit: Kit) -> Any:
    inner, middle_input = residual(kit), kit.input(4)
    middle = kit.model(middle_input, kit.dense("behind", 4)(inner(middle_input)), name="middle")
    x = kit.input(4)
    return kit.model(x, kit.dense("end", 2, None)(middle(x)))


@case()
def a_shared_model(kit: Kit) -> Any:
    one, other = kit.input(4, "one"), kit.input(4, "other")
    inner = residual(kit)
    return kit.model(
        [one, other], kit.dense("end", 1, None)(kit.layers.Maximum()([inner(one), inner(other)]))
    )


@case(loss=["mse", "mae"])
def a_model_of_several_outputs_in_a_model(kit: Kit) -> Any:
    a, b = kit.input(2), kit.input(3)
    both = kit.layers.Concatenate()([a, b])
    inner = kit.model([a, b], [kit.dense("sum", 2)(both), kit.dense("rest", 3)(b)], name="pair")
    one, other = kit.input(2, "one"), kit.input(3, "other")
    first, second = inner([one, other])
    return kit.model([one, other], [kit.dense("end", 1, None)(first), kit.dense("end_2", 1, None)(second)])


@case(frozen=("frozen.kernel", "frozen.bias"))
def a_frozen_layer(kit: Kit) -> Any:
    x = kit.input(4)
    hidden = kit.dense("frozen", 5, trainable=False)(kit.dense("free", 3)(x))
    return kit.model(x, kit.dense("end", 1, None)(hidden))


@case(frozen=("still.gamma", "still.beta", "still.moving_mean", "still.moving_variance"))
def batch_normalization_frozen_and_not(kit: Kit) -> Any:
    x = kit.input(4)
    normalize = kit.layers.BatchNormalization
    hidden = normalize(name="moving", momentum=0.8)(kit.dense("start", 5, use_bias=False)(x))
    still = normalize(
        name="still", trainable=False, moving_mean_initializer="ones", gamma_initializer="ones"
    )(hidden)
    return kit.model(x, kit.dense("end", 1, None)(still))


@case()
def penalties_of_every_kind(kit: Kit) -> Any:
    penalty, x = kit.regularizers, kit.input(4)
    one = kit.dense("one", 4, kernel_regularizer=penalty.L1(0.02), bias_regularizer=penalty.L2(0.3))(x)
    two = kit.layers.BatchNormalization(
        name="two", gamma_regularizer=penalty.L1L2(0.1, 0.2), beta_regularizer="l1"
    )(one)
    three = kit.layers.LayerNormalization(name="three", gamma_regularizer=penalty.L2(0.05))(two)
    four = kit.layers.PReLU(name="four", alpha_regularizer=penalty.L1L2(0.01, 0.02))(three)
    return kit.model(x, kit.dense("end", 1, None, kernel_regularizer="l2")(four))


@case(frozen=("one.kernel", "one.bias"), loss=["mse", "mse"])
def a_penalty_on_a_frozen_layer(kit: Kit) -> Any:
    x = kit.input(3)
    one = kit.dense("one", 3, kernel_regularizer=kit.regularizers.L2(0.1), trainable=False)(x)
    free = kit.dense("two", 2, None, kernel_regularizer=kit.regularizers.L1(0.1))(one)
    return kit.model(x, [free, kit.dense("three", 1, None)(one)])


def merging_layers() -> dict[str, type[Merging]]:
    """Return every layer that joins inputs, by name."""
    found = inspect.getmembers(layers_module, lambda one: inspect.isclass(one) and issubclass(one, Merging))
    return {name: one for name, one in found if not inspect.isabstract(one)}


def _joined_by(name: str) -> Callable[[Kit], Any]:
    def draw(kit: Kit) -> Any:
        x = kit.input(3)
        parts = [kit.dense("first", 4)(x), kit.dense("second", 4, "relu")(x)]
        return kit.model(x, kit.dense("end", 2, None)(getattr(kit.layers, name)()(parts)))

    return draw


CASES.update({f"joined_by_{name}": Case(_joined_by(name)) for name in merging_layers()})


@dataclass(frozen=True)
class Samples:
    """Features of each input, targets of each output, weights."""

    x: list[Array]
    y: list[Array]
    weights: Array

    def rows(self, kept: slice) -> Samples:
        """Return some of the samples."""
        return Samples([one[kept] for one in self.x], [one[kept] for one in self.y], self.weights[kept])


def only(several: list[Any]) -> Any:
    """Return a list of one as what it holds."""
    return several[0] if len(several) == 1 else several


def samples_for(known: Case, model: tz.Model, seed: int = 0, rows: int = ROWS) -> Samples:
    """Return samples that a case's model takes."""
    source = np.random.default_rng(seed)
    network = model.network
    x = [source.normal(size=(rows, *shape)) for shape in network.sample_shapes]
    losses = known.loss
    if isinstance(losses, str):
        losses = [losses] * len(network.outputs)
    elif isinstance(losses, dict):
        losses = [losses[name] for name in network.output_names]
    y = []
    for loss, type_ in zip(losses, network.outputs, strict=True):
        shape = (rows, *type_.shape[1:])
        if loss.startswith("sparse"):
            y.append(source.integers(0, shape[-1], rows))
        else:
            binary = source.integers(0, 2, shape).astype(float)
            y.append(binary if "cross" in loss else source.normal(size=shape))
    return Samples(x, y, source.uniform(0.2, 2.0, rows))


def compiled(known: Case, engine: str, optimizer: Any, seed: int = 4) -> tz.Model:
    """Return a case's model in Tiza, its weights drawn anew, so that zeros and ones do not hide anything."""
    model: tz.Model = known.draw(TIZA)
    source = np.random.default_rng(seed)
    values = []
    for path, one in zip(model.weight_paths, model.get_weights(), strict=True):
        drawn = source.uniform(0.2, 1.0, one.shape)
        # a variance is not negative
        values.append(drawn if path.endswith("variance") else drawn * source.choice([-1, 1], one.shape))
    model.set_weights(values)
    model.compile(optimizer, known.loss, known.metrics, engine=engine, loss_weights=known.loss_weights)
    return model
