"""Pages of exercises: for students without answers, for teachers with all; three formats, two languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tiza.blackboard.markup import PlainText
from tiza.exercises.blocks import Picture
from tiza.exercises.diagram import network_svg
from tiza.exercises.exercise import Exercise, exercise, exercises, typed_number
from tiza.exercises.html import exercises_html
from tiza.exercises.markdown import PAGE_BREAK, exercises_markdown
from tiza.exercises.request import requested
from tiza.exercises.text import WIDTH, exercises_text
from tiza.exercises.writing import answer_number
from tiza.language import LANGUAGES, use_language

CASES: tuple[dict[str, Any], ...] = (
    {"kind": "forward", "profile": "clase-4", "net": "2-3-2", "output": "softmax"},
    {"kind": "backward", "activation": "sigmoid", "loss": "binary_crossentropy"},
    {"kind": "update"},
    {"kind": "update", "optimizer": "adam"},
    {"kind": "loss", "net": "2-2", "loss": "categorical_crossentropy"},
    {"kind": "loss", "loss": "half_squared_error"},
    {"kind": "count", "net": "784-30-10"},
    {"kind": "count", "net": "3-1"},
)
VOID = {"meta", "line", "circle", "wbr"}


class Tags(HTMLParser):
    """Reads a page: what is open, the names of places, where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.places: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.places.append(str(value))
            if name == "href":
                self.links.append(str(value))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def made_of(case: dict[str, Any]) -> Exercise:
    return exercise(requested(**{"net": "2-2-1", "seed": 4, **case}), 3)


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case.values()), scope="module")
def made(request: pytest.FixtureRequest) -> Exercise:
    return made_of(request.param)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("teacher", [False, True])
def test_html_is_whole_and_loads_nothing(made: Exercise, teacher: bool, language: str) -> None:
    with use_language(language):
        page = exercises_html((made,), teacher)
    read = Tags()
    read.feed(page)
    assert not read.open
    assert len(set(read.places)) == len(read.places)
    assert {link.removeprefix("#") for link in read.links} <= set(read.places)
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert f'<html lang="{language}">' in page
    assert "\x00" not in page


@pytest.mark.parametrize("write", [exercises_html, exercises_markdown, exercises_text])
def test_students_see_no_answer_and_teachers_every_one(made: Exercise, write: Any) -> None:
    student, teacher = write((made,)), write((made,), True)
    for one in made.answers:
        number = typed_number(abs(one.value))
        if made.kind == "count" or len(number) < 6:
            continue
        assert number not in student, number
        assert number in teacher, number
    assert made.header in student
    assert made.sheet().strip().splitlines()[-1] in teacher.replace("&#x27;", "'")


def test_languages_differ_and_have_the_same_numbers(made: Exercise) -> None:
    pages = {}
    for language in LANGUAGES:
        with use_language(language):
            pages[language] = exercises_text((made,), True)
    english, spanish = pages["en"], pages["es"]
    assert english != spanish
    numbers = {
        language: re.findall(r"−?\d+\.\d+", page.partition("\n\n")[2]) for language, page in pages.items()
    }
    assert numbers["en"] == numbers["es"]
    for word in ("Answers", "Solution", "mistake", "would", "Show"):
        assert word in english
        assert word not in spanish


def test_text_is_no_wider_than_a_terminal(made: Exercise) -> None:
    for line in exercises_text((made,), True).splitlines():
        assert len(line) <= WIDTH or "   " in line.strip(), line


def test_each_variant_begins_a_page() -> None:
    made = exercises(requested("loss", "2-1", seed=2), 3)
    page, text = exercises_html(made), exercises_markdown(made)
    assert page.count("<article") == 3
    assert "break-before: page" in page
    assert page.count(".tiza .network line") == 1
    assert text.count(PAGE_BREAK) == 2
    for one in made:
        assert one.code in page
        assert one.code in text


def test_markdown_has_a_formula_for_every_number_that_is_asked() -> None:
    text = exercises_markdown((made_of({"kind": "backward"}),), True)
    assert text.count("$") % 2 == 0
    assert "$$" not in text
    assert r"\frac{\partial E}{\partial w" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") - line.count(r"\|") for line in table.splitlines()}) == 1


def test_common_mistakes_are_told_with_their_numbers() -> None:
    made = made_of({"kind": "backward"})
    text = exercises_text((made,), True)
    missing = next(one for one in made.wrong if "bias forgotten" in one.mistakes)
    assert "bias forgotten" in text
    assert answer_number(missing.value, PlainText()) in text
    assert f"{made.separated} kinds of mistake" in text


def test_a_drawing_has_every_unit_and_the_names_of_few_weights() -> None:
    picture = Picture((("x₁", "x₂"), ("<h>",)), ((("w₁",), ("w₂",)),), 'x1, x2 → "h"')
    drawn = network_svg(picture)
    assert drawn.count("<circle") == 3
    assert drawn.count("<line") == 2
    assert "w₁" in drawn
    assert "&lt;h&gt;" in drawn
    many = Picture((("",) * 6, ("",) * 6), (), "")
    assert network_svg(many).count("<line") == 36
