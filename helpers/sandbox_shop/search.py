"""Shopify's search language: text into a tree, and the tree into SQL.

A filter that is unknown, or whose value is, is dropped with a warning, and everything matches it. That is what
Shopify does, and what makes a mistyped filter dangerous.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox_shop.context import Context
from sandbox_shop.filters import Condition, InvalidValue, SearchSettings
from sandbox_shop.search_fields import FIELDS

_FIELD = re.compile(r"([A-Za-z_][\w.\-]*):(>=|<=|>|<)?")


@dataclass(frozen=True)
class Term:
    """One `field:value`, or bare words (field is blank)."""

    field: str
    comparator: str  # "", ">", ">=", "<", "<="
    value: str  # without quotes and backslashes
    is_prefix: bool  # it ended in an unescaped *


@dataclass(frozen=True)
class Group:
    """AND or OR of parts, or NOT of one."""

    operator: str
    parts: tuple["Node", ...]


Node = Term | Group


def compile_search(context: Context, kind: str, query: str | None) -> Condition:
    """SQL on alias `t` for a search on one kind; warnings go to the context, as entries of extensions.search.

    Blank or no query, and a query of which every filter was dropped, is the condition "1".
    """
    tree = parse_search(query or "", or_first=context.switch("search_precedence") == "or_first")
    if tree is None:
        return "1", []
    settings = SearchSettings(
        now=context.world.now(), timezone=context.world.get("shop", {}).get("timezone", "UTC")
    )
    warnings: list[dict[str, Any]] = []
    compiled = _compile(tree, kind, settings, warnings)
    if warnings or context.debug_search:
        entry: dict[str, Any] = {"path": list(context.path), "query": query, "parsed": _parsed(tree)}
        if warnings:
            entry["warnings"] = warnings
        if entry not in context.warnings:
            context.warnings.append(entry)
    return compiled or ("1", [])


def parse_search(query: str, or_first: bool = False) -> Node | None:
    """The tree of a search, None where it is empty. Recorded shops bind AND before OR; the documentation says
    the opposite (`or_first`). Parentheses that do not match are read as if they were closed at the end.
    """
    tokens = list(_tokens(query))
    node, rest = _parse_level(tokens, 0, ("AND", "OR") if or_first else ("OR", "AND"))
    while rest < len(tokens):  # a closing parenthesis too many
        more, rest = _parse_level(tokens, rest + 1, ("OR", "AND"))
        node = _group("AND", [each for each in (node, more) if each])
    return node


def _tokens(query: str) -> Iterator[str | Term]:
    position = 0
    while position < len(query):
        char = query[position]
        if char.isspace():
            position += 1
        elif char in "()":
            yield char
            position += 1
        elif char == "-" and position + 1 < len(query) and not query[position + 1].isspace():
            yield "NOT"
            position += 1
        else:
            token, position = _term(query, position)
            yield token


def _term(query: str, position: int) -> tuple[str | Term, int]:
    match = _FIELD.match(query, position)
    start = match.end() if match else position
    value, is_prefix, is_quoted, end = _value(query, start)
    if not match and not is_quoted and value in ("AND", "OR", "NOT"):
        return value, end
    return Term(match[1] if match else "", (match[2] or "") if match else "", value, is_prefix), end


def _value(query: str, position: int) -> tuple[str, bool, bool, int]:
    """Text, whether it ended in *, whether it was quoted, and where it ends."""
    quote = query[position] if position < len(query) and query[position] in "'\"" else ""
    position += len(quote)
    characters: list[str] = []
    is_prefix = False
    while position < len(query):
        char = query[position]
        if char == "\\" and position + 1 < len(query):
            characters.append(query[position + 1])
            position += 2
            is_prefix = False
            continue
        if (quote and char == quote) or (not quote and (char.isspace() or char in "()")):
            position += len(quote)
            break
        is_prefix = char == "*" and not quote
        characters.append(char)
        position += 1
    if is_prefix:
        characters.pop()
    return "".join(characters), is_prefix, bool(quote), position


def _parse_level(
    tokens: list[str | Term], position: int, operators: tuple[str, ...]
) -> tuple[Node | None, int]:
    """One level of precedence; the first of `operators` binds least."""
    if not operators:
        return _parse_atom(tokens, position)
    operator, tighter = operators[0], operators[1:]
    parts: list[Node] = []
    while True:
        part, position = _parse_level(tokens, position, tighter)
        if part:
            parts.append(part)
        if position >= len(tokens) or tokens[position] == ")":
            break
        token = tokens[position]
        if token == operator:
            position += 1
        elif operator == "AND" and token not in ("OR", ")"):
            continue  # a blank is an AND
        else:
            break
    return _group(operator, parts), position


def _parse_atom(tokens: list[str | Term], position: int) -> tuple[Node | None, int]:
    if position >= len(tokens):
        return None, position
    token = tokens[position]
    if isinstance(token, Term):
        return token, position + 1
    if token == "NOT":
        inner, position = _parse_atom(tokens, position + 1)
        return (Group("NOT", (inner,)) if inner else None), position
    if token == "(":
        inner, position = _parse_level(tokens, position + 1, ("OR", "AND"))
        return inner, min(position + 1, len(tokens))
    return None, position if token == ")" else position + 1


def _group(operator: str, parts: list[Node]) -> Node | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Group(operator, tuple(parts))


def _compile(
    node: Node, kind: str, settings: SearchSettings, warnings: list[dict[str, Any]]
) -> Condition | None:
    """None for what was dropped."""
    if isinstance(node, Term):
        return _compile_term(node, kind, settings, warnings)
    compiled = [_compile(part, kind, settings, warnings) for part in node.parts]
    kept = [each for each in compiled if each]
    if not kept:
        return None
    if node.operator == "NOT":
        return f"not ({kept[0][0]})", kept[0][1]
    sql = f" {node.operator.lower()} ".join(f"({each[0]})" for each in kept)
    return sql, [value for each in kept for value in each[1]]


def _compile_term(
    term: Term, kind: str, settings: SearchSettings, warnings: list[dict[str, Any]]
) -> Condition | None:
    fields = FIELDS[kind]
    name = term.field.lower() or "default"
    build = fields.get("metafields" if name.startswith("metafields.") else name)
    if build is None:
        if not term.field:
            return None
        warnings.append(
            {"field": term.field, "message": "Invalid search field for this query.", "code": "invalid_field"}
        )
        return None
    try:
        return build(term.comparator, term.value, term.is_prefix, settings, name)
    except InvalidValue:
        message = f"Input `{term.value}` is not an accepted value."
        warnings.append({"field": term.field, "message": message, "code": "invalid_value"})
        return None


def _parsed(node: Node) -> dict[str, Any]:
    if isinstance(node, Group):
        return {node.operator.lower(): [_parsed(part) for part in node.parts]}
    value = node.value + "*" * node.is_prefix
    how = {">": "range_gt", ">=": "range_gte", "<": "range_lt", "<=": "range_lte"}.get(
        node.comparator, "match_all"
    )
    return {"field": node.field or "default", how: value}
