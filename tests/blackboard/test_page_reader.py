"""The reader of pages is strict: what a student could not read or work out so, it does not take."""

from __future__ import annotations

import pytest

from blackboard.page_reader import Reader, numbered_lines, told_lines

WRAPPED = """
 [1] S1 = a[0] + max(a[1],
       a[2]) = 2 + max(3, 4) = 6
 [2] S2
       = exp(0)/(exp(0)
       + exp(0)) + S1
      = exp(0)/(exp(0) + exp(0)) + 6 = 6.5    (a remark that goes on
       = below)
 [3] S3 = S2 + 1
      = 6.5 + 1 = 7.5
      (a remark on a line of its own)
 ✓ apart: [L(1)]/2
       = 4
"""
CANCELS = """
Worked with 6 digits
 [1] S1 = 1/3 ≈ 0.333333
 [2] S2
      = 1/3 − S1
      = 1/3 − 0.333333 ≈ 0    (in float64 1.2·10⁻¹⁷)
"""


def lines_read(page: str) -> int:
    reader = Reader()
    reader.read(page)
    return reader.lines


def test_lines_are_put_together_as_one_reads_them() -> None:
    assert numbered_lines(WRAPPED) == [
        "S1 = a[0] + max(a[1], a[2]) = 2 + max(3, 4) = 6",
        "S2 = exp(0)/(exp(0) + exp(0)) + S1 = exp(0)/(exp(0) + exp(0)) + 6 = 6.5",
        "S3 = S2 + 1 = 6.5 + 1 = 7.5",
    ]
    remarks = [line.remark for line in told_lines(WRAPPED)]
    assert remarks == ["", "(a remark that goes on = below)", "(a remark on a line of its own)"]
    assert lines_read(WRAPPED) == 3


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("       + exp(0)) + S1", "+ exp(0)) + S1"),  # at the margin
        ("       + exp(0)) + S1", " + exp(0)) + S1"),  # no further to the right than the line began
        ("       + exp(0)) + S1", "       and so on"),
        ("max(a[1],\n       a[2])", "max(a[1]),\n       a[2]"),  # the parenthesis is closed
        ("= below)", "= below)\n       + 1"),  # the formula goes on behind its remark
        ("= 6.5    (a", "= 6.5    a"),  # where does the formula end?
        ("= 6.5    (a", "= 6.5 (a"),
        ("of its own)", "of its own"),
        ("of its own)", "of its own) + 1"),
        ("+ 6 = 6.5", "+ 6 = 6.4"),
    ],
)
def test_a_line_that_cannot_be_read_is_no_line(text: str, fault: str) -> None:
    assert text in WRAPPED
    with pytest.raises(AssertionError):
        lines_read(WRAPPED.replace(text, fault))


def test_terms_may_cancel_where_float64_leaves_nothing_of_them() -> None:
    assert lines_read(CANCELS) == 2


REMARK = "    (in float64 1.2·10⁻¹⁷)"


@pytest.mark.parametrize(
    "faults",
    [
        {REMARK: ""},  # nothing says why it is 0
        {REMARK: "", "0.333333\n": f"0.333333{REMARK}\n"},  # it is said of another line
        {"1.2·10⁻¹⁷": "3.3·10⁻⁷"},  # float64 has something left
        {"S1 = 1/3 ≈": "S1 =", "0.333333": "0.333"},  # more is left of the terms than was asked for
        {"≈ 0 ": "≈ 0.0000001 "},
    ],
)
def test_a_0_that_is_none_is_found(faults: dict[str, str]) -> None:
    page = CANCELS
    for text, fault in faults.items():
        assert text in page
        page = page.replace(text, fault)
    with pytest.raises(AssertionError):
        lines_read(page)


THROUGH_TIME = """
Through time, from the last step back
   t      ‖∂L/∂gru.h‖  factor  adds to ∂L/∂gru.kernel[2,7]
   2              0.4                                  0.5
   1              0.2     0.5                         −0.2
   besides                                             0.1
   total                                               0.4
   ‖∂L/∂gru.h‖ shrinks on its way back through time: 0.5 of what it was
   Does it make sense? Its terms above 0 make 0.6, those below
        0 make −0.2; the larger side gives the sign.
"""


def test_a_table_ends_with_its_total() -> None:
    assert lines_read(THROUGH_TIME) == 2


@pytest.mark.parametrize(
    ("text", "fault"),
    [("     0.5    ", "     0.6    "), ("−0.2\n", "−0.3\n"), ("besides", "total"), ("  total", "0 total")],
)
def test_a_table_that_does_not_add_up_is_found(text: str, fault: str) -> None:
    assert text in THROUGH_TIME
    with pytest.raises((AssertionError, ValueError)):
        lines_read(THROUGH_TIME.replace(text, fault, 1))
