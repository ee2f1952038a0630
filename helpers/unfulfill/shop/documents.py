"""The operations that we send: one named GraphQL document a file, found by its name."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

SEARCH = "__SEARCH__"


@dataclass(frozen=True)
class Document:
    """One operation as it is sent."""

    name: str
    kind: Literal["query", "mutation"]
    text: str


@cache
def load_document(name: str) -> Document:
    """The document in `operations/<name>.graphql`. Raises FileNotFoundError for an unknown name."""
    text = files("unfulfill.shop").joinpath("operations", f"{name}.graphql").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    kind = "mutation" if body.lstrip().startswith("mutation") else "query"
    return Document(name, "mutation" if kind == "mutation" else "query", body)


def bulk_text(name: str, search: str) -> str:
    """The inner text of a bulk query, with its search written in. A bulk query has no variables and no name."""
    body = load_document(name).text.replace(f"query {name} ", "", 1)
    escaped = search.replace("\\", "\\\\").replace('"', '\\"')
    return body.replace(SEARCH, escaped)


def operation_names() -> list[str]:
    """Every operation, in alphabetical order."""
    folder = files("unfulfill.shop").joinpath("operations")
    return sorted(
        path.name.removesuffix(".graphql") for path in folder.iterdir() if path.name.endswith(".graphql")
    )
