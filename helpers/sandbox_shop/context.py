"""What one request carries through its resolvers, and the error that ends a field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sandbox_shop.world import World


class TopLevelError(Exception):
    """A GraphQL error with a code of Shopify's; the field at its path becomes null."""

    def __init__(self, message: str, code: str, extensions: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.extensions = {"code": code, **(extensions or {})}


@dataclass
class Context:
    """One request: who asks, in which version, and what came up on the way."""

    world: World
    app: str  # which app (token) asks; never ""
    scopes: frozenset[str]  # a write_… scope brings its read_… scope with it
    version: str  # the version served: 2026-04, 2026-07 or 2026-10
    request_id: int = 0  # row of the world's `request` table
    warnings: list[dict[str, Any]] = field(default_factory=list)  # entries of extensions.search
    mutation_effects: int = 0  # each write that really changed something adds 1
    idempotency_key: str | None = None  # of the @idempotent directive of the mutation that runs
    bulk: bool = False  # a bulk operation walks: connections give everything, cursors are ignored
    debug_search: bool = False  # the header Shopify-Search-Query-Debug was sent
    path: list[str | int] = field(default_factory=list)  # of the field that is being resolved, if it searches
    root: str = ""  # GraphQL name of the root mutation that runs
    variables: dict[str, Any] = field(default_factory=dict)  # of the request, with defaults
    forced_user_error: str = ""  # a fault: mutations answer with this error and change nothing
    forced_code: str | None = None  # its code
    base_url: str = ""  # of the server that was asked, without a slash at its end

    @cached_property
    def shop(self) -> dict[str, Any]:
        """The shop's settings, as they were when the request first looked."""
        shop: dict[str, Any] = self.world.get("shop", {})
        return shop

    def switch(self, name: str, default: Any = None) -> Any:
        """A switch of the world: a behaviour that is inferred, not documented."""
        return self.world.get("switches", {}).get(name, default)
