"""What a rule asks of a row: comparisons of columns, joined by and, or, not. Pure.

A criterion is read as Python's grammar reads it and never run as Python: every node is either of the few kinds below
or refused, and its columns and values must fit each other. Nothing else can be said: no call, no attribute, no index.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from unfulfill.redaction import printable
from unfulfill.rules.columns import Column
from unfulfill.rules.days import read_moment
from unfulfill.rules.grammar import CriterionUnclear, parse_expression, refusal

MOST_IN_A_LIST = 1000
LARGEST = 1e15

_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Criterion:
    """A criterion that was read and found to fit the columns."""

    text: str
    columns: frozenset[str]  # those that it asks about
    root: ast.expr = field(repr=False, compare=False)


@dataclass(frozen=True)
class _Value:
    """What one side of a comparison is. A column, or a constant; reckoning gives a number that is neither."""

    kind: str  # text, number, time, flag, words; blank: a problem was noted
    said: str
    column: str = ""
    constant: object = None
    is_constant: bool = False


def read_criterion(text: str, columns: Mapping[str, Column]) -> Criterion:
    """The criterion that a text says. Raises CriterionUnclear with every problem of it."""
    root = parse_expression(text)
    problems: list[str] = []
    _Check(columns, problems).condition(root)
    if problems:
        raise CriterionUnclear(tuple(dict.fromkeys(problems)))
    names = frozenset(node.id for node in ast.walk(root) if isinstance(node, ast.Name))
    return Criterion(text, names, root)


@dataclass(frozen=True)
class _Check:
    """Walks a criterion; notes what is wrong in `problems`."""

    columns: Mapping[str, Column]
    problems: list[str]

    def condition(self, node: ast.expr) -> None:
        """Something that is true or false of a row."""
        match node:
            case ast.BoolOp(values=parts):
                for part in parts:
                    self.condition(part)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.condition(operand)
            case ast.Compare(left=left, ops=ops, comparators=others):
                for first, op, second in zip([left, *others], ops, others, strict=False):
                    self._pair(first, op, second)
            case ast.Name():
                value = self._value(node)
                if value.kind and value.kind != "flag":
                    self._note(f"{value.said} alone is neither true nor false; compare it with something")
            case ast.Constant():
                self._note(f"{_said(node)} asks nothing of a row; compare a column with it")
            case _:
                self._refuse(node)

    def _pair(self, first: ast.expr, op: ast.cmpop, second: ast.expr) -> None:
        match op:
            case ast.Is() | ast.IsNot():
                self._missing(first, second)
            case ast.In() | ast.NotIn():
                self._membership(first, second)
            case _:
                left, right = self._value(first), self._value(second)
                if left.kind and right.kind:
                    self._comparison(left, right, isinstance(op, _ORDER))

    def _missing(self, first: ast.expr, second: ast.expr) -> None:
        value = self._value(first)
        if not (isinstance(second, ast.Constant) and second.value is None):
            self._note("is goes only with None; write ==")
        elif value.kind and not value.column:
            self._note(f"only a column can be None, and {value.said} is none")

    def _membership(self, first: ast.expr, second: ast.expr) -> None:
        left = self._value(first)
        if isinstance(second, (ast.List, ast.Tuple, ast.Set)):
            if not 0 < len(second.elts) <= MOST_IN_A_LIST:
                self._note(f"a list has 1 to {MOST_IN_A_LIST:,} values, not {len(second.elts):,}")
            if left.kind == "words":
                self._note(f'{left.said} holds several words; write "a" in {left.said} or "b" in {left.said}')
            elif left.kind and left.is_constant:
                self._note(f"{left.said} is no column; write a column before in")
            elif left.kind:
                for element in second.elts:
                    self._listed(left, element)
            return
        right = self._value(second)
        if not (left.kind and right.kind):
            return
        if right.kind not in ("words", "text") or not right.column:
            self._note(f"after in stands a list such as [1, 2], tags or findings, not {right.said}")
        elif left.kind != "text" or not left.is_constant or not str(left.constant).strip():
            self._note(f"before in {right.said} stands a text in quotes, not {left.said}")
        elif right.kind == "words" and "," in str(left.constant):
            self._note(f"no word of {right.said} has a comma, unlike {left.said}; ask for one after another")
        elif right.kind == "words":
            self._known(right, left)

    def _listed(self, left: _Value, element: ast.expr) -> None:
        right = self._value(element)
        if right.kind and not right.is_constant:
            self._note(f"a list holds only values, not {right.said}")
        elif right.kind:
            self._comparison(left, right, is_order=False)

    def _comparison(self, left: _Value, right: _Value, is_order: bool) -> None:
        column, other = (right, left) if left.is_constant else (left, right)
        if column.is_constant:
            self._note(f"{left.said} and {right.said} are both values; one side must be a column")
        elif "words" in (left.kind, right.kind):
            words = left if left.kind == "words" else right
            self._note(f'{words.said} holds several words; write "…" in {words.said}')
        elif column.kind == "time" and other.kind == "text" and other.is_constant:
            if read_moment(str(other.constant)) is None:
                self._note(f'{column.said} is a time, and {other.said} is none; write "2026-11-01"')
        elif column.kind != other.kind:
            self._note(f"{column.said} is a {column.kind} and cannot be compared with {_with_kind(other)}")
        elif is_order and column.kind in ("text", "flag"):
            self._note(f"{column.said} is a {column.kind}, which has no order; compare it by == or !=")
        elif other.is_constant and other.kind == "text" and not str(other.constant).strip():
            self._note(f"{column.said} is never blank but missing; write {column.said} is None")
        elif other.is_constant and other.kind == "text":
            self._known(column, other)

    def _known(self, column: _Value, constant: _Value) -> None:
        values = self.columns[column.column].values
        if values and str(constant.constant).strip().casefold() not in (value.casefold() for value in values):
            self._note(f"{column.said} is never {constant.said}; it is one of {', '.join(values)}")

    def _value(self, node: ast.expr) -> _Value:
        """One side of a comparison; of no kind where it is none, which is noted."""
        match node:
            case ast.Name(id=name) if name in self.columns:
                return _Value(self.columns[name].kind, name, column=name)
            case ast.Name(id=name):
                self._note(f"there is no column {name[:40]}; the columns are {', '.join(self.columns)}")
            case ast.Constant(value=bool() as value):
                return _Value("flag", _said(node), constant=value, is_constant=True)
            case ast.Constant(value=str() as value):
                return _Value("text", _said(node), constant=value, is_constant=True)
            case ast.Constant(value=int() | float() as value):
                if abs(value) <= LARGEST:
                    return _Value("number", _said(node), constant=value, is_constant=True)
                self._note(f"a number has at most 15 digits, unlike {_said(node)}")
            case ast.Constant(value=None):
                self._note("None stands only after is; write … is None or … is not None")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                number = self._number(operand)
                return _Value(number.kind, f"-{number.said}", is_constant=number.is_constant)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
                first, second = self._number(left), self._number(right)
                kind = "number" if first.kind and second.kind else ""
                return _Value(kind, "what is reckoned", is_constant=first.is_constant and second.is_constant)
            case _:
                self._refuse(node)
        return _Value("", "")

    def _number(self, node: ast.expr) -> _Value:
        value = self._value(node)
        if value.kind in ("", "number"):
            return value
        self._note(f"{_with_kind(value)} cannot be reckoned with; only numbers can")
        return _Value("", "")

    def _refuse(self, node: ast.expr) -> None:
        self._note(refusal(node))

    def _note(self, problem: str) -> None:
        self.problems.append(problem)


def _said(node: ast.Constant) -> str:
    text = repr(node.value) if not isinstance(node.value, str) else f'"{printable(node.value)}"'
    return text if len(text) <= 40 else f"{text[:37]}…"


def _with_kind(value: _Value) -> str:
    return f"the {value.kind} {value.said}" if value.said != "what is reckoned" else "a number"
