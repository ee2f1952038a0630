"""Which orders are exported: the filters of a person, and the search that they become. Pure."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from unfulfill.errors import ParameterRefused
from unfulfill.words import listed, said

NAMES_A_SEARCH = 50
MOST_NAMES_SEARCHED = 2000  # beyond, everything is read and the names are compared here
ORDER_STATUSES = ("open", "closed", "cancelled", "not_closed")
FULFILLMENT_STATUSES = (
    "shipped",
    "partial",
    "unfulfilled",
    "unshipped",
    "fulfilled",
    "scheduled",
    "on_hold",
    "request_declined",
)
ORDER_ID = re.compile(r"(?:gid://shopify/Order/)?([1-9][0-9]{11,17})", re.ASCII)
MANGLED_ID = re.compile(r"[0-9]+[.,][0-9]+[eE]\+?[0-9]+|[0-9]+[eE]\+[0-9]+|[0-9]{12,}[.,]0*", re.ASCII)
TIMES = ("created_from", "created_to", "updated_from", "updated_to", "fulfilled_from", "fulfilled_to")
LISTS = ("locations", "tags", "names", "source_names", "statuses", "carriers", "services", "tracking")
UNTRACKED = "none"


@dataclass(frozen=True)
class Filters:
    """Which orders to export; blank means all. Different filters are all met; of one list, any.

    A time is "2026-10-05" (that whole day in UTC, as start and as end) or "2026-10-05T08:30:00Z". An order
    comes with all its fulfillments: `fulfilled_*`, `locations` (names or ids), `carriers`, `services` (names or
    handles) and `tracking` (numbers, or "none" for no number at all) ask for at least one fulfillment that meets
    all of them. `names` are order names or ids. `statuses` are Shopify's search words: open, closed, cancelled,
    not_closed; shipped, partial, unfulfilled, unshipped, fulfilled, scheduled, on_hold.

    Raises ParameterRefused with every problem in one message.
    """

    created_from: str = ""
    created_to: str = ""
    updated_from: str = ""
    updated_to: str = ""
    fulfilled_from: str = ""
    fulfilled_to: str = ""
    locations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    source_names: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Accept dates and lists as notebooks give them, and refuse what makes no sense."""
        problems: list[str] = []
        for name in TIMES:
            value: Any = getattr(self, name)
            object.__setattr__(self, name, value.isoformat() if isinstance(value, date) else value or "")
        for name in LISTS:
            object.__setattr__(self, name, _texts(name, getattr(self, name), problems))
        for name in TIMES:
            problems += _time_problems(name, getattr(self, name))
        problems += [
            said("export_error.reversed", first=first, second=second)
            for first, second in zip(TIMES[::2], TIMES[1::2], strict=True)
            if not problems and self._is_reversed(first, second)
        ]
        problems += [problem for name in self.names if (problem := name_problem(name))]
        known = (*ORDER_STATUSES, *FULFILLMENT_STATUSES)
        problems += [
            said("export_error.no_status", word=repr(word), known=", ".join(known))
            for word in self.statuses
            if word not in known
        ]
        if problems:
            raise ParameterRefused(said("export_error.filters", problems=listed(problems)))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filters()

    @property
    def order_ids(self) -> frozenset[str]:
        """The ids among `names`, as gids."""
        return frozenset(
            f"gid://shopify/Order/{match[1]}" for name in self.names if (match := ORDER_ID.fullmatch(name))
        )

    @property
    def order_names(self) -> frozenset[str]:
        """The names among `names`, without # and in lower case."""
        return frozenset(plain_name(name) for name in self.names if not ORDER_ID.fullmatch(name))

    def span(self, what: str) -> tuple[datetime | None, datetime | None]:
        """Start (inclusive) and end (exclusive) of created, updated or fulfilled, in UTC."""
        start, end = getattr(self, f"{what}_from"), getattr(self, f"{what}_to")
        return (_instant(start) if start else None, _end(end) if end else None)

    def to_json(self) -> dict[str, Any]:
        """The filters that are set."""
        return {name: value for name, value in asdict(self).items() if value}

    def _is_reversed(self, first: str, second: str) -> bool:
        start, end = getattr(self, first), getattr(self, second)
        return bool(start and end and _instant(start) >= _end(end))


def searches(filters: Filters) -> tuple[str, ...]:
    """The searches that together find every order wanted, and perhaps more: one, or one for each 50 names.

    Each term stands in parentheses, for Shopify's documentation and its shops disagree about what binds
    first (shopify.dev, search syntax, 2026-11); each value is quoted and escaped.
    """
    terms = []
    for what in ("created", "updated"):
        start, end = filters.span(what)
        terms += [f"({what}_at:>='{stamp(start)}')"] if start else []
        terms += [f"({what}_at:<'{stamp(end)}')"] if end else []
    terms += _any("tag", filters.tags)
    terms += _any("source_name", filters.source_names)
    terms += _any("status", [word for word in filters.statuses if word in ORDER_STATUSES])
    terms += _any("fulfillment_status", [word for word in filters.statuses if word in FULFILLMENT_STATUSES])
    if not filters.names or len(filters.names) > MOST_NAMES_SEARCHED:
        return (" AND ".join(terms),)
    named = [
        f"id:{match[1]}" if (match := ORDER_ID.fullmatch(name)) else f"name:{quoted(name)}"
        for name in filters.names
    ]
    groups = [named[start : start + NAMES_A_SEARCH] for start in range(0, len(named), NAMES_A_SEARCH)]
    return tuple(" AND ".join([*terms, f"({' OR '.join(group)})"]) for group in groups)


def here(filters: Filters) -> list[str]:
    """The filters that the shop cannot apply, so that they are applied to what was read: words of our data."""
    asked = {
        "fulfilled between": filters.fulfilled_from or filters.fulfilled_to,
        "fulfillment location": filters.locations,
        "carrier": filters.carriers,
        "service": filters.services,
        "tracking": filters.tracking,
        "names": filters.names,
    }
    return [words for words, value in asked.items() if value]


def quoted(value: str) -> str:
    """A value of a search, quoted and escaped."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain_name(name: str) -> str:
    """An order name as it is compared: without # and in lower case."""
    return name.removeprefix("#").casefold()


def name_problem(name: str) -> str:
    """Why a text is no order name or id; blank where it is one."""
    if MANGLED_ID.fullmatch(name):
        return said("export_error.rounded_id", name=repr(name))
    if name.startswith("gid:") and not ORDER_ID.fullmatch(name):
        return said("export_error.no_order_id", name=repr(name))
    if not name.isprintable() or len(name) > 100 or set(name) & set(",;\t"):
        return said("export_error.no_order_name", name=repr(name[:40]))
    return ""


def _texts(name: str, value: Any, problems: list[str]) -> tuple[str, ...]:
    values: Iterable[Any] = [value] if isinstance(value, str) else (value or ())
    if not isinstance(values, (list, tuple, set, frozenset)) or not all(
        isinstance(item, str) for item in values
    ):
        problems.append(said("export_error.no_list", name=name))
        return ()
    return tuple(dict.fromkeys(text for item in values if (text := item.strip())))


def _time_problems(name: str, value: Any) -> list[str]:
    if not value:
        return []
    try:
        _instant(value)
    except (ValueError, TypeError, OverflowError):
        return [said("export_error.no_time", name=name, value=repr(value))]
    return []


def _is_day(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) is not None


def _instant(value: str) -> datetime:
    if _is_day(value):
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("without a zone")
    return moment.astimezone(UTC)


def _end(value: str) -> datetime:
    return _instant(value) + (timedelta(days=1) if _is_day(value) else timedelta(seconds=1))


def stamp(moment: datetime) -> str:
    """A time as it stands in a search: UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _any(field: str, values: Iterable[str]) -> list[str]:
    alternatives = " OR ".join(f"{field}:{quoted(value)}" for value in values)
    return [f"({alternatives})"] if alternatives else []
