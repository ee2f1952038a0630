"""Cases that were begun and are not whole: the fulfillment is cancelled, the rest of it not fulfilled again. Pure."""

from collections.abc import Mapping

from unfulfill.model import IN_EFFECT, CancelFulfillment, Change, Outcome, Plan, RecreateFulfillment, Result


def open_cases(plan: Plan, outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The cases of a plan whose first half is applied and whose second half is not."""
    changes = {change.id: change for change in plan.changes}
    return frozenset(change.case for change in plan.changes if is_half_done(change, changes, outcomes))


def is_half_done(change: Change, changes: Mapping[str, Change], outcomes: Mapping[str, Outcome]) -> bool:
    """Whether this is a second half that is missing: it fulfils again what its case cancelled in order to split it."""
    outcome = outcomes.get(change.id)
    if not isinstance(change.action, RecreateFulfillment) or (outcome and outcome.result in IN_EFFECT):
        return False
    return any(
        need in changes
        and isinstance(changes[need].action, CancelFulfillment)
        and need in outcomes
        and outcomes[need].result is Result.APPLIED
        for need in change.needs
    )
