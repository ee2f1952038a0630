"""The lists from which filters are chosen, each word with the number of its rows."""

from collections.abc import Iterable
from typing import Any

from unfulfill.audit import KINDS, Audit
from unfulfill.row_index import Column, Rows
from unfulfill.row_index.row_filter import BLANK
from unfulfill.ui.marking_words import said
from unfulfill.ui.shown import said_kind
from unfulfill.words import said_word

MOST = 500  # of one list


def choices_of(rows: Rows, audit: Audit) -> dict[str, Any]:
    """Filter → pairs of value and text; "sku" → SKUs to suggest."""
    found = _each(rows["findings"], ", ")
    members = _each(rows["incidents"], "\n")
    incidents = [name for name in audit.incidents["incident"] if name in members]
    return {
        "kind": [_choice(kind, said_kind(kind), found[kind]) for kind in KINDS if kind in found],
        "incident": [_choice(name, name, members[name]) for name in incidents[:MOST]],
        "status": _words(rows["display_status"], of="display_status"),
        "location": _words(rows["location_name"]),
        "service": _words(rows["service_name"]),
        "app": _words(rows["source_name"]),
        "sku": _skus(rows["items"]),
    }


def _words(column: Column, of: str = "") -> list[list[str]]:
    """Words of the shop; those of a section `of` the files of messages in the operator's language."""
    counted = column.counted()[:MOST]
    return [
        _choice(word or BLANK, said_word(word, word, of=of) if word else said("blank"), count)
        for word, count in counted
    ]


def _choice(value: str, word: str, count: int) -> list[str]:
    return [value, said("choice", word=word, count=count)]


def _each(column: Column, between: str) -> dict[str, int]:
    """Names that stand in lists, with the number of rows of each."""
    counts: dict[str, int] = {}
    for words, count in column.counted():
        for name in filter(None, words.split(between)):
            counts[name] = counts.get(name, 0) + count
    return counts


def _skus(items: Column) -> list[str]:
    """The SKUs of the first rows: suggestions, not all there are."""
    texts: Iterable[str] = items.texts(range(min(len(items), 2_000)))
    return sorted({part.partition(" × ")[2] for text in texts for part in text.split(", ")} - {""})[:200]
