"""The grid: rows stay in the kernel, travel as text by messages, and keep their number whatever the order."""

from typing import Any

import pandas as pd
import pytest

from unfulfill.tables import MARKS, make_table
from unfulfill.ui.grid import MOST_ROWS_A_MESSAGE, Column, Grid

COLUMNS = (Column("order_name", "Order", 90), Column("created_at", "Fulfilled at", 130))


def marks(count: int = 3) -> pd.DataFrame:
    return make_table(
        MARKS,
        {
            "fulfillment_id": [f"gid://shopify/Fulfillment/{number}" for number in range(count)],
            "order_name": [f"#{1000 + number}<b>" for number in range(count)],
            "created_at": pd.to_datetime(["2026-10-01T08:30:00Z"] * (count - 1) + [None], utc=True),
        },
    )


@pytest.fixture
def grid() -> Any:
    ticks: list[tuple[int, bool]] = []
    made = Grid(COLUMNS, lambda row, ticked: ticks.append((row, ticked)), label="Rows")
    made.ticks = ticks
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append(content)
    made.show(marks(), pd.Series([False, True, False]))
    return made


def tell(grid: Any, **message: object) -> None:
    """As if the browser had sent it."""
    grid._handle_custom_msg(message, [])


def test_rows_are_sent_as_text_when_they_are_asked_for(grid: Any) -> None:
    tell(grid, op="rows", start=0, end=3)

    assert grid.sent == [
        {
            "op": "rows",
            "start": 0,
            "revision": grid.revision,
            "rows": [
                [0, False, "#1000<b>", "2026-10-01 08:30"],
                [1, True, "#1001<b>", "2026-10-01 08:30"],
                [2, False, "#1002<b>", ""],
            ],
        }
    ]


def test_no_row_is_in_the_synced_state_which_notebook_files_keep(grid: Any) -> None:
    state = {name: value for name, value in grid.get_state().items() if name not in ("_esm", "_css")}

    assert "#100" not in repr(state)


def test_sorting_changes_the_order_and_not_the_numbers_of_rows(grid: Any) -> None:
    before = grid.revision

    tell(grid, op="sort", name="order_name", descending=True)

    assert grid.shown_rows == [2, 1, 0]
    assert [row[0] for row in grid.page(0, 2)] == [2, 1]
    assert grid.revision > before


def test_missing_values_stand_last_in_either_direction(grid: Any) -> None:
    for descending in (False, True):
        tell(grid, op="sort", name="created_at", descending=descending)
        assert grid.shown_rows[-1] == 2


def test_only_rows_that_pass_the_filter_are_shown(grid: Any) -> None:
    grid.show(marks(), pd.Series([False] * 3), pd.Series([False, False, True]))

    assert (grid.total, grid.shown_rows) == (1, [2])


def test_a_tick_tells_the_number_of_the_row(grid: Any) -> None:
    tell(grid, op="tick", row=2, value=True)

    assert grid.ticks == [(2, True)]


@pytest.mark.parametrize(
    "message",
    [
        {"op": "tick", "row": 3, "value": True},
        {"op": "tick", "row": -1, "value": True},
        {"op": "tick", "row": "0", "value": True},
        {"op": "tick", "row": 0, "value": 1},
        {"op": "sort", "name": "nosuch", "descending": True},
        {"op": "rows", "start": -1, "end": 2},
        {"op": "nosuch"},
        {},
    ],
)
def test_a_message_that_makes_no_sense_is_passed_over(grid: Any, message: dict[str, object]) -> None:
    tell(grid, **message)

    assert (grid.ticks, grid.sent, grid.shown_rows) == ([], [], [0, 1, 2])


def test_one_message_never_carries_the_whole_shop(grid: Any) -> None:
    grid.show(marks(MOST_ROWS_A_MESSAGE + 100), pd.Series([False] * (MOST_ROWS_A_MESSAGE + 100)))

    assert len(grid.page(0, 10_000)) == MOST_ROWS_A_MESSAGE


def test_its_text_is_the_same_in_every_run(grid: Any) -> None:
    assert repr(grid) == "Grid(3 rows)"
