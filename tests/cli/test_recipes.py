"""Recipes: options, files and presets set the same fields, and what is wrong is named."""

from __future__ import annotations

import statistics
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import tiza as tz
from figures import record_figure
from table_files import invoke, refused, run, run_json, write_houses
from tiza.cli.callback_names import CALLBACKS, Watch, callbacks_of
from tiza.cli.data_names import DATA_NAMES, DATASETS
from tiza.cli.main import cli
from tiza.cli.parts import ARGUMENTS, LAYERS
from tiza.cli.presets import PRESETS
from tiza.cli.recipe_files import read_recipe
from tiza.cli.recipes import Recipe
from tiza.errors import DataError, TizaError
from tiza.training.callbacks import Callback

FIELDS = {one.name for one in fields(Recipe)}
ENGINES = ("native", "reference")

RECIPE = """
data = "houses.csv"
target = "price"
loss = "huber"
epochs = 4
batch_size = 16
test = 0.25
output = "price.tiza"
callbacks = ["csv=log.csv"]

[optimizer]
kind = "sgd"
learning_rate = 0.02
momentum = 0.9

[[layers]]
kind = "Dense"
units = 12
activation = "tanh"

[[layers]]
kind = "Dropout"
rate = 0.1

[columns]
size = "drop"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_houses(tmp_path / "houses.csv")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_field_has_an_option() -> None:
    options = {one.name for one in cli.commands["train"].params}
    # the data are the argument, and layers one by one are for files
    assert options >= FIELDS - {"data", "layers"}
    assert options - FIELDS == {"source", "preset", "quiet", "as_json", "language"}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_is_checked(name: str) -> None:
    wrong: list[Any] = [object()] if name not in ("columns",) else [{"a": 1}, 3]
    for value in wrong:
        with pytest.raises(TizaError, match=name):
            replace(Recipe(), **{name: value})


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_says_it_all(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write(folder, RECIPE)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    read = run_json("train", recipe, "--engine", engine)
    assert len(read["history"]["loss"]) == 4
    # area, garden and three cities
    assert read["parameters"] == 5 * 12 + 12 + 12 + 1
    model = tz.load_model(folder / "price.tiza")
    assert [type(one).__name__ for one in model.layers] == ["Dense", "Dropout", "Dense"]
    assert model.objective.losses[0].name == "huber"
    assert model.optimizer == tz.optimizers.SGD(0.02, momentum=0.9)
    assert len((folder / "log.csv").read_text(encoding="utf-8").splitlines()) == 5


def test_the_rate_falls_over_all_epochs(folder: Path) -> None:
    path = folder / "model.tiza"
    table = ("train", folder / "houses.csv", "--target", "price", "--output", path)
    run(*table, "--decay", "--learning-rate", "0.5", "--epochs", "4", "--batch-size", "50")
    # 156 rows are learned from: four steps an epoch
    assert tz.load_model(path).optimizer.learning_rate == tz.optimizers.schedules.CosineDecay(0.5, 16)
    # and in a file
    text = 'data = "houses.csv"\ntarget = "price"\ndecay = true\nepochs = 2\noutput = "model.tiza"'
    run("train", write(folder, text))
    assert tz.load_model(path).optimizer.learning_rate == tz.optimizers.schedules.CosineDecay(0.001, 10)


def test_options_go_before_the_file(folder: Path) -> None:
    recipe = write(folder, RECIPE)
    read = run_json("train", recipe, "--epochs", "2", "--hidden", "5", "--output", folder / "other.tiza")
    assert len(read["history"]["loss"]) == 2
    assert read["parameters"] == 5 * 5 + 5 + 5 + 1
    assert (folder / "other.tiza").exists()
    assert not (folder / "price.tiza").exists()
    assert "names its layers one by one" in refused("train", recipe, "--activation", "relu", status=2)


def test_a_file_starts_from_a_preset_or_from_that_of_its_data(tmp_path: Path) -> None:
    assert read_recipe(str(write(tmp_path, 'preset = "classic"\nepochs = 1'))) == replace(
        PRESETS["classic"], epochs=1
    )
    assert read_recipe(str(write(tmp_path, 'data = "moons"\nseed = 3'))) == replace(PRESETS["moons"], seed=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "key: unknown name 'epoch'; did you mean 'epochs'"),
        ("epochs = 0", "epochs: got 0, expected a whole number of at least 1"),
        ('epochs = "3"', "epochs: got '3'"),
        ("hidden = 3", "hidden: got 3, expected a list of sizes, such as [30, 20]"),
        ("hidden = [3, -1]", "hidden: got -1"),
        ('callbacks = "csv"', "callbacks: got 'csv', expected a list of texts"),
        ("balance = 1", "balance: got 1, expected true or false"),
        ("columns = 1", "columns: got 1, expected kinds by column"),
        ('preset = "clasic"', "preset: unknown name 'clasic'; did you mean 'classic'"),
        ('data = ["a"]', "data: got ('a',), expected a text"),
        ('data = ""', "data: got an empty text"),
        ('engine = "natve"', "did you mean 'native'"),
        ('hidden = [3]\n[[layers]]\nkind = "Dense"', "layers: got hidden or activation too"),
        ('output = "model"', "ends in .tiza"),
        ("epochs = ", "got what is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    told = refused("train", path)
    assert told.startswith(f"{path}: ")
    assert message in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[layers]]\nkind = "Dens"', "layers[0]: kind: unknown name 'Dens'; did you mean 'Dense'"),
        ('[[layers]]\nkind = "Dense"', "layers[0]: Dense got no units"),
        (
            '[[layers]]\nkind = "Dense"\nunit = 3',
            "argument of Dense: unknown name 'unit'; did you mean 'units'",
        ),
        ("[[layers]]\nunits = 3", "layers[0]: kind: unknown name ''"),
        ('[optimizer]\nkind = "sgd"\nmomentun = 0.9', "argument of SGD: unknown name 'momentun'"),
        ("[optimizer]\nmomentum = 0.9", "optimizer: got a table without kind, expected kind"),
        ('[optimizer]\nkind = "sgd"\nmomentum = 9', "momentum"),
        ('[loss]\nkind = "huber"\ndelta = -1', "delta"),
        ('[loss]\nkind = "hubber"', "did you mean 'huber'"),
    ],
)
def test_what_is_wrong_with_a_part_is_named(folder: Path, text: str, message: str) -> None:
    assert message in refused("train", write(folder, f'data = "houses.csv"\ntarget = "price"\n{text}'))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused("train", tmp_path / "none.toml")
    with pytest.raises(DataError, match="expected a TOML file"):
        read_recipe(str(tmp_path / "none.toml"))


def test_every_layer_can_be_named() -> None:
    known = {name for name, kind in vars(tz.layers).items() if name[0].isupper()}
    assert set(LAYERS) == known - {"Context", "Input", "Layer", "LayerExample", "Weight"}


NESTED = """
data = "houses.csv"
target = "price"
epochs = 2

[optimizer]
kind = "sgd"
learning_rate = {kind = "ExponentialDecay", initial_learning_rate = 0.1, decay_steps = 10, decay_rate = 0.9}

[[layers]]
kind = "Dense"
units = 4
kernel_regularizer = {kind = "L2", l2 = 0.01}
kernel_initializer = {kind = "RandomNormal", stddev = 0.1}
"""


def test_an_argument_can_be_a_table(folder: Path) -> None:
    path = folder / "model.tiza"
    run("train", write(folder, NESTED), "--output", path)
    model = tz.load_model(path)
    assert model.optimizer == tz.optimizers.SGD(tz.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    dense = model.layers[0]
    assert isinstance(dense, tz.layers.Dense)
    assert dense.kernel_regularizer == tz.regularizers.L2(0.01)
    assert dense.kernel_initializer == tz.initializers.RandomNormal(stddev=0.1)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("l2 =", "l3 =", "layers[0]: kernel_regularizer: argument of L2: unknown name 'l3'"),
        ('"L2"', '"L22"', "layers[0]: kernel_regularizer: kind: unknown name 'L22'; did you mean 'L2'"),
        ('"RandomNormal"', '"Normal"', "layers[0]: kernel_initializer: kind: unknown name 'Normal'"),
        ("decay_rate", "rate", "optimizer: learning_rate: argument of ExponentialDecay: unknown name 'rate'"),
        ("units = 4", "units = -4", "layers[0]: Dense: units: got -4"),
    ],
)
def test_what_is_wrong_within_a_part_is_placed(folder: Path, right: str, wrong: str, message: str) -> None:
    assert message in refused("train", write(folder, NESTED.replace(right, wrong)))


def test_what_can_stand_in_an_argument_is_what_there_is() -> None:
    rooms = (tz.initializers, tz.regularizers, tz.optimizers.schedules)
    for kinds, room in zip(ARGUMENTS.values(), rooms, strict=True):
        assert kinds
        assert all(getattr(room, name) is kind for name, kind in kinds.items())


@pytest.mark.parametrize("name", sorted(CALLBACKS))
def test_every_callback_can_be_named(name: str) -> None:
    watch = Watch("loss", 0)
    for value in ("7", "file.tiza"):
        try:
            (made,) = callbacks_of([f"{name}={value}"], 0, watch)
        except TizaError:
            continue
        assert isinstance(made, Callback)
    assert [type(one) for one in callbacks_of(["early_stopping"], 5, watch)] == [tz.callbacks.EarlyStopping]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_runs(name: str) -> None:
    digits = PRESETS[name].data == "mnist"
    short = ("--samples", "400", "--hidden", "8") if digits else ()
    read = run_json("train", "--preset", name, "--epochs", "2", *short)
    assert len(read["history"]["loss"]) == 2
    assert PRESETS[name].data in DATA_NAMES


@pytest.mark.parametrize("name", [name for name in sorted(PRESETS) if PRESETS[name].data != "mnist"])
@pytest.mark.parametrize("seed", range(3))
def test_every_preset_learns(name: str, seed: int) -> None:
    read = run_json("train", "--preset", name, "--seed", f"{seed}")
    (measured,) = [read[part] for part in ("test", "training") if part in read]
    reached = measured.get("accuracy", measured.get("r2_score"))
    assert reached > 0.94, measured


@pytest.mark.parametrize("name", sorted(tz.datasets.OF_COURSES | tz.datasets.MADE))
def test_every_data_set_can_be_named_and_its_model_reads_tables(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.tiza"
    shown = run("train", name, "--epochs", "2", "--output", path)
    assert "Rows: " in shown
    told = run_json("evaluate", path, name)
    made = DATASETS[name]()
    assert told["rows"] == len(made.features)
    rows = [",".join(made.feature_names), *(",".join(map(repr, row)) for row in made.features.tolist())]
    (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    lines = run("predict", path, tmp_path / "rows.csv").splitlines()
    assert len(lines) == 1 + len(made.features)


def test_digits_are_measured_by_a_model_file(tmp_path: Path) -> None:
    path = tmp_path / "digits.tiza"
    read = run_json("train", "mnist", "--samples", "600", "--epochs", "2", "--output", path)
    told = run_json("evaluate", path, "mnist")
    assert told == {"rows": 10_000, **read["test"]}
    assert "Rows: what it is" in run("evaluate", path, "mnist")
    # a file that is no network for digits
    other = tmp_path / "xor.tiza"
    run("train", "xor", "--epochs", "1", "--output", other)
    result = invoke("evaluate", other, "mnist")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_a_file_for_a_data_set_of_the_same_kind_only(tmp_path: Path) -> None:
    path = tmp_path / "moons.tiza"
    run("train", "moons", "--epochs", "1", "--output", path)
    assert "got no column 'x1'" in refused("evaluate", path, "noisy_sine")
    assert "There are no data 'mons'" in refused("evaluate", path, "mons", status=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "median", "least"),
    [("mlp", 98.0, 98.0), ("lenet", 98.0, 98.0), ("cnn", 99.4, 99.3), ("lstm", 98.5, 98.5)],
)
def test_the_digits_are_learned(preset: str, median: float, least: float) -> None:
    runs = [run_json("train", "mnist", "--preset", preset, "--seed", f"{seed}") for seed in range(3)]
    reached = [100 * one["test"]["accuracy"] for one in runs]
    seconds = statistics.median(one["seconds"] for one in runs)
    record_figure(
        f"`tiza train mnist --preset {preset}`: test accuracy",
        promised=f"at least {median:g} %, median of seeds 0, 1, 2",
        measured=", ".join(f"{one:.2f} %" for one in reached),
        note=f"{seconds:.0f} s a seed, {runs[0]['parameters']} parameters",
    )
    assert statistics.median(reached) >= median
    assert min(reached) >= least
