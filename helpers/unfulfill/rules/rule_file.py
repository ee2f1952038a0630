"""rules.toml: criteria on the columns of a fulfillment, and what is decided where one matches. Pure.

    [[rule]]
    name = "fulfilled too early"
    when = 'minutes_from_payment < 1 and not is_tracked'
    decision = "unfulfill"
    reason = "fulfilled by an app before it was packed"
    note = ""

The first rule that matches decides a row.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unfulfill.errors import SettingsRefused
from unfulfill.mark import DECISIONS
from unfulfill.redaction import CONTROL
from unfulfill.rules.columns import COLUMNS
from unfulfill.rules.criteria import Criterion, read_criterion
from unfulfill.rules.grammar import CriterionUnclear
from unfulfill.words import listed, said

RULES = "rules.toml"
KEYS = ("name", "when", "decision", "reason", "note")
LONGEST: Mapping[str, int] = {"name": 60, "reason": 200, "note": 1000}
MOST_RULES = 200


@dataclass(frozen=True)
class Rule:
    """One rule of rules.toml."""

    name: str
    when: Criterion
    decision: str  # unfulfill, hold, request_cancellation, keep
    reason: str
    note: str = ""


def parse_rules(text: str, where: str) -> tuple[Rule, ...]:
    """The rules in the text of a rules.toml, in their order.

    `where` is the file, for messages. Raises SettingsRefused with every problem of the file in one sentence.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        told = {"error": str(error)[:200], "keys": ", ".join(KEYS)}
        raise SettingsRefused(said("rule_error.no_toml", file=where, **told)) from None
    tables = values.get("rule")
    problems = [said("rule_error.only_rule", key=repr(name)[:60]) for name in values if name != "rule"]
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        problems.append(said("rule_error.no_rule", keys=", ".join(KEYS)))
        tables = []
    if len(tables) > MOST_RULES:
        problems.append(said("rule_error.many_rules", count=len(tables), most=MOST_RULES))
        tables = []
    rules = [_read_rule(table, number, problems) for number, table in enumerate(tables, start=1)]
    problems += _doubled(tables)
    if problems:
        raise SettingsRefused(said("run_error.unusable", file=where, problems=listed(problems)))
    return tuple(rule for rule in rules if rule is not None)


def _read_rule(table: Mapping[str, Any], number: int, problems: list[str]) -> Rule | None:
    """The rule, or None and what is wrong with it."""
    name = _text(table, "name")
    known = ", ".join(KEYS)
    found = [said("plan_error.no_key", key=repr(key)[:60], known=known) for key in table if key not in KEYS]
    found += [
        problem for key in KEYS if (problem := _problem(key, table.get(key, "" if key == "note" else None)))
    ]
    decision = table.get("decision")
    if isinstance(decision, str) and decision not in DECISIONS:
        known = ", ".join(DECISIONS)
        found.append(said("rule_error.no_decision", decision=decision[:40], known=known))
    criterion = None
    if isinstance(table.get("when"), str):
        try:
            criterion = read_criterion(table["when"], COLUMNS)
        except CriterionUnclear as unclear:
            found += unclear.problems
    is_named = bool(name) and name.isprintable()
    key = "rule_error.of_rule" if is_named else "rule_error.of_rule_number"
    which = {"name": name[:60]} if is_named else {"number": str(number)}
    problems += [said(key, problem=problem, **which) for problem in found]
    if found or criterion is None:
        return None
    return Rule(name, criterion, table["decision"], _text(table, "reason"), _text(table, "note"))


def _problem(key: str, value: Any) -> str:
    """What is wrong with the value of one key; blank: nothing."""
    if value is None:
        return said("rule_error.missing", key=key)
    if not isinstance(value, str):
        return said("rule_error.no_text", key=key, value=repr(value)[:60])
    if key in ("name", "reason") and not value.strip():
        return said("rule_error.blank", key=key)
    if key in LONGEST and len(value.strip()) > LONGEST[key]:
        return said("rule_error.long", key=key, count=len(value.strip()), most=LONGEST[key])
    if key in LONGEST and CONTROL.search(value.strip().replace("\n", " " if key == "note" else "\n")):
        return said("rule_error.control_character", key=key)
    return ""


def _doubled(tables: list[Mapping[str, Any]]) -> list[str]:
    names = [_text(table, "name").casefold() for table in tables]
    doubled = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    return [said("rule_error.doubled", number=names.count(name), name=name[:60]) for name in doubled]


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value.strip() if isinstance(value, str) else ""
