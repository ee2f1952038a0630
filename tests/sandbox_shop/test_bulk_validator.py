"""Which documents a bulk operation takes, and the recorded words for the others."""

import pytest
from graphql import GraphQLSchema

from sandbox_shop.bulk.mutations import check_mutation
from sandbox_shop.bulk.validator import check_query
from sandbox_shop.execution import executable_schema

NODE = "edges { node { id } }"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return executable_schema("2026-10")


@pytest.mark.parametrize(
    "text",
    [
        f"{{ orders {{ {NODE} }} }}",
        f"{{ orders {{ edges {{ node {{ id lineItems {{ {NODE} }} fulfillments {{ id }} }} }} }} }}",
        "{ fulfillmentOrders(includeClosed: true) { edges { node { id fulfillments { edges { node { id"
        f" fulfillmentLineItems {{ {NODE} }} }} }} }} }} }} }} }}",
        "query Named { orders { edges { node { ...Bits } } } } fragment Bits on Order"
        f" {{ id lineItems {{ {NODE} }} }}",
        f"{{ orders {{ {NODE} }} inventoryItems {{ {NODE} }} }}",
    ],
)
def test_a_query_within_the_rules_is_taken(schema: GraphQLSchema, text: str) -> None:
    document, message = check_query(schema, text)

    assert (document is not None, message) == (True, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{ orders { nodes { id } } }",
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g:"
            " 'orders { edges { node {'. Selecting via 'nodes' is not supported. Invalid connection fields: 'orders'.",
        ),
        (
            "{ orders { edges { node { id fulfillmentOrders { edges { node { id fulfillments { edges { node { id"
            f" fulfillmentLineItems {{ {NODE} }} }} }} }} }} }} }} }} }} }} }}",
            "Bulk queries cannot contain connections with a nesting depth greater than 2.",
        ),
        (
            "{ orders { edges { node { id "
            + " ".join(f"a{n}: lineItems {{ {NODE} }}" for n in range(5))
            + " } } } }",
            "Bulk queries cannot contain more than 5 connections.",
        ),
        ("{ shop { name } }", "Bulk queries must contain at least one connection."),
        (
            f'{{ node(id: "gid://shopify/Order/1") {{ id ... on Order {{ lineItems {{ {NODE} }} }} }} }}',
            "Bulk queries cannot contain a top level `node` field.",
        ),
        (
            'mutation { fulfillmentCancel(id: "gid://shopify/Fulfillment/1") { userErrors { message } } }',
            "Invalid operation type. Only `query` operations are supported.",
        ),
        (
            f"{{ orders {{ edges {{ node {{ name lineItems {{ {NODE} }} }} }} }} }}",
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must"
            " be of 'ID' return type. Connection fields without 'id': orders.",
        ),
        (
            f"{{ orders {{ edges {{ node {{ id: legacyResourceId lineItems {{ {NODE} }} }} }} }} }}",
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must"
            " be of 'ID' return type. Connection fields without 'id': orders.",
        ),
        (
            f"{{ orders {{ edges {{ node {{ id fulfillments {{ id events {{ {NODE} }} }} }} }} }} }}",
            "Queries that contain a connection field within a list field are not currently supported.",
        ),
    ],
)
def test_a_query_outside_the_rules_is_refused_in_the_recorded_words(
    schema: GraphQLSchema, text: str, message: str
) -> None:
    assert check_query(schema, text) == (None, message)


@pytest.mark.parametrize(
    "text",
    [
        "{ orders { edges { node { id colour } } } }",
        "{ orders {",
        "query($q: String) { orders(query: $q) { edges { node { id } } } }",
        '{ orders(query: "' + "x" * 65_536 + '") { edges { node { id } } } }',
    ],
)
def test_what_cannot_run_at_all_is_refused(schema: GraphQLSchema, text: str) -> None:
    document, message = check_query(schema, text)

    assert document is None
    assert message


CANCEL = "fulfillmentCancel(id: $id) { userErrors { message } }"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"mutation($id: ID!) {{ {CANCEL} }}", None),
        ("{ shop { name } }", "You must specify a single top level mutation."),
        (
            f"mutation($id: ID!) {{ a: {CANCEL} b: {CANCEL} }}",
            "You must specify a single top level mutation.",
        ),
        (
            "mutation($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { message } } }",
            "You must use an allowed mutation name.",
        ),
        (
            "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { events { nodes { id } }"
            " fulfillmentLineItems { nodes { id } } } } }",
            "Bulk mutations cannot contain more than 1 connection.",
        ),
    ],
)
def test_mutations_have_their_rules(schema: GraphQLSchema, text: str, message: str | None) -> None:
    assert check_mutation(schema, text) == message
