"""bulkOperationRunMutation: one mutation for each line of an uploaded file.

Any mutation but the bulk ones (changelog, December 2025). The lines are not processed in their order, and
the results carry `__lineNumber`, counted from 0 (documented). Messages recorded 2026-04 where they are Shopify's.
"""

from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, parse, validate

from sandbox_shop import objects
from sandbox_shop.bulk.operations import Payload, in_progress, queue, refused
from sandbox_shop.bulk.schemas import schema_of
from sandbox_shop.bulk.uploads import MAX_BYTES, uploaded
from sandbox_shop.bulk.validator import find
from sandbox_shop.context import Context

FORBIDDEN = ("bulkOperationRunMutation", "bulkOperationRunQuery")
IDENTIFIER_LENGTH = range(10, 256)


def bulk_operation_run_mutation(
    context: Context,
    mutation: str,
    stagedUploadPath: str,
    clientIdentifier: str | None = None,
    **_: Any,
) -> Payload:
    """Queue a mutation over the lines of a file."""
    message = check_mutation(schema_of(context.version), mutation)
    if message:
        return refused(["mutation"], message, "INVALID_MUTATION")
    if clientIdentifier is not None and len(clientIdentifier) not in IDENTIFIER_LENGTH:
        word = (
            "short (minimum is 10"
            if len(clientIdentifier) < IDENTIFIER_LENGTH.start
            else "long (maximum is 255"
        )
        return refused(
            ["clientIdentifier"], f"Client identifier is too {word} characters)", "INVALID_MUTATION"
        )
    body = uploaded(context.world, stagedUploadPath)
    if body is None:
        message = (
            "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL"
            " correctly for the stagedUploadPath mutation argument."
        )
        return refused(None, message, "NO_SUCH_FILE")
    if not body.strip():
        return refused(None, "The input file is empty.", "INVALID_STAGED_UPLOAD_FILE")
    if len(body) > MAX_BYTES:
        message = "The input file size exceeds the maximum allowed size of 100 MB."
        return refused(None, message, "INVALID_STAGED_UPLOAD_FILE")
    running = in_progress(context, "MUTATION")
    if running:
        return refused(None, running, "OPERATION_IN_PROGRESS")
    id_ = queue(context, "MUTATION", mutation, upload=stagedUploadPath, client_identifier=clientIdentifier)
    return {"bulkOperation": objects.load(context.world, "BulkOperation", id_), "userErrors": []}


def check_mutation(schema: GraphQLSchema, text: str) -> str | None:
    """Why a document can't be run for each line; None where it can."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return f"Invalid bulk mutation: {error.message}"
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.MUTATION:
        return "You must specify a single top level mutation."
    findings = find(schema, document, operations[0])
    if len(operations[0].selection_set.selections) != 1 or len(findings.root_fields) > 1:
        return "You must specify a single top level mutation."
    if not findings.root_fields or findings.root_fields[0] in FORBIDDEN:
        return "You must use an allowed mutation name."
    if findings.connections > 1:
        return "Bulk mutations cannot contain more than 1 connection."
    errors = validate(schema, document)
    return f"Invalid bulk mutation: {errors[0].message}" if errors else None
