"""The grammar that rules are written in: Python's for expressions, of which next to nothing is understood. Pure."""

import ast
import re
import warnings
from collections.abc import Mapping

from unfulfill.redaction import printable

MOST_CHARACTERS = 2000
MOST_DEPTH = 25

_REFUSED: Mapping[type[ast.AST], str] = {
    ast.Attribute: "a dot asks for a part of something, and there are none; name columns alone",
    ast.Call: "nothing can be called; compare columns with values",
    ast.Subscript: "square brackets after a name are not understood; they only hold a list after in",
    ast.Lambda: "lambda is not understood",
    ast.IfExp: "if … else is not understood; join comparisons by and, or",
    ast.ListComp: "a list holds only values, no for",
    ast.SetComp: "a list holds only values, no for",
    ast.DictComp: "a list holds only values, no for",
    ast.GeneratorExp: "a list holds only values, no for",
    ast.Dict: "braces with colons are not understood",
    ast.JoinedStr: "a text in quotes has no f before it",
    ast.NamedExpr: ":= is not understood; compare by ==",
    ast.Starred: "* before a name is not understood",
    ast.Invert: "~ is not understood; write not",
    ast.BitAnd: "& is not understood; write and",
    ast.BitOr: "| is not understood; write or",
    ast.MatMult: "@ is not understood; name columns as they are",
}
_HINTS: Mapping[str, str] = {  # what stands in a text that Python's grammar does not know
    "`": "name columns without backticks",
    "@": "name columns without @",
    "&&": "write and in place of &&",
    "||": "write or in place of ||",
    "<>": "write != in place of <>",
}
_ONE_SIGN = re.compile(r"(?<![=<>!])=(?![=])")


class CriterionUnclear(ValueError):
    """A criterion cannot be used; `problems` say why and what to write, each to be put after the rule's name."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def parse_expression(text: str) -> ast.expr:
    """The root of the expression that a text is; nothing of it is run. Raises CriterionUnclear."""
    if not text.strip():
        raise CriterionUnclear(("when is blank; write what a row must be like",))
    if len(text) > MOST_CHARACTERS:
        raise CriterionUnclear(
            (f"when has {len(text):,} characters; divide it into rules of up to {MOST_CHARACTERS:,}",)
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            root = ast.parse(f"(\n{text}\n)", mode="eval").body  # in parentheses it may have several lines
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
        raise CriterionUnclear((_unread(text),)) from None
    if _is_deeper(root, MOST_DEPTH):
        raise CriterionUnclear((f"when is nested more than {MOST_DEPTH} deep; divide it into several rules",))
    return root


def refusal(node: ast.expr) -> str:
    """Why a node is not understood, and what to write instead."""
    operator: ast.AST = getattr(node, "op", node)
    known = _REFUSED.get(type(node)) or _REFUSED.get(type(operator))
    return known or "only comparisons, and, or, not, lists and + - * / of numbers are understood"


def _unread(text: str) -> str:
    said = printable(" ".join(text.split()))
    if _ONE_SIGN.search(said):
        return f"“{said[:60]}” cannot be read; two things are compared by =="
    for sign, hint in _HINTS.items():
        if sign in said:
            return f"“{said[:60]}” cannot be read; {hint}"
    return f"“{said[:60]}” cannot be read; write comparisons such as days_since_fulfilled > 7"


def _is_deeper(root: ast.AST, most: int) -> bool:
    level: list[ast.AST] = [root]
    for _ in range(most):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True
