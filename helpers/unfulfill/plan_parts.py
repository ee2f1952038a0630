"""The part of a fulfillment to unfulfill, as a person writes it: "SKU-1=2; SKU-2=1". Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from unfulfill.model import Line
from unfulfill.words import said

_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_LOST_DIGITS = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+"
)  # may also be a SKU, so it is looked up first
_SURELY_LOST = re.compile(r"[0-9]+[.,][0-9]+[eE]\+?[0-9]+")
_LINE_ITEM = "gid://shopify/LineItem/"
_BLANKS = " \t\u00a0"


class PartUnclear(ValueError):
    """The text does not say which units; the message says why and what to write, to be put after the row."""


@dataclass(frozen=True)
class NamedUnits:
    """Units of the line with this SKU or order line id; None: all units of it."""

    name: str
    units: int | None


def read_part(text: str) -> tuple[NamedUnits, ...]:
    """What a part names, in its order; a blank part names nothing. Raises PartUnclear.

    Items are divided by semicolons or line breaks; without "=2" all units of the line are meant.
    """
    items = [item.strip(_BLANKS) for item in re.split(r"[;\r\n]", text)]
    named = tuple(_read_item(item) for item in items if item)
    seen: set[str] = set()
    for each in named:
        if each.name in seen:
            raise PartUnclear(said("plan_error.part_named_twice", name=each.name))
        seen.add(each.name)
    if not named and text.strip(_BLANKS):
        raise PartUnclear(said("plan_error.part_without_lines", text=text.strip(_BLANKS)))
    return named


def _read_item(item: str) -> NamedUnits:
    name, sign, count = (piece.strip(_BLANKS) for piece in item.rpartition("="))
    if not sign:
        name, count = item, ""
    if not name:
        raise PartUnclear(said("plan_error.part_without_line", text=item))
    if _SURELY_LOST.fullmatch(name):
        raise PartUnclear(said("plan_error.part_rounded", name=name))
    if sign and not _WHOLE.fullmatch(count):
        raise PartUnclear(said("plan_error.part_no_number", units=count, text=item))
    return NamedUnits(name, int(count) if sign else None)


def part_units(text: str, lines: Iterable[Line]) -> dict[str, int]:
    """The units of a part by order line id, held against the lines of its fulfillment. Raises PartUnclear."""
    fulfilled = units_by_line(lines)
    skus = {line.line_item_id: line.sku for line in lines}
    wanted: dict[str, int] = {}
    for named in read_part(text):
        line_id = _line_called(named.name, skus)
        if line_id in wanted:
            raise PartUnclear(said("plan_error.part_line_again", name=named.name))
        most = fulfilled[line_id]
        if named.units is not None and named.units > most:
            told = {"count": named.units, "name": named.name, "most": most}
            raise PartUnclear(said("plan_error.part_too_many", **told))
        wanted[line_id] = named.units or most
    return wanted


def part_text(lines: Iterable[Line], wanted: Mapping[str, int]) -> str:
    """The part that names these units (order line id → units), as a person would write it; blank where it is all.

    A line is named by its SKU where that says which one is meant, else by its order line id. Raises PartUnclear where
    no unit is wanted, or more than were fulfilled.
    """
    lines = tuple(lines)
    fulfilled, skus = units_by_line(lines), {line.line_item_id: line.sku for line in lines}
    if not any(wanted.values()):
        raise PartUnclear(said("plan_error.part_of_nothing"))
    if all(wanted.get(id_, 0) == units for id_, units in fulfilled.items()):
        return ""
    names = {id_: _name_of(id_, skus) for id_, units in wanted.items() if units}
    text = "; ".join(f"{name}={wanted[id_]}" for id_, name in names.items())
    part_units(text, lines)
    return text


def _name_of(line_id: str, skus: Mapping[str, str]) -> str:
    """The SKU of a line where it says which line is meant, else the number of its id, else the id."""
    sku, number = skus.get(line_id, ""), line_id.removeprefix(_LINE_ITEM)
    is_plain = (
        sku == sku.strip(_BLANKS) and not re.search(r"[;=\r\n]", sku) and not _SURELY_LOST.fullmatch(sku)
    )
    numbers = {id_.removeprefix(_LINE_ITEM) for id_ in skus}
    if sku and is_plain and sku not in numbers and list(skus.values()).count(sku) == 1:
        return sku
    return line_id if number in skus.values() else number


def _line_called(name: str, skus: dict[str, str]) -> str:
    found = [id_ for id_, sku in skus.items() if name in (sku, id_) or _LINE_ITEM + name == id_]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(id_.rsplit("/", 1)[-1] for id_ in found)
        told = {"name": name, "number": len(found), "ids": numbers}
        raise PartUnclear(said("plan_error.part_on_lines", **told))
    if _LOST_DIGITS.fullmatch(name):
        raise PartUnclear(said("plan_error.part_rounded", name=name))
    alike = next((sku for sku in skus.values() if sku.casefold() == name.casefold()), "")
    if alike:
        raise PartUnclear(said("plan_error.part_alike", name=name, alike=alike))
    known = ", ".join(dict.fromkeys(sku or id_.rsplit("/", 1)[-1] for id_, sku in skus.items()))
    raise PartUnclear(said("plan_error.part_unknown", name=name, known=known))


def split_lines(lines: Sequence[Line], wanted: dict[str, int]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Lines of the part, and lines of the rest; each unit is in one of them."""
    part, rest, left = [], [], dict(wanted)
    for line in lines:
        taken = min(line.quantity, left.get(line.line_item_id, 0))
        if taken:
            left[line.line_item_id] -= taken
            part.append(replace(line, quantity=taken))
        if line.quantity > taken:
            rest.append(replace(line, quantity=line.quantity - taken))
    return tuple(part), tuple(rest)


def units_by_line(lines: Iterable[Line]) -> dict[str, int]:
    """Order line id → units, sorted: how two sets of lines are compared."""
    total: dict[str, int] = {}
    for line in lines:
        total[line.line_item_id] = total.get(line.line_item_id, 0) + line.quantity
    return dict(sorted(total.items()))
