import pandas as pd
from builders import fulfillment, gid, make_tables

from unfulfill.audit.lookup import in_order, positions, taken


def ids(*numbers: int) -> pd.Series:
    return make_tables(*(fulfillment(n) for n in numbers))["fulfillments"]["fulfillment_id"]


def test_a_key_that_is_missing_or_not_known_has_no_position() -> None:
    keys = ids(3, 1, 9)
    keys = pd.concat([keys, pd.Series([None], dtype=keys.dtype)], ignore_index=True)

    assert positions(keys, ids(1, 2, 3)).tolist() == [2, 0, -1, -1]
    assert positions(ids(1), ids(1).iloc[:0]).tolist() == [-1]


def test_values_are_taken_and_missing_where_there_is_no_position() -> None:
    found = taken(ids(1, 2), positions(ids(2, 5), ids(1, 2)))

    assert found.iloc[0] == gid("Fulfillment", 2)
    assert found.isna().tolist() == [False, True]


def test_rows_come_in_the_order_of_time_then_id_and_those_without_a_time_last() -> None:
    times = {3: "2026-10-02", 1: "2026-10-02", 2: None, 4: "2026-10-01"}
    rows = make_tables(*(fulfillment(n, created_at=at) for n, at in times.items()))["fulfillments"]

    order = in_order(rows, ["created_at", "fulfillment_id"])

    assert rows["fulfillment_id"].take(order).tolist() == [gid("Fulfillment", n) for n in (4, 1, 3, 2)]
