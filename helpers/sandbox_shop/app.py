"""One GraphQL request from its bytes to its answer, without HTTP.

1  who asks (token), what (JSON body), in which version
2  parse, choose the operation, type-check the document and its variables
3  meet a fault that a test ordered
4  price it, and take the points from the bucket
5  execute: a query in one consistent view, each root mutation in its own transaction
6  give back the points that were not used, note the request in the world
"""

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
)

from sandbox_shop import versions
from sandbox_shop.answers import (
    RATE_LIMITS,
    Answer,
    cost_extension,
    errors_answer,
    fault_answer,
    field_error,
    json_answer,
    too_dear,
)
from sandbox_shop.auth import Identity, identify
from sandbox_shop.bucket import BucketState, charge
from sandbox_shop.context import Context
from sandbox_shop.cost import MAX_COST, CostNode, actual_cost, cost_fields, cost_tree
from sandbox_shop.execution import executable_schema
from sandbox_shop.faults import Fault, meet_fault
from sandbox_shop.validation import operation_of, static_errors, syntax_error
from sandbox_shop.variables import variable_errors, variable_values
from sandbox_shop.world import World, format_time

UNAUTHORIZED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


@dataclass
class Request:
    """One request on its way."""

    context: Context
    document: DocumentNode
    operation: OperationDefinitionNode
    tree: CostNode
    is_cost_debug: bool
    fault: Fault | None = None


class App:
    """The Admin API of one world. `clock_s` gives real seconds, for the bucket."""

    def __init__(self, world: World, clock_s: Callable[[], float]) -> None:
        self.world = world
        self.clock_s = clock_s
        self.base_url = ""

    def graphql(self, asked_version: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a POST to /admin/api/<version>/graphql.json. Names of `headers` are in lower case."""
        version = versions.served(asked_version)
        identity = identify(self.world, headers.get("x-shopify-access-token"))
        answer = (
            self._answer(identity, version, headers, body) if identity else errors_answer(401, UNAUTHORIZED)
        )
        answer.headers |= {"X-Shopify-API-Version": version, "X-Request-Id": str(uuid.uuid4())}
        return answer

    def run_line(self, context: Context, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Run a mutation for one line of a bulk operation: not rationed, and met by no fault."""
        document, errors = _checked(context.version, text)
        operation = operation_of(document, None)
        if isinstance(operation, dict):
            return {"errors": [operation]}
        errors = errors or variable_errors(executable_schema(context.version), operation, variables)
        if errors:
            return {"errors": errors}
        context.variables, context.base_url = variable_values(operation, variables), self.base_url
        row = self._request_row(context, operation, json.dumps(variables), fault=None)
        with self.world.writing():
            context.request_id = self.world.insert("request", {**row, "operation": "bulk"})
        before = context.mutation_effects
        result = self._execute(context, document, operation)
        with self.world.writing():
            self.world.update(
                "request", context.request_id, effect=context.mutation_effects - before, status=200
            )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [field_error(each) for each in result.errors]
        return answer

    def _answer(self, identity: Identity, version: str, headers: Mapping[str, str], body: bytes) -> Answer:
        asked = _read_body(headers, body)
        if asked is None:
            return errors_answer(400, {"query": "Required parameter missing or invalid"})
        query, name, variables = asked
        try:
            document, errors = _checked(version, query)
        except GraphQLSyntaxError as error:
            return json_answer({"errors": [syntax_error(error)]})
        if errors:
            return json_answer({"errors": errors})
        operation = operation_of(document, name)
        if isinstance(operation, dict):
            return json_answer({"errors": [operation]})
        errors = variable_errors(executable_schema(version), operation, variables)
        if errors:
            return json_answer({"errors": errors})
        context = self._context(identity, version, operation, variables)
        context.debug_search = "shopify-search-query-debug" in headers
        tree = cost_tree(executable_schema(version), operation, _fragments(document), context.variables)
        request = Request(context, document, operation, tree, "shopify-graphql-cost-debug" in headers)
        return self._noted(request, json.dumps(variables))

    def _context(
        self, identity: Identity, version: str, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> Context:
        return Context(
            world=self.world,
            app=identity.app,
            scopes=identity.scopes,
            version=version,
            variables=variable_values(operation, variables),
            base_url=self.base_url,
        )

    def _noted(self, request: Request, variables: str) -> Answer:
        """Run a request and keep a row of it, which the ledger points at."""
        context = request.context
        name, root_fields = _names(request.operation)
        request.fault = meet_fault(self.world, name, root_fields, variables)
        row = self._request_row(context, request.operation, variables, request.fault)
        with self.world.writing():
            context.request_id = self.world.insert("request", row)
        answer = self._faulty(request)
        status = None if answer.is_reset or answer.hang_s is not None else answer.status
        with self.world.writing():
            self.world.update("request", context.request_id, effect=context.mutation_effects, status=status)
        return answer

    def _request_row(
        self, context: Context, operation: OperationDefinitionNode, variables: str, fault: Fault | None
    ) -> dict[str, Any]:
        name, root_fields = _names(operation)
        is_mutation = operation.operation is OperationType.MUTATION
        return {
            "at": format_time(self.world.now()),
            "app": context.app,
            "operation": name,
            "variables": variables,
            "mutation": ",".join(root_fields) if is_mutation else None,
            "fault": fault.kind if fault else None,
        }

    def _faulty(self, request: Request) -> Answer:
        """The answer, or the fault in its place."""
        fault = request.fault
        if fault is None:
            return self._priced(request)
        if fault.kind == "user_error":
            request.context.forced_user_error = fault.message
            request.context.forced_code = fault.code
            return self._priced(request)
        if fault.kind == "throttled":
            return self._throttled(request, charge(self.world, request.context.app, 0, self.clock_s()))
        if fault.is_after:
            self._priced(request)
        return fault_answer(fault)

    def _priced(self, request: Request) -> Answer:
        requested = request.tree.total
        if requested > MAX_COST:
            return too_dear(requested)
        state = charge(self.world, request.context.app, requested, self.clock_s())
        if not state.is_enough:
            return self._throttled(request, state)
        result = self._execute(request.context, request.document, request.operation)
        actual = actual_cost(request.tree, result.data)
        state = charge(self.world, request.context.app, actual - requested, self.clock_s())
        extensions: dict[str, Any] = {"cost": cost_extension(requested, actual, state)}
        if request.is_cost_debug:
            extensions["cost"]["fields"] = cost_fields(request.tree)
        if request.context.warnings:
            extensions["search"] = request.context.warnings
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [field_error(each) for each in result.errors]
        return json_answer({**body, "extensions": extensions})

    def _throttled(self, request: Request, state: BucketState) -> Answer:
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": RATE_LIMITS}}
        return json_answer(
            {"errors": [error], "extensions": {"cost": cost_extension(request.tree.total, None, state)}}
        )

    def _execute(
        self, context: Context, document: DocumentNode, operation: OperationDefinitionNode
    ) -> ExecutionResult:
        with self.world.reading() if operation.operation is OperationType.QUERY else nullcontext():
            result = execute(
                executable_schema(context.version),
                document,
                context_value=context,
                variable_values=context.variables,
                operation_name=operation.name.value if operation.name else None,
            )
        assert isinstance(result, ExecutionResult)
        return result


def _read_body(headers: Mapping[str, str], body: bytes) -> tuple[str, str | None, dict[str, Any]] | None:
    """Query, operation name and variables; None where there is no query."""
    if headers.get("content-type", "").startswith("application/graphql"):
        return body.decode("utf-8", "replace"), None, {}
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("query"), str):
        return None
    variables = data.get("variables") or {}
    if not isinstance(variables, dict):
        return None
    return data["query"], data.get("operationName"), variables


@lru_cache(maxsize=256)
def _checked(version: str, query: str) -> tuple[DocumentNode, list[dict[str, Any]]]:
    """The document and its static errors. Raises GraphQLSyntaxError."""
    document = parse(query)
    return document, static_errors(executable_schema(version), document)


def _names(operation: OperationDefinitionNode) -> tuple[str, list[str]]:
    """Name of an operation, blank where it has none, and its root fields."""
    root_fields = [
        each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)
    ]
    return operation.name.value if operation.name else "", root_fields


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
