"""Which rows a criterion matches, by whole columns. Pure.

What is missing is unknown, and so is a comparison with it, also behind not: an unknown row is no match. Of two
comparisons joined by or, one that is true is enough; of two joined by and, one that is false.
"""

import ast
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import reduce
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.rules.columns import Column
from unfulfill.rules.criteria import Criterion
from unfulfill.rules.days import read_moment

Compare = Callable[[Any, Any], Any]

TIME = pa.timestamp("us", tz="UTC")
COMPARE: Mapping[type[ast.cmpop], Compare] = {
    ast.Eq: pc.equal,
    ast.NotEq: pc.not_equal,
    ast.Lt: pc.less,
    ast.LtE: pc.less_equal,
    ast.Gt: pc.greater,
    ast.GtE: pc.greater_equal,
}
RECKON: Mapping[type[ast.operator], Compare] = {
    ast.Add: pc.add,
    ast.Sub: pc.subtract,
    ast.Mult: pc.multiply,
    ast.Div: pc.divide,
}


class Rows:
    """The columns of a table, made ready for comparing when they are first asked for."""

    def __init__(self, frame: pd.DataFrame, columns: Mapping[str, Column]) -> None:
        self.count = len(frame)
        self.columns = columns
        self._frame = frame
        self._ready: dict[tuple[str, str], Any] = {}

    def column(self, name: str) -> Any:
        """The values as an Arrow array: texts in lower case and never blank, numbers finite, words as ", a, b, "."""
        return self._once(name, "values", _values)

    def days(self, name: str) -> Any:
        """The day of each time, in UTC."""
        return self._once(
            name, "days", lambda values, kind: pc.cast(pc.floor_temporal(values, unit="day"), pa.date32())
        )

    def _once(self, name: str, what: str, make: Callable[[Any, str], Any]) -> Any:
        if (name, what) not in self._ready:
            source = _array(self._frame[name]) if what == "values" else self.column(name)
            self._ready[name, what] = make(source, self.columns[name].kind)
        return self._ready[name, what]


def match_rows(criterion: Criterion, rows: Rows) -> Any:
    """A boolean Arrow array without missing values: whether each row is a match."""
    return pc.fill_null(_condition(criterion.root, rows), False)


def _condition(node: ast.expr, rows: Rows) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            join = pc.and_kleene if isinstance(op, ast.And) else pc.or_kleene
            return reduce(join, (_condition(part, rows) for part in parts))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return pc.invert(_condition(operand, rows))
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip([left, *others], ops, others, strict=False)
            return reduce(pc.and_kleene, (_pair(first, op, second, rows) for first, op, second in pairs))
        case ast.Name(id=name):
            return rows.column(name)
    raise AssertionError("a criterion that was read holds nothing else")


def _pair(first: ast.expr, op: ast.cmpop, second: ast.expr, rows: Rows) -> Any:
    match op:
        case ast.Is() | ast.IsNot():
            is_missing = _is_missing(first, rows)
            return is_missing if isinstance(op, ast.Is) else pc.invert(is_missing)
        case ast.In() | ast.NotIn():
            found = _is_in(first, second, rows)
            return found if isinstance(op, ast.In) else pc.invert(found)
        case _:
            return _compared(first, COMPARE[type(op)], second, rows)


def _is_missing(node: ast.expr, rows: Rows) -> Any:
    assert isinstance(node, ast.Name)
    values = rows.column(node.id)
    return pc.equal(values, ", , ") if rows.columns[node.id].kind == "words" else pc.is_null(values)


def _is_in(first: ast.expr, second: ast.expr, rows: Rows) -> Any:
    if isinstance(second, (ast.List, ast.Tuple, ast.Set)):
        if not (isinstance(first, ast.Name) and rows.columns[first.id].kind == "time"):
            values = _value(first, rows)
            listed = pa.array([_value(element, rows).as_py() for element in second.elts])
            return pc.if_else(
                pc.is_null(values), pa.scalar(None, pa.bool_()), pc.is_in(values, value_set=listed)
            )
        return reduce(pc.or_kleene, (_compared(first, pc.equal, element, rows) for element in second.elts))
    assert isinstance(first, ast.Constant) and isinstance(second, ast.Name)
    wanted = _lower(str(first.value).strip())
    values = rows.column(second.id)
    is_words = rows.columns[second.id].kind == "words"
    return pc.match_substring(values, f", {wanted}, " if is_words else wanted)


def _compared(first: ast.expr, compare: Compare, second: ast.expr, rows: Rows) -> Any:
    for node, other in ((first, second), (second, first)):
        if (
            isinstance(node, ast.Name)
            and rows.columns[node.id].kind == "time"
            and isinstance(other, ast.Constant)
        ):
            moment = read_moment(str(other.value))
            is_day = isinstance(moment, date) and not isinstance(moment, datetime)
            times = rows.days(node.id) if is_day else rows.column(node.id)
            constant = pa.scalar(moment, times.type)
            return compare(times, constant) if node is first else compare(constant, times)
    return compare(_value(first, rows), _value(second, rows))


def _value(node: ast.expr, rows: Rows) -> Any:
    match node:
        case ast.Name(id=name):
            return rows.column(name)
        case ast.Constant(value=bool() as flag):
            return pa.scalar(flag)
        case ast.Constant(value=str() as text):
            return pa.scalar(_lower(text.strip()))
        case ast.Constant(value=int() | float() as number):
            return pa.scalar(float(number))
        case ast.UnaryOp(op=op, operand=operand):
            return pc.negate(_value(operand, rows)) if isinstance(op, ast.USub) else _value(operand, rows)
        case ast.BinOp(left=left, op=operator, right=right):
            return _finite(RECKON[type(operator)](_value(left, rows), _value(right, rows)))
    raise AssertionError("a criterion that was read holds nothing else")


def _values(values: Any, kind: str) -> Any:
    if kind == "text":
        lower = pc.utf8_trim_whitespace(pc.utf8_lower(values))
        return pc.if_else(pc.equal(lower, ""), pa.scalar(None, pa.string()), lower)
    if kind == "words":
        return pc.binary_join_element_wise(", ", pc.fill_null(pc.utf8_lower(values), ""), ", ", "")
    return _finite(pc.cast(values, pa.float64())) if kind == "number" else values


def _finite(numbers: Any) -> Any:
    """What cannot be reckoned (a division by zero) is missing."""
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def _lower(text: str) -> str:
    """In lower case as the columns are: Arrow's way differs from Python's for a few letters."""
    return str(pc.utf8_lower(pa.scalar(text)).as_py())


def _array(column: "pd.Series[Any]") -> Any:
    arrow = pa.array(column)
    return arrow.combine_chunks() if isinstance(arrow, pa.ChunkedArray) else arrow
