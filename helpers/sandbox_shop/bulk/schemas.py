"""The schema that bulk documents are checked and walked with: the one that requests are executed with."""

from graphql import GraphQLSchema


def schema_of(version: str) -> GraphQLSchema:
    """The executable schema of a served version."""
    # imported here because the executable schema holds the mutations, and those hold the bulk ones
    from sandbox_shop.execution import executable_schema

    return executable_schema(version)
