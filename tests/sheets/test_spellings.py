"""What students write in other ways: names, own names, data that the lesson has, whole numbers, chains."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheets.networks import tanh_source
from tiza.errors import DataError, ModelError, NameNotFoundError
from tiza.language import use_language
from tiza.lessons.catalogue import find_lesson
from tiza.sheets.aliases import NO_QUANTITY
from tiza.sheets.checking import check
from tiza.sheets.finding import find_source
from tiza.sheets.folder import check_folder
from tiza.sheets.judging import JudgedLine, Remark, Verdict
from tiza.sheets.reading import read_text
from tiza.sheets.understanding import ITSELF

LESSON = "tanh-2-2-1"


def place(line: JudgedLine) -> tuple[object, tuple[int, ...]]:
    """Return which quantity a line is about; two checks have nodes of their own."""
    return line.element.node.provenance, line.element.index


class TestNames:
    @pytest.mark.parametrize("name", ["h_1", "h₁", "h_{1}", "H1"])
    def test_usual_spellings(self, name: str) -> None:
        (line,) = check(tanh_source(), f"{name} = 0.664").lines
        assert place(line) == place(check(tanh_source(), "h1 = 0.664").lines[0])
        assert line.verdict is Verdict.RIGHT

    @pytest.mark.parametrize("name", ["w1(1)", "w1^1", "w1^(1)", "w_1'", "w₁′"])
    def test_new_weights(self, name: str) -> None:
        (line,) = check(tanh_source(), f"{name} = 0.1265").lines
        assert place(line) == place(check(tanh_source(), "w1' = 0.1265").lines[0])
        assert (line.verdict, line.remark) == (Verdict.RIGHT, Remark.NONE)

    @pytest.mark.parametrize("name", ["∇w1", "∇ w1", "dE/dw_1", "∂E/∂w₁"])
    def test_derivatives(self, name: str) -> None:
        (line,) = check(tanh_source(), f"{name} = -0.0531").lines
        assert place(line) == place(check(tanh_source(), "dE/dw1 = -0.0531").lines[0])
        assert line.verdict is Verdict.RIGHT

    def test_a_capital_that_names_another_quantity_is_no_other_spelling(self) -> None:
        source = tanh_source()
        naming = {**source.naming, "H1": "dense.a[1]"}
        lines = check(source.model, "h1 = 0.664\nH1 = 0.716", [2.0, 3.0], [1.0], naming=naming).lines
        assert [one.verdict for one in lines] == [Verdict.RIGHT] * 2
        assert place(lines[0]) != place(lines[1])


class TestOwnNames:
    @pytest.mark.parametrize("target", ["a1", "dense.z[0]"])
    def test_a_name_of_the_exercise_or_a_target(self, target: str) -> None:
        for own in ("neta", "q", "h2"):
            (line,) = check(find_lesson(LESSON), f"{own} -> {target}\n{own} = 0.8").lines
            plain = check(find_lesson(LESSON), "a1 = 0.8").lines[0]
            assert (place(line), line.verdict) == (place(plain), Verdict.RIGHT)

    def test_a_name_for_nothing_is_told(self) -> None:
        found = check(find_lesson(LESSON), "h1 = 0.66\nq -> nope\n foo  ->  bar")
        assert [(one.number, one.column, one.text, one.reason) for one in found.unreadable] == [
            (2, 6, "nope", NO_QUANTITY),
            (3, 11, "bar", NO_QUANTITY),
        ]
        assert not found.is_right


class TestDataOfALesson:
    @pytest.mark.parametrize("header", ["x = (2, 3)", "x = (2, 3)\ny = 1", "x = [[2, 3]]\ny = [1]", "y = 1"])
    def test_the_lessons_own_data_may_be_stated(self, header: str) -> None:
        stated = check(find_lesson(LESSON), f"{header}\na1 = 0.8\nŷ = 0.905")
        assert stated.is_right

    def test_other_data_count(self) -> None:
        assert check(find_lesson(LESSON), "x = (1, 1)\na1 = 0.3").is_right

    def test_data_of_another_size_are_refused(self) -> None:
        with pytest.raises(DataError, match=r"got shape \(3,\)"):
            check(find_lesson(LESSON), "x = (1, 2, 3)\na1 = 0.8")
        with pytest.raises(ModelError, match="different lengths"):
            check(find_lesson(LESSON), "x = ((1, 2), (3,))\na1 = 0.8")


class TestNumbers:
    @pytest.mark.parametrize(("value", "others"), [("3", "x = (3.59, 0.1)"), ("-3", "x = (-3.38, 0.1)")])
    def test_a_whole_number_among_decimals_may_be_rounded(self, value: str, others: str) -> None:
        sheet = f"{others}\ny = 1\nown = x1 + 0 = {value}\nx2 = 0.10\n"
        found = check(tanh_source(), sheet)
        assert found.is_right, str(found)

    def test_a_whole_number_that_is_no_rounding_is_wrong(self) -> None:
        found = check(tanh_source(), "x = (3.59, 0.1)\nown = x1 + 0 = 5\nx2 = 0.10\n")
        assert [one.verdict for one in found.lines if one.line.name == "own"] == [Verdict.WRONG]

    def test_a_number_with_all_its_digits_is_not_truncated(self) -> None:
        for text in ("0.6640367702678490", "0.66403677026784"):
            (line,) = check(tanh_source(), f"h1 = {text}").lines
            assert (line.verdict, line.remark) == (Verdict.RIGHT, Remark.NONE)
        (cut,) = check(tanh_source(), "h1 = 0.664036").lines
        assert cut.remark is Remark.TRUNCATED


class TestChains:
    def test_two_numbers_in_a_line_are_told(self) -> None:
        found = check(tanh_source(), "h1 = 0.67 = 0.66")
        (line,) = found.lines
        assert line.otherwise is not None
        assert line.otherwise.value == 0.67
        with use_language("en"):
            assert "Line 1 gives two numbers: 0.67 and 0.66; the last one counts." in str(found)

    @pytest.mark.parametrize("text", ["0.664 = 0.66", "0.6640 = 0.664", "0.66 = 0.664", "tanh(0.8) = 0.66"])
    def test_a_number_written_again_with_fewer_digits_is_the_same(self, text: str) -> None:
        (line,) = check(tanh_source(), f"h1 = {text}").lines
        assert line.otherwise is None

    def test_a_quantity_is_not_its_own_value(self) -> None:
        for text in ("h1 = h1", "ŷ = y_pred"):
            found = check(tanh_source(), text)
            assert [one.reason for one in found.unreadable] == [ITSELF]
            assert not found.lines

    def test_a_number_is_no_formula(self) -> None:
        found = check(tanh_source(), "h1 = 0.66 = h2")
        assert found.first_wrong is not None
        with use_language("en"):
            assert "the formula is right" not in str(found)

    def test_a_given_number_follows_from_nothing(self) -> None:
        with use_language("en"):
            text = str(check(tanh_source(), "x1 = 3"))
        assert "x1 = 2" in text
        assert "x1 = x1" not in text


class TestFiles:
    def test_a_file_that_is_no_model_is_taken_for_missing(self, tmp_path: Path) -> None:
        """A sheet must not tell which files a teacher has, nor how large they are."""
        (tmp_path / "class").mkdir()
        (tmp_path / "secret.txt").write_text("x" * 1294)
        said = []
        for name in ("secret.txt", "absent.txt"):
            with pytest.raises(NameNotFoundError) as refused:
                find_source(read_text(f"net = ../{name}\nh1 = 1"), tmp_path / "class")
            said.append(str(refused.value).replace(name, "NAME"))
        assert said[0] == said[1]
        (tmp_path / "broken.tiza").write_text("x" * 1294)
        with pytest.raises(DataError, match="no saved model") as broken:
            find_source(read_text("net = broken.tiza\nh1 = 1"), tmp_path)
        assert "1294" not in str(broken.value)

    def test_a_sheet_without_a_value(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text(f"net = {LESSON}\nnothing here\n")
        (row,) = check_folder(tmp_path, find_source).rows
        assert row.judgement is not None
        assert (row.judgement.missing, row.judgement.is_empty) == (1, False)
        empty = check(tanh_source(), f"net = {LESSON}\n")
        assert empty.is_empty
        with use_language("en"):
            assert "there is no value to judge" in str(empty)
