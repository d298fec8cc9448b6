"""What a student and a teacher read, and the command `tiza check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sheets.networks import tanh_source
from sheets.test_judging import SHEET
from tiza.cli.main import cli
from tiza.exercises.exercise import exercises, typed_number
from tiza.exercises.request import requested
from tiza.language import use_language
from tiza.sheets.checking import check
from tiza.sheets.report import Detail, judgement_text
from tiza.sheets.wording import WORDING

SOLUTION = """\
Red tanh-2-2-1, η = 0.5.  9 valores leídos (coma o punto, da igual), en orden de dependencia.
  ✓ a1 0.8   ✓ h1 0.66   ✓ a2 0.9   ✓ h2 0.72   ✓ ŷ 0.91   ✓ E 0.00405
  ✗ línea 8    dE/dw1 = −0.09          ← la primera que no sale
Con tus números:  ∂E/∂w1 = x1·(ŷ − y)·w5·(1 − h1²) = 2·(0.91 − 1)·0.5·(1 − 0.66²) ≈ −0.0508
Causa: falta la derivada de la activación, 1 − h1² = 1 − 0.66² = 0.5644.
  Así sale 2·(0.91 − 1)·0.5 = −0.09: justo lo que escribiste.
  También cabría: te quedaste en ∂E/∂ŷ; la cadena sigue.
  Decide tu línea 9: −0.135 es otra vez el mismo descuido.
Lo que sigue, dando por bueno lo anterior:
  ↳ línea 9    dE/dw2 = −0.135         el mismo descuido: no se cuenta otra vez   (correcto: −0.0762)
  ↳ línea 10   w1' = 0.145             bien calculado con tus números   (correcto: 0.125)
Para pensar: si a1 sube un poco, ¿cuánto sube h1?
Resultado: 6 bien, 1 error, 2 arrastrados. \
Redondear o truncar no es error (aquí cuesta hasta un 10 %, en E)."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments, "--language", "es"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ana.txt").write_text(f"alumna = Ana\n{SHEET}", encoding="utf-8")
    (tmp_path / "luis.csv").write_text(
        "red;tanh-2-2-1\na1;0,8\nh1;0,664\na2;0,9\nh2;0,716\nyhat;0,905\nE;0,00901\n", encoding="utf-8"
    )
    (tmp_path / "eva.json").write_text('{"net": "tanh-2-2-1", "values": {"h1": 0.66, "h2": 0.72}}')
    (tmp_path / "otro.txt").write_text("net = tanh-2-2\na1 = 3\n")
    (tmp_path / "notas.md").write_text("no es una hoja")
    return tmp_path


class TestText:
    def test_the_whole_solution(self) -> None:
        with use_language("es"):
            assert judgement_text(check(tanh_source(), SHEET), Detail.SOLUTION) == SOLUTION

    def test_as_a_string_it_is_the_solution(self) -> None:
        with use_language("es"):
            assert str(check(tanh_source(), SHEET)) == SOLUTION

    def test_the_question_tells_no_cause_and_the_hint_no_numbers(self) -> None:
        judgement = check(tanh_source(), SHEET)
        with use_language("es"):
            question, hint = (judgement_text(judgement, one) for one in (Detail.QUESTION, Detail.HINT))
        assert "✗ línea 8" in question
        assert "Causa" not in question
        assert "−0.0508" not in question
        assert "Causa: falta la derivada de la activación, 1 − h1²." in hint
        assert "0.0508" not in hint

    def test_what_could_not_be_read_is_told(self) -> None:
        judgement = check(tanh_source(), "h1 = <b>x</b>\nh1\x1b = 2.0\nŷ = 0.905\n")
        with use_language("es"):
            text = str(judgement)
        assert "línea 1, columna 6: «<b>x</b>»: esto no es un número" in text
        assert "no es ninguna cantidad de esta red; nombres parecidos: h1" in text
        assert "\x1b" not in text
        assert "1 bien, 2 sin corregir" in text

    def test_everything_right(self) -> None:
        with use_language("es"):
            assert "Resultado: 2 valores, todo bien." in str(
                check(tanh_source(), {"h1": "0.66", "h2": "0.72"})
            )

    def test_the_right_number_is_told_apart_from_the_written_one(self) -> None:
        text = str(check(tanh_source(), {"dE/dw5": "-63/1000"}))
        assert "≈ −0.06305" in text
        assert "tanh(a1)·(tanh(a1)·w5 + tanh(a2)·w6 − y)" in text  # units of a layer are written alike

    def test_a_sheet_that_is_filled_in_in_part(self) -> None:
        with use_language("es"):
            text = str(check(tanh_source(), "h1 = 0.66\nh2 =\nŷ =\n"))
        assert "?" not in text
        assert "1 valor, bien. 2 líneas en blanco." in text


class TestCommand:
    def test_three_degrees_of_detail(self, folder: Path) -> None:
        file = str(folder / "ana.txt")
        plain, hint, solution = run(file), run(file, "--hint"), run(file, "--solution")
        assert [one.exit_code for one in (plain, hint, solution)] == [0, 0, 0]
        assert len(plain.output) < len(hint.output) < len(solution.output)
        assert "Decide tu línea 10" in solution.output

    def test_json(self, folder: Path) -> None:
        found = json.loads(run(str(folder / "luis.csv"), "--json").output)
        assert found["first_wrong"] == 7
        wrong = next(one for one in found["lines"] if one["verdict"] == "wrong")
        assert (wrong["quantity"], wrong["causes"]) == ("E", ["factor forgotten"])

    def test_a_class(self, folder: Path) -> None:
        output = run(str(folder)).output
        assert "línea 9: dE/dw1 = -0.09" in output
        assert "falta un factor" in output
        assert "otro.txt: sin corregir: lección: el nombre 'tanh-2-2' no existe" in output
        assert "3 hojas corregidas." in output
        assert "notas" not in output

    def test_what_ties_is_told_together(self, folder: Path) -> None:
        assert "Ningún error se repite en la clase: falta la derivada" in run(str(folder)).output
        for name in ("bea", "carla"):
            (folder / f"{name}.txt").write_text(SHEET, encoding="utf-8")
        assert "Lo que más falla la clase: falta la derivada" in run(str(folder)).output
        for name in ("dani", "elsa"):
            (folder / f"{name}.csv").write_bytes((folder / "luis.csv").read_bytes())
        output = run(str(folder)).output
        assert "Lo que más falla la clase, igual de veces: " in output
        assert "Donde más se falla primero, igual de veces: " in output

    def test_a_class_as_json(self, folder: Path) -> None:
        found = json.loads(run(str(folder), "--json").output)
        assert [one["student"] for one in found["students"]] == ["Ana", "eva", "luis", "otro"]
        assert {one["mistake"]: one["students"] for one in found["most_missed"]} == {
            "derivative forgotten": 1,
            "factor forgotten": 1,
        }

    def test_json_is_the_same_in_every_language(self, folder: Path) -> None:
        """Programs read it: what they look for must not hang on who asks."""
        (folder / "ana.txt").write_text(f"{SHEET}h9 = 2\na9 = cero\nnet_h1 = 0.7\n", encoding="utf-8")
        for path in (folder, folder / "ana.txt", folder / "luis.csv"):
            shown = [
                CliRunner().invoke(cli, ["check", str(path), *options, "--language", one]).output
                for options in (["--json"], [])
                for one in ("en", "es")
            ]
            assert shown[0] == shown[1]
            assert shown[2] != shown[3]
            assert json.loads(shown[0])

    def test_what_cannot_be_judged(self, tmp_path: Path) -> None:
        sheet = tmp_path / "hoja.txt"
        sheet.write_text("a1 = 3\n")
        assert run(str(sheet)).exit_code == 1
        empty = tmp_path / "vacía"
        empty.mkdir()
        assert run(str(empty)).exit_code == 1
        assert run(str(tmp_path / "no existe.txt")).exit_code == 2

    def test_an_exercise(self, tmp_path: Path) -> None:
        """The right answers are right; of one that a known mistake gives, line and cause are told."""
        (exercise,) = exercises(requested("backward", "2-2-1", activation="sigmoid", seed=3))
        sheet = tmp_path / "ejercicio.txt"
        sheet.write_text(exercise.sheet(), encoding="utf-8")
        assert "todo bien" in run(str(sheet)).output
        names = {wording.name: mistake.value for mistake, wording in WORDING.items()}
        typed = {one.element: one for one in exercise.answers}
        for wrong in exercise.wrong[::5]:
            answer = typed[wrong.element]
            right = f"{answer.typed} = {typed_number(answer.value)}\n"
            slip = exercise.sheet().replace(right, f"{answer.typed} = {typed_number(wrong.value)}\n")
            sheet.write_text(slip, encoding="utf-8")
            found = json.loads(run(str(sheet), "--json").output)
            line = next(one for one in found["lines"] if one["line"] == found["first_wrong"])
            assert line["name"] == answer.typed
            causes = {*line["causes"], *line["possible_causes"]}
            assert causes & {names[one] for one in wrong.mistakes}, (answer.typed, wrong.value)

    def test_a_saved_model(self, tmp_path: Path) -> None:
        tanh_source().model.save(tmp_path / "red.tiza")
        sheet = tmp_path / "hoja.txt"
        sheet.write_text(
            "red = red.tiza\nx = (2, 3)\ny = 1\ndense.a[0] = 0,66\nloss = 0,0045\n", encoding="utf-8"
        )
        result = run(str(sheet))
        assert result.exit_code == 0, result.output
        assert "2 valores, todo bien" in result.output
