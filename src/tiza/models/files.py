"""Models from files. `docs/model-files.md` tells the format."""

from __future__ import annotations

from collections.abc import Mapping

from tiza.errors import ModelError
from tiza.models.model import Model, Settings, find_engine
from tiza.models.saving.checking import check_arrays, place
from tiza.models.saving.container import MODEL, Array, FilePath, read_file, shown
from tiza.models.saving.description import Description, Training
from tiza.models.saving.refusing import REMEDY, refusing
from tiza.models.sequential import Sequential
from tiza.nn.layers import Normalization
from tiza.nn.network import Network
from tiza.nn.registry import find

FACES: dict[str, type[Model]] = {one.__name__: one for one in (Model, Sequential)}
"""Classes that a loaded model can be of."""


def load_model(filepath: FilePath) -> Model:
    """Return the model that `model.save` wrote: it predicts, and goes on training, bitwise as the one saved.

    Nothing that the file names is run or imported: it can only name parts of Tiza's own.

    Raises:
        ModelError: there is no such file, it is damaged, of another kind or version, or does not make a
            model; the file and the place in it are named.

    Example:
        >>> import tempfile
        >>> import tiza as tz
        >>> model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.tiza")
        ...     same = tz.load_model(f"{folder}/model.tiza")
        >>> bool((same.predict([[1.0, 2.0]]) == model.predict([[1.0, 2.0]])).all())
        True
    """
    contents = read_file(filepath, MODEL)
    with refusing(shown(filepath)):
        description = Description.of(contents.description)
        return _model_of(description, contents.arrays)


def _model_of(description: Description, arrays: Mapping[str, Array]) -> Model:
    identity = description.identity()
    kind = find("class of models", identity.face, FACES)
    model = kind.begun(identity.seed, identity.dtype, identity.name)
    placed = place(description, model)
    if kind is Sequential:
        _check_chain(placed.network)
    check_arrays(placed.entries, arrays)
    training, notes = placed.training, description.notes()
    settings = None if training is None else _settings(training)
    model.take(placed.network, settings, None if training is None else training.optimizer, dict(arrays))
    _restore_adapted(placed.network, arrays)
    model.preparation, model.class_names = notes.preparation, notes.class_names
    return model


def _restore_adapted(network: Network, arrays: Mapping[str, Array]) -> None:
    """Tell layers what they were adapted to, so that it stays when the model is built anew."""
    for one in network.layers:
        if isinstance(one.layer, Normalization) and one.weights:
            one.layer.restore(*(arrays[f"{one.path}.{name}"] for name in ("mean", "variance")))


def _settings(training: Training) -> Settings:
    return Settings(training.losses, training.metrics, training.loss_weights, find_engine(training.engine))


def _check_chain(network: Network) -> None:
    """Check that layers stand one behind another.

    Raises:
        ModelError: they do not, so that no Sequential can have them.
    """
    chain = [(number,) for number in range(len(network.calls))]
    stands = [one.operands for one in network.calls] == chain and network.results == (len(chain),)
    stands &= all(len(one.results) == 1 for one in network.calls)
    if not stands or len(network.sample_shapes) > 1:
        raise ModelError(f"network: the layers of a Sequential do not stand one behind another; {REMEDY}.")
