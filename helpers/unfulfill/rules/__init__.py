"""Rules of an operator: criteria on what is known of a fulfillment, and what is decided where one matches. Pure."""

from unfulfill.rules.columns import COLUMNS
from unfulfill.rules.deciding import RuleCount, Ruled, apply_rules
from unfulfill.rules.review import REVIEWED_COLUMNS, make_review
from unfulfill.rules.rule_file import RULES, Rule, parse_rules

__all__ = [
    "COLUMNS",
    "REVIEWED_COLUMNS",
    "RULES",
    "Rule",
    "RuleCount",
    "Ruled",
    "apply_rules",
    "make_review",
    "parse_rules",
]
