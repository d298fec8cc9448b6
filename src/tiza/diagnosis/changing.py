"""Changes applied: the same case with another rate, loss, activation, initializer, scaling or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tiza.data.scaling import Standardizer
from tiza.diagnosis.case import Case
from tiza.diagnosis.findings import Change
from tiza.diagnosis.redrawing import redrawn, with_activation, with_initializer
from tiza.errors import ModelError
from tiza.nn.layer import Layer
from tiza.nn.losses import loss as find_loss
from tiza.optimizers.optimizer import Optimizer
from tiza.optimizers.rules import optimizer as find_optimizer
from tiza.training.class_weights import BALANCED, with_class_weight
from tiza.training.state import State, initial_values
from tiza.training.step import Objective, output_activations
from tiza.training.trainer import Data, Trainer


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What a training is made of.

    Attributes:
        objective: network and losses.
        optimizer: the update rule with its rate.
        data: what is learned from.
    """

    objective: Objective
    optimizer: Optimizer
    data: Data


def setup_of(case: Case) -> Setup:
    """Return how a case is trained."""
    rate = case.trainer.optimizer.with_learning_rate(case.learning_rate)
    return Setup(case.trainer.objective, rate, case.data)


def changed(setup: Setup, changes: Sequence[Change]) -> Setup:
    """Return a setup with all changes.

    Raises:
        ModelError: a change is of no known kind, or does not fit.
    """
    for one in changes:
        if one.kind not in _APPLIED:
            raise ModelError(f"change: got the kind {one.kind!r}, expected one of {', '.join(_APPLIED)}.")
        setup = _APPLIED[one.kind](setup, one)
    objective = setup.objective
    activations = output_activations(objective.network)
    for loss, outputs, activation in zip(
        objective.losses, objective.network.outputs, activations, strict=True
    ):
        loss.check_output(outputs, activation)
    return setup


def first_state(trainer: Trainer, case: Case, changes: Sequence[Change]) -> State:
    """Return the state that the changed training starts from: the case's own, but for what is drawn anew."""
    state = initial_values(trainer.entries, case.seed)
    if any(one.kind == "initializer" for one in changes):
        return state
    start = case.start()
    types = {one.path: one.type for one in case.trainer.entries}
    same = [one.path for one in trainer.entries if types.get(one.path) == one.type]
    return {**state, **{path: start[path] for path in same}}


def _standardized(setup: Setup, _change: Change) -> Setup:
    dtype = setup.objective.network.dtype
    features = tuple(Standardizer().fit(one).transform(one).astype(dtype) for one in setup.data.features)
    return replace(setup, data=replace(setup.data, features=features))


def _with_rate(setup: Setup, change: Change) -> Setup:
    return replace(setup, optimizer=setup.optimizer.with_learning_rate(float(change.value)))


def _with_optimizer(setup: Setup, change: Change) -> Setup:
    return replace(setup, optimizer=find_optimizer(change.value))


def _with_loss(setup: Setup, change: Change) -> Setup:
    names = setup.objective.network.output_names
    losses = tuple(
        find_loss(change.value) if not change.layers or name in change.layers else loss
        for name, loss in zip(names, setup.objective.losses, strict=True)
    )
    return replace(setup, objective=replace(setup.objective, losses=losses))


def _with_activation(setup: Setup, change: Change) -> Setup:
    return _redrawn(setup, change, lambda path, layer: with_activation(path, layer, str(change.value)))


def _with_initializer(setup: Setup, change: Change) -> Setup:
    return _redrawn(setup, change, lambda _, layer: with_initializer(layer, str(change.value)))


def _redrawn(setup: Setup, change: Change, renewed: Callable[[str, Layer], Layer]) -> Setup:
    """Return a setup with the layers that a change is about made anew."""
    network = redrawn(
        setup.objective.network,
        lambda path, layer: renewed(path, layer) if not change.layers or path in change.layers else layer,
    )
    return replace(setup, objective=replace(setup.objective, network=network))


def _balanced(setup: Setup, _change: Change) -> Setup:
    plain = replace(setup.data, weights=None)
    return replace(setup, data=with_class_weight(plain, BALANCED, setup.objective.network))


_APPLIED: Mapping[str, Callable[[Setup, Change], Setup]] = {
    "standardize": _standardized,
    "learning_rate": _with_rate,
    "optimizer": _with_optimizer,
    "loss": _with_loss,
    "activation": _with_activation,
    "initializer": _with_initializer,
    "class_weight": _balanced,
}
