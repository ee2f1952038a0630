"""Drafts of messages to customers, in their language. Nothing here is ever sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP

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
from unfulfill.report.csv_for_people import csv_for_people
from unfulfill.report.wordings import Wordings, Words, read_wordings

INDEX = "messages.csv"
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_BLANKS = re.compile(r"\s+")
# Kind of finding → the sentence that says to the customer why. What an operator wrote stays inside.
_WHY = {
    "auto_fulfil": "by_itself",
    "burst": "by_itself",
    "fulfilled_out_of_stock": "out_of_stock",
    "no_movement": "not_collected",
    "still_on_shelf": "on_the_shelf",
    "pos_fulfilled": "at_the_till",
    "fulfilled_before_payment": "unpaid",
}
_CUSTOMER_GONE = {"fulfilled_after_cancel", "fulfilled_after_refund"}


@dataclass(frozen=True)
class Draft:
    """One message to the customer of one order."""

    order: str
    language: str
    kind: str  # of DRAFTS
    subject: str
    body: str


def write_messages(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    locales: Mapping[str, str] | None = None,
    wordings: Wordings | None = None,
) -> dict[str, bytes]:
    """File name → content: an .eml for each order that was changed, and messages.csv for mail tools. Or nothing.

    `locales`: order id → the customer's locale, as Shopify has it. Names of orders and items are all that a draft says
    about a customer; it has no address. What was marked as fulfilled needs no excuse.
    """
    drafts = make_drafts(plan, outcomes, locales or {}, wordings or read_wordings())
    files = {
        f"{number:04d}-{_UNSAFE.sub('-', draft.order).strip('-')[:40] or 'order'}.eml": draft
        for number, draft in enumerate(drafts, 1)
    }
    written = {name: _mail(draft) for name, draft in files.items()}
    return {**written, INDEX: _index(files)} if files else {}


def make_drafts(
    plan: Plan, outcomes: Mapping[str, Outcome], locales: Mapping[str, str], wordings: Wordings
) -> list[Draft]:
    """One draft an order, in the plan's order."""
    changed: dict[str, list[Change]] = {}
    for change in plan.changes:
        outcome = outcomes.get(change.id)
        if outcome is not None and outcome.result is Result.APPLIED and change.order_id:
            changed.setdefault(change.order_id, []).append(change)
    if plan.kind == "unfulfill":
        changed = {id_: _seen(changes, plan) for id_, changes in changed.items()}
    told = {} if plan.kind == "fulfil" else {id_: c for id_, c in changed.items() if _kind(c)}
    return [_draft(changes, locales.get(id_, ""), wordings) for id_, changes in told.items()]


def _draft(changes: Sequence[Change], locale: str, wordings: Wordings) -> Draft:
    kind, order = _kind(changes), _one_line(changes[0].order_name)
    language = wordings.language_of(locale)
    words = wordings.texts[language]

    def say(name: str) -> str:
        return words[name].replace("{order}", order)

    told = RecreateFulfillment if kind == "fulfilled_again" else CancelFulfillment
    items = dict.fromkeys(
        item for change in changes if isinstance(change.action, told) for item in _items(change)
    )
    why = _why(changes, words) if kind in ("unfulfilled", "held") else ""
    parts = [
        say("greeting"),
        " ".join(filter(None, [say(f"{kind}.changed"), why])),
        "\n".join([say("about"), *(f"  {item}" for item in items)]) if items else "",
        f"{say('means')}\n{say(f'{kind}.means')}",
        f"{say('next')}\n{say(f'{kind}.next')}",
        say("closing"),
    ]
    return Draft(
        order, language, kind, _one_line(say(f"{kind}.subject")), "\n\n".join(filter(None, parts)) + "\n"
    )


def _why(changes: Sequence[Change], words: Words) -> str:
    """The sentence that fits the findings which every change of the order was marked for; blank: none does."""
    found = [
        {_WHY[kind] for kind in change.reason.split(", ") if kind in _WHY}
        for change in changes
        if isinstance(change.action, CancelFulfillment)
    ]
    shared = set.intersection(*found) if found else set()
    return next((words[f"why.{name}"] for name in _WHY.values() if name in shared), "")


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


def _kind(changes: Sequence[Change]) -> str:
    """Which of DRAFTS; blank where the customer sees nothing of it."""
    actions = [change.action for change in changes]
    if any(isinstance(action, RecreateFulfillment) for action in actions):
        return "fulfilled_again"
    cancelled = [change for change in changes if isinstance(change.action, CancelFulfillment)]
    if cancelled and all(map(_is_customer_gone, cancelled)):
        return "not_shipped"
    if any(isinstance(action, HoldFulfillmentOrder) for action in actions):
        return "held"
    return "unfulfilled" if cancelled else ""


def _is_customer_gone(change: Change) -> bool:
    """Whether the order was cancelled or paid back, so that nothing will ship."""
    before = change.before
    return bool(_CUSTOMER_GONE & set(change.reason.split(", "))) or (
        isinstance(before, FulfillmentState)
        and (before.order.cancelled or before.order.financial_status == "REFUNDED")
    )


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


def _mail(draft: Draft) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = draft.subject
    mail["X-Unsent"] = "1"  # opens as a draft to be addressed and sent
    mail.set_content(draft.body, cte="quoted-printable")
    mail["Content-Language"] = draft.language
    return mail.as_bytes()


def _index(files: Mapping[str, Draft]) -> bytes:
    rows = ((d.order, d.language, d.kind, d.subject, d.body, name) for name, d in files.items())
    return csv_for_people(("order", "language", "draft", "subject", "body", "file"), rows)
