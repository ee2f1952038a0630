"""Engines with one defect each, made by replacing one part of the real one: the suite must catch every one of them."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from operators import JournalWithPoints

from unfulfill.apply import engine, kinds, sender, settling
from unfulfill.apply.engine import Engine
from unfulfill.apply.history import History
from unfulfill.apply.sender import Sender
from unfulfill.apply.settling import Settler
from unfulfill.errors import NotApplied, OutcomeUnknown
from unfulfill.model import RecreateFulfillment, SetOnHand


@dataclass(frozen=True)
class Defect:
    """One wrong engine, while it is in effect."""

    name: str
    in_effect: Callable[[], AbstractContextManager[Any]]


def _send_before_intent(self: Sender, change: Any, look: Any) -> None:
    attempt = self.history.next_attempt(change)
    operation, variables = kinds.request(change, look, self.history.count(change, "key_spent"))
    try:
        payload = self.shop.write(operation, **variables)
    except (NotApplied, OutcomeUnknown):
        payload = None
    self.history.record(change.id, attempt, "INTENT", self.intent(operation, variables, look))
    if payload is None:
        self.history.record(change.id, attempt, "UNKNOWN", {"message": ""})
    else:
        self.judge(change, attempt, variables, payload)


def _blind_retry(self: Settler, changes: Any) -> None:
    for change in changes:
        attempt = self._history.intents(change)[-1].attempt
        self._history.record(change.id, attempt, "NOT_APPLIED", {"message": "sent again"})


def _unknown_is(event: str, **body: Any) -> Callable[[Sender, Any, Any], None]:
    """An engine that takes a lost answer for something known."""

    def send(self: Sender, change: Any, look: Any) -> None:
        attempt = self.history.next_attempt(change)
        operation, variables = kinds.request(change, look, self.history.count(change, "key_spent"))
        self.history.record(change.id, attempt, "INTENT", self.intent(operation, variables, look))
        try:
            payload = self.shop.write(operation, **variables)
        except NotApplied as error:
            self.history.record(change.id, attempt, "NOT_APPLIED", {"message": str(error)})
            raise
        except OutcomeUnknown as error:
            self.history.record(change.id, attempt, event, {"message": str(error), **body})
            return
        self.judge(change, attempt, variables, payload)

    return send


def _resend_clears(self: History, change: Any, mark: str) -> int:
    events = [event for event in self.of(change) if event.event == "NOT_APPLIED"]
    if mark == "lost" and events and not events[-1].body.get("lost"):
        return 0  # the last sending was refused, so it is taken for never sent
    return sum(bool(event.body.get(mark)) for event in self.of(change))


def _only_live(look: Any) -> Any:
    return replace(look, made_since=tuple(one for one in look.made_since if one.status == "SUCCESS"))


def _happened_if_live(change: Any, look: Any, intent: Any) -> Any:
    return REAL_HAPPENED(change, _only_live(look), intent)


def _doubt_if_live(change: Any, look: Any) -> Any:
    return REAL_DOUBT(change, _only_live(look))


def _happened_by_units(change: Any, look: Any, intent: Any) -> Any:
    """Evidence that is the present state: the units are not open any more."""
    if isinstance(change.action, RecreateFulfillment):
        open_ = kinds.allocate(look.open_orders, change.action.lines, change.action.location_id)
        return None if open_ else kinds.Created("gid://shopify/Fulfillment/0")
    return REAL_HAPPENED(change, look, intent)


def _happened_by_old_answer(change: Any, look: Any, intent: Any) -> Any:
    return REAL_HAPPENED(change, look, {**intent, "was_rejected": False})


Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def _request_with(change_variables: Ask) -> Callable[..., Any]:
    """An engine that asks for something else than it should."""

    def request(change: Any, look: Any, generation: int = 0) -> Any:
        operation, variables = REAL_REQUEST(change, look, generation)
        return operation, change_variables(operation, variables)

    return request


def _without_compare(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    if operation != "InventorySetQuantities":
        return variables
    quantities = [{**variables["input"]["quantities"][0], "changeFromQuantity": None}]
    return {**variables, "input": {**variables["input"], "quantities": quantities}}


def _with_e_mail(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    if operation != "FulfillmentCreate":
        return variables
    return {"fulfillment": {**variables["fulfillment"], "notifyCustomer": True}}


def _whole_order(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    if operation != "FulfillmentCreate":
        return variables
    groups = variables["fulfillment"]["lineItemsByFulfillmentOrder"]
    whole = [{"fulfillmentOrderId": group["fulfillmentOrderId"]} for group in groups]
    return {"fulfillment": {**variables["fulfillment"], "lineItemsByFulfillmentOrder": whole}}


def _without_tracking(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    if operation != "FulfillmentCreate":
        return variables
    return {"fulfillment": {k: v for k, v in variables["fulfillment"].items() if k != "trackingInfo"}}


def _replay_with_random_key(self: Settler, change: Any) -> None:
    intent = self._history.intents(change)[-1]
    try:
        variables = {**intent.body["variables"], "key": str(uuid.uuid4())}
        payload = self._shop.write(intent.body["operation"], **variables)
    except (NotApplied, OutcomeUnknown):
        return
    self._sender.judge(change, intent.attempt, variables, payload)


def _first_look_again(self: Sender, change: Any, look: Any) -> None:
    for _ in range(5):
        try:
            self._try(change, look)
            return
        except NotApplied:
            self.course.wait(1.0)


def _created_anything(change: Any, variables: Any, payload: Any) -> Any:
    if isinstance(change.action, SetOnHand):
        return kinds.Created("")
    return REAL_CREATED(change, variables, payload)


def _ours_by_intent(self: Sender, change: Any) -> bool:
    return any(self.history.intents(each) for each in self.of_order[change.order_id or change.case])


ONLY_LIVE = ((sender, "doubt", _doubt_if_live),)
NO_QUARANTINE = ((settling, "QUARANTINE_S", {}), (settling, "SHORT_QUARANTINE_S", 0.0))


def _record_late(journal: Any, entries: Any) -> None:
    """Rows that are written when the next ones come: an intent is not on disk when its request is sent."""
    kept = journal.__dict__.setdefault("kept", [])
    kept += entries
    if kept and kept[-1][3] != "INTENT":
        REAL_RECORD(journal, kept)
        kept.clear()


def _is_next_whatever(self: Engine, change: Any) -> bool:
    return not (self.history.end(change) or change.id in self.course.deferred)


REAL_HAPPENED, REAL_DOUBT = kinds.happened, kinds.doubt
REAL_REQUEST, REAL_CREATED = kinds.request, kinds.created
REAL_RECORD = JournalWithPoints.record_many


def _replace(*parts: tuple[Any, str, Any]) -> Callable[[], AbstractContextManager[Any]]:
    @contextmanager
    def in_effect() -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, value in parts:
                stack.enter_context(patch.object(owner, name, value))
            yield

    return in_effect


def _evidence(function: Callable[..., Any], *more: Any) -> Callable[[], AbstractContextManager[Any]]:
    return _replace((sender, "happened", function), (settling, "happened", function), *more)


def _asks(
    change_variables: Callable[[str, dict[str, Any]], dict[str, Any]],
) -> Callable[[], AbstractContextManager[Any]]:
    return _replace((sender, "request", _request_with(change_variables)))


DEFECTS = (
    Defect("sends before the intent is written", _replace((Sender, "_send", _send_before_intent))),
    Defect("writes the intent after the request has left", _replace((JournalWithPoints, "record_many", _record_late))),
    Defect("sends again without looking", _replace((Settler, "settle", _blind_retry))),
    Defect("forgets open intents on resume", _replace((History, "open_intent", lambda self, change: None))),
    Defect("takes a lost answer for a success", _replace((Sender, "_send", _unknown_is("APPLIED", created_id="")))),
    Defect("takes a lost answer for a failure", _replace((Sender, "_send", _unknown_is("NOT_APPLIED")))),
    Defect("takes a refused resend for never sent", _replace((History, "count", _resend_clears))),
    Defect("believes at once that a lost request is gone", _replace(*NO_QUARANTINE)),
    Defect("ends while a lost request may still arrive", _replace((sender, "LATEST_S", 0.0))),
    Defect("does not check what moved since the plan", _replace((kinds, "differences", lambda *_: []))),
    Defect("takes any intent for its own writing of the order", _replace((Sender, "_order_is_ours", _ours_by_intent))),
    Defect("sends again on an old look", _replace((Sender, "one", _first_look_again))),
    Defect("takes a live fulfillment for the only proof", _evidence(_happened_if_live, *ONLY_LIVE)),
    Defect("takes units that are not open for proof", _evidence(_happened_by_units)),
    Defect("takes a service's old answer for proof", _evidence(_happened_by_old_answer)),
    Defect("has no doubt where tracking was edited", _replace((sender, "doubt", lambda change, look: None))),
    Defect("goes on after a needed change failed", _replace((Engine, "_is_next", _is_next_whatever))),
    Defect("sets stock whatever it was", _asks(_without_compare)),
    Defect("sends a stock change again under another key", _replace((Settler, "_replay", _replay_with_random_key))),
    Defect("believes an empty answer to a stock change", _replace((sender, "created", _created_anything))),
    Defect("sets stock among the cancels", _replace((engine, "_kind_of_wave", lambda changes: (False, 250)))),
    Defect("sends an e-mail", _asks(_with_e_mail)),
    Defect("fulfils the whole fulfillment order", _asks(_whole_order)),
    Defect("loses the tracking", _asks(_without_tracking)),
)  # fmt: skip
