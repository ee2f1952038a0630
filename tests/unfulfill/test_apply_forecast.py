"""What an apply will cost and how long it takes, before it begins."""

from collections import Counter
from dataclasses import replace
from typing import Any, get_args

import pytest
from states import change, fulfillment_state, mark, plan_for

from unfulfill.apply import Situation, forecast_apply
from unfulfill.apply.forecast import OPERATIONS, USUAL_POINTS, operation_of
from unfulfill.model import Action, LevelState, Plan, SetOnHand, TagOrder
from unfulfill.shop.documents import load_document
from unfulfill.shop.throttle import Bucket, Told

IDLE = Situation(points=0.0, restore_rate=100.0, latency_s=0.1, threads=4, cost_of=lambda operation: None)


def cancels(count: int, decision: str = "unfulfill") -> Plan:
    numbers = range(1, count + 1)
    states = {f"F{n}": fulfillment_state(n) for n in numbers}
    return plan_for(*(mark(n, decision) for n in numbers), states=states)


def test_a_thousand_cancels_cost_ten_points_each_and_a_reading_for_250() -> None:
    forecast = forecast_apply(cancels(1000), IDLE)

    assert (forecast.write_points, forecast.readings, forecast.reading_points) == (10_000, 4, 88)
    assert forecast.seconds == pytest.approx(100.88)
    assert (forecast.points, forecast.restore_rate) == (10_088, 100.0)


def test_what_must_follow_in_a_hurry_is_read_25_orders_at_a_time() -> None:
    forecast = forecast_apply(cancels(50, "hold"), IDLE)

    assert (forecast.write_points, forecast.readings) == (1000, 2 * 3)
    assert forecast.reading_points == 2 * (22 + 48 + 2)


def test_points_that_are_there_cost_no_time_but_answers_do() -> None:
    full = Situation(points=20_000.0, restore_rate=1000.0, latency_s=0.1, threads=16, cost_of=lambda _: None)

    forecast = forecast_apply(cancels(160), full)

    assert forecast.seconds == pytest.approx(0.1 * (160 / 16 + 1))


def test_what_the_shop_has_said_counts_more_than_the_usual_cost() -> None:
    told = {"FulfillmentCancel": 11.0}
    plan = cancels(2)

    forecast = forecast_apply(plan, Situation(0.0, 100.0, 0.1, 4, told.get))

    assert (forecast.write_points, forecast.points_of(plan.changes[:1])) == (22, 11)


def test_stock_that_is_read_beforehand_is_counted() -> None:
    assert forecast_apply(cancels(1), IDLE, stock_items=251).readings == 1 + 2


def test_a_counted_number_is_read_and_sent_as_one_change() -> None:
    before = LevelState("item", "L1", "Warehouse", "MUG", 5, 4, 1)
    counted = change(SetOnHand("item", "L1", 6, 0, "key"), order_id="", before=before)
    plan = replace(cancels(1), changes=(counted,))

    forecast = forecast_apply(plan, IDLE)

    assert (forecast.write_points, forecast.readings, forecast.reading_points) == (10, 1, 24)


def test_a_shop_that_has_not_said_its_rate_is_taken_for_the_slowest() -> None:
    silent = Situation(0.0, 0.0, 0.1, 4, lambda operation: None)

    assert forecast_apply(cancels(100), silent).restore_rate == 100


def test_every_kind_of_change_has_its_operation_and_a_usual_cost() -> None:
    kinds = {action.__name__ for action in get_args(Action)} - {"TagOrder"}
    tags = {operation_of(change(TagOrder("x", add))) for add in (True, False)}

    assert set(OPERATIONS) == kinds
    assert {*OPERATIONS.values(), *tags} <= set(USUAL_POINTS)
    assert all(load_document(name) for name in USUAL_POINTS)


def test_a_bucket_remembers_what_a_kind_of_request_costs() -> None:
    bucket = Bucket(lambda: 0.0)
    turn = bucket.take(("FulfillmentCancel", None), 20.0, lambda seconds: None)
    bucket.settle(turn, Told(requested=11.0))

    assert bucket.cost_of(("FulfillmentCancel", None)) == 11.0
    assert bucket.cost_of(("TagsAdd", None)) is None


def test_the_readings_and_points_forecast_are_those_of_the_apply(workbench: Any, sandbox: Any) -> None:
    wb = workbench(with_audit=True).ensure("mark")
    plan = wb.plan(tag="unfulfilled")
    before = len(sandbox.control("request", {})["rows"])

    forecast = wb.forecast(plan).cost
    wb.apply(plan.digest).check()

    rows = sandbox.control("request", {})["rows"][before:]
    made = Counter("write" if row["mutation"] else "reading" for row in rows)
    assert made == {"write": len(plan.changes), "reading": forecast.readings}
    again = wb.forecast(plan).cost
    assert (again.write_points, again.readings) == (forecast.write_points, forecast.readings)
    assert again.reading_points == forecast.reading_points
