"""The call that begins, goes on with or shows a first contact."""

from dataclasses import replace

from unfulfill.contacting.going import STEPS, Bench, Going, Surroundings, blank_record
from unfulfill.contacting.kept import (
    load_first_contact,
    may_be_in_effect,
    set_aside,
)
from unfulfill.errors import GuardRefused, NotApproved
from unfulfill.first_contact import (
    FirstContact,
    is_anything_tracked,
    live_fulfillments,
    refuse_order,
    what_will_happen,
)
from unfulfill.model import (
    Decision,
    Limits,
    Mark,
    OrderState,
    Plan,
)
from unfulfill.plan import PlanOptions, make_plan
from unfulfill.run import PLAN
from unfulfill.shop.one_order import find_order, read_glimpse
from unfulfill.status import is_begun
from unfulfill.words import said


def run_first_contact(bench: Bench, asked: str, approve: str, around: Surroundings) -> FirstContact:
    """Plan a first contact (blank `approve`), carry out the plan with this digest, or show what came of it.

    Raises ParameterRefused for an order that is not there, GuardRefused for one that is no good or while another is
    half done, NotApproved for another digest. How it ended is said by `FirstContact.check`.
    """
    around.progress(0, STEPS, "looking for the order")
    order = find_order(bench.shop, asked)
    last = load_first_contact(bench.run)
    if last and last.order_id == order.id and last.finished and (not last.ending or last.digest == approve):
        return last
    trial = bench.first_contact_workbench()
    plan = trial.run.load_plan() if trial.run.has(PLAN) else None
    if plan and may_be_in_effect(trial.run) and not (last and last.digest == plan.digest and last.finished):
        _check_same_order(plan, order)
        if not approve:
            return _half_done(plan, last)
    elif not approve:
        return _planned(bench, order, around)
    if plan is None:
        raise NotApproved(said("contact_error.not_planned", order=order.name))
    if plan.changes[0].order_id != order.id:
        planned = plan.changes[0].order_name
        raise NotApproved(said("contact_error.another_planned", planned=planned, order=order.name))
    return Going(bench, trial, plan, order, around).go(approve)


def _check_same_order(plan: Plan, order: OrderState) -> None:
    (change,) = plan.changes
    if change.order_id != order.id:
        raise GuardRefused(
            said("contact_error.another_half_done", order=change.order_name, digest=plan.digest)
        )


def _half_done(plan: Plan, last: FirstContact | None) -> FirstContact:
    (change,) = plan.changes
    known = last if last and last.digest == plan.digest else blank_record(plan, plan.made_at)
    step = said("contact_error.interrupted", order=change.order_name)
    return replace(known, plan=plan, will_happen=(step, said("contact_error.not_twice")))


def _for_one_order(policy: Limits) -> Limits:
    """Of the policy what one order can break: it is never too many."""
    kept = ("protected_tags", "quiet_hours", "timezone")
    return replace(Limits(), **{name: getattr(policy, name) for name in kept})


def _planned(bench: Bench, order: OrderState, around: Surroundings) -> FirstContact:
    """Read the order and plan its cancel; nothing is sent, nothing but the plan is written."""
    around.progress(1, STEPS, "reading the order")
    glimpse = read_glimpse(bench.shop, order, around.now)
    if reason := refuse_order(glimpse):
        raise GuardRefused(reason)
    (state,) = live_fulfillments(glimpse)
    plan = make_plan(
        [Mark(state.id, order.id, order.name, Decision.UNFULFILL, "first contact")],
        {state.id: state},
        shop=bench.shop.identity(),
        api_version=bench.shop.api_version,
        made_at=around.now(),
        live_fulfillments=1,
        refunded_at={},
        options=PlanOptions(_for_one_order(bench.run.policy())),
    )
    if plan.skips:
        why = plan.skips[0].message
        raise GuardRefused(said("contact_error.not_plannable", order=order.name, why=why))
    trial = bench.first_contact_workbench()
    if is_begun(trial.run):
        set_aside(trial.run.folder)
        trial = bench.first_contact_workbench()
    trial.run.save_plan(plan)
    around.progress(STEPS, STEPS, "planned")
    warnings = () if is_anything_tracked(glimpse) else (said("contact_error.not_tracked"),)
    return replace(
        blank_record(plan, plan.made_at),
        warnings=warnings,
        plan=plan,
        will_happen=what_will_happen(glimpse, state),
    )
