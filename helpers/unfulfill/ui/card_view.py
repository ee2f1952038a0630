"""What the browser shows of one order: texts only, put together from its card."""

from typing import Any

from unfulfill import words
from unfulfill.audit.signals import said_signal
from unfulfill.mark import FIXES as FIX_ORDER
from unfulfill.order_card import CardLine, OrderCard
from unfulfill.plan_parts import PartUnclear, part_units
from unfulfill.ui.marking_words import said
from unfulfill.ui.shown import plain, said_kind
from unfulfill.words import said_word


def card_message(card: OrderCard, decided: dict[str, str]) -> dict[str, Any]:
    """The card and what is decided (column → text), as the browser draws it."""
    return {
        "title": said("card_title", order=card.order_name),
        "about": said(
            "card_about",
            fulfillment=card.fulfillment_name or card.order_name,
            location=card.location or said("none"),
            status=said_word(card.display_status, card.display_status, of="display_status") or said("none"),
            payment=card.payment or said("none"),
            source=card.source or said("none"),
        ),
        "admin_url": card.admin_url,
        "locked": said("card_locked", locked=card.locked) if card.locked else "",
        "decided": decided,
        "advice": _advice(card),
        "findings": [
            f"{said_word(finding.severity)}: {finding.message or said_kind(finding.kind)}"
            for finding in card.findings
        ],
        "evidence": said("evidence", percent=card.percent) if card.percent is not None else "",
        "signals": [
            said("signal", points=f"{points:+d}", what=said_signal(name)) for name, points in card.signals
        ],
        "lines": _lines(card, decided["part"]),
        "stock": [
            [_label(line), *(plain(number) for number in (line.on_hand, line.available, line.counted))]
            for line in card.lines
            if line.on_hand is not None
        ],
        "company": card.company,
        "tracking": [list(pair) for pair in card.tracking],
        "events": [[words.said(f"marking_event.{word}"), plain(at)] for at, word in card.events],
    }


def _advice(card: OrderCard) -> str:
    fixes = sorted(
        {finding.right_fix for finding in card.findings if finding.right_fix in FIX_ORDER},
        key=FIX_ORDER.index,
    )
    return said("advice", fix=words.said(f"marking_fix.{fixes[0]}")) if fixes else said("no_advice")


def _lines(card: OrderCard, part: str) -> list[dict[str, Any]]:
    """Each line of the order; `units` are those that are to be unfulfilled, all of them without a part."""
    try:
        wanted = part_units(part, card.units) if part else None
    except PartUnclear:
        wanted = None  # the plan will say so
    return [
        {
            "id": line.line_item_id,
            "label": _label(line),
            "cells": [
                _label(line),
                *(plain(n) for n in (line.ordered, line.in_this, line.open, line.refunded)),
            ],
            "most": line.in_this,
            "units": line.in_this if wanted is None else wanted.get(line.line_item_id, 0),
        }
        for line in card.lines
    ]


def _label(line: CardLine) -> str:
    return f"{line.sku} {line.name}".strip() or line.line_item_id
