"""The executable schema of each version: the slice, with the resolvers and mutations in it."""

from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    value_from_ast_untyped,
)

from sandbox_shop import auth
from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.objects import object_gid
from sandbox_shop.resolvers import RESOLVERS
from sandbox_shop.resolvers.fields import Resolver, snake_case
from sandbox_shop.world import gid
from sandbox_shop.writes import IDEMPOTENT, MUTATIONS, SCOPE_NOT_NAMED, SCOPES
from sandbox_shop.writes.input_sizes import check_input_sizes

Info = Any  # GraphQLResolveInfo: generic since graphql-core 3.3 only


@cache
def executable_schema(version: str) -> GraphQLSchema:
    """The schema of a served version; built once a process."""
    text = (files("sandbox_shop") / "schema" / f"{version}.graphql").read_text(encoding="utf-8")
    schema = build_schema(text, assume_valid=True, assume_valid_sdl=True)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = _type_name
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                field.resolve = _field_resolver(schema, type_, name, field)
    return schema


def _type_name(row: dict[str, Any], info: Info, type_: Any) -> str:
    return str(row["__typename"])


def _field_resolver(schema: GraphQLSchema, type_: GraphQLObjectType, name: str, field: GraphQLField) -> Any:
    if type_ is schema.mutation_type:
        return _mutation(name)
    resolver = RESOLVERS.get(type_.name, {}).get(name)
    is_guarded = name in auth.NEEDED.get(type_.name, {})
    if resolver is None:
        return _stored(type_.name, name, is_guarded)
    is_search = "query" in field.args

    def resolve(row: Any, info: Info, **args: Any) -> Any:
        context: Context = info.context
        if is_guarded:
            auth.require(context, type_.name, name)
        if is_search:
            context.path = info.path.as_list()
        return resolver(row, context, **args)

    if not (is_guarded or is_search):
        return _plain(resolver)
    return resolve


def _stored(type_name: str, name: str, is_guarded: bool) -> Any:
    """A field that is answered as the world keeps it, where the token may read it."""
    answer = _identity(type_name) if name == "id" else _key(name)
    if not is_guarded:
        return answer

    def resolve(row: dict[str, Any], info: Info, **args: Any) -> Any:
        auth.require(info.context, type_name, name)
        return answer(row, info, **args)

    return resolve


def _plain(resolver: Resolver) -> Any:
    return lambda row, info, **args: resolver(row, info.context, **args)


def _key(name: str) -> Any:
    snake = snake_case(name)

    def resolve(row: dict[str, Any], info: Info, **args: Any) -> Any:
        return row[name] if name in row else row.get(snake)

    return resolve


def _identity(type_name: str) -> Any:
    def resolve(row: dict[str, Any], info: Info, **args: Any) -> Any:
        id_ = row.get("id")
        if id_ is None or (isinstance(id_, str) and id_.startswith("gid:")):
            return id_
        return object_gid(row) if "__typename" in row else gid(type_name, id_)

    return resolve


def _mutation(name: str) -> Any:
    """A root mutation: scopes, @idempotent, one transaction."""

    def resolve(row: Any, info: Info, **args: Any) -> Any:
        context: Context = info.context
        if context.forced_user_error:
            error = {"field": None, "message": context.forced_user_error, "code": context.forced_code}
            return {"userErrors": [error]}
        needed = SCOPES.get(name)
        if needed and not context.scopes & needed:
            raise auth.access_denied(name, () if name in SCOPE_NOT_NAMED else tuple(sorted(needed)))
        context.idempotency_key = _idempotency_key(info, context)
        if name in IDEMPOTENT and not context.idempotency_key:
            message = "The @idempotent directive is required for this mutation but was not provided."
            raise TopLevelError(message, "BAD_REQUEST")
        check_input_sizes(args)
        context.root = name
        with context.world.writing():
            return MUTATIONS[name](context, **args)

    return resolve


def _idempotency_key(info: Info, context: Context) -> str | None:
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            for argument in directive.arguments or ():
                value = value_from_ast_untyped(argument.value, context.variables)
                return str(value) if value is not None else None
    return None
