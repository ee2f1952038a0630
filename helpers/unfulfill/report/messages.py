"""Drafts of messages to customers. Nothing here is ever sent."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import jinja2

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentState,
    HoldFulfillmentOrder,
    Line,
    Outcome,
    Plan,
    RecreateFulfillment,
    Result,
)
from unfulfill.plan import units_by_line
from unfulfill.plan_parts import split_lines

_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_BLANKS = re.compile(r"\s+")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write_messages(plan: Plan, outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """File name → text: one draft an order that was changed, and index.csv. Empty where nothing was applied.

    Names of orders are all that a draft says about a customer. What was marked as fulfilled needs no excuse.
    """
    changed: dict[str, list[Change]] = {}
    for change in plan.changes:
        outcome = outcomes.get(change.id)
        if outcome is not None and outcome.result is Result.APPLIED:
            changed.setdefault(change.order_name, []).append(change)
    if plan.kind == "unfulfill":
        changed = {name: _seen(changes, plan) for name, changes in changed.items()}
    told = {} if plan.kind == "fulfil" else {name: some for name, some in changed.items() if _kind(some)}
    files: dict[str, str] = {}
    rows = []
    for number, (name, changes) in enumerate(told.items(), 1):
        text = _draft(name, changes)
        file = f"{number:04d}-{_UNSAFE.sub('-', name).strip('-')[:40] or 'order'}.txt"
        files[file] = text
        rows.append(
            (file, _harmless(_one_line(name)), _kind(changes), text.splitlines()[0].removeprefix("Subject: "))
        )
    return {**files, "index.csv": _index(rows)} if files else {}


def _seen(changes: list[Change], plan: Plan) -> list[Change]:
    """The changes as the customer knows them: what a case fulfils again was shipped all along."""
    rests = {c.case: c.action.lines for c in plan.changes if isinstance(c.action, RecreateFulfillment)}
    seen = []
    for change in changes:
        if isinstance(change.before, FulfillmentState) and change.case in rests:
            _, lines = split_lines(change.before.lines, units_by_line(rests[change.case]))
            seen.append(replace(change, before=replace(change.before, lines=lines)))
        elif not isinstance(change.action, RecreateFulfillment):
            seen.append(change)
    return seen


def _kind(changes: list[Change]) -> str:
    """Which draft: unfulfilled, held or fulfilled_again; blank where the customer sees nothing of it."""
    actions = [change.action for change in changes]
    if any(isinstance(action, RecreateFulfillment) for action in actions):
        return "fulfilled_again"
    if any(isinstance(action, HoldFulfillmentOrder) for action in actions):
        return "held"
    return "unfulfilled" if any(isinstance(action, CancelFulfillment) for action in actions) else ""


def _draft(name: str, changes: list[Change]) -> str:
    kind = _kind(changes)
    told = RecreateFulfillment if kind == "fulfilled_again" else CancelFulfillment
    items = dict.fromkeys(
        item for change in changes if isinstance(change.action, told) for item in _items(change)
    )
    return _template().render(order=_one_line(name), kind=kind, items=list(items))


def _items(change: Change) -> list[str]:
    """ "2 × Mug" for each line of the fulfillment that was cancelled or made."""
    lines: tuple[Line, ...] = ()
    if isinstance(change.action, RecreateFulfillment):
        lines = change.action.lines
    elif isinstance(change.action, CancelFulfillment) and isinstance(change.before, FulfillmentState):
        lines = change.before.lines
    return [
        f"{line.quantity} × {_one_line(line.name or line.sku)}" for line in lines if line.name or line.sku
    ]


def _one_line(text: str) -> str:
    return "".join(sign for sign in _BLANKS.sub(" ", text) if sign.isprintable()).strip()


def _harmless(text: str) -> str:
    """For a cell of index.csv: an apostrophe before what a spreadsheet would compute."""
    return "'" + text if text.startswith(_FORMULA) else text


def _index(rows: list[tuple[str, str, str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("file", "order", "draft", "subject"))
    writer.writerows(rows)
    return out.getvalue()


@cache
def _template() -> jinja2.Template:
    folder = Path(__file__).with_name("templates")
    # Plain text, so nothing is escaped: the drafts are never shown as HTML.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=False, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.get_template("message.txt.j2")
