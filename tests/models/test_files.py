"""Models saved and loaded: they come back bitwise, or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import tiza as tz
from network_oracles import small_data, small_model
from saved_models import came_back, check_goes_on_alike, check_same_state
from tiza.errors import ModelError, NotBuiltError
from tiza.models.files import FACES
from tiza.models.model import ENGINES, Model

both_engines = pytest.mark.parametrize("engine", ["reference", "native"])


def shared_and_joined(engine: str) -> tuple[Model, Any, Any]:
    """Return a model with a shared layer, a model within it, two inputs and two outputs."""
    one, other = tz.Input((4,), name="one"), tz.Input((4,))
    inner_input = tz.Input((3,))
    hidden = tz.layers.Dense(3, "tanh")(inner_input)
    inner = tz.Model(inner_input, tz.layers.Add()([inner_input, hidden]), seed=9, name="residual")
    shared = tz.layers.Dense(3, "relu", name="shared", kernel_regularizer="l2")
    joined = tz.layers.Concatenate()([inner(shared(one)), inner(tz.layers.Dropout(0.25)(shared(other)))])
    normal = tz.layers.BatchNormalization()(joined)
    first, second = (
        tz.layers.Dense(1, name="size")(normal),
        tz.layers.Dense(2, "softmax", name="kind")(joined),
    )
    model = tz.Model([one, other], [first, second], seed=5, name="joined")
    model.compile(
        tz.optimizers.Adam(tz.optimizers.schedules.ExponentialDecay(0.02, 5, 0.9), clipnorm=1.0),
        {"size": "mse", "kind": tz.losses.CategoricalCrossentropy(label_smoothing=0.1)},
        metrics={"kind": ["accuracy", tz.metrics.Precision(thresholds=(0.3, 0.6))]},
        loss_weights=[1.0, 0.5],
        engine=engine,
    )
    source = np.random.default_rng(1)
    x = [source.normal(size=(11, 4)), source.normal(size=(11, 4))]
    return model, x, [source.normal(size=(11, 1)), np.eye(2)[source.integers(0, 2, 11)]]


@both_engines
def test_shared_layers_and_models_in_models_come_back(engine: str, tmp_path: Path) -> None:
    model, x, y = shared_and_joined(engine)
    model.fit(x, y, batch_size=4, verbose=0)
    same = came_back(model, tmp_path / "model.tiza")
    assert type(same) is Model
    assert (same.name, same.seed, same.weight_paths) == (model.name, model.seed, model.weight_paths)
    assert same.network.input_names == model.network.input_names
    assert [type(one) for one in same.layers] == [type(one) for one in model.layers]
    check_goes_on_alike(model, same, x, y, batch_size=4)
    again = came_back(same, tmp_path / "again.tiza")
    check_goes_on_alike(same, again, x, y, batch_size=4)


@both_engines
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_training_that_is_interrupted_goes_on_bitwise(engine: str, dtype: str, tmp_path: Path) -> None:
    x, y = small_data(10)
    whole, part = (small_model(3, engine=engine, dtype=dtype) for _ in range(2))
    whole.fit(x, y, batch_size=3, epochs=4, verbose=0)
    part.fit(x, y, batch_size=3, epochs=2, verbose=0)
    same = came_back(part, tmp_path / "model.tiza")
    assert isinstance(same, tz.Sequential)
    same.fit(x, y, batch_size=3, epochs=4, initial_epoch=2, verbose=0)
    check_same_state(whole, same)
    check_goes_on_alike(whole, same, x, y)


def test_a_new_process_computes_the_same_bits(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    model, x, y = shared_and_joined("native")
    model.fit(x, y, batch_size=4, verbose=0)
    model.save(tmp_path / "model.tiza")
    np.savez(tmp_path / "data.npz", *x, *y)
    script = f"""
import numpy as np
import tiza as tz
model = tz.load_model({str(tmp_path / "model.tiza")!r})
x0, x1, y0, y1 = np.load({str(tmp_path / "data.npz")!r}).values()
model.fit([x0, x1], [y0, y1], batch_size=4, verbose=0)
model.save({str(tmp_path / "trained.tiza")!r})
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    model.fit(x, y, batch_size=4, verbose=0)
    check_same_state(model, tz.load_model(tmp_path / "trained.tiza"))


def _another_rate(model: Model) -> None:
    model.learning_rate = 0.04


def _another_seed(model: Model) -> None:
    model._state["random.seed"] = model._state["random.seed"] + np.uint32(1)


def _no_slots(model: Model) -> None:
    model.compile(model.optimizer, "mse", engine="reference")


def _another_weight(model: Model) -> None:
    model.set_weights([np.nextafter(one, 1) for one in model.get_weights()])


@pytest.mark.parametrize("fault", [_another_rate, _another_seed, _no_slots, _another_weight])
def test_a_planted_difference_is_noticed(fault: Callable[[Model], None], tmp_path: Path) -> None:
    x, y = small_data(10)
    model = small_model()
    model.fit(x, y, batch_size=3, verbose=0)
    same = came_back(model, tmp_path / "model.tiza")
    fault(same)
    with pytest.raises(AssertionError):
        check_goes_on_alike(model, same, x, y)


def test_models_that_are_not_compiled_or_not_built(tmp_path: Path) -> None:
    model = tz.Sequential([tz.Input((2, 3)), tz.layers.Flatten()])
    same = came_back(model, tmp_path / "model.tiza")
    np.testing.assert_array_equal(same.predict(np.ones((1, 2, 3))), np.ones((1, 6)))
    with pytest.raises(ModelError, match="not compiled"):
        same.fit([[1.0]], [1.0])
    unbuilt = tz.Sequential([tz.layers.Dense(1)])
    for act in (unbuilt.save, unbuilt.save_weights, unbuilt.load_weights):
        with pytest.raises(NotBuiltError, match="not built"):
            act(tmp_path / "none.tiza")
    assert os.listdir(tmp_path) == ["model.tiza"]


def test_a_loaded_model_is_a_model_like_any_other(tmp_path: Path) -> None:
    x, y = small_data()
    same = came_back(small_model(), tmp_path / "model.tiza")
    assert isinstance(same, tz.Sequential)
    before = same.get_weights()
    same.add(tz.layers.Dense(1))
    np.testing.assert_array_equal(same.get_weights()[0], before[0])
    same.compile("adam", "mae")
    same.fit(x, y[:, :1], verbose=0)
    model, x, y = shared_and_joined("reference")
    inner = came_back(model, tmp_path / "model.tiza")
    inputs = [tz.Input((4,)), tz.Input((4,))]
    outer = tz.Model(inputs, inner(inputs))
    outer.compile("sgd", ["mse", "mse"], engine="reference")
    for one, other in zip(outer.predict(x), model.predict(x), strict=True):
        np.testing.assert_array_equal(one, other)
    assert outer.weight_paths == [f"joined.{path}" for path in model.weight_paths]
    np.testing.assert_array_equal(
        came_back(outer, tmp_path / "outer.tiza").predict(x)[0], outer.predict(x)[0]
    )


def test_a_layer_that_was_adapted_to_data_comes_back(tmp_path: Path) -> None:
    layer = tz.layers.Normalization()
    layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    model = tz.Sequential([tz.Input((2,)), layer])
    same = came_back(model, tmp_path / "model.tiza")
    np.testing.assert_array_equal(same.predict([[3.0, 20.0]]), [[1.0, 0.0]])


def test_what_a_layer_was_adapted_to_stays_when_a_loaded_model_is_built_anew(tmp_path: Path) -> None:
    layer = tz.layers.Normalization()
    layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    model = tz.Sequential([tz.Input((2,)), layer])
    same = came_back(model, tmp_path / "model.tiza")
    assert isinstance(same, tz.Sequential)
    for one in (model, same):
        one.build((2,))
        np.testing.assert_array_equal(one.predict([[3.0, 20.0]]), [[1.0, 0.0]])
    with pytest.raises(ModelError, match="in a model already"):
        same.layers[0].adapt([[1.0, 2.0]])  # type: ignore[attr-defined]


def test_a_shared_layer_in_a_chain_comes_back(tmp_path: Path) -> None:
    layer = tz.layers.Dense(3, "tanh", trainable={"kernel"})
    model = tz.Sequential([tz.Input((3,)), layer, layer])
    same = came_back(model, tmp_path / "model.tiza")
    assert same.layers[0] is same.layers[1]
    assert same.layers[0].trainable == {"kernel"}
    x = np.ones((2, 3))
    np.testing.assert_array_equal(same.predict(x), model.predict(x))


def test_what_a_model_carries_comes_back(tmp_path: Path) -> None:
    model = small_model()
    model.preparation = {"columns": [{"name": "año", "mean": 0.1, "part": None}], "b": 1, "a": [1, 2.5]}
    model.class_names = ("setosa", "víbora")
    same = came_back(model, tmp_path / "model.tiza")
    assert same.preparation == model.preparation
    assert list(same.preparation or ()) == list(model.preparation)
    assert same.class_names == model.class_names
    for bad in ({"a": (1, 2)}, {1: 2}, {"a": np.zeros(2)}, {"a": float("nan")}, {"a": {1}}, [1]):
        model.preparation = bad  # type: ignore[assignment]
        with pytest.raises(ModelError, match="preparation: got"):
            model.save(tmp_path / "model.tiza")
    assert tz.load_model(tmp_path / "model.tiza").class_names == ("setosa", "víbora")


def test_every_engine_comes_back(tmp_path: Path) -> None:
    for name, kind in ENGINES.items():
        same = came_back(small_model(engine=name), tmp_path / "model.tiza")
        assert type(same.settings.engine) is kind


def test_every_public_model_can_be_loaded() -> None:
    public = {one for one in vars(tz).values() if isinstance(one, type) and issubclass(one, Model)}
    assert public == set(FACES.values())


class OwnLayer(tz.layers.Dense):
    pass


class OwnLoss(tz.losses.Huber):
    pass


class OwnModel(tz.Sequential):
    pass


class OwnMetric(tz.metrics.Precision):
    pass


class OwnRule(tz.optimizers.SGD):
    pass


def own_loss(targets: Any, outputs: Any) -> Any:
    return (targets - outputs) ** 2


def _chain(
    *layers: Any, loss: Any = "mse", metrics: Any = (), optimizer: Any = "sgd", kind: Any = None
) -> Any:
    model = (kind or tz.Sequential)([tz.Input((3,)), *layers, tz.layers.Dense(2)])
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: _chain(OwnLayer(2)), r"layer 'own_layer': got an object of your class OwnLayer"),
        (lambda: _chain(lambda x: 2.0 * x), r"layer 'function': function: got .*<lambda>"),
        (lambda: _chain(tz.layers.Dense(2, activation=lambda x: x)), r"layer 'dense': activation: got"),
        (lambda: _chain(loss=own_loss), r"loss: function: got own_loss"),
        (lambda: _chain(loss=OwnLoss()), r"loss: got an object of your class OwnLoss"),
        (lambda: _chain(metrics=[own_loss]), r"metric 'own_loss': function: got own_loss"),
        (lambda: _chain(metrics=[OwnMetric()]), r"metric 'precision': got an object of your class OwnMetric"),
        (lambda: _chain(optimizer=OwnRule(0.1)), r"optimizer: got an object of your class OwnRule"),
        (lambda: _chain(kind=OwnModel), r"model: got your class OwnModel, expected tz.Model.*same layers"),
    ],
)
def test_parts_of_the_users_own_are_refused_by_name(
    make: Callable[[], Model], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.tiza"
    small_model().save(path)
    before = path.read_bytes()
    model = make()
    with pytest.raises(ModelError, match=f"^{told}.*save_weights"):
        model.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.tiza"]
    model.save_weights(tmp_path / "weights.tiza")
    fresh = make()
    fresh.set_weights([0 * one for one in fresh.get_weights()])
    fresh.load_weights(tmp_path / "weights.tiza")
    for one, other in zip(model.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_were_changed_after_compile_are_refused(tmp_path: Path) -> None:
    model = small_model()
    model.layers[0].trainable = False
    with pytest.raises(ModelError, match=r"changed since .*'optimizer.m.dense.kernel'.*compile it again"):
        model.save(tmp_path / "model.tiza")
    model.compile("adam", "mse")
    assert came_back(model, tmp_path / "model.tiza").layers[0].trainable is False


def test_weights_of_another_model_are_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.tiza"
    small_model(seed=1).save_weights(path)
    for other, told in (
        (small_model(units=3), r"'dense_1.kernel' has shape \(4, 2\) .*model's has shape \(4, 3\)"),
        (tz.Sequential([tz.Input((3,)), tz.layers.Dense(4)]), r"it has 'dense_1.bias', 'dense_1.kernel'"),
        (
            tz.Sequential([tz.Input((3,)), tz.layers.Dense(4, name="a"), tz.layers.Dense(2, name="b")]),
            r"it lacks 'a.kernel', 'a.bias', 'b.kernel' and 1 more",
        ),
    ):
        before = other.get_weights()
        with pytest.raises(ModelError, match=rf"weights.tiza.*{told}"):
            other.load_weights(path)
        for one, same in zip(before, other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, same)


def test_weights_change_their_type_with_the_model(tmp_path: Path) -> None:
    path = tmp_path / "weights.tiza"
    small_model(seed=1).save_weights(path)
    wide = small_model(dtype="float64")
    wide.load_weights(path)
    for one, other in zip(wide.get_weights(), small_model(seed=1).get_weights(), strict=True):
        assert one.dtype == "float64"
        np.testing.assert_array_equal(one, other)


def test_weights_leave_the_optimizer_as_it_is(tmp_path: Path) -> None:
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    small_model(seed=1).save_weights(tmp_path / "weights.tiza")
    slots = {path: value for path, value in model.state.items() if path not in model.weight_paths}
    model.load_weights(tmp_path / "weights.tiza")
    assert all((model.state[path] == value).all() for path, value in slots.items())


def test_each_kind_of_file_tells_what_to_do_with_it(tmp_path: Path) -> None:
    model = small_model()
    model.save(tmp_path / "model.tiza")
    model.save_weights(tmp_path / "weights.tiza")
    with pytest.raises(ModelError, match=r"kind 'model', expected 'weights'.*tz\.load_model"):
        model.load_weights(tmp_path / "model.tiza")
    with pytest.raises(ModelError, match=r"kind 'weights', expected 'model'.*load_weights"):
        tz.load_model(tmp_path / "weights.tiza")


def test_anybody_can_read_the_arrays(tmp_path: Path) -> None:
    model = small_model()
    model.save(tmp_path / "model.tiza")
    found = load_file(tmp_path / "model.tiza")
    assert set(found) == set(model.state)
    np.testing.assert_array_equal(found["dense.kernel"], model.get_weights()[0])


def test_equal_models_make_equal_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        model, x, y = shared_and_joined("reference")
        model.fit(x, y, verbose=0)
        model.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file(
    function: str, fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.tiza"
    small_model().save(path)
    before = path.read_bytes()

    def fail(*arguments: object) -> None:
        raise fault

    for act in (small_model(1).save, small_model(1).save_weights):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, fail)
            with pytest.raises(type(fault)):
                act(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["model.tiza"]


def test_paths_that_are_none(tmp_path: Path) -> None:
    model = small_model()
    for act in (model.save, model.save_weights, model.load_weights, tz.load_model):
        for path in (None, "", 3):
            with pytest.raises(ModelError, match=f"filepath: got {path!r}, expected the path of a file"):
                act(path)  # type: ignore[operator]
    for act in (model.save, model.save_weights):
        with pytest.raises(ModelError, match="is a folder; give the name of a file in it"):
            act(tmp_path)
        with pytest.raises(FileNotFoundError, match=r"the model is not saved: .*none.model\.tiza'"):
            act(tmp_path / "none" / "model.tiza")
        with pytest.raises(ModelError, match="save: got overwrite='no'"):
            act(tmp_path / "model.tiza", overwrite="no")  # type: ignore[arg-type]
    assert os.listdir(tmp_path) == []


KILLED = """
import numpy as np, sys, tiza as tz
model = tz.Sequential([tz.Input((1500,)), tz.layers.Dense(1500), tz.layers.Dense(1500)])
weights = model.get_weights()
for number in range(10**9):
    model.set_weights([np.full_like(one, number) for one in weights])
    model.save(sys.argv[1])
    print("saved", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX'")
def test_a_process_killed_in_the_middle_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    for milliseconds in (0, 30, 60):
        command = [sys.executable, "-c", KILLED, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(milliseconds / 1000)
            process.kill()
        numbers = {float(number) for one in tz.load_model(path).get_weights() for number in np.unique(one)}
        assert len(numbers) == 1


def test_files_are_replaced_only_if_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    small_model().save(path)
    before = path.read_bytes()
    for act in (small_model(1).save, small_model(1).save_weights):
        with pytest.raises(ModelError, match=r"model\.tiza' exists.*overwrite=True"):
            act(path, overwrite=False)
    assert path.read_bytes() == before
    small_model(1).save(str(path))
    assert path.read_bytes() != before


@pytest.mark.skipif(sys.platform == "win32", reason="links and permissions are POSIX'")
def test_links_and_permissions_stay_usual(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    link = tmp_path / "link.tiza"
    link.symlink_to(tmp_path / "deep" / "model.tiza")
    small_model().save(link)
    (tmp_path / "plain").write_text("")
    assert link.is_symlink()
    usual, found = ((tmp_path / name).stat().st_mode for name in ("plain", "deep/model.tiza"))
    assert stat.S_IMODE(found) == stat.S_IMODE(usual)


@pytest.mark.parametrize("weights_only", [False, True])
@both_engines
def test_checkpoints_bring_back_the_epoch_they_are_of(
    engine: str, weights_only: bool, tmp_path: Path
) -> None:
    x, y = small_data(12)
    model = small_model(engine=engine)
    seen: list[list[Any]] = []
    check = tz.callbacks.ModelCheckpoint(
        str(tmp_path / "models" / "{epoch:02d}-{loss:.3f}.tiza"), save_weights_only=weights_only
    )
    watch = tz.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()))
    model.fit(x, y, batch_size=5, epochs=3, verbose=0, callbacks=[check, watch])
    files = sorted((tmp_path / "models").iterdir())
    assert [one.name[:3] for one in files] == ["01-", "02-", "03-"]
    for path, weights in zip(files, seen, strict=True):
        same: Model = small_model(seed=8, engine=engine)
        if weights_only:
            same.load_weights(path)
        else:
            same = tz.load_model(path)
        for one, other in zip(same.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(one, other)
    if not weights_only:
        resumed = tz.load_model(files[0])
        resumed.fit(x, y, batch_size=5, epochs=3, initial_epoch=1, verbose=0)
        check_same_state(resumed, model)
