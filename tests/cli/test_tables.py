"""A table from the command line: training, the model file, predictions for raw rows, measuring."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

import tiza as tz
from table_files import house, invoke, refused, run, run_json, write_houses
from tiza.cli import jobs
from tiza.cli.jobs import job_of
from tiza.cli.recipes import Recipe
from tiza.data.tables import TablePreparation, read_csv
from tiza.nn.losses import LOSSES

QUICK = ("--epochs", "12", "--hidden", "16", "--learning-rate", "0.02")


def predictions(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_houses(tmp_path_factory.mktemp("houses") / "houses.csv")


@pytest.fixture(scope="module")
def priced(houses: Path) -> Path:
    """Return a model of the price."""
    path = houses.parent / "price.tiza"
    columns = ("--columns", "size=drop")
    run("train", houses, "--target", "price", *QUICK, *columns, "--output", path, "--quiet")
    return path


@pytest.fixture(scope="module")
def sized(houses: Path) -> Path:
    """Return a model of the size, a class."""
    path = houses.parent / "size.tiza"
    run("train", houses, "--target", "size", *QUICK, "--output", path, "--quiet")
    return path


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize(
    ("target", "measure", "least"), [("price", "r2_score", 0.8), ("size", "accuracy", 0.8)]
)
def test_it_learns_a_quantity_and_a_class(
    houses: Path, engine: str, target: str, measure: str, least: float
) -> None:
    read = run_json("train", houses, "--target", target, *QUICK, "--engine", engine)
    assert read["test"][measure] > least
    losses = read["history"]["loss"]
    assert losses[-1] < losses[0]
    assert "val_loss" in read["history"]


def test_it_tells_what_was_done_in_both_languages(houses: Path) -> None:
    arguments = ("train", houses, "--target", "price", "--epochs", "2")
    english, spanish = (" ".join(run(*arguments, language=one).split()) for one in ("en", "es"))
    for sentence in (
        "city: 3 categories (Cusco, Lima, Puno), one-hot encoded.",
        "garden: yes or no; no is 0, yes is 1.",
        "country: left out, every cell is Peru.",
        "area: gaps (",
        "Rows: 156 to learn from, 36 to watch while learning, 48 to measure at the end.",
        "Network 7-64-32-1, 2625 parameters; loss mean_squared_error, optimizer adam.",
        "Epoch 2/2 loss",
        "mean error",
    ):
        assert sentence in english, sentence
    for sentence in (
        "city: 3 categorías (Cusco, Lima, Puno), con codificación one-hot.",
        "garden: sí o no; no es 0, yes es 1.",
        "country: se deja fuera, todas sus celdas son Peru.",
        "Filas: 156 para aprender, 36 para observar mientras se aprende, 48 para medir al final.",
        "Red 7-64-32-1, 2625 parámetros; pérdida mean_squared_error, optimizador adam.",
        "error medio",
        "prueba",
    ):
        assert sentence in spanish, sentence
    for word in ("left out", "Rows", "learn", "test", "mean error", "variance"):
        assert word not in spanish


def test_the_file_predicts_raw_rows_and_measures_what_was_measured(houses: Path, priced: Path) -> None:
    shown = predictions(run("predict", priced, houses))
    prices = np.array([float(line["price"]) for line in shown])
    table = read_csv(houses)
    truth = table.column("price").numbers
    assert truth is not None
    told = run_json("evaluate", priced, houses)
    assert told["rows"] == len(prices) == len(truth)
    assert told["mean_absolute_error"] == pytest.approx(np.abs(prices - truth).mean(), rel=1e-4)
    spread = np.square(truth - truth.mean()).sum()
    assert told["r2_score"] == pytest.approx(1 - np.square(prices - truth).sum() / spread, rel=1e-4)
    model = tz.load_model(priced)
    assert model.preparation is not None
    assert model.class_names is None


def test_classes_have_names_and_probabilities(houses: Path, sized: Path) -> None:
    shown = predictions(run("predict", sized, houses))
    assert {line["size"] for line in shown} == {"large", "small"}
    assert all(0.5 <= float(line["probability"]) <= 1.0 for line in shown)
    told = run_json("evaluate", sized, houses)
    truth = read_csv(houses).column("size").texts
    right = [line["size"] == one for line, one in zip(shown, truth, strict=True)]
    assert told["accuracy"] == pytest.approx(np.mean(right))
    assert list(tz.load_model(sized).class_names or ()) == ["large", "small"]
    page = run("evaluate", sized, houses)
    assert "Rows: what it is. Columns: what the network says." in page
    assert page.splitlines()[-2].startswith("large")


def test_predictions_go_to_a_file(houses: Path, priced: Path, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    assert run("predict", priced, houses, "--output", path).startswith("240 predictions, written to ")
    assert path.read_text(encoding="utf-8") == run("predict", priced, houses)


def test_the_order_of_columns_and_the_target_do_not_matter(priced: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.csv"
    new.write_text("city,garden,area\nLima,yes,80\nPuno,no,\n", encoding="utf-8")
    assert len(predictions(run("predict", priced, new))) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("area,garden\n80,yes\n", "got no column 'city', expected area, city, garden"),
        ("area,city,garden,pool\n80,Lima,yes,1\n", "got a new column 'pool'"),
        ("area,city,garden\n80,Lima,no\n80,Quito,yes\n", "column 'city': got 'Quito' in row 2"),
        ("area,city,garden\nwide,Lima,no\n", "column 'area': got 'wide' in row 1, expected a number"),
        ("area,city,garden\n80,Lima,maybe\n", "column 'garden': got 'maybe' in row 1"),
        ("area,city,garden\n80,,no\n", "column 'city': got a gap in row 1"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(
    priced: Path, tmp_path: Path, text: str, message: str
) -> None:
    new = tmp_path / "new.csv"
    new.write_text(text, encoding="utf-8")
    assert message in refused("predict", priced, new)


def test_what_is_refused_before_anything_is_learned(houses: Path, priced: Path, tmp_path: Path) -> None:
    train = ("train", houses, "--target")
    assert "there is no folder" in refused(*train, "price", "--output", tmp_path / "no" / "m.tiza")
    assert "ends in .tiza" in refused(*train, "price", "--output", tmp_path / "m.txt")
    assert "got no column 'prize'" in refused(*train, "prize")
    assert "balance: got a target that is a number" in refused(*train, "price", "--balance")
    assert "less than 1 together" in refused(*train, "price", "--test", "0.6", "--validation", "0.4")
    assert "validation: got 1.5" in refused(*train, "price", "--validation", "1.5")
    assert "did you mean 'relu'" in refused(*train, "price", "--activation", "rleu")
    assert "did you mean 'reduce_lr'" in refused(*train, "price", "--callbacks", "reduce_rl")
    assert "checkpoint without a file" in refused(*train, "price", "--callbacks", "checkpoint")
    assert "expected a number of epochs" in refused(*train, "price", "--callbacks", "reduce_lr=x")
    assert "No such file" in refused("train", tmp_path / "none.csv", "--target", "y")
    assert "There is no target; give --target" in refused("train", houses, status=2)
    assert "cannot be read" in refused("predict", tmp_path / "none.tiza", houses)
    assert "No such file" in refused("predict", priced, tmp_path / "none.csv")
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_is_told_before_anything_else(houses: Path) -> None:
    for wrong in (("--balance",), ("--callbacks", "csv"), ("--callbacks", "reduce_rl"), ("--loss", "hubber")):
        result = invoke("train", houses, "--target", "price", *wrong)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)


def test_how_a_csv_file_is_written_can_be_told(tmp_path: Path) -> None:
    path, model, out = tmp_path / "casas.csv", tmp_path / "m.tiza", tmp_path / "p.csv"
    rows = "\n".join(f"{row},5;{'-' if row % 9 == 0 else row % 4};{2 * row},25" for row in range(60))
    path.write_bytes(f"tamaño;baños;precio\n{rows}\n".encode("cp1252"))
    train = ("train", path, "--target", "precio", "--epochs", "1")
    assert "--encoding cp1252" in refused(*train)
    written = ("--encoding", "cp1252", "--decimal", ",", "--missing", "-,?")
    assert "column 'baños': got numbers, but '-'" in refused(*train, *written[:4])
    assert "baños: gaps (" in run(*train, *written, "--output", model)
    assert run_json("evaluate", model, path, *written)["rows"] == 60
    assert run("predict", model, path, *written, "--output", out).startswith("60 predictions")
    assert "--encoding cp1252" in refused("predict", model, path)
    assert "missing: got ('-', '?'), but moons settles that" in refused(
        "train", "moons", *written[4:], status=2
    )
    # and in a file
    recipe = tmp_path / "r.toml"
    keys = 'encoding = "cp1252"\ndecimal = ","\nmissing = ["-"]\nepochs = 1'
    recipe.write_text(f'data = "casas.csv"\ntarget = "precio"\n{keys}', encoding="utf-8")
    assert "baños: gaps (" in run("train", recipe)


def test_several_refused_columns_are_one_line(tmp_path: Path) -> None:
    rows = "\n".join(f"2024-01-{day:02},{day} kg,{day % 3}" for day in range(1, 20))
    path = tmp_path / "dates.csv"
    path.write_text(f"when,weight,y\n{rows}\n", encoding="utf-8")
    told = refused("train", path, "--target", "y")
    assert "column 'when'" in told
    assert "column 'weight'" in told
    path.write_text(path.read_text(encoding="utf-8").replace(" kg", ""), encoding="utf-8")
    run("train", path, "--target", "y", "--columns", "when=drop", "--epochs", "1")


def test_a_model_without_preparation_says_so(tmp_path: Path, houses: Path) -> None:
    model = tz.Sequential([tz.Input((2,)), tz.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.save(tmp_path / "plain.tiza")
    assert "model.preparation = " in refused("predict", tmp_path / "plain.tiza", houses)
    model.preparation = {"mine": 1}
    model.save(tmp_path / "other.tiza")
    assert "carries no preparation of a table" in refused("predict", tmp_path / "other.tiza", houses)


class TestNothingIsLearnedFromHeldOutRows:
    def test_statistics_are_those_of_the_training_rows(self, houses: Path) -> None:
        job = job_of(Recipe(data=str(houses), target="price"))
        assert job.validation is not None
        assert job.test is not None
        x = np.concatenate([one.x for one in (job.training, job.validation, job.test)])
        assert job.training.x[:, 0].mean() == pytest.approx(0.0, abs=1e-5)
        assert job.training.y.std() == pytest.approx(1.0, abs=1e-5)
        assert abs(x[:, 0].mean()) > 1e-4
        assert len(x) == 240

    @pytest.mark.parametrize("seed", range(5))
    def test_rows_with_something_new_are_learned_from(self, tmp_path: Path, seed: int) -> None:
        # a category, a class and a gap that one row alone has, wherever the choice of rows puts it
        rows = (house(500, "Ica"), ",Lima,no,Peru,123.00,small", "90,Lima,no,Peru,99.00,huge")
        body = [house(row) for row in range(1, 29)]
        path = write_houses(tmp_path / "few.csv", 0, more=(*body, *rows))
        for target in ("price", "size"):
            recipe = Recipe(data=str(path), target=target, seed=seed, test=0.4, validation=0.3)
            job = job_of(recipe)
            assert job.preparation is not None
            assert "city=Ica" in job.preparation.feature_names
            assert "huge" in job.class_names or target == "price"

    def test_without_that_such_rows_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def nothing_is_new(_table: object, _whole: TablePreparation, _recipe: Recipe) -> object:
            return lambda _training, others: np.zeros(len(others), bool)

        path = write_houses(tmp_path / "few.csv", 30, more=(house(500, "Ica"),))
        monkeypatch.setattr(jobs, "_novelty", nothing_is_new)
        told = [
            invoke("train", path, "--target", "price", "--seed", f"{seed}", "--epochs", "1").stderr
            for seed in range(5)
        ]
        assert any("got 'Ica'" in one for one in told)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_takes_a_class_or_a_quantity(houses: Path, loss: str) -> None:
    outputs = LOSSES[loss].statement.outputs
    for target in ("size", "city") if outputs != "linear" else ("size", "city", "price"):
        train = ("train", houses, "--target", target, "--loss", loss, *QUICK)
        result = invoke(*train, "--engine", "reference", "--json")
        # what a loss cannot take is refused by name: percentages of 0, hinges of quantities
        assert result.exit_code in (0, 1), result.output
        refused = result.stderr.startswith(
            ("Error: y: got", f"Error: --loss: got {loss!r}, a loss of classes")
        )
        assert result.exit_code == 0 or refused, result.stderr
        assert target == "price" or result.exit_code == 0


def test_options_for_columns_and_rows(houses: Path) -> None:
    train = ("train", houses, "--target", "price", "--epochs", "1", "--hidden", "none")
    # a weight for area, for garden, for each of three cities and two sizes, and a bias
    assert run_json(*train)["parameters"] == 8
    assert run_json(*train, "--columns", "city=drop,size=drop")["parameters"] == 3
    assert run_json(*train, "--samples", "60")["parameters"] == 8
    assert "got 3 categories" in refused(*train, "--most-categories", "2")
    assert run_json(*train, "--most-categories", "2", "--rare", "other")["parameters"] == 8
    assert "expected numbers" in refused(*train, "--columns", "city=number")
    assert "got 'town'" in refused(*train, "--columns", "city=town")


def test_shares_of_rows_and_the_task(houses: Path) -> None:
    train = ("train", houses, "--target", "price", "--epochs", "1")
    assert "validation" in run_json(*train, "--test", "0")
    assert "val_loss" not in run_json(*train, "--validation", "0")["history"]
    assert "training" in run_json(*train, "--test", "0", "--validation", "0")
    assert "rows that were watched while learning" in run(*train, "--test", "0")
    assert "rows that were learned from" in run(*train, "--test", "0", "--validation", "0")
    garden = ("train", houses, "--target", "area", "--epochs", "1")
    assert "r2_score" in run_json(*garden)["test"]
    assert "accuracy" in run_json(*garden, "--task", "classification")["test"]


def test_numbers_as_they_are_are_warned_of_once(houses: Path) -> None:
    arguments = ("train", houses, "--target", "price", "--epochs", "1", "--no-standardize")
    for language, told, kept in (
        ("en", "Warning: Much larger than 1: area.", "Numbers stay as they are."),
        ("es", "Aviso: Mucho mayores que 1: area.", "Los números quedan como están."),
    ):
        result = invoke(*arguments, language=language)
        assert result.exit_code == 0
        assert result.stderr.startswith(told)
        assert result.stderr.count("\n") == 1
        assert kept in result.stdout
    assert invoke(*arguments[:-1]).stderr == ""


def test_rare_classes_are_told_of_and_balanced(tmp_path: Path) -> None:
    rows = "\n".join(f"{row},{row * 7 % 13},{'yes' if row % 10 == 0 else 'no'}" for row in range(2, 202))
    path = tmp_path / "rare.csv"
    path.write_text(f"a,b,ill\n{rows}\n", encoding="utf-8")
    train = ("train", path, "--target", "ill", "--epochs", "3")
    assert "with --balance each class counts the same." in run(*train)
    assert "; each class counts the same." in run(*train, "--balance")
    losses = [run_json(*train, *more)["history"]["loss"] for more in ((), ("--balance",))]
    assert losses[0] != losses[1]


def test_callbacks_follow_training(houses: Path, tmp_path: Path) -> None:
    best, log = tmp_path / "best.tiza", tmp_path / "log.csv"
    callbacks = f"early_stopping=2,reduce_lr=1,checkpoint={best},csv={log}"
    read = run_json(
        *("train", houses, "--target", "price", "--learning-rate", "0.5"),
        *("--epochs", "60", "--callbacks", callbacks),
    )
    epochs = len(read["history"]["loss"])
    assert 2 < epochs < 60
    assert read["history"]["learning_rate"][-1] < 0.5
    assert log.read_text(encoding="utf-8").startswith("epoch,learning_rate,loss,val_loss\n0,")
    assert len(log.read_text(encoding="utf-8").splitlines()) == epochs + 1
    # the checkpoint carries the preparation, and it is the best model: the one that is left at the end
    told = run_json("evaluate", best, houses)
    assert told["rows"] == 240
    assert "Training ends after epoch" in run(
        *("train", houses, "--target", "price", "--learning-rate", "0.5", "--early-stopping", "2")
    )


def test_a_file_that_cannot_be_written_is_one_line(houses: Path, tmp_path: Path) -> None:
    told = refused(
        "train", houses, "--target", "price", "--epochs", "1", "--callbacks", f"csv={tmp_path}/no/log.csv"
    )
    assert told.endswith("log.csv: No such file or directory")
