"""Which cases an undo is asked for: by the names of orders, by cases, or all. Pure."""

from collections.abc import Iterable, Sequence

from unfulfill.errors import ParameterRefused
from unfulfill.model import Change
from unfulfill.words import said


def choose_cases(
    applied: Sequence[Change], orders: Iterable[str] | None, cases: Iterable[str] | None
) -> frozenset[str]:
    """The cases of these changes that are named, by an order ("#1001" or "1001") or by themselves; all by default.

    Raises ParameterRefused for a name that no change has, and for a case that stands in several plans.
    """
    known_cases = dict.fromkeys(change.case for change in applied)
    if orders is None and cases is None:
        return frozenset(known_cases)
    of_order: dict[str, list[str]] = {}
    for change in applied:
        of_order.setdefault(_bare(change.order_name), []).append(change.case)
    wanted_orders, wanted_cases = _clean(orders), _clean(cases)
    _refuse_unknown(
        ("plan_error.unchanged_order", "plan_error.no_order_changed"),
        [name for name in wanted_orders if _bare(name) not in of_order],
        [c.order_name for c in applied if c.order_name],
    )
    _refuse_unknown(
        ("plan_error.unchanged_case", "plan_error.no_case_changed"),
        [name for name in wanted_cases if name not in known_cases],
        known_cases,
    )
    for name in wanted_cases:
        same = [case for case in known_cases if case.partition("-")[2] == name]
        if same:
            later, plans = same[0], 1 + len(same)
            raise ParameterRefused(said("plan_error.case_in_plans", name=name, plans=plans, later=later))
    named = {case for name in wanted_orders for case in of_order[_bare(name)]}
    return frozenset(named | set(wanted_cases))


def _refuse_unknown(keys: tuple[str, str], unknown: list[str], known: Iterable[str]) -> None:
    if not unknown:
        return
    names = list(dict.fromkeys(known))
    told = ", ".join(unknown[:10]) + (" …" if len(unknown) > 10 else "")
    of_some, of_none = keys
    if not names:
        raise ParameterRefused(said(of_none, names=told))
    raise ParameterRefused(said(of_some, names=told, count=len(names), first=names[0]))


def _clean(names: Iterable[str] | None) -> list[str]:
    return list(dict.fromkeys(name.strip() for name in names or () if name.strip()))


def _bare(name: str) -> str:
    return name.removeprefix("#").casefold()
