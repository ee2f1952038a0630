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
        raise SettingsRefused(
            f"{where} is no TOML file ({error!s:.200}); write rules as [[rule]] with the lines {', '.join(KEYS)}."
        ) from None
    tables = values.get("rule")
    problems = [f"there is no key {name!r:.60}, only [[rule]]" for name in values if name != "rule"]
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        problems.append(f"it holds no rule; write [[rule]] and below it {', '.join(KEYS)}")
        tables = []
    if len(tables) > MOST_RULES:
        problems.append(f"it holds {len(tables):,} rules; a file has at most {MOST_RULES}")
        tables = []
    rules = [_read_rule(table, number, problems) for number, table in enumerate(tables, start=1)]
    problems += _doubled(tables)
    if problems:
        raise SettingsRefused(f"{where} cannot be used: {'; '.join(problems)}.")
    return tuple(rule for rule in rules if rule is not None)


def _read_rule(table: Mapping[str, Any], number: int, problems: list[str]) -> Rule | None:
    """The rule, or None and what is wrong with it."""
    name = _text(table, "name")
    said = f"rule “{name[:60]}”" if name.isprintable() and name else f"rule {number}"
    found = [
        f"there is no key {key!r:.60}, the keys are {', '.join(KEYS)}" for key in table if key not in KEYS
    ]
    found += [
        problem for key in KEYS if (problem := _problem(key, table.get(key, "" if key == "note" else None)))
    ]
    decision = table.get("decision")
    if isinstance(decision, str) and decision not in DECISIONS:
        found.append(f"“{decision[:40]}” is not a decision; write {', '.join(DECISIONS)}")
    criterion = None
    if isinstance(table.get("when"), str):
        try:
            criterion = read_criterion(table["when"], COLUMNS)
        except CriterionUnclear as unclear:
            found += unclear.problems
    problems += [f"{said}: {problem}" for problem in found]
    if found or criterion is None:
        return None
    return Rule(name, criterion, table["decision"], _text(table, "reason"), _text(table, "note"))


def _problem(key: str, value: Any) -> str:
    """What is wrong with the value of one key; blank: nothing."""
    if value is None:
        return f"{key} is missing"
    if not isinstance(value, str):
        return f"{key} must be a text in quotes, not {value!r:.60}"
    if key in ("name", "reason") and not value.strip():
        return f"{key} is blank; say it in a few words"
    if key in LONGEST and len(value.strip()) > LONGEST[key]:
        return f"{key} has {len(value.strip()):,} characters; at most {LONGEST[key]:,} are shown"
    if key in LONGEST and CONTROL.search(value.strip().replace("\n", " " if key == "note" else "\n")):
        return f"{key} holds a control character; type it again"
    return ""


def _doubled(tables: list[Mapping[str, Any]]) -> list[str]:
    names = [_text(table, "name").casefold() for table in tables]
    doubled = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    return [
        f"{names.count(name)} rules are named “{name[:60]}”; give each a name of its own" for name in doubled
    ]


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value.strip() if isinstance(value, str) else ""
