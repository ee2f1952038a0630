"""A form for what opens a shop, whose secret is in no trait: a saved notebook keeps the traits of its widgets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from unfulfill.settings import Secret
from unfulfill.words import said

HERE = Path(__file__).parent
WORDS = ("title", "shop", "profile", "profile_hint", "opened_by", "token", "client", "client_id", "access_token",
         "client_secret", "check")  # fmt: skip

OnGiven = Callable[[str, str, str, str, Secret], None]


class SecretForm(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is seen untyped
    """Asks for shop, profile, and a token or client id and secret; decides nothing.

    `on_given(shop, profile, kind, client_id, secret)` is called when a person sends the form; kind is "token" or
    "client". The browser empties the field of the secret as it sends it. `on_shop(shop)` is called when the field
    of the shop was filled.
    """

    _esm = HERE / "secret_form.js"
    _css = HERE / "secret_form.css"

    busy = traitlets.Bool(False).tag(sync=True)  # what was given is being checked
    words = traitlets.Dict().tag(sync=True)  # every text that the browser shows

    def __init__(self, on_given: OnGiven, on_shop: Callable[[str], None]) -> None:
        self._on_given = on_given
        self._on_shop = on_shop
        super().__init__(words={name: said(f"secret_form.{name}") for name in WORDS})
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """A text without an address, so that notebooks compare equal."""
        return "SecretForm()"

    def propose(self, shop: str) -> None:
        """Put a domain into the field of the shop, for the person to look at."""
        self.send({"op": "shop", "shop": shop})

    def _receive(self, _: object, message: dict[str, Any], buffers: object) -> None:
        match message:
            case {"op": "shop", "shop": str(shop)}:
                self._on_shop(shop.strip())
            case {
                "op": "connect",
                "shop": str(shop),
                "profile": str(profile),
                "kind": "token" | "client" as kind,
                "client_id": str(client_id),
                "secret": str(secret),
            }:
                self._on_given(shop.strip(), profile.strip(), kind, client_id.strip(), Secret(secret.strip()))
