"""The simulated shop is held against the official schema: every answer has the types that Shopify promises."""

from functools import cache
from pathlib import Path

import pytest
import simulated_shop
from graphql import GraphQLSchema, build_schema, execute, parse
from operators import Operator, Troubles
from simulated_shop import SimulatedShop
from situations import situations

import sandbox_shop

VERSIONS = ("2026-04", "2026-07", "2026-10")


@cache
def schema(version: str) -> GraphQLSchema:
    """The slice of the official schema of one API version."""
    folder = Path(sandbox_shop.__file__).parent / "schema"
    return build_schema((folder / f"{version}.graphql").read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_has_the_types_of_the_schema(version, disk, monkeypatch):
    answers = {}
    real = SimulatedShop.execute

    def keep(shop, request, text):
        answers[request.operation] = (text, request.variables, data := real(shop, request, text))
        return data

    monkeypatch.setattr(SimulatedShop, "execute", keep)
    for number, situation in enumerate(situations()):
        Operator(situation.shop(), disk, f"at-{number}").run(situation.plan, Troubles())

    problems = {
        name: wrong for name, answer in answers.items() if (wrong := mistyped(schema(version), *answer))
    }

    assert problems == {}
    assert len(answers) >= 13


def mistyped(schema: GraphQLSchema, text: str, variables: dict, data: dict) -> list[str]:
    """What an answer has that the schema does not have, lacks, or has of another type."""

    def resolve(source, info, **arguments):
        return source[info.path.key]

    def kind_of(value, info, kind):
        return value.get("__typename", "Order")  # the only node that is asked for without its type

    result = execute(
        schema,
        parse(text),
        root_value=data,
        variable_values=variables,
        field_resolver=resolve,
        type_resolver=kind_of,
    )
    problems = [str(error) for error in result.errors or []]
    return problems or ([] if result.data == data else [f"{data} became {result.data}"])


def test_a_shop_refuses_what_it_has_no_points_for():
    shop = SimulatedShop(situations()[0].shop().world, maximum=30.0, rate=1.0)

    spent = [shop.spend(20.0), shop.spend(20.0)]

    assert spent == [True, False]
    assert simulated_shop.QUERY_POINTS == 20.0
