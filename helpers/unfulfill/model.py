"""The things that are few: marks, states read from the shop, changes, plans, outcomes, verdicts.

All are frozen and have no behaviour. `to_json` and `from_json` turn any of them into plain JSON and back.
"""

import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

# ── what a person or a rule decided ──────────────────────────────────────────────────────────────────


class Decision(StrEnum):
    """What shall happen to a fulfillment."""

    UNFULFILL = "unfulfill"
    HOLD = "hold"  # unfulfill, then hold what is open again
    REQUEST = "request_cancellation"  # ask the third-party service to stop
    KEEP = "keep"


@dataclass(frozen=True)
class Mark:
    """One fulfillment and what was decided for it."""

    fulfillment_id: str
    order_id: str
    order_name: str
    decision: Decision
    reason: str = ""
    note: str = ""
    override: str = ""  # why the row is unfulfilled although the parcel seems to have left
    marked_by: str = ""
    part: str = ""  # "SKU-1=2; SKU-2=1": the units to unfulfill, by SKU or order line id; blank: all of them


# ── what was read from the shop ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """Units of one order line in a fulfillment or fulfillment order."""

    line_item_id: str
    quantity: int
    id: str = ""  # of the fulfillment order line; blank in a fulfillment
    sku: str = ""
    name: str = ""


@dataclass(frozen=True)
class Tracking:
    """Tracking of a fulfillment: one company, numbers and urls side by side."""

    company: str = ""
    numbers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hold:
    """One hold on a fulfillment order."""

    id: str
    handle: str
    reason: str
    ours: bool  # placed by the app that asks


@dataclass(frozen=True)
class FulfillmentOrderState:
    """One fulfillment order at one moment."""

    id: str
    status: str  # OPEN, IN_PROGRESS, ON_HOLD, SCHEDULED, CLOSED, CANCELLED, INCOMPLETE
    request_status: str
    location_id: str
    location_name: str
    supported_actions: tuple[str, ...]
    holds: tuple[Hold, ...]
    lines: tuple[Line, ...]  # quantity: remaining. Never sum it over CLOSED ones: there it grows back


@dataclass(frozen=True)
class OrderState:
    """One order at one moment, as far as our changes touch it."""

    id: str
    name: str
    updated_at: datetime
    closed: bool
    cancelled: bool
    financial_status: str
    display_fulfillment_status: str
    return_status: str
    tags: tuple[str, ...]  # sorted
    fulfillments: tuple[tuple[str, str], ...]  # (id, status) of every fulfillment, in the shop's order


@dataclass(frozen=True)
class FulfillmentState:
    """One fulfillment at one moment, with its order."""

    id: str
    name: str
    status: str
    display_status: str
    created_at: datetime
    updated_at: datetime
    in_transit_at: datetime | None
    delivered_at: datetime | None
    location_id: str
    location_name: str
    service_handle: str
    service_type: str
    tracking: Tracking
    total_quantity: int
    lines: tuple[Line, ...]
    order: OrderState


@dataclass(frozen=True)
class LevelState:
    """Stock of one item at one location at one moment, in units."""

    inventory_item_id: str
    location_id: str
    location_name: str
    sku: str
    on_hand: int
    available: int
    committed: int


@dataclass(frozen=True)
class ShopIdentity:
    """Which shop answered."""

    id: str
    domain: str
    name: str
    plan: str
    is_sandbox: bool


# ── what will be done ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class CancelFulfillment:
    """Cancel a fulfillment whole; its units are open again. Inverse: RecreateFulfillment."""

    fulfillment_id: str


@dataclass(frozen=True)
class RecreateFulfillment:
    """Fulfil the open units of order lines again, with the tracking given and no e-mail.

    The fulfillment order is found when it is applied, by order line: the one that a cancel re-opened has a
    new id. Inverse: CancelFulfillment of the fulfillment that came of it.
    """

    lines: tuple[Line, ...]
    tracking: Tracking
    location_id: str  # where it shipped from before


@dataclass(frozen=True)
class HoldFulfillmentOrder:
    """Hold what is open for the order lines given. Inverse: ReleaseHold with the same handle."""

    lines: tuple[Line, ...]
    handle: str
    reason: str
    notes: str


@dataclass(frozen=True)
class ReleaseHold:
    """Release the hold with our handle, and no other. Inverse: HoldFulfillmentOrder."""

    lines: tuple[Line, ...]
    handle: str


@dataclass(frozen=True)
class TagOrder:
    """Add or remove one tag. Inverse: the other; nothing where the tag stood before."""

    tag: str
    add: bool


@dataclass(frozen=True)
class CloseOrder:
    """Archive an order again that was archived before its fulfillment was cancelled. Inverse: orderOpen."""


@dataclass(frozen=True)
class RequestCancellation:
    """Ask the third-party service that has these order lines to stop. It answers later; there is no inverse."""

    lines: tuple[Line, ...]
    message: str


@dataclass(frozen=True)
class SetOnHand:
    """Set what is on hand of one item at one location. Inverse: SetOnHand back.

    `cancelled_units` are those that the cancels of the same plan should bring back there first.
    """

    inventory_item_id: str
    location_id: str
    quantity: int
    cancelled_units: int
    key: str  # a UUID, the same for every sending: Shopify does it once within 24 hours


Action = (
    CancelFulfillment
    | RecreateFulfillment
    | HoldFulfillmentOrder
    | ReleaseHold
    | TagOrder
    | CloseOrder
    | RequestCancellation
    | SetOnHand
)
State = FulfillmentState | OrderState | LevelState


class Reversibility(StrEnum):
    """What undo can give back."""

    UNDOABLE = "undoable"
    NEW_IDS = "undoable, new ids"
    NOT_BY_US = "not undoable by us"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Change:
    """One write to the shop, with what it was planned against."""

    id: str  # unique in its plan, stable: "c0001-cancel"
    case: str  # the changes of one mark share it
    order_id: str
    order_name: str
    fulfillment_id: str  # the fulfillment that the mark names; blank where there is none
    action: Action
    reversibility: Reversibility
    before: State | None  # as read when the plan was made
    needs: tuple[str, ...] = ()  # ids of changes that must be applied first
    reason: str = ""
    override: str = ""
    marked_by: str = ""  # who decided it, and with an override: who answers for that

    @property
    def kind(self) -> str:
        """Name of the action: CancelFulfillment, TagOrder, …"""
        return type(self.action).__name__


@dataclass(frozen=True)
class Skip:
    """A mark that becomes no change, and why."""

    fulfillment_id: str
    order_id: str
    order_name: str
    reason: str  # one word for programs: locked, already_cancelled, …
    message: str  # one sentence for people


@dataclass(frozen=True)
class Limits:
    """Largest plan that may be applied, and when and by whom. Numbers are counts of fulfillments unless said.

    An undo obeys none of them (`plan.raise_if_unsafe` says why).
    """

    max_cancels: int = 1000
    max_share_of_export: float = 1.0  # of the live fulfillments in the export
    max_units: int = 10_000
    protected_tags: tuple[str, ...] = ()  # orders with one of these tags are skipped
    max_changes: int | None = None  # of every kind; None: no limit
    max_share_of_day: float = 1.0  # of the orders created on one day, in `timezone`
    quiet_hours: tuple[str, ...] = ()  # "22:00-06:00": nothing new is sent then, by the shop's clock
    timezone: str = "UTC"  # IANA name
    second_person_above: int | None = None  # changes above which two people must approve; None: one is enough
    unattended_up_to: int | None = None  # changes that a schedule may apply without a person; None: none
    set_by: tuple[tuple[str, str], ...] = ()  # (limit, who set it), where it is not the default


@dataclass(frozen=True)
class Plan:
    """What would be done to one shop, in the order in which it is done."""

    kind: str  # unfulfill, undo or fulfil
    shop: ShopIdentity
    api_version: str
    made_at: datetime
    changes: tuple[Change, ...]
    skips: tuple[Skip, ...]
    limits: Limits
    live_fulfillments: int  # in the export that the plan was made from
    digest: str = ""  # SHA-256 of everything else; filled by plan.seal
    days: tuple[
        tuple[str, int, int], ...
    ] = ()  # day, orders of it that are touched, all its orders in the export


# ── what came of it ──────────────────────────────────────────────────────────────────────────────────


class Result(StrEnum):
    """How one change ended."""

    APPLIED = "applied"
    ALREADY_DONE = "already done"  # by someone else or by the shop itself; nothing was sent
    STALE = "stale"  # the shop changed since the plan was made; nothing was sent
    REFUSED = "refused"  # Shopify said no
    BLOCKED = "blocked"  # a change that it needs did not happen
    NEEDS_PERSON = "needs a person"


IN_EFFECT = (Result.APPLIED, Result.ALREADY_DONE)  # results after which the shop should be as planned


@dataclass(frozen=True)
class Outcome:
    """How one change ended, in words."""

    change_id: str
    result: Result
    message: str = ""
    created_id: str = ""  # the fulfillment or hold that the change made
    fulfillment_order_id: str = ""  # where it happened
    evidence: str = ""  # answer, or read back
    replaced: int | None = None  # what was on hand before it was set


class VerdictKind(StrEnum):
    """What a fresh reading says about a change."""

    CONFIRMED = "confirmed"
    NOT_APPLIED = "not applied"
    CHANGED_SINCE = "changed by someone else since"
    NOT_SENT = "not sent"


@dataclass(frozen=True)
class Landing:
    """One fulfillment order in which units of a cancelled fulfillment are open now."""

    fulfillment_order_id: str
    location_id: str
    location_name: str
    moved: bool  # it is elsewhere than where the units had shipped from
    lines: tuple[Line, ...]  # the units of the cancelled fulfillment there

    @property
    def units(self) -> int:
        """How many units landed there."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True)
class Verdict:
    """One change against a fresh reading of the shop."""

    change_id: str
    kind: VerdictKind
    message: str = ""
    landed: tuple[Landing, ...] = ()  # of a cancelled fulfillment
    is_pending: bool = False  # the apply has not brought it to its end yet


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────

T = TypeVar("T")
Reader = Callable[[Any], Any]
PLAIN = frozenset([str, int, float, bool, type(None)])


def to_json(value: Any) -> Any:
    """Plain JSON of a thing of this module. An action becomes {"kind": its name, …}."""
    kind: Any = type(value)
    if kind in PLAIN:
        return value
    names = _names(kind)
    if names is not None:
        plain = {name: to_json(getattr(value, name)) for name in names}
        if isinstance(value, Change):
            action = plain.pop("action")
            return {"id": plain.pop("id"), "kind": value.kind, **plain, "action": action}
        return plain
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(cls: type[T], plain: Any) -> T:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError where `plain` is something else.

    What an earlier version of the workbench did not write yet has its default.
    """
    any_class: Any = cls
    thing: T = _reader(any_class)(plain)
    return thing


# Plans have tens of thousands of changes, so what a class is made of is found out once.


@functools.cache
def _names(cls: type) -> tuple[str, ...] | None:
    """The fields of a class of ours, which may have none; None for anything else."""
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else None


@functools.cache
def _optional(cls: type) -> frozenset[str]:
    """Fields with a default."""
    return frozenset(
        field.name
        for field in fields(cls)
        if field.default is not MISSING or field.default_factory is not MISSING
    )


@functools.cache
def _reader(hint: Any) -> Reader:
    """What makes a value of this type from plain JSON."""
    origin, arms = get_origin(hint), get_args(hint)
    if hint is Change:
        return _reader_of_changes()
    if hint is State:
        return lambda plain: _reader(_state_type(plain))(plain)
    if origin in (Union, types.UnionType):
        rest = [arm for arm in arms if arm is not type(None)]
        inner = _reader(rest[0] if len(rest) == 1 else State)
        return lambda plain: None if plain is None else inner(plain)
    if origin is tuple and arms[-1] is Ellipsis:
        inner = _reader(arms[0])
        return lambda plain: tuple(map(inner, _checked(plain, list)))
    if origin is tuple:
        readers = [_reader(arm) for arm in arms]
        return lambda plain: tuple(read(item) for read, item in zip(readers, plain, strict=True))
    if hint is datetime:
        return datetime.fromisoformat
    if is_dataclass(hint):
        return _reader_of_class(hint)
    if issubclass(hint, StrEnum):
        return lambda plain: hint(plain)
    if hint is float:
        return lambda plain: float(_checked(plain, (int, float)))
    return lambda plain: _checked(plain, hint)


def _reader_of_class(cls: Any) -> Reader:
    hints: dict[str, Any] = get_type_hints(cls)
    readers, optional = [(name, _reader(hints[name])) for name in _names(cls) or ()], _optional(cls)
    return lambda plain: cls(
        **{name: read(plain[name]) for name, read in readers if name in plain or name not in optional}
    )


def _reader_of_changes() -> Reader:
    hints: dict[str, Any] = get_type_hints(Change)
    readers = [(name, _reader(hints[name])) for name in _names(Change) or () if name != "action"]
    optional = _optional(Change)
    actions = {action.__name__: _reader(action) for action in get_args(Action)}

    def read_change(plain: Any) -> Change:
        action = actions[plain["kind"]](plain["action"])
        told = {name: read(plain[name]) for name, read in readers if name in plain or name not in optional}
        return Change(**told, action=action)

    return read_change


def _state_type(plain: Mapping[str, Any]) -> Any:
    if "on_hand" in plain:
        return LevelState
    return FulfillmentState if "order" in plain else OrderState


def _checked(plain: Any, kind: Any) -> Any:
    if not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is not {kind}")
    return plain
