"""Students' files: numbers as they write them, three formats, and what cannot be read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets.networks import tanh_source
from tiza.sheets.checking import check
from tiza.sheets.numbers import NumberError, read_number
from tiza.sheets.reading import (
    MOST_BYTES,
    MOST_LINES,
    NO_RATE,
    NO_VALUE,
    WRITTEN_TWICE,
    SheetError,
    printable,
    read_csv,
    read_json,
    read_mapping,
    read_sheet_file,
    read_text,
)

DECIMALS = st.decimals(-1000, 1000, places=4, allow_nan=False)


class TestNumbers:
    @given(DECIMALS, st.sampled_from([".", ","]), st.sampled_from(["-", "−", "–"]))
    def test_the_sign_and_the_decimal_sign_do_not_matter(
        self, number: Decimal, point: str, minus: str
    ) -> None:
        text = f"{number:f}".replace("-", minus).replace(".", point)
        found = read_number(text)
        assert found.value == float(number)
        assert found.unit == pytest.approx(1e-4)

    @given(DECIMALS, st.integers(-9, 9))
    def test_powers_of_ten_move_the_last_place(self, number: Decimal, power: int) -> None:
        raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        for text in (
            f"{number:f}e{power}",
            f"{number:f}·10^{power}",
            f"{number:f} x 10^({power})",
            f"{number:f}·10{raised}",
        ):
            found = read_number(text)
            assert found.value == pytest.approx(float(number.scaleb(power)), rel=1e-15)
            assert found.unit == pytest.approx(10.0 ** (power - 4))

    @given(st.integers(-99, 99), st.integers(1, 99))
    def test_fractions_are_exact(self, top: int, under: int) -> None:
        found = read_number(f"{top}/{under}")
        assert found.value == top / under
        assert found.unit == 0.0

    def test_trailing_zeros_count(self) -> None:
        assert read_number("0.50").unit == 0.01
        assert read_number("5 %").value == 0.05

    @pytest.mark.parametrize(
        "text",
        [
            "(-0.05)",
            "-(0.05)",
            "−(0,05)",
            "-( 0.05 )",
            '"-0.05"',
            "“−0,05”",
            "-0.05…",
            "-0.05...",
            "-0.05.",
            "-0.05,",
            "-(+0.05)",
        ],
    )
    def test_what_stands_around_a_number_does_not_count(self, text: str) -> None:
        found = read_number(text)
        assert (found.value, found.unit) == (-0.05, 0.01)
        assert found.digits == "5"

    @pytest.mark.parametrize(
        "text",
        ["", "abc", "1.234,5", "1..2", "--1", "1/0", "1e999999", "9" * 200, "0x10", "inf", "nan", "1_0", "١"],
    )
    def test_everything_else_is_refused(self, text: str) -> None:
        with pytest.raises(NumberError):
            read_number(text)

    @given(st.text(max_size=80))
    def test_no_text_breaks_it(self, text: str) -> None:
        try:
            found = read_number(text)
        except NumberError:
            return
        assert found.value == found.value
        assert abs(found.value) < float("inf")


class TestFormats:
    def test_text_csv_and_json_are_the_same_sheet(self) -> None:
        text = read_text("red = xor\nη = 0,5\nx = (1, 2)\n\n# una nota\nh1 = 0,66  # otra\nE = 1/3\n")
        commas = read_csv("nombre;valor\nred;xor\nη;0,5\nx;(1, 2)\nh1;0,66\nE;1/3\n")
        nested = read_json('{"net": "xor", "eta": 0.5, "x": [1, 2], "values": {"h1": 0.66, "E": "1/3"}}')
        for sheet in (text, commas, nested):
            assert sheet.network == "xor"
            assert sheet.learning_rate == 0.5
            assert sheet.data == {"x": [1.0, 2.0]}
            assert [(one.name, one.value.value) for one in sheet.lines] == [("h1", 0.66), ("E", 1 / 3)]
            assert sheet.lines[0].value.unit == 0.01
            assert not sheet.unreadable

    def test_a_comma_that_separates_and_a_comma_within(self) -> None:
        sheet = read_csv('dense.kernel[0,1],0,66\nh1,"0,7"\n')
        assert [(one.name, one.value.value) for one in sheet.lines] == [
            ("dense.kernel[0,1]", 0.66),
            ("h1", 0.7),
        ]

    def test_of_a_chain_the_last_number_counts(self) -> None:
        (line,) = read_text("a1 = w1*x1 + w2*x2 = 0.8").lines
        assert (line.name, line.value.value) == ("a1", 0.8)

    def test_lines_side_by_side(self) -> None:
        for text in (
            "h1=0,66;h2=0,72",
            "h1=0,66 ;h2=0,72;",
            "h1 = 0.66; h2 = 0.72,",
            "h1 = 0.66, h2 = 0.72 ;",
            "h1 = 0,66; ; h2 = 0,72",
        ):
            sheet = read_text(text)
            assert [(one.name, one.value.value) for one in sheet.lines] == [("h1", 0.66), ("h2", 0.72)], text
            assert not sheet.unreadable, text
        names = [one.name for one in read_text("w1=0.1;∂E/∂w1=0.2;h1=0.3").lines]
        assert names == ["w1", "∂E/∂w1", "h1"]

    def test_a_list_and_a_colon(self) -> None:
        for text in (
            "h1 : 0.66",
            "h1: 0,66",
            "1) h1 = 0.66",
            "12. h1 = 0.66",
            "a) h1 = 0.66",
            "- h1 = 0.66",
            "• h1 = 0.66",
        ):
            (line,) = read_text(text).lines
            assert (line.name, line.value.value) == ("h1", 0.66), text
        (negative,) = read_text("-h1 = -0.66").lines
        assert negative.name == "-h1"

    def test_two_numbers_are_no_decimal_comma(self) -> None:
        assert read_text("x = (2,3)").data == {"x": [2.0, 3.0]}

    def test_own_names(self) -> None:
        assert read_text("w1 -> dense.kernel[0,0]").naming == {"w1": "dense.kernel[0,0]"}

    def test_a_number_of_json_keeps_its_last_place(self) -> None:
        assert read_json('{"h1": 0.50}').lines[0].value.unit == 0.01
        assert read_mapping({"h1": "0.50"}).lines[0].value.unit == 0.01


class TestWhatCannotBeRead:
    def test_what_is_neither_number_nor_formula(self) -> None:
        sheet = read_text("h1 =   cero\nE = 2*\nh2 = 0,5 kg\na1 = <b>")
        assert [one.formula for one in sheet.formulas] == ["cero", "2*", "0,5 kg"]
        (problem,) = sheet.unreadable
        assert (problem.number, problem.column) == (4, 6)
        found = check(tanh_source(), sheet).unreadable
        assert [(one.number, one.column) for one in found] == [(1, 8), (2, 5), (3, 6), (4, 6)]

    def test_line_and_column_are_named_and_the_rest_is_read(self) -> None:
        sheet = read_text("a1 = 0.8\nh1 =   cero\nsin signo\n = 3\nh2 =\na1 = 0.9\nE = 1")
        assert [one.name for one in sheet.lines] == ["a1", "E"]
        assert [(one.number, one.column) for one in sheet.unreadable] == [(3, 1), (4, 2), (6, 1)]
        assert sheet.blank == 1

    def test_a_blank_line_is_left_out_and_a_calculation_without_a_result_is_not(self) -> None:
        for sheet in (
            read_text("h1 = 0.5\nh2 = \nŷ =   # later\n"),
            read_csv("h1;0,5\nh2;\nŷ;\n"),
            read_mapping({"h1": "0.5", "h2": "", "ŷ": " "}),
        ):
            assert ([one.name for one in sheet.lines], sheet.unreadable, sheet.blank) == (["h1"], (), 2)
        (problem,) = read_text("h1 = 0.5·2 = ").unreadable
        assert problem.reason == NO_VALUE

    def test_what_stands_twice_is_told_and_the_first_counts(self) -> None:
        for sheet in (
            read_text("net = xor\nnet = otra\nh1 = 0.5\nh1 = 0.7\nq -> h1\nq -> h2\n"),
            read_json(
                '{"net": "xor", "net": "otra", "naming": {"q": "h1", "q": "h2"},'
                ' "values": {"h1": 0.5, "h1": 0.7}}'
            ),
        ):
            assert (sheet.network, sheet.naming) == ("xor", {"q": "h1"})
            assert [(one.name, one.value.value) for one in sheet.lines] == [("h1", 0.5)]
            assert [one.reason for one in sheet.unreadable] == [WRITTEN_TWICE] * 3

    @pytest.mark.parametrize("rate", ["-0.5", "0", "−2e-3"])
    def test_a_learning_rate_is_above_zero(self, rate: str) -> None:
        sheet = read_text(f"eta = {rate}")
        assert sheet.learning_rate is None
        assert [one.reason for one in sheet.unreadable] == [NO_RATE]

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
    def test_a_file_without_end_is_refused(self) -> None:
        with pytest.raises(SheetError, match="more than"):
            read_sheet_file("/dev/zero")

    def test_byte_order_mark_and_old_encodings(self, tmp_path: Path) -> None:
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            file = tmp_path / f"{encoding}.txt"
            file.write_bytes("red = xor\nalumno = Íñigo\nh1 = 0,5".encode(encoding))
            sheet = read_sheet_file(file)
            assert (sheet.network, sheet.student, len(sheet.lines)) == ("xor", "Íñigo", 1)

    def test_huge_and_binary_files_are_refused_in_a_sentence(self, tmp_path: Path) -> None:
        huge = tmp_path / "huge.txt"
        huge.write_text("a = 1\n" * (MOST_BYTES // 6 + 1))
        with pytest.raises(SheetError, match=r"huge\.txt: the file has"):
            read_sheet_file(huge)
        binary = tmp_path / "image.txt"
        binary.write_bytes(b"\x89PNG\0\0")
        with pytest.raises(SheetError, match="no text"):
            read_sheet_file(binary)
        with pytest.raises(SheetError, match="lines"):
            read_text("a = 1\n" * (MOST_LINES + 1))

    @pytest.mark.parametrize("text", ["[1, 2]", "{", '{"values": 3}', "[" * 100_000])
    def test_json_that_is_no_sheet(self, text: str) -> None:
        with pytest.raises(SheetError):
            read_json(text)

    @given(st.text(max_size=300))
    def test_no_text_breaks_it(self, text: str) -> None:
        for reader in (read_text, read_csv):
            reader(text)

    def test_escape_codes_are_never_quoted(self) -> None:
        (problem,) = read_text("h\x1b[31m1 = \x1b]0;titulo\x07").unreadable
        assert "\x1b" not in problem.text
        assert printable("x" * 500).endswith("…")
