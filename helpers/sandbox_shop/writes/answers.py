"""The parts that every answer of a mutation is made of: user errors, and objects read afresh."""

from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row

Payload = dict[str, Any]
UserError = dict[str, Any]


class Refused(Exception):
    """Carries the user errors of a mutation that changes nothing; caught by the mutation itself."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(errors[0]["message"])
        self.errors = list(errors)


def user_error(field: list[str] | None, message: str, code: str | None = None) -> UserError:
    """One entry of userErrors. `code` exists only for the types whose schema has it; others ignore it."""
    return {"field": field, "message": message, "code": code}


def refusal(key: str, *errors: UserError) -> Payload:
    """The payload of a mutation that changed nothing: the object null, and the errors."""
    return {key: None, "userErrors": list(errors)}


def fresh(context: Context, kind: str, id_: int) -> Row:
    """The object as it is now, after the writes."""
    row = objects.load(context.world, kind, id_)
    if row is None:
        raise LookupError(f"{kind} {id_} was just written and is gone.")
    return row
