"""The kinds of search filters: what values each takes, and the SQL that it becomes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox_shop.world import format_time

Condition = tuple[str, list[object]]
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


class InvalidValue(Exception):
    """The value is none that this filter takes."""


@dataclass(frozen=True)
class SearchSettings:
    """What values are read against."""

    now: datetime
    timezone: str  # of the shop: for times without an offset


# comparator, value, ends in *, settings, full name of the filter → SQL on alias t
Build = Callable[[str, str, bool, SearchSettings, str], Condition]


def time_filter(sql: str) -> Build:
    """A time: whole years, months and days are spans; `now` is the shop's clock."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        start, end = _span(value, settings)
        if comparator == "":
            return f"{sql} >= ? and {sql} < ?", [start, end]
        operator, edge = {">": (">=", end), ">=": (">=", start), "<": ("<", start), "<=": ("<", end)}[
            comparator
        ]
        return f"{sql} {operator} ?", [edge]

    return build


def id_filter(sql: str) -> Build:
    """A number, or a range of numbers; `sql` holds `{}` for the comparison."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        if not value.isdecimal():
            raise InvalidValue(value)
        return _filled(sql, f"{comparator or '='} ?", int(value))

    return build


def number_filter(sql: str) -> Build:
    """A decimal number, or a range of them."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        try:
            return f"cast({sql} as real) {comparator or '='} ?", [float(value)]
        except ValueError:
            raise InvalidValue(value) from None

    return build


def text_filter(sql: str, strip: str = "", is_list: bool = False) -> Build:
    """Text without regard to case, `*` at its end for any rest; `sql` holds `{}` for the comparison."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        values = value.split(",") if is_list else [value]
        escaped = [re.sub(r"([%_\\])", r"\\\1", each.strip().removeprefix(strip)) for each in values]
        parts = [_filled(sql, r"like ? escape '\'", each + "%" * is_prefix) for each in escaped]
        return " or ".join(f"({part})" for part, _ in parts), [value for _, more in parts for value in more]

    return build


def choice_filter(choices: dict[str, str]) -> Build:
    """One of a few words, each with its SQL; any other is an invalid value."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        if value.lower() not in choices:
            raise InvalidValue(value)
        return choices[value.lower()], []

    return build


def nothing(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
    """A filter that Shopify knows and for which the sandbox holds no data."""
    return "0", []


def metafield_filter(kind: str) -> Build:
    """`metafields.<namespace>.<key>`."""

    def build(comparator: str, value: str, is_prefix: bool, settings: SearchSettings, name: str) -> Condition:
        namespace, _, key = name.removeprefix("metafields.").partition(".")
        sql = (
            f"exists(select 1 from metafield where owner = 'gid://shopify/{kind}/' || t.id"
            " and namespace = ? and key = ? and value = ?)"
        )
        return sql, [namespace, key, value]

    return build


def _filled(sql: str, comparison: str, value: object) -> Condition:
    """The SQL with its comparison in each place, and the value as often."""
    return sql.format(comparison), [value] * len(re.findall(r"\{0?\}", sql))


def _span(value: str, settings: SearchSettings) -> tuple[str, str]:
    """First moment of a time, and the first after it."""
    if value.lower() == "now":
        return format_time(settings.now), format_time(settings.now + timedelta(seconds=1))
    zone = _zone(settings.timezone)
    try:
        if match := _PARTIAL.fullmatch(value):
            year, month, day = (int(part) if part else 0 for part in match.groups())
            start = datetime(year, month or 1, day or 1, tzinfo=zone)
            if day:
                end = start + timedelta(days=1)
            else:
                end = datetime(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1, tzinfo=zone)
        else:
            start = datetime.fromisoformat(value.strip().replace(" ", "T", 1)).replace(microsecond=0)
            start = start if start.tzinfo else start.replace(tzinfo=zone)
            end = start + timedelta(seconds=1)
        return format_time(start), format_time(end)
    except (ValueError, OverflowError):
        raise InvalidValue(value) from None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a machine without a time zone database
        return UTC
