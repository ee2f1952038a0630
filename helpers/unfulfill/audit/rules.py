"""Rules about one fulfillment and its order: payment, cancel, refund, hold, till, third-party service."""

from collections.abc import Mapping, Set

import pandas as pd

from unfulfill.audit.evidence import lock_reasons, moments
from unfulfill.audit.facts import LIVE, OPEN_AT_SERVICE
from unfulfill.audit.findings import fulfillment_findings
from unfulfill.audit.sentences import TEXT, days, each, told
from unfulfill.words import said, said_word

CAPTURED_ON_FULFILLMENT = pd.Timedelta(hours=1)  # shops that capture when they ship are paid a moment later
MIND_CHANGED = pd.Timedelta(
    days=2
)  # a refund so soon after the fulfillment is a customer who changed his mind
AT_THE_TILL = pd.Timedelta(minutes=5)
UNPAID = ("PENDING", "AUTHORIZED", "EXPIRED", "VOIDED")
USUAL_SHARE = 0.5  # what happens to most fulfillments is how the shop works, not a mistake
ANNOUNCED = ("", "SUBMITTED", "CONFIRMED", "LABEL_PURCHASED", "LABEL_PRINTED", "LABEL_VOIDED")
# Holds that concern the whole order. The others (out of stock, unknown date …) usually keep back the rest of an order
# whose first parcel rightly left.
HOLDS_ON_THE_ORDER = ("AWAITING_PAYMENT", "HIGH_RISK_OF_FRAUD", "INCORRECT_ADDRESS", "OTHER")


def fulfilled_after_cancel(facts: pd.DataFrame) -> pd.DataFrame:
    """Live fulfillments of cancelled orders."""
    rows = facts[facts["is_live"] & facts["cancelled_at"].notna()]
    after = rows["created_at"] >= rows["cancelled_at"]
    day = rows["cancelled_at"]
    message = told("finding.cancelled_after", day=day).where(after, told("finding.cancelled_stands", day=day))
    return fulfillment_findings(
        rows, "fulfilled_after_cancel", "high", "unfulfill", message, fix_where_left="return"
    )


def fulfilled_after_refund(facts: pd.DataFrame) -> pd.DataFrame:
    """Live fulfillments of orders refunded in full, but not those that left before the refund or came back.

    A partial refund followed by a fulfillment is ordinary: the rest of the order was shipped. A refund that comes days
    after the fulfillment, with nothing sent back, is what a customer gets whose parcel was lost or never sent: only the
    shelf can tell.
    """
    refunded = (
        facts["is_live"]
        & (facts["financial_status"] == "REFUNDED").astype(bool)
        & facts["cancelled_at"].isna()
    )
    after = facts["created_at"] >= facts["refunded_at"]
    is_return = ~facts["return_status"].isin(("", "NO_RETURN")).astype(bool)
    still_stands = ~after & ~is_return & (facts["locked"] == "").astype(bool)
    rows = facts[refunded & (after | still_stands)]
    is_after = after[rows.index]
    day = days(rows["refunded_at"]).fillna(said("finding.unknown_day"))
    message = told("finding.refunded_after", day=day).where(
        is_after, told("finding.refunded_stands", day=day)
    )
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(is_after, "high")
    is_late = (rows["refunded_at"] - rows["created_at"] > MIND_CHANGED).astype(bool)
    message = message.mask(is_late, message + " " + said("finding.refunded_late"))
    fix = pd.Series("unfulfill", index=rows.index, dtype=TEXT).mask(is_late, "count_again")
    return fulfillment_findings(
        rows, "fulfilled_after_refund", severity, fix, message, fix_where_left="return"
    )


def fulfilled_on_hold(facts: pd.DataFrame, fulfillment_orders: pd.DataFrame) -> pd.DataFrame:
    """Live fulfillments of orders with a fulfillment order on hold."""
    held = fulfillment_orders.loc[fulfillment_orders["status"] == "ON_HOLD", ["order_id", "holds"]]
    held = held.assign(holds=held["holds"].fillna("")).drop_duplicates("order_id")
    rows = facts[facts["is_live"] & facts["order_id"].isin(held["order_id"])]
    reason = rows["order_id"].map(held.set_index("order_id")["holds"]).astype(TEXT)
    whole = (reason == "").astype(bool)
    for word in HOLDS_ON_THE_ORDER:
        whole |= reason.str.contains(word, regex=False).astype(bool)
    message = told("finding.on_hold", reason=each(reason, hold_words))
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(whole, "high")
    fix = pd.Series("nothing", index=rows.index, dtype=TEXT).mask(whole, "hold")
    return fulfillment_findings(rows, "fulfilled_on_hold", severity, fix, message)


def hold_words(reasons: str) -> str:
    """Shopify's reasons of a hold, "AWAITING_PAYMENT, OTHER", for people."""
    each_one = (reason.strip().lower() for reason in reasons.split(",") if reason.strip())
    return ", ".join(said_word(reason) for reason in each_one) or said("finding.no_reason")


def fulfilled_before_payment(facts: pd.DataFrame) -> pd.DataFrame:
    """Live fulfillments of orders that were not paid then; low and no fix where that is usual.

    Shops that sell on account or cash on delivery always fulfil first.
    """
    never = facts["paid_at"].isna() & facts["financial_status"].isin(UNPAID).astype(bool)
    later = facts["created_at"] + CAPTURED_ON_FULFILLMENT < facts["paid_at"]
    early = facts["is_live"] & (never | later)
    is_usual = bool(len(facts) >= 20 and early.sum() > USUAL_SHARE * len(facts))
    rows = facts[early]
    unpaid = never[early]
    status = each(rows["financial_status"], lambda word: said_word(word.lower()))
    paid_later = told("finding.paid_later", fulfilled=rows["created_at"], paid=rows["paid_at"])
    message = told("finding.never_paid", status=status).where(unpaid, paid_later)
    severity = pd.Series("low", index=rows.index, dtype=TEXT)
    fix = pd.Series("nothing", index=rows.index, dtype=TEXT)
    if is_usual:
        message = message + " " + said("finding.usually_unpaid")
    else:
        severity, fix = severity.mask(unpaid, "medium"), fix.mask(unpaid, "hold")
    return fulfillment_findings(rows, "fulfilled_before_payment", severity, fix, message)


def pos_fulfilled(facts: pd.DataFrame) -> pd.DataFrame:
    """Orders taken at the till with items for a carrier, fulfilled within minutes without tracking.

    A sale that is handed over at the till (delivery method RETAIL) is fulfilled there rightly.
    """
    waited = facts["created_at"] - facts["ordered_at"]
    rows = facts[
        facts["is_live"]
        & facts["is_pos"]
        & facts["ships"]
        & facts["is_to_be_shipped"]
        & ~facts["is_tracked"]
        & (waited <= AT_THE_TILL)
    ]
    message = pd.Series(said("finding.at_the_till"), index=rows.index)
    return fulfillment_findings(rows, "pos_fulfilled", "high", "unfulfill", message)


def third_party_open(facts: pd.DataFrame) -> pd.DataFrame:
    """Fulfillments with a fulfillment service that has not shipped them."""
    status = facts["status"].isin(OPEN_AT_SERVICE).astype(bool)
    announced = facts["display_status"].isin(ANNOUNCED).astype(bool) & ~facts["is_tracked"]
    rows = facts[facts["is_third_party"] & (status | announced) & (facts["locked"] == "").astype(bool)]
    service = rows["service_name"].mask(rows["service_name"] == "", rows["location_name"])
    message = told("finding.at_service", service=service)
    return fulfillment_findings(rows, "third_party_open", "medium", "request_cancellation", message)


def was_cancelled_since(fulfillments: pd.DataFrame) -> pd.Series:
    """Which fulfillments of a FULFILLMENTS table stood in the earlier export and are cancelled in this one."""
    since = (fulfillments["status"] == "CANCELLED") & (fulfillments["status_before"] == LIVE)
    return since.fillna(False).astype(bool)


def cancelled_elsewhere(tables: Mapping[str, pd.DataFrame], ours: Set[str]) -> pd.DataFrame:
    """Fulfillments cancelled since the earlier export by somebody else; `ours` are those that the workbench cancelled.

    They are no longer live, so nothing is to be unfulfilled; but their order waits to be shipped again, and where the
    parcel had left it may be shipped twice.
    """
    fulfillments = tables["fulfillments"]
    rows = fulfillments[was_cancelled_since(fulfillments) & ~fulfillments["fulfillment_id"].isin(ours)]
    names = tables["orders"].set_index("order_id")["name"]
    rows = rows.assign(
        order_name=rows["order_id"].map(names).astype(TEXT),
        location_id=rows["location_id"].fillna(""),
        locked="",  # nothing keeps a cancelled fulfillment from being cancelled
        is_third_party=False,
    )
    left = lock_reasons(rows)
    message = told(
        "finding.cancelled_elsewhere",
        name=rows["name"].fillna(""),
        order=rows["order_name"].fillna("?"),
        day=days(moments(rows["updated_at"])).fillna(said("finding.unknown_day")),
    )
    message = message.mask(left.notna(), told("finding.had_left", message=message, locked=left))
    return fulfillment_findings(rows, "cancelled_elsewhere", "medium", "nothing", message)
