"""The grammar that rules are written in: Python's for expressions, of which next to nothing is understood. Pure."""

import ast
import re
import warnings
from collections.abc import Mapping

from unfulfill.redaction import printable
from unfulfill.words import listed, said

MOST_CHARACTERS = 2000
MOST_DEPTH = 25

_REFUSED: Mapping[type[ast.AST], str] = {  # why, by the key of its message
    ast.Attribute: "rule_error.a_dot",
    ast.Call: "rule_error.a_call",
    ast.Subscript: "rule_error.an_index",
    ast.Lambda: "rule_error.a_lambda",
    ast.IfExp: "rule_error.if_else",
    ast.ListComp: "rule_error.a_for",
    ast.SetComp: "rule_error.a_for",
    ast.DictComp: "rule_error.a_for",
    ast.GeneratorExp: "rule_error.a_for",
    ast.Dict: "rule_error.braces",
    ast.JoinedStr: "rule_error.an_f",
    ast.NamedExpr: "rule_error.colon_sign",
    ast.Starred: "rule_error.a_star",
    ast.Invert: "rule_error.a_tilde",
    ast.BitAnd: "rule_error.an_ampersand",
    ast.BitOr: "rule_error.a_bar",
    ast.MatMult: "rule_error.an_at",
}
_HINTS: Mapping[str, str] = {  # what stands in a text that Python's grammar does not know
    "`": "rule_error.without_backticks",
    "@": "rule_error.without_at",
    "&&": "rule_error.write_and",
    "||": "rule_error.write_or",
    "<>": "rule_error.write_unequal",
}
_ONE_SIGN = re.compile(r"(?<![=<>!])=(?![=])")


class CriterionUnclear(ValueError):
    """A criterion cannot be used; `problems` say why and what to write, each to be put after the rule's name."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(listed(problems))
        self.problems = problems


def parse_expression(text: str) -> ast.expr:
    """The root of the expression that a text is; nothing of it is run. Raises CriterionUnclear."""
    if not text.strip():
        raise CriterionUnclear((said("rule_error.when_blank"),))
    if len(text) > MOST_CHARACTERS:
        raise CriterionUnclear((said("rule_error.when_long", count=len(text), most=MOST_CHARACTERS),))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            root = ast.parse(f"(\n{text}\n)", mode="eval").body  # in parentheses it may have several lines
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
        raise CriterionUnclear((_unread(text),)) from None
    if _is_deeper(root, MOST_DEPTH):
        raise CriterionUnclear((said("rule_error.when_deep", most=MOST_DEPTH),))
    return root


def refusal(node: ast.expr) -> str:
    """Why a node is not understood, and what to write instead."""
    operator: ast.AST = getattr(node, "op", node)
    known = _REFUSED.get(type(node)) or _REFUSED.get(type(operator))
    return said(known or "rule_error.not_understood")


def _unread(text: str) -> str:
    line = printable(" ".join(text.split()))
    hint = next((hint for sign, hint in _HINTS.items() if sign in line), "rule_error.write_comparisons")
    if _ONE_SIGN.search(line):
        hint = "rule_error.two_signs"
    return said("rule_error.unread", text=line[:60], hint=said(hint))


def _is_deeper(root: ast.AST, most: int) -> bool:
    level: list[ast.AST] = [root]
    for _ in range(most):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True
