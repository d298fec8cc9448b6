"""What rounding every line costs: the courses' tanh regression with two decimals."""

from __future__ import annotations

import pytest

from blackboard.examples import tanh_example
from tiza.errors import ModelError


def table(slide: int, **options: object) -> dict[str, list[str]]:
    """Return the cells of each row of the table by the row's name."""
    names = {"h1": "dense.a[0]", "ŷ": "dense_1.z[0]", "w1": "dense.kernel[0,0]", "y": "y[0]"}
    board = tanh_example().explain(
        [2.0, 3.0],
        [1.0],
        "w1",
        update=True,
        names=names,
        slide=slide,
        language="en",
        **options,  # type: ignore[arg-type]
    )
    text = str(board).split("what it costs\n")[1]
    rows = [line.split("  ") for line in text.splitlines()[1:]]
    return {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}


def test_two_decimals_cost_what_the_courses_slide_costs() -> None:
    rows = table(2)
    assert rows["h1"][:3] == ["0.66", "0.6640", "−0.6 %"]
    assert rows["ŷ"][:3] == ["0.91", "0.9051", "+0.5 %"]
    assert rows["ŷ − y"][:3] == ["−0.09", "−0.09494", "−5.2 %"]
    assert "subtracting nearly equal numbers" in rows["ŷ − y"][3]


def test_enough_decimals_cost_nothing() -> None:
    costs = [row[2] for row in table(9).values()]
    assert set(costs) == {"0"}


def test_the_table_is_in_every_format() -> None:
    board = tanh_example().explain([2.0, 3.0], [1.0], "dense.a[0]", slide=1, language="es")
    for text in (str(board), board.to_markdown(), board.to_html()):
        assert "Si cada línea se redondea a 1 decimal" in text
        assert "+5.4 %" in text


@pytest.mark.parametrize("slide", [-1, 11, 1.5, True, "2"])
def test_wrong_decimals_are_refused(slide: object) -> None:
    with pytest.raises(ModelError, match=r"slide: got .*, expected a whole number from 0 to 10"):
        tanh_example().explain([2.0, 3.0], [1.0], "loss", slide=slide)  # type: ignore[arg-type]
