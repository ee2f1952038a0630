"""policy.toml: the largest plan that may be applied to a shop, when, and by how many people. Pure.

Every key is optional:

    max_changes, max_cancels, max_units    whole numbers
    max_share_of_export                    of the live fulfillments in the export, 0.05 for 5%
    max_share_of_day                       of the orders created on one day, where it has at least 20
    protected_tags                         orders with one of these tags are skipped
    quiet_hours, timezone                  ["22:00-06:00"] and "Europe/Berlin": nothing new is sent then
    second_person_above                    changes above which another person must approve too
    unattended_up_to                       changes that a schedule may apply without a person; none unless said

A plan keeps the limits that it was made under: they are part of its digest.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.model import Limits
from unfulfill.words import listed, said, said_word

POLICY = "policy.toml"
PARAMETER = "a parameter of this run"
HOURS = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


def parse_policy(text: str, where: str, source: str = POLICY) -> Limits:
    """The limits in the text of a policy.toml; what it does not name stays as it is by default.

    `where` is the file, for messages; `source` is what a plan says of who set a limit. Raises SettingsRefused with
    every problem of the file in one sentence.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(said("plan_error.no_toml", file=where, error=error)) from None
    problems = [_problem(name, value) for name, value in values.items()]
    if values.get("quiet_hours") and "timezone" not in values:
        problems.append(said("plan_error.no_timezone"))
    if any(problems):
        told = listed(filter(None, problems))
        raise SettingsRefused(said("run_error.unusable", file=where, problems=told))
    given = {name: _typed(name, value) for name, value in values.items()}
    return replace(Limits(), **given, set_by=tuple((name, source) for name in given))


def tightened(policy: Limits, wish: Limits) -> Limits:
    """The limits in force: of each the tighter one of the policy and of what a run asks for.

    Where the policy sets a limit, a looser wish that is only the default gives way; any other raises
    ParameterRefused with both numbers.
    """
    set_by = dict(policy.set_by)
    chosen: dict[str, Any] = {}
    loose = []
    for name in KEYS:
        asked, ceiling = getattr(wish, name), getattr(policy, name)
        if name == "protected_tags":
            asked = tuple(dict.fromkeys(ceiling + asked))
        if name in set_by and _is_looser(asked, ceiling):
            if asked != getattr(Limits(), name):
                who, limit = said_word(set_by[name], set_by[name]), _written(ceiling)
                told = said("plan_error.looser", name=name, asked=_written(asked), who=who, limit=limit)
                loose.append(told)
        elif asked != ceiling:
            chosen[name] = asked
    if loose:
        raise ParameterRefused(said("plan_error.only_tighten", problems=listed(loose)))
    set_by |= dict.fromkeys(chosen, PARAMETER)
    return replace(policy, **chosen, set_by=tuple(set_by.items()))


def quiet_hour(limits: Limits, now: datetime) -> str:
    """The quiet hours that `now` lies in, as part of a sentence; blank: none."""
    at = now.astimezone(ZoneInfo(limits.timezone)).time()
    for hours in limits.quiet_hours:
        begin, end = (time.fromisoformat(part) for part in hours.split("-"))
        if begin <= at < end if begin < end else not end <= at < begin:
            told = {"time": f"{at:%H:%M}", "zone": limits.timezone, "hours": hours}
            return said("plan_error.quiet_hours", **told)
    return ""


def _is_looser(asked: Any, ceiling: Any) -> bool:
    """Numbers: larger, and None largest. Of texts any other one; tags were added up before."""
    if isinstance(ceiling, (int, float)):
        return asked is None or asked > ceiling
    return bool(asked != ceiling) and not (isinstance(ceiling, tuple) and set(ceiling) <= set(asked))


def _written(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _problem(name: str, value: Any) -> str:
    """What is wrong with one key, as part of a sentence; blank: nothing."""
    if name not in KEYS:
        return said("plan_error.no_key", key=repr(name)[:60], known=", ".join(KEYS))
    is_right, wanted = KEYS[name]
    return "" if is_right(value) else said(wanted, name=name, value=repr(value)[:60])


def _typed(name: str, value: Any) -> Any:
    """As Limits keep it, so that a plan reads back from its file as it was."""
    if isinstance(value, list):
        return tuple(value)
    return float(value) if KEYS[name] is SHARE else value


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1


def _are_tags(value: Any) -> bool:
    return _are_texts(value) and all(tag == tag.strip() != "" and "," not in tag for tag in value)


def _are_hours(value: Any) -> bool:
    return _are_texts(value) and all(HOURS.fullmatch(hours) and hours[:5] != hours[6:] for hours in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _is_zone(value: Any) -> bool:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, TypeError, OSError):  # unknown, a path, no text, a folder of the database
        return False
    return True


COUNT = (_is_count, "plan_error.must_be_count")
SHARE = (_is_share, "plan_error.must_be_share")
KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "max_changes": COUNT,
    "max_cancels": COUNT,
    "max_units": COUNT,
    "max_share_of_export": SHARE,
    "max_share_of_day": SHARE,
    "protected_tags": (_are_tags, "plan_error.must_be_tags"),
    "quiet_hours": (_are_hours, "plan_error.must_be_hours"),
    "timezone": (_is_zone, "plan_error.must_be_zone"),
    "second_person_above": COUNT,
    "unattended_up_to": COUNT,
}
