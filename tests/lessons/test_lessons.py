"""The lessons: found by name, consistent with their networks, whole in both languages."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import tiza as tz
from blackboard.html_reader import Page
from lessons.document import DOCUMENT, document
from tiza.blackboard.notations import NOTATIONS
from tiza.blackboard.slides import Verdict, judged
from tiza.blackboard.targets import parse_target
from tiza.cli.main import cli
from tiza.errors import ExpressionError, ModelError, NameNotFoundError
from tiza.language import translate, use_language
from tiza.lessons.calculation import Calculation
from tiza.lessons.catalogue import LESSONS, find_lesson
from tiza.lessons.course import COURSES
from tiza.lessons.html import lesson_html
from tiza.lessons.lesson import Lesson
from tiza.lessons.network import Network
from tiza.lessons.page import discrepancies, lesson_text, slide_table
from tiza.lessons.records import lesson_record, summary_record
from tiza.lessons.worksheets import calculation_worksheet

ALL = pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
NETWORKS = [one for one in LESSONS.values() if isinstance(one.subject, Network)]
WITH_NETWORK = pytest.mark.parametrize("lesson", NETWORKS, ids=[one.name for one in NETWORKS])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["lesson", *arguments])


@ALL
def test_names_are_spanish_words_in_kebab_case(lesson: Lesson) -> None:
    assert lesson.name == lesson.name.strip().lower().replace(" ", "-")
    assert lesson.name.replace("-", "").isalnum()
    assert find_lesson(f" {lesson.name.upper()} ") is lesson


def test_near_names_are_suggested() -> None:
    with pytest.raises(NameNotFoundError, match="did you mean 'tanh-2-2-1'"):
        find_lesson("tanh221")
    with pytest.raises(NameNotFoundError, match=r"lesson: unknown name 'sgd'; known: regla-de-sgd\."):
        find_lesson("sgd")
    with pytest.raises(NameNotFoundError, match="lesson: unknown name 'qqqq'; known: alicia"):
        find_lesson("qqqq")


def test_every_course_has_lessons_and_a_notation() -> None:
    assert {one.course for one in LESSONS.values()} == set(COURSES)
    assert all(one.notation in NOTATIONS for one in COURSES)


@ALL
def test_numbers_that_explain_a_slide_do_so(lesson: Lesson) -> None:
    """With the changed numbers the printed one comes out: the cause that the note names is the cause."""
    for line, row in zip(lesson.lines, [one for one in lesson.rows if one.difference is None], strict=True):
        if line.changed and line.value is not None:
            assert row.with_change is not None
            assert row.verdict is Verdict.WRONG
            assert judged(line.value, line.decimals, [row.with_change]) is not Verdict.WRONG


@ALL
def test_all_that_is_not_reproduced_says_why(lesson: Lesson) -> None:
    for value in lesson.values:
        if value.verdict in (Verdict.TRUNCATED, Verdict.WRONG) or value.changed or value.against:
            assert value.note, value.name


@WITH_NETWORK
def test_a_slides_own_formula_gives_the_networks_number(lesson: Lesson) -> None:
    """Where a lesson computes a number of the network by the slide's formula, both are the same."""
    both = [name for name in lesson.formulas if name in lesson.names]
    setting = lesson.model().setting(lesson.x, lesson.y)
    assert lesson.name not in ("alicia", "gatos-y-perros") or both
    for name in both:
        element = parse_target(lesson.names[name], setting.plan.names)
        value = setting.record([element.node])[element.node][element.index]
        assert float(lesson.sheet.exact(lesson.sheet.elements[name])) == pytest.approx(
            float(value), rel=1e-12
        )


@WITH_NETWORK
def test_the_network_has_every_name(lesson: Lesson) -> None:
    known = lesson.model().setting(lesson.x, lesson.y).plan.names
    for target in lesson.names.values():
        assert parse_target(target, known).node in known.of


@pytest.mark.parametrize(
    "name", ["x1", "y", "w3", "w3'", "dE/dw3", "h1", "a2", "dE/da2", "yhat", "dE/dyhat", "E"]
)
def test_a_number_is_explained_by_the_slides_name(name: str) -> None:
    told = str(find_lesson("tanh-2-2-1").explain(name, "en"))
    shown = name.replace("yhat", "ŷ").replace("'", "").replace("dE/d", "∂E/∂")
    assert shown in told.splitlines()[0]
    assert "dense" not in told


@WITH_NETWORK
def test_the_model_has_the_slides_weights(lesson: Lesson) -> None:
    model = lesson.model()
    given = [one for layer in lesson.network.layers for one in layer.weights.values()]
    assert model.count_params() == sum(np.size(one) for one in given)
    if not lesson.network.steps:
        found = sorted(float(one) for array in model.get_weights() for one in np.ravel(array))
        assert found == sorted(float(one) for array in given for one in np.ravel(array))
    assert lesson.model() is not model


def test_a_calculation_has_no_model() -> None:
    lesson = find_lesson("mnist")
    with pytest.raises(ModelError, match="lesson 'mnist' has no network"):
        lesson.model()
    assert lesson.names["n"] == "n"
    assert find_lesson("regla-de-sgd").names == {}


def test_relu_rises_at_zero_in_the_lesson_on_exclusive_or() -> None:
    """The course's convention is in the model: at (0, 0) the error reaches the weights of D, too."""
    lesson = find_lesson("xor")
    model = lesson.model()
    _, (_, bias, *_) = model.loss_and_gradients([[0.0, 0.0]], [[1.0]])
    assert bias.tolist() == [-1.0, 0.0]
    usual = tz.Sequential([tz.Input((2,)), tz.layers.Dense(2, "relu"), tz.layers.Dense(1, "relu")])
    usual.compile("sgd", "half_squared_error")
    usual.set_weights(model.get_weights())
    _, (_, bias, *_) = usual.loss_and_gradients([[0.0, 0.0]], [[1.0]])
    assert bias.tolist() == [0.0, 0.0]


def test_counts_are_those_of_networks() -> None:
    rows = {one.name: one.exact for one in find_lesson("conteo-de-parametros").rows}
    for name, count in rows.items():
        features, *widths = map(int, name.split("-"))
        model = tz.Sequential([tz.Input((features,)), *(tz.layers.Dense(width) for width in widths)])
        assert model.count_params() == count


def test_penalties_are_those_of_the_loss() -> None:
    rows = {one.name: float(one.exact) for one in find_lesson("penalizaciones").rows}
    for name, kind in (("L1", tz.regularizers.L1), ("L2", tz.regularizers.L2)):
        penalty = tz.regularizers.PerSample(kind(0.3 / 2))
        layer = tz.layers.Dense(1, use_bias=False, kernel_regularizer=penalty)
        model = tz.Sequential([tz.Input((3,)), layer], dtype="float64")
        model.set_weights([[[1.0], [-2.0], [3.0]]])
        model.compile("sgd", "mse")
        x = np.eye(5, 3)
        measured = model.evaluate(x, model.predict(x), return_dict=True)
        assert measured["penalty"] == pytest.approx(rows[name], rel=1e-12)


def test_the_loss_of_alice_grows_with_w1() -> None:
    plain, changed = (one for one in find_lesson("alicia").rows if one.name == "L")
    assert changed.with_change is not None
    assert changed.with_change > plain.exact


@ALL
def test_the_sheet_is_what_the_slide_prints(lesson: Lesson) -> None:
    lines = lesson.slide_sheet().splitlines()
    printed = [one for one in lesson.values if one.printed]
    for line, value in zip(lines, printed, strict=True):
        name, _, written = line.partition(" = ")
        assert (name, written) == (value.name, value.printed.replace("{", "").replace("}", ""))


@pytest.mark.parametrize("language", ["en", "es"])
@ALL
def test_a_page_in_both_languages(lesson: Lesson, language: str) -> None:
    with use_language(language):
        page = lesson_text(lesson)
        told = list(discrepancies(lesson))
        assert translate(lesson.title) in page
    assert "{" not in page
    assert "None" not in page
    assert "−0 " not in page
    assert len(told) >= lesson.count(Verdict.WRONG) + lesson.count(Verdict.TRUNCATED) + len(lesson.statements)
    assert all(one.endswith(".") and not one.endswith("..") for one in told)


def test_prose_keeps_to_its_width() -> None:
    with use_language("es"):
        page = lesson_text(find_lesson("alicia"), width=60)
    assert max(map(len, page.splitlines()[2:7])) <= 60


@ALL
def test_spanish_has_its_own_words(lesson: Lesson) -> None:
    with use_language("es"):
        assert translate(lesson.title) != lesson.title
        assert translate(lesson.introduction) != lesson.introduction
        assert not any(" the " in one for one in discrepancies(lesson))


def test_list() -> None:
    result = run("list", "--language", "es")
    assert result.exit_code == 0
    for lesson in LESSONS.values():
        assert any(line.startswith(f"{lesson.name} ") for line in result.output.splitlines())
    (row,) = (line for line in result.output.splitlines() if line.startswith("tanh-2-2-1 "))
    assert row.split()[-4:] == ["13", "2", "1", "1"]


def test_list_as_json() -> None:
    records = json.loads(run("list", "--json").output)
    assert [one["name"] for one in records] == list(LESSONS)
    with use_language("en"):
        assert records[0] == summary_record(find_lesson(records[0]["name"]))


def test_show() -> None:
    result = run("show", "tanh-2-2-1", "--language", "es", "--target", "w1")
    assert result.exit_code == 0
    assert "¿Cuánto vale w1 después de un paso?    w1: 0.1 → 0.1265" in result.output
    assert "ŷ − y               −0.09  −0.09494  −5.2 %   ← aquí: restar números casi" in result.output
    assert "falta un factor 10" in result.output
    assert "∂E/∂w4 " not in result.output


@pytest.mark.parametrize("target", ["", "v4", "df/dx1"])
def test_show_a_calculation(target: str) -> None:
    asked = ("--target", target) if target else ()
    result = run("show", "diferenciacion-automatica", *asked, "--language", "en")
    assert result.exit_code == 0
    assert "[1] v1 = ln(x1) = ln(2) ≈ 0.693147" in result.output or target == "df/dx1"
    wanted = {"v4": "v4 = v1 + v2 = 0.693147 + 10 ≈ 10.6931", "df/dx1": "∂f/∂x1 = x2 + 1/x1 = 5 + 1/2 = 5.5"}
    assert wanted.get(target, "∂f/∂x2 = −cos(x2) + x1") in result.output


def test_show_as_json() -> None:
    record = json.loads(run("show", "gatos-y-perros", "--json").output)
    (probability,) = (one for one in record["values"] if one.get("name") == "p2")
    assert probability["printed"] == "0.9986"
    assert probability["verdict"] == "wrong"
    assert Decimal(probability["exact"]).quantize(Decimal("1e-6")) == Decimal("0.998842")
    assert Decimal(probability["with the change"]).quantize(Decimal("1e-6")) == Decimal("0.998586")
    assert record["sizes"] == [2, 3, 2]
    assert record["discrepancies"]


@ALL
def test_every_record_is_json(lesson: Lesson) -> None:
    assert json.loads(json.dumps(lesson_record(lesson)))["name"] == lesson.name


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "tanh"), "did you mean 'tanh-2-2-1'"),
        (("show", "tanh-2-2-1", "--target", "w7"), "w6"),
        (("show", "mnist", "--target", "q"), "unknown name 'q'"),
        (("show", "regla-de-sgd", "--target", "w"), "has no numbers"),
    ],
)
def test_what_cannot_be_shown(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert told in result.output


@pytest.mark.parametrize("language", ["en", "es"])
@ALL
def test_every_lesson_has_a_page_for_the_browser(lesson: Lesson, language: str) -> None:
    with use_language(language):
        html = lesson_html(lesson)
        page = Page(html)
        told = [translate(lesson.title), translate(lesson.introduction), *discrepancies(lesson)]
        if lesson.values:
            told += slide_table(lesson, None)
        if lesson.measured:
            told += lesson.measured(lesson)
    assert html.startswith(f'<!doctype html>\n<html lang="{language}">')
    assert "http" not in html
    assert all(one.removeprefix("#") in page.ids for one in page.links)
    for one in told:
        assert one in page.words


def test_a_page_for_the_browser_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    result = run("show", "filtro", "--target", "z22", "--html", str(file))
    assert result.output.split()[-1] == f"{file}."
    page = Page(file.read_text(encoding="utf-8"))
    assert "What is z22?" in page.words or "¿Cuánto vale z22?" in page.words
    assert "3×3" in page.words
    told = run("show", "filtro", "--html", str(tmp_path / "other.html"), "--json")
    assert json.loads(told.output)["name"] == "filtro"
    assert (tmp_path / "other.html").is_file()
    with pytest.raises(ModelError, match="has no numbers"):
        lesson_html(find_lesson("regla-de-sgd"), "w")


def test_a_formula_with_an_unknown_name() -> None:
    with pytest.raises(NameNotFoundError, match="formula: unknown name 'b'; known: a"):
        calculation_worksheet(Calculation(given={"a": 1.0}, lines={"c": "a + b"}), {})
    with pytest.raises(ExpressionError):
        calculation_worksheet(Calculation(given={"a": 1.0}, lines={"c": "a +"}), {})


def test_the_document_is_what_the_lessons_say() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == document(), "docs/lessons.md is old; run `python tests/lessons/document.py`"
