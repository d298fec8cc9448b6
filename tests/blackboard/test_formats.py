"""The same page as Markdown and as HTML: every number is there, formulas close, nothing is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import tiza as tz
from blackboard.examples import tanh_example
from blackboard.html_reader import Page
from blackboard.page_reader import Reader
from blackboard.random_networks import random_network, targets
from tiza.blackboard.board import Blackboard
from tiza.blackboard.notation import Notation
from tiza.errors import ModelError
from tiza.lessons.catalogue import find_lesson

NAMES = {"w1": "dense.kernel[0,0]", "ŷ": "dense_1.z[0]", "x1": "x[0]"}


def board(**options: object) -> Blackboard:
    return tanh_example().explain(
        [2.0, 3.0],
        [1.0],
        "dense.kernel[0,0]",
        update=True,
        language="en",
        **options,  # type: ignore[arg-type]
    )


# LaTeX back to text, with nothing of Tiza

SIGNS = {
    r"\cdot": "·",
    r"\approx": " ≈ ",
    r"\left(": "(",
    r"\right)": ")",
    r"\left[": "[",
    r"\right]": "]",
    r"\le": "≤",
    r"\lt": "<",
    r"\ln": "ln",
    r"\exp": "exp",
    r"\tanh": "tanh",
    r"\max": "max",
    r"\min": "min",
    r"\cos": "cos",
    r"\sin": "sin",
    r"\arctan": "arctan",
    r"\prime": "′",
    r"\eta": "η",
    r"\delta": "δ",
}


def braced(text: str, at: int) -> tuple[str, int]:
    """Return what stands in the braces that open at `at`, and where they are closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return text[at + 1 : place], place + 1
    raise AssertionError(text)


def plain(latex: str) -> str:
    """Return LaTeX as the text that a terminal shows."""
    latex = (
        latex.replace("$ ${}", " ")
        .replace("$ $", " ")
        .replace(" _{", "_{")
        .replace(r"\rule{.4em}{.4pt}", "_")
    )
    latex = re.sub(r"\\frac\{\\partial ([^{}]*)\}\{\\partial ", r"\\derivative{\1}{", latex)
    for word in ("frac", "derivative", "sqrt", "operatorname", "text", "mathrm"):
        while (at := latex.find(f"\\{word}{{")) >= 0:
            first, end = braced(latex, at + len(word) + 1)
            if word in ("frac", "derivative"):
                second, end = braced(latex, end)
                made = f"(({first})/({second}))" if word == "frac" else f"∂L/∂{second}"
            else:
                made = f"√({first})" if word == "sqrt" else first
            latex = latex[:at] + made + latex[end:]
    for sign, text in sorted(SIGNS.items(), key=lambda one: -len(one[0])):
        latex = latex.replace(sign, text)
    latex = re.sub(r"δ\^\{([\w.]+)\}", r"\1.δ", latex)
    latex = re.sub(r"10\^\{(-?\d+)\}", lambda one: "10" + one[1].translate(RAISED), latex)
    latex = re.sub(r"([\w.]+(?:\.δ)?)_\{([\w,]+)\}", r"\1[\2]", latex)
    latex = re.sub(r"(\[[\d,]*\])\^\{′\}", r"′\1", latex).replace("^{′}", "′")
    latex = re.sub(r"([\w.δ]+)(\[[\d,]*\])′", r"\1′\2", latex)
    latex = re.sub(r" - |(?<=[(=≈·^]) *-|^-", lambda one: " − " if one[0] == " - " else "−", latex)
    latex = latex.replace("{", "(").replace("}", ")").replace(" · ", "·").replace("\\", "")
    latex = re.sub(r"  +", " ", latex)
    return re.sub(r"\((\w[\w.δ′]*(?:\[[\d,]*\])?|\d+\.?\d*)\)\^\((\d)\)", r"\1^\2", latex)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def test_a_formula_of_latex_is_read_back() -> None:
    assert plain(
        r"\frac{\partial L}{\partial \mathrm{dense\rule{.4em}{.4pt}1.kernel} _{0,1}}$ "
        r"$= 2 \cdot \left(-3\right)"
    ) == ("∂L/∂dense_1.kernel[0,1] = 2·(−3)")


def test_markdown_has_every_line_of_the_text() -> None:
    text, markdown = str(board()), board().to_markdown()
    lines = re.findall(r"^\*\*\[(\d+)\]\*\* \$(.*)\$$", markdown, re.MULTILINE)
    assert [int(number) for number, _ in lines] == list(range(1, 12))
    for _, formula in lines:
        result = plain(formula).rpartition("=" if "≈" not in formula.rpartition("=")[2] else "≈")[2]
        assert result.rpartition("≈")[2].strip() in text


def test_latex_closes_as_text_does() -> None:
    markdown = board().to_markdown()
    reader = Reader()
    formulas = re.findall(r"^\*\*\[\d+\]\*\* \$(.*)\$", markdown, re.MULTILINE)
    working = re.search(r"Worked with \d+ digits", markdown)
    assert working
    reader.read("\n".join([working[0], *(f" [1] {plain(one)}" for one in formulas)]))
    assert reader.lines == 11


def formulas(markdown: str) -> Iterator[str]:
    """Yield what stands between dollars."""
    return (one[1] for one in re.finditer(r"(?<!\\)\$(.+?)\$", markdown))


def check_formulas(markdown: str) -> None:
    """Check that formulas are formulas still after what stands between dollars was read as text."""
    for formula in formulas(markdown):
        # a backslash before a sign is taken off; an underscore without a space before it ends emphasis
        assert not re.search(r"\\[^A-Za-z]|[^ ]_|[*`<|\[]", formula.replace(r"\left[", "")), formula
        assert formula == formula.strip()


def test_names_with_signs_of_markdown_stay_out_of_its_way() -> None:
    check_formulas(board(names={"a*b_`c`|<$": "dense.kernel[0,0]"}).to_markdown())


# HTML


def test_html_is_whole_and_loads_nothing() -> None:
    html = board().to_html()
    page = Page(html)
    assert {"math", "details", "summary", "mfrac", "article"} <= page.tags
    assert "script" not in page.tags
    assert "http" not in html
    assert "@import" not in html
    assert len(set(page.ids)) == len(page.ids) == 11
    assert page.links
    assert all(one.removeprefix("#") in page.ids for one in page.links)
    assert html.startswith('<!doctype html>\n<html lang="en">')


def test_parts_have_headings_and_the_language_is_told() -> None:
    html = board().in_language("es").to_html()
    assert '<article class="tiza" lang="es">' in html
    assert html.count("<summary><h2>") == 4
    assert html.count("<h1>") == 1


def colours(scheme: str) -> dict[str, tuple[float, ...]]:
    """Return the colours of a scheme, each as red, green and blue from 0 to 1."""
    found = re.findall(r"--(\w+): #(\w+);", scheme)
    return {name: tuple(int(text[at : at + 2], 16) / 255 for at in (0, 2, 4)) for name, text in found}


def lightness(colour: tuple[float, ...]) -> float:
    """Return the relative luminance of sRGB, as WCAG 2.2 defines it."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark() -> None:
    style = Page(board().to_html()).style
    schemes = [colours(one) for one in re.findall(r"\{ (--ink:[^}]*)", style)]
    assert len(schemes) == 2
    for scheme in schemes:
        for text in ("ink", "soft", "accent"):
            for behind in ("paper", "mark"):
                dark, light = sorted((lightness(scheme[text]), lightness(scheme[behind])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, behind)


def test_letters_have_their_accent_above_them() -> None:
    html = board(names=NAMES).to_html()
    assert '<mover accent="true"><mi>y</mi><mo stretchy="false">^</mo></mover>' in html
    assert "ŷ" not in html


def test_long_sides_may_be_broken_before_a_sign() -> None:
    html = board().to_html()
    line = re.search(r'<li id="line-1">.*?</li>', html, re.DOTALL)
    assert line
    assert line[0].count('<span class="side">') == 4
    assert line[0].count('<wbr><math><mrow><mo form="infix">+</mo>') == 2  # two sums of two terms


def lstm_page() -> str:
    """Return a page with products that are wider than a phone."""
    x = tz.Input((2, 1))
    model = tz.Model(x, tz.layers.Dense(1)(tz.layers.LSTM(1, name="cell")(x)))
    model.compile("sgd", "quadratic")
    return model.explain([[[0.3], [0.7]]], [[1.0]], "cell.recurrent_kernel[0,1]").to_html()


def test_long_products_may_be_broken_before_a_factor() -> None:
    html = lstm_page()
    Page(html)
    broken = re.findall(r'<wbr><math><mrow><mo form="infix">·</mo>(.*?)</math>', html)
    assert broken
    for line in re.findall(r'<span class="side">(.*?)</span>\n', html):
        plain = re.sub(r"<(?!wbr)[^>]*>", "", line)
        if "<wbr>·" not in plain:
            continue
        assert any(len(one) > 30 for one in re.split(r"<wbr>(?!·)", plain.replace("<wbr>·", "·")))


def test_a_bracket_stays_with_its_formula() -> None:
    layers = [tz.layers.Dense(1, "relu", kernel_initializer="ones"), tz.layers.Dense(1)]
    model = tz.Sequential([tz.Input((1,)), *layers])
    model.compile("sgd", "quadratic")
    html = model.explain([2.0], [1.0], "dense.kernel[0,0]", language="en").to_html()
    Page(html)
    assert re.search(r'<span class="closed">\[<math>(?:(?!</math>).)*</math>\]</span> = 1, because', html)


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_of_page_is_well_formed(seed: int) -> None:
    case = random_network(seed)
    for target, update in targets(case):
        shown = case.model.explain(case.x, case.y, target, update=update, language="es")
        page = Page(shown.to_html())
        assert all(one.removeprefix("#") in page.ids for one in page.links)
        markdown = shown.to_markdown()
        assert markdown.count("$") % 2 == 0
        assert markdown.count("{") == markdown.count("}")
        check_formulas(markdown)
        assert len(page.ids) == len(shown.page.steps) == markdown.count("**[")


def test_names_are_escaped() -> None:
    wicked = "<script>alert(1)</script>"
    html = board(names={wicked: "dense.kernel[0,0]"}).to_html()
    assert wicked not in html
    assert "script" not in Page(html).tags
    assert "&lt;script&gt;" in html
    assert "$" in board(names={"$x_": "x[0]"}).to_markdown()


def test_a_decimal_comma_in_every_format() -> None:
    shown = board(profile=Notation(decimal_sign=","))
    assert "0,664037" in Page(shown.to_html()).words
    assert "0{,}664037" in shown.to_markdown()


def test_notebooks_get_a_part_of_a_page() -> None:
    part = board()._repr_html_()
    page = Page(part)
    assert "html" not in page.tags
    assert all(
        one.startswith((".tiza", "@media", "--", "font")) for one in re.findall(r"^\S+", page.style, re.M)
    )
    other = Page(board(names=NAMES)._repr_html_())
    assert not set(page.ids) & set(other.ids)  # both may stand in one notebook
    assert all(one.removeprefix("#") in page.ids for one in page.links)


def test_boards_are_saved(tmp_path: Path) -> None:
    for ending, start in ((".html", "<!doctype html>"), (".md", "### How much"), (".txt", "How much is")):
        path = board().save(tmp_path / f"board{ending}")
        assert path.read_text(encoding="utf-8").startswith(start)
    with pytest.raises(ModelError, match=r"ends in \.html, \.md or \.txt"):
        board().save(tmp_path / "board.pdf")


# blanks


def test_blanks_hide_every_place_of_a_result() -> None:
    shown = board().with_blanks([2])
    for text in (str(shown), shown.to_markdown(), Page(shown.to_html()).words):
        assert "0.664037" not in text
    assert "tanh(0.8) ≈ ____" in str(shown)
    assert "✓" not in str(shown)


def test_hints_show_one_line_more_each_time() -> None:
    counts = [str(board().hint(lines)).count("____") for lines in range(12)]
    assert counts[-1] == 0
    assert all(more > less for more, less in pairwise(counts))
    with pytest.raises(ModelError, match="lines: got -1"):
        board().hint(-1)
    with pytest.raises(ModelError, match="lines: got 12, expected numbers from 1 to 11"):
        board().with_blanks([12])


def test_a_word_with_its_unit_is_written_with_an_index() -> None:
    page = find_lesson("tarea-2-2-2").explain("w1")
    assert '<msub><mi mathvariant="normal">net</mi><mtext>h1</mtext></msub>' in page.to_html()
    assert r"\mathrm{net} _{h1}" in page.to_markdown()
    assert "net_h1 = w1·x1" in str(page).replace("i1", "x1")
