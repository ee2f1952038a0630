"""Changes that were sent and whose outcome is not known: looked for in the shop, never sent blindly."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from unfulfill.apply.kinds import happened
from unfulfill.apply.look import Look, look_at
from unfulfill.apply.sender import BACK_OFF_S, Sender
from unfulfill.errors import NotApplied, OutcomeUnknown
from unfulfill.journal import Event
from unfulfill.model import Change, SetOnHand
from unfulfill.words import said

# A fulfillmentCreate that arrives late would fulfil twice, so it gets long to arrive before we believe that it
# did not; the others do nothing when they come twice.
QUARANTINE_S = {"RecreateFulfillment": 120.0}
SHORT_QUARANTINE_S = 5.0
KEY_LIVES = timedelta(
    hours=20
)  # Shopify keeps an idempotency key for 24 hours (usage/idempotent-requests, 2026-11)

# What the shop says of a key that it knows, or of a level that the first sending did not change.
TOLD_BY_KEY = frozenset(
    [
        "IDEMPOTENCY_CONCURRENT_REQUEST",
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
        "CHANGE_FROM_QUANTITY_STALE",
    ]
)


class Settler:
    """Finds out what became of intents without an outcome."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._shop = sender.shop
        self._history = sender.history
        self._course = sender.course

    def settle(self, changes: Sequence[Change]) -> None:
        """Intents without an outcome: find the event in the shop, now or after its quarantine.

        Where Stop was asked for meanwhile they stay open, and resuming begins with them.
        """
        for change in changes:
            if isinstance(change.action, SetOnHand):
                self._replay(change)
        open_ = [change for change in changes if not isinstance(change.action, SetOnHand)]
        longest_s = max((QUARANTINE_S.get(c.kind, SHORT_QUARANTINE_S) for c in open_), default=0.0)
        for wait_s in (0.0, longest_s):
            if not open_ or not self._course.wait(wait_s):
                return
            looks = look_at(self._shop, open_, self._history.seen(open_))
            with self._history.together():
                open_ = [change for change in open_ if not self._is_found(change, looks[change.id])]
        with self._history.together():
            for change in open_:
                message = said("sent.no_trace")
                attempt = self._history.intents(change)[-1].attempt
                self._history.record(change.id, attempt, "NOT_APPLIED", {"message": message, "lost": True})

    def _is_found(self, change: Change, look: Look) -> bool:
        intent = self._history.intents(change)[-1]
        made = happened(change, look, intent.body)
        if made is not None:
            self._sender.applied(change, intent.attempt, made, "read back")
        return made is not None

    def _replay(self, change: Change) -> None:
        """Send a stock change again, the same bytes with the same key: the answer is that of the first sending."""
        intent = self._history.intents(change)[-1]
        variables = intent.body["variables"]
        if not self._is_young(intent.body["server_time"]):
            self._hand_over(change, intent, said("sent.answer_too_old"))
            return
        for pause_s in (0.0, *BACK_OFF_S):
            if not self._course.wait(pause_s):
                return
            try:
                payload = self._shop.write(intent.body["operation"], **variables)
            except (NotApplied, OutcomeUnknown):  # neither says anything about the first sending
                continue
            if _is_unexplained(payload):
                message = str(payload["userErrors"][0].get("message"))
                self._hand_over(change, intent, said("sent.answer_refused", message=message))
                return
            self._sender.judge(change, intent.attempt, variables, payload)
            if self._history.open_intent(change) is None:
                return
        self._course.pause(said("sent.stock_unknown"))

    def _is_young(self, server_time: str) -> bool:
        now = self._shop.server_time
        return bool(server_time and now) and now - datetime.fromisoformat(server_time) < KEY_LIVES  # type: ignore[operator]

    def _hand_over(self, change: Change, intent: Event, why: str) -> None:
        level, sent = self._sender.look(change).level, intent.body["variables"]["input"]["quantities"][0]
        before, wanted = sent["changeFromQuantity"], sent["quantity"]
        if level:
            message = said("sent.set_or_not", why=why, before=before, wanted=wanted, now=level.on_hand)
        else:
            message = said("sent.set_or_not_unstocked", why=why, before=before, wanted=wanted)
        self._sender.end(change, intent.attempt, "NEEDS_PERSON", {"message": message})


def _is_unexplained(payload: Mapping[str, Any]) -> bool:
    """Whether the shop refuses the second sending for a reason that says nothing about the first."""
    errors = payload.get("userErrors") or []
    return bool(errors) and not {error.get("code") for error in errors} & TOLD_BY_KEY
