"""What a rule asks of a row: comparisons of columns, joined by and, or, not. Pure.

A criterion is read as Python's grammar reads it and never run as Python: every node is either of the few kinds below
or refused, and its columns and values must fit each other. Nothing else can be said: no call, no attribute, no index.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from unfulfill.redaction import printable
from unfulfill.rules.columns import Column
from unfulfill.rules.days import read_moment
from unfulfill.rules.grammar import CriterionUnclear, parse_expression, refusal
from unfulfill.words import said, said_word

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
    text: str  # as the rule has it
    column: str = ""
    constant: object = None
    is_constant: bool = False
    is_reckoned: bool = False


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
                    self._note("rule_error.alone", value=value.text)
            case ast.Constant():
                self._note("rule_error.asks_nothing", value=_written(node))
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
            self._note("rule_error.is_none")
        elif value.kind and not value.column:
            self._note("rule_error.none_of_column", value=value.text)

    def _membership(self, first: ast.expr, second: ast.expr) -> None:
        left = self._value(first)
        if isinstance(second, (ast.List, ast.Tuple, ast.Set)):
            if not 0 < len(second.elts) <= MOST_IN_A_LIST:
                self._note("rule_error.list_length", most=MOST_IN_A_LIST, number=len(second.elts))
            if left.kind == "words":
                self._note("rule_error.list_of_words", column=left.text)
            elif left.kind and left.is_constant:
                self._note("rule_error.no_column_before_in", value=left.text)
            elif left.kind:
                for element in second.elts:
                    self._listed(left, element)
            return
        right = self._value(second)
        if not (left.kind and right.kind):
            return
        if right.kind not in ("words", "text") or not right.column:
            self._note("rule_error.after_in", value=right.text)
        elif left.kind != "text" or not left.is_constant or not str(left.constant).strip():
            self._note("rule_error.before_in", column=right.text, value=left.text)
        elif right.kind == "words" and "," in str(left.constant):
            self._note("rule_error.comma", column=right.text, value=left.text)
        elif right.kind == "words":
            self._known(right, left)

    def _listed(self, left: _Value, element: ast.expr) -> None:
        right = self._value(element)
        if right.kind and not right.is_constant:
            self._note("rule_error.only_values", value=right.text)
        elif right.kind:
            self._comparison(left, right, is_order=False)

    def _comparison(self, left: _Value, right: _Value, is_order: bool) -> None:
        column, other = (right, left) if left.is_constant else (left, right)
        if column.is_constant:
            self._note("rule_error.both_values", left=left.text, right=right.text)
        elif "words" in (left.kind, right.kind):
            words = left if left.kind == "words" else right
            self._note("rule_error.several_words", column=words.text)
        elif column.kind == "time" and other.kind == "text" and other.is_constant:
            if read_moment(str(other.constant)) is None:
                self._note("rule_error.no_time", column=column.text, value=other.text)
        elif column.kind != other.kind:
            self._note(
                "rule_error.other_kind",
                column=column.text,
                kind=_kind(column),
                other=_with_kind(other),
            )
        elif is_order and column.kind in ("text", "flag"):
            self._note("rule_error.no_order", column=column.text, kind=_kind(column))
        elif other.is_constant and other.kind == "text" and not str(other.constant).strip():
            self._note("rule_error.never_blank", column=column.text)
        elif other.is_constant and other.kind == "text":
            self._known(column, other)

    def _known(self, column: _Value, constant: _Value) -> None:
        values = self.columns[column.column].values
        if values and str(constant.constant).strip().casefold() not in (value.casefold() for value in values):
            known = ", ".join(values)
            self._note("rule_error.never", column=column.text, value=constant.text, known=known)

    def _value(self, node: ast.expr) -> _Value:
        """One side of a comparison; of no kind where it is none, which is noted."""
        match node:
            case ast.Name(id=name) if name in self.columns:
                return _Value(self.columns[name].kind, name, column=name)
            case ast.Name(id=name):
                self._note("rule_error.no_column", name=name[:40], known=", ".join(self.columns))
            case ast.Constant(value=bool() as value):
                return _Value("flag", _written(node), constant=value, is_constant=True)
            case ast.Constant(value=str() as value):
                return _Value("text", _written(node), constant=value, is_constant=True)
            case ast.Constant(value=int() | float() as value):
                if abs(value) <= LARGEST:
                    return _Value("number", _written(node), constant=value, is_constant=True)
                self._note("rule_error.long_number", value=_written(node))
            case ast.Constant(value=None):
                self._note("rule_error.lone_none")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                number = self._number(operand)
                text = number.text if number.is_reckoned else f"-{number.text}"
                return replace(number, text=text, column="", constant=None)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right):
                first, second = self._number(left), self._number(right)
                kind = "number" if first.kind and second.kind else ""
                is_constant = first.is_constant and second.is_constant
                text = said("rule_error.what_is_reckoned")
                return _Value(kind, text, is_constant=is_constant, is_reckoned=True)
            case _:
                self._refuse(node)
        return _Value("", "")

    def _number(self, node: ast.expr) -> _Value:
        value = self._value(node)
        if value.kind in ("", "number"):
            return value
        self._note("rule_error.not_reckoned", value=_with_kind(value))
        return _Value("", "")

    def _refuse(self, node: ast.expr) -> None:
        self.problems.append(refusal(node))

    def _note(self, key: str, **values: object) -> None:
        self.problems.append(said(key, **values))


def _written(node: ast.Constant) -> str:
    text = repr(node.value) if not isinstance(node.value, str) else f'"{printable(node.value)}"'
    return text if len(text) <= 40 else f"{text[:37]}…"


def _with_kind(value: _Value) -> str:
    if value.is_reckoned:
        return said("rule_error.a_number")
    return said("rule_error.of_kind", kind=_kind(value), value=value.text)


def _kind(value: _Value) -> str:
    return said_word(value.kind, of="rule_kind")
