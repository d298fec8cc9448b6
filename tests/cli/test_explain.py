"""`tiza explain`: lessons and kept models, samples, notations, blanks, files, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tiza as tz
from table_files import invoke, refused, run, write_houses

MOCK_UP = ("tanh-2-2-1", "--target", "w1", "--update", "--lr", "0.5")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a 2-2-1 network of ones, without a preparation."""
    model = tz.Sequential(
        [
            tz.Input((2,)),
            tz.layers.Dense(2, "tanh", kernel_initializer="ones"),
            tz.layers.Dense(1, kernel_initializer="ones"),
        ]
    )
    model.compile(tz.optimizers.SGD(0.1), "quadratic")
    path = tmp_path_factory.mktemp("models") / "plain.tiza"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_houses(tmp_path_factory.mktemp("houses") / "houses.csv", 60)


@pytest.fixture(scope="module")
def sized(houses: Path) -> Path:
    """Return a model of the size, a class, that knows how rows become samples."""
    path = houses.parent / "size.tiza"
    run("train", houses, "--target", "size", "--hidden", "3", "--epochs", "1", "--output", path, "--quiet")
    return path


def words(text: str) -> str:
    return " ".join(text.split())


class TestLessons:
    def test_the_mock_up(self) -> None:
        told = words(run("explain", *MOCK_UP, "--slide", language="es"))
        for line in (
            "¿Cuánto vale w1 después de un paso? w1: 0.1 → 0.1265",
            "Camino w1 ─(x1)→ a1 ─(1 − h1²)→ h1 ─(w5)→ ŷ ─(ŷ − y)→ E",
            "Signo: si w1 sube, a1 sube (x1 > 0), h1 sube (1 − h1² > 0), ŷ sube (w5 > 0), E baja (ŷ − y < 0)",
            "[2] h1 = tanh(a1) = tanh(0.8) ≈ 0.664037",
            "[11] w1′ = w1 − η·∂E/∂w1 = 0.1 − 0.5·(−0.0530784) = 0.1265392",
            "Qué pone la diapositiva y cuánto cuesta su redondeo",
            "E 0.00045 0.004507 ✗ incorrecto",
        ):
            assert line in told, line

    def test_without_a_target_it_is_what_the_slide_asks(self) -> None:
        assert run("explain", "tanh-2-2-1") == run("explain", *MOCK_UP)

    def test_a_gradient_a_unit_a_rate_and_digits(self) -> None:
        assert run("explain", "tanh-2-2-1", "--target", "w1").startswith("How does E depend on w1?")
        assert "h2 ≈ 0.71629787" in run("explain", "tanh-2-2-1", "--target", "h2", "--digits", "8")
        assert "w1: 0.1 → 0.1531" in run("explain", *MOCK_UP[:-1], "1")

    def test_notation_names_and_decimal_comma(self) -> None:
        told = run(
            "explain",
            "tanh-2-2-1",
            "--profile",
            "clase-4",
            "--name",
            "peso=dense.kernel[0,0]",
            "--decimal-sign",
            ",",
        )
        assert "peso: 0,1 → 0,1265" in told
        assert "∂C/∂peso" in told
        assert "peso·x1 + w2·x2" in told

    def test_a_calculation_is_told_too(self, tmp_path: Path) -> None:
        asked = ("explain", "regla-de-la-cadena", "--target", "dL/db")
        assert "[3] ∂L/∂b = 2·∂L/∂d = 2·3 = 6" in run(*asked)
        assert "[3] ∂L/∂b = 2·∂L/∂d = 2·____ = ____" in run(*asked, "--hide")
        pages = tmp_path / "a.html", tmp_path / "a.md"
        run(*asked, "--html", str(pages[0]), "--markdown", str(pages[1]))
        assert "<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow>" in pages[0].read_text(encoding="utf-8")
        assert r"$= 2 \cdot 3$ $= 6$" in pages[1].read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            (("tanj-2-2-1",), 1, "did you mean 'tanh-2-2-1'"),
            (("tanh-2-2-1", "--target", "w9"), 1, "unknown name 'w9'; did you mean"),
            (("tanh-2-2-1", "--target", "h1", "--update"), 1, "h1 is no weight"),
            (("tanh-2-2-1", "--profile", "class-4"), 1, "did you mean 'clase-4'"),
            (("tanh-2-2-1", "--name", "w1"), 2, "expected a name and a number, such as w1=dense.kernel[0,0]"),
            (("tanh-2-2-1", "--name", "a=x[0]", "--name", "a=x[1]"), 2, "a is given twice"),
            (("tanh-2-2-1", "--name", "a=dense.kernle[0,0]"), 1, "unknown name 'dense.kernle'"),
            (("tanh-2-2-1", "moons"), 2, "A lesson has its own sample"),
            (("tanh-2-2-1", "--row", "1"), 2, "A lesson has its own sample"),
            (("tanh-2-2-1", "--hide", "3,x"), 2, "got '3,x', expected all, or numbers of lines"),
            (("tanh-2-2-1", "--hide", "99"), 1, "--hide: got 99, expected numbers from 1 to 11"),
            (("tanh-2-2-1", "--hide", "all", "--hint", "1"), 2, "Give --hide or --hint, not both"),
            (("tanh-2-2-1", "--slide", "--hint", "1"), 2, "--slide tells the results"),
            (("regla-de-la-cadena", "--target", "b", "--update"), 1, "b is no weight"),
            (("regla-de-la-cadena", "--target", "q"), 1, "unknown name 'q'"),
            (("tanh-2-2-1", "--digits", "0"), 2, "--digits: got 0, expected a whole number from 1 to 10"),
            (("tanh-2-2-1", "--target", "perdida"), 1, "unknown name 'perdida'; did you mean 'loss'?"),
            (("tanh-2-2-1", "--target", "dE/dw7"), 1, "unknown name 'dE/dw7'; did you mean 'dE/dw"),
            (("tanh-2-2-1", "--target", "w7'"), 1, 'did you mean "w6\'"'),
        ],
    )
    def test_refusals(self, arguments: tuple[str, ...], status: int, message: str) -> None:
        assert message in refused("explain", *arguments, status=status)

    def test_a_whole_step_beside_its_slide_in_the_order_of_the_names(self) -> None:
        board, _, slide = run("explain", "tanh-2-2-1", "--target", "step", "--slide").partition(
            "What the slide"
        )
        assert re.findall(r"(w\d)′ =", board) == [f"w{number}" for number in range(1, 7)]
        for number in range(1, 7):
            assert f"\n∂E/∂w{number} " in slide
            assert f"\nw{number}′ " in slide

    def test_options_are_refused_in_spanish(self) -> None:
        for option, value in (("--row", "0"), ("--digits", "x"), ("--hint", "-1"), ("--decimal-sign", "z")):
            result = invoke("explain", "tanh-2-2-1", option, value, language="es")
            assert result.exit_code == 2
            assert f"{option}: se recibió {value}; se espera un" in result.stderr


class TestBlanks:
    def test_all_some_and_the_first(self) -> None:
        assert "h1 = tanh(a1) = tanh(____) ≈ ____" in run("explain", *MOCK_UP, "--hide")
        some = run("explain", *MOCK_UP, "--hide", "2,4")
        assert "≈ ____" in some
        assert "0.664037" not in some
        assert "a1 = w1·x1 + w2·x2 = 0.1·2 + 0.2·3 = 0.8" in some
        assert run("explain", *MOCK_UP, "--hint", "0") == run("explain", *MOCK_UP, "--hide=all")
        shown = [run("explain", *MOCK_UP, "--hint", f"{lines}").count("____") for lines in (0, 4, 11)]
        assert shown[0] > shown[1] > shown[2] == 0


class TestFiles:
    def test_pages_are_written(self, tmp_path: Path) -> None:
        html, markdown = tmp_path / "board.html", tmp_path / "board.md"
        told = run("explain", *MOCK_UP, "--slide", "--html", html, "--markdown", markdown, language="es")
        assert told.splitlines() == [f"Escrito en {html}.", f"Escrito en {markdown}."]
        page = html.read_text(encoding="utf-8")
        assert page.startswith('<!doctype html>\n<html lang="es">')
        assert re.search(r"<pre>.*1 − h1²", page, re.DOTALL)
        text = markdown.read_text(encoding="utf-8")
        assert text.startswith("### ¿Cuánto vale $w _{1}$ después de un paso?")
        assert re.search(r"```text\n.*1 − h1².*```\n\Z", text, re.DOTALL)

    def test_a_file_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        assert "No such file" in refused("explain", *MOCK_UP, "--html", tmp_path / "no" / "board.html")


class TestModels:
    SAMPLE = ("--x", "2, 3", "--y", "1")

    def test_numbers_as_typed(self, plain: Path) -> None:
        target = ("--target", "dense.z[0]")
        told = run("explain", plain, *self.SAMPLE, *target)
        assert "x[0]·dense.kernel[0,0] + x[1]·dense.kernel[1,0] + dense.bias[0] = 2·1 + 3·1 + 0 = 5" in words(
            told
        )
        for x in ("(2, 3)", "2,0; 3,0", "2;3"):
            assert run("explain", plain, "--x", x, "--y", "1", *target) == told

    def test_a_step_with_names(self, plain: Path) -> None:
        told = run(
            *("explain", plain, "--x", "1,5; 0", "--y", "0,5", "--target", "v", "--update", "--lr", "0.5"),
            *("--name", "v=dense_1.kernel[0,0]", "--name", "u=dense.kernel[0,0]"),
        )
        assert told.startswith("How much is v after one step?")
        assert "η = 0.5" in told
        assert "v′ = v − η·∂L/∂v" in told

    def test_what_can_be_asked_for_is_listed_and_can_be(self, plain: Path, sized: Path, houses: Path) -> None:
        told = run("explain", plain, *self.SAMPLE)
        assert "dense.  kernel[0,0] … [1,1], bias[0] … [1], z[0] … [1], a[0] … [1]" in told
        assert "x[0] … [1], y[0], L" in told
        for asked in re.findall(r'"([^"]*)"', told):
            run("explain", plain, *self.SAMPLE, "--target", asked)
        assert "w1[1,1] … [2,2]" in run("explain", plain, *self.SAMPLE, "--profile", "clase-4")
        assert "iterations" not in told
        assert "dense_1." in run("explain", sized, houses)

    def test_rows_of_a_table(self, sized: Path, houses: Path) -> None:
        boards = [run("explain", sized, houses, "--row", row, "--target", "loss") for row in ("1", "60")]
        assert boards[0] != boards[1]
        assert boards[0] == run("explain", sized, houses, "--target", "loss")
        area = words(run("explain", sized, houses, "--row", "2", "--target", "dense.z[0]"))
        model = tz.load_model(sized)
        assert model.preparation is not None
        x = "; ".join(re.findall(r"x ≈ \(([^)]*)\)", area)[0].split(", "))
        same = words(run("explain", sized, "--x", x, "--y", "large", "--target", "dense.z[0]"))
        # the last sentence is from unrounded numbers
        lines, wanted = (re.findall(r"Forward (.*?) With unrounded", one) for one in (same, area))
        assert lines == wanted != []

    @pytest.mark.parametrize(
        ("arguments", "status", "message"),
        [
            ((), 2, "Give a sample"),
            (("--x", "2, 3"), 2, "Give --x and --y together"),
            (("houses", "--x", "2, 3", "--y", "1"), 2, "Give a sample"),
            (("--x", "2, 3", "--y", "1", "--row", "2"), 2, "Give a sample"),
            (("--x", "2, 3, 4", "--y", "1"), 2, "--x: got 3 numbers, but the model reads 2"),
            (("--x", "2, two", "--y", "1"), 2, "--x: got '2, two', expected numbers"),
            (("--x", "2, nan", "--y", "1"), 2, "--x: got '2, nan', expected numbers"),
            (("--x", "2, 3", "--y", "1, 2"), 1, "y: got shape"),
            (("iris",), 1, "does not say how rows of a table become its samples"),
            (("--x", "2, 3", "--y", "1", "--slide"), 2, "only a lesson has a slide"),
            (("--x", "2, 3", "--y", "1", "--hide"), 2, "There is no board"),
            (("--x", "2, 3", "--y", "1", "--target", "dense.kernle[0,0]"), 1, "did you mean 'dense.kernel'"),
            (("--x", "2, 3", "--y", "1", "--target", "dense.z[7]"), 1, "out of range"),
        ],
    )
    def test_refusals(self, plain: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
        assert message in refused("explain", plain, *arguments, status=status)

    def test_refusals_of_rows_and_classes(self, sized: Path, houses: Path) -> None:
        assert "has 60 rows" in refused("explain", sized, houses, "--row", "61", status=2)
        assert "no such file" in refused("explain", sized, "zzz", status=2)
        wrong = ("--x", "0, 0, 0, 0, 0, 0", "--y", "huge")
        assert "expected a class: large, small" in refused("explain", sized, *wrong, status=2)
        assert "cannot be read" in refused("explain", sized.parent / "none.tiza", houses)
