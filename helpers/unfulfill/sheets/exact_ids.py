"""Ids from sheets: exact or refused. A mangled id is never repaired, because it may be another order's."""

import re

from unfulfill.words import said

SHOWN = 60  # characters of what is no id
_WHOLE = re.compile(r"[1-9][0-9]{0,18}(?:\.0)?")
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")


class MangledId(ValueError):
    """The text is not an exact id; the message says why, to be put after the row and column."""


def exact_id(text: str, kind: str) -> str:
    """The gid of `kind` ("Fulfillment") that a cell names: a gid, or its number as exports write it.

    Blanks around it and a leading apostrophe are a spreadsheet's and are dropped. Raises MangledId.
    """
    plain = text.strip(" \t\u00a0").removeprefix("'").strip(" ")
    shown = plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…"
    prefix = f"gid://shopify/{kind}/"
    number = plain.removeprefix(prefix)
    if number.startswith("gid:"):
        raise MangledId(said("cell.other_id", text=shown, kind=kind, prefix=prefix))
    if was_rounded(number):
        raise MangledId(said("cell.rounded_id", text=shown))
    if not _WHOLE.fullmatch(number):
        raise MangledId(said("cell.no_id", text=shown, prefix=prefix))
    return prefix + number.removesuffix(".0")


def was_rounded(text: str) -> bool:
    """Whether a spreadsheet wrote a long number as 1.23E+15: its digits are lost."""
    return _ROUNDED.fullmatch(text) is not None
