from pathlib import Path
from typing import Any

import make_schema_slice
import pytest
from graphql import GraphQLObjectType, build_schema, introspection_from_schema, print_schema

from sandbox_shop.execution import executable_schema
from sandbox_shop.resolvers import RESOLVERS
from sandbox_shop.versions import SUPPORTED
from sandbox_shop.writes import MUTATIONS

needs_official = pytest.mark.skipif(
    not make_schema_slice.OFFICIAL.is_dir(), reason="the official introspections are not beside the checkout"
)


def slice_path(version: str) -> Path:
    return make_schema_slice.SLICES / f"{version}.graphql"


def by_name(members: list[dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in members or []}


def differences(ours: Any, official: Any, path: str = "") -> list[str]:
    """Where our introspection says something else than the official one; what it leaves out is no difference."""
    if isinstance(ours, dict):
        skipped = {"description", "possibleTypes", "interfaces", "specifiedByURL", "isRepeatable", "isOneOf"}
        if "isDeprecated" not in official:  # directives: newer tools than Shopify's say more of them
            skipped |= {"isDeprecated", "deprecationReason"}
        return [
            found
            for key in ours.keys() - skipped
            for found in differences(ours[key], official.get(key), f"{path}.{key}")
        ]
    if isinstance(ours, list) and ours and isinstance(ours[0], dict) and "name" in ours[0]:
        theirs = by_name(official)
        return [
            found
            for name, each in by_name(ours).items()
            for found in (
                differences(each, theirs[name], f"{path}.{name}") if name in theirs else [f"{path}.{name}"]
            )
        ]
    return [] if ours == official else [f"{path}: {ours!r}, officially {official!r}"]


@needs_official
@pytest.mark.parametrize("version", SUPPORTED)
def test_the_slice_is_what_the_generator_makes_of_the_official_schema(version: str) -> None:
    texts = (slice_path(version).read_text(encoding="utf-8"), make_schema_slice.slice_text(version))

    saved, made = (
        print_schema(build_schema(text, assume_valid=True, assume_valid_sdl=True)) for text in texts
    )

    assert saved == made


@needs_official
@pytest.mark.parametrize("version", SUPPORTED)
def test_everything_in_the_slice_stands_in_the_official_schema_with_the_same_type(version: str) -> None:
    schema = build_schema(
        slice_path(version).read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True
    )
    ours = introspection_from_schema(schema)["__schema"]
    official = make_schema_slice.introspection(version)["__schema"]

    kept = [each for each in ours["types"] if not each["name"].startswith("__")]

    assert differences(kept, official["types"]) == []
    assert (
        differences(
            [each for each in ours["directives"] if each["name"] == "idempotent"], official["directives"]
        )
        == []
    )


@needs_official
@pytest.mark.parametrize("version", SUPPORTED)
def test_enums_inputs_and_arguments_are_whole(version: str) -> None:
    schema = build_schema(
        slice_path(version).read_text(encoding="utf-8"), assume_valid=True, assume_valid_sdl=True
    )
    ours = by_name(introspection_from_schema(schema)["__schema"]["types"])
    official = by_name(make_schema_slice.introspection(version)["__schema"]["types"])

    for name, each in ours.items():
        if name.startswith("__"):
            continue
        assert by_name(each["enumValues"]).keys() == by_name(official[name]["enumValues"]).keys()
        assert by_name(each["inputFields"]).keys() == by_name(official[name]["inputFields"]).keys()
        for field_name, field in by_name(each["fields"]).items():
            theirs = by_name(official[name]["fields"])[field_name]
            assert by_name(field["args"]).keys() == by_name(theirs["args"]).keys(), f"{name}.{field_name}"


def test_every_mutation_and_query_of_the_slice_is_carried_out() -> None:
    schema = executable_schema("2026-10")
    assert schema.mutation_type is not None and schema.query_type is not None

    assert schema.mutation_type.fields.keys() == MUTATIONS.keys()
    assert schema.query_type.fields.keys() == RESOLVERS["QueryRoot"].keys()


def test_every_resolver_belongs_to_a_field_of_the_slice() -> None:
    types = executable_schema("2026-10").type_map

    for type_name, fields in RESOLVERS.items():
        type_ = types[type_name]
        assert isinstance(type_, GraphQLObjectType)
        assert fields.keys() - type_.fields.keys() == set(), type_name


def test_fulfillment_not_required_exists_since_2026_10_only() -> None:
    values = {
        version: executable_schema(version).type_map["OrderDisplayFulfillmentStatus"].values
        for version in SUPPORTED
    }

    assert {version: "FULFILLMENT_NOT_REQUIRED" in each for version, each in values.items()} == {
        "2026-04": False,
        "2026-07": False,
        "2026-10": True,
    }
