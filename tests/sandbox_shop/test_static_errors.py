from typing import Any

import pytest
from sandbox_client import Client

CANCEL = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
ADJUST = """mutation($i: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $i) @idempotent(key: "k") { userErrors { message } } }"""


def first_error(client: Client, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = client.ask(query, variables)
    assert "data" not in answer
    return answer["errors"][0]


@pytest.mark.parametrize(
    ("query", "message", "extensions"),
    [
        (
            'mutation { fulfillmentCancel(id: "1") { userErrors { code } } }',
            "Field 'code' doesn't exist on type 'UserError'",
            {"code": "undefinedField", "typeName": "UserError", "fieldName": "code"},
        ),
        (
            "mutation { fulfillmentCancel { userErrors { message } } }",
            "Field 'fulfillmentCancel' is missing required arguments: id",
            {
                "code": "missingRequiredArguments",
                "className": "Field",
                "name": "fulfillmentCancel",
                "arguments": "id",
            },
        ),
        (
            "mutation { fulfillmentCancel(id: null) { userErrors { message } } }",
            "Argument 'id' on Field 'fulfillmentCancel' has an invalid value (null). Expected type 'ID!'.",
            {"code": "argumentLiteralsIncompatible", "typeName": "Field", "argumentName": "id"},
        ),
        (
            "{ orders(first: 1, colour: 2) { nodes { id } } }",
            "Field 'orders' doesn't accept argument 'colour'",
            {"code": "argumentNotAccepted", "name": "orders", "typeName": "Field", "argumentName": "colour"},
        ),
        (
            "{ shop }",
            "Field must have selections (field 'shop' returns Shop but has no selections."
            " Did you mean 'shop { ... }'?)",
            {"code": "selectionMismatch", "nodeName": "field 'shop'", "typeName": "Shop"},
        ),
        (
            "{ shop { name { first } } }",
            "Selections can't be made on scalars (field 'name' returns String but has selections [first])",
            {"code": "selectionMismatch", "nodeName": "field 'name'", "typeName": "String"},
        ),
        (
            "query Q($x: Int) { shop { name } }",
            "Variable $x is declared by Q but not used",
            {"code": "variableNotUsed", "variableName": "x"},
        ),
        (
            "query Q { order(id: $x) { id } }",
            "Variable $x is used by Q but not declared",
            {"code": "variableNotDefined", "variableName": "x"},
        ),
        (
            "query Q($x: String) { order(id: $x) { id } }",
            "Type mismatch on variable $x and argument id (String / ID!)",
            {
                "code": "variableMismatch",
                "variableName": "x",
                "typeName": "String",
                "argumentName": "id",
                "errorMessage": "Type mismatch",
            },
        ),
        (
            "{ shop @once { name } }",
            "Directive @once is not defined",
            {"code": "undefinedDirective", "directiveName": "once"},
        ),
        (
            "{ shop { ...Bits } }",
            "Fragment Bits was used, but not defined",
            {"code": "useAndDefineFragment", "fragmentName": "Bits"},
        ),
        (
            "{ shop { name } } fragment Bits on Shop { id }",
            "Fragment Bits was defined, but not used",
            {"code": "useAndDefineFragment", "fragmentName": "Bits"},
        ),
        (
            'mutation { orderClose(input: {id: "1", why: 2}) { order { id } } }',
            "InputObject 'OrderCloseInput' doesn't accept argument 'why'",
            {
                "code": "argumentNotAccepted",
                "name": "OrderCloseInput",
                "typeName": "InputObject",
                "argumentName": "why",
            },
        ),
        (
            "mutation { orderClose(input: {}) { order { id } } }",
            "Argument 'id' on InputObject 'OrderCloseInput' is required. Expected type ID!",
            {
                "code": "missingRequiredInputObjectAttribute",
                "argumentName": "id",
                "argumentType": "ID!",
                "inputObjectType": "OrderCloseInput",
            },
        ),
    ],
)
def test_a_wrong_document_is_refused_in_shopify_s_words(
    reading: Client, query: str, message: str, extensions: dict[str, Any]
) -> None:
    error = first_error(reading, query)

    assert (error["message"], error["extensions"]) == (message, extensions)
    assert error["locations"]


def test_a_static_error_says_where_it_stands(reading: Client) -> None:
    error = first_error(reading, "query Q { orders(first: 1) { nodes { ... on Order { colour } } } }")

    assert error["path"] == ["query Q", "orders", "nodes", "... on Order", "colour"]


@pytest.mark.parametrize(
    "query", ["{ shop { name }", "", "query {", "{ orders(first: 1, query: 'x') { nodes { id } } }"]
)
def test_a_document_that_cannot_be_read_is_a_parse_error(reading: Client, query: str) -> None:
    assert first_error(reading, query)["extensions"]["code"] == "PARSE_ERROR"


def test_several_operations_need_a_name(reading: Client) -> None:
    assert first_error(reading, "query A { shop { name } } query B { shop { name } }")["message"] == (
        "An operation name is required"
    )


@pytest.mark.parametrize(
    ("query", "variables", "message", "problems"),
    [
        (
            CANCEL,
            {},
            "Variable $id of type ID! was provided invalid value",
            [{"path": [], "explanation": "Expected value to not be null"}],
        ),
        (
            CANCEL,
            {"id": ["x"]},
            "Variable $id of type ID! was provided invalid value",
            [{"path": [], "explanation": "Could not coerce value ['x'] to ID"}],
        ),
        (
            ADJUST,
            {"i": {"name": "available", "reason": "x", "changes": [{"delta": "1", "locationId": "l"}]}},
            "Variable $i of type InventoryAdjustQuantitiesInput! was provided invalid value for "
            'changes.0.delta (Could not coerce value "1" to Int), '
            "changes.0.inventoryItemId (Expected value to not be null)",
            [
                {"path": ["changes", 0, "delta"], "explanation": 'Could not coerce value "1" to Int'},
                {"path": ["changes", 0, "inventoryItemId"], "explanation": "Expected value to not be null"},
            ],
        ),
        (
            ADJUST,
            {"i": {"name": "available", "reason": "x", "changes": [], "ignoreCompareQuantity": True}},
            "Variable $i of type InventoryAdjustQuantitiesInput! was provided invalid value for "
            "ignoreCompareQuantity (Field is not defined on InventoryAdjustQuantitiesInput)",
            [
                {
                    "path": ["ignoreCompareQuantity"],
                    "explanation": "Field is not defined on InventoryAdjustQuantitiesInput",
                }
            ],
        ),
    ],
)
def test_a_wrong_variable_is_an_invalid_variable(
    reading: Client, query: str, variables: dict[str, Any], message: str, problems: list[dict[str, Any]]
) -> None:
    error = first_error(reading, query, variables)

    assert error["message"] == message
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert sorted(error["extensions"]["problems"], key=str) == sorted(problems, key=str)


@pytest.mark.parametrize(
    ("query", "value", "explanation"),
    [
        (
            "query($v: OrderIdentifierInput!) { orderByIdentifier(identifier: $v) { id } }",
            {},
            "'OrderIdentifierInput' requires exactly one argument",
        ),
        (
            "query($v: OrderSortKeys) { orders(first: 1, sortKey: $v) { nodes { id } } }",
            "COLOUR",
            'Expected "COLOUR" to be one of: CREATED_AT, ',
        ),
        (
            "query($v: OrderSortKeys) { orders(first: 1, sortKey: $v) { nodes { id } } }",
            ["ID"],
            "to be one of",
        ),
        (
            "query($v: Int) { orders(first: $v) { nodes { id } } }",
            2**31,
            "Could not coerce value 2147483648 to Int",
        ),
        ("query($v: Boolean) { orders(first: 1, reverse: $v) { nodes { id } } }", "yes", "to Boolean"),
        (
            "mutation($v: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $v) { __typename } }",
            {"fulfillmentId": "x", "status": "DELIVERED", "happenedAt": "last Monday"},
            'Could not coerce value "last Monday" to DateTime',
        ),
        (
            "query($v: OrderIdentifierInput!) { orderByIdentifier(identifier: $v) { id } }",
            "x",
            "to be a key-value object",
        ),
    ],
)
def test_what_a_type_cannot_hold_is_explained(
    reading: Client, query: str, value: Any, explanation: str
) -> None:
    error = first_error(reading, query, {"v": value})

    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["value"] == value
    assert explanation in error["extensions"]["problems"][0]["explanation"]


def test_variables_that_are_not_declared_are_ignored(reading: Client) -> None:
    assert reading.data("{ shop { name } }", {"unused": 1})["shop"]


def test_whole_numbers_are_taken_as_ids(reading: Client) -> None:
    answer = reading.ask("query($id: ID!) { order(id: $id) { id } }", {"id": 5})

    assert answer["errors"][0]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


def test_an_inventory_write_without_a_key_is_a_bad_request(reading: Client) -> None:
    query = ADJUST.replace(' @idempotent(key: "k")', "")

    answer = reading.ask(query, {"i": {"name": "available", "reason": "x", "changes": []}})

    assert answer["data"] == {"inventoryAdjustQuantities": None}
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert answer["errors"][0]["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
