"""What the journal says of a plan: how each change ended, and what has not ended. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from unfulfill.errors import FinishedWithRefusals, NeedsPerson, Paused
from unfulfill.journal import ENDS, Event
from unfulfill.model import IN_EFFECT, Outcome, Plan, Result
from unfulfill.words import said


@dataclass(frozen=True)
class Applied:
    """What became of a plan: one outcome for each change that has ended."""

    outcomes: tuple[Outcome, ...]
    total: int  # changes in the plan
    journal_head: str
    paused: str = ""  # why it stopped before the end; blank: it did not
    notes: tuple[str, ...] = ()  # what happened otherwise than asked and did no harm, in sentences
    names: Mapping[str, str] = field(default_factory=dict)  # change id → its order, or item and location

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes by result, in the words of `Result`."""
        return dict(Counter(outcome.result.value for outcome in self.outcomes))

    def name_of(self, outcome: Outcome) -> str:
        """The order of a change that has ended, or the item and location whose stock it sets."""
        return self.names.get(outcome.change_id) or outcome.change_id

    def check(self) -> "Applied":
        """Itself. Raises Paused, NeedsPerson or FinishedWithRefusals where not every change ended well."""
        if self.paused:
            raise Paused(said("error.paused", why=self.paused, done=len(self.outcomes), all=self.total))
        bad = [o for o in self.outcomes if o.result not in IN_EFFECT]
        person = [o for o in bad if o.result is Result.NEEDS_PERSON]
        if person:
            raise NeedsPerson(
                said(
                    "error.need_person",
                    count=len(person),
                    change=self.name_of(person[0]),
                    why=person[0].message,
                )
            )
        if bad:
            raise FinishedWithRefusals(
                said(
                    "error.not_made",
                    count=len(bad),
                    all=self.total,
                    change=self.name_of(bad[0]),
                    why=bad[0].message,
                )
            )
        return self


def outcomes_of(plan: Plan, history: Mapping[str, Sequence[Event]]) -> dict[str, Outcome]:
    """The outcome of each change that has ended, by change id, in the plan's order."""
    result: dict[str, Outcome] = {}
    for change in plan.changes:
        end = end_of(history.get(change.id, ()))
        if end is not None:
            body = end.body
            result[change.id] = Outcome(
                change.id,
                Result[end.event],
                str(body.get("message", "")),
                str(body.get("created_id", "")),
                str(body.get("fulfillment_order_id", "")),
                str(body.get("evidence", "")),
                body.get("replaced"),
            )
    return result


def end_of(events: Sequence[Event]) -> Event | None:
    """The event that ended a change; None while it has not ended."""
    return events[-1] if events and events[-1].event in ENDS else None
