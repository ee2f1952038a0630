"""The token that a request carries: one given, or one got for a client id and secret and renewed in time."""

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from unfulfill.errors import AccessDenied, BadAnswer, ShopUnreachable
from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop.transport import NoAnswer, Transport

RENEW_BEFORE_S = 300.0


def app_of(settings: ShopSettings) -> str:
    """A name for the app that the credentials belong to, which tells nothing about a secret."""
    if settings.client_id:
        return settings.client_id
    text = settings.token.reveal() if settings.token else ""
    return hashlib.sha256(text.encode()).hexdigest()


class Credentials:
    """Gives the token to use now. Safe to use from many threads.

    A client id and secret are exchanged for a token that lives 24 hours and cannot be refreshed, only asked
    for again (shopify.dev, client credentials grant, 2026-11).
    """

    def __init__(self, settings: ShopSettings, transport: Transport, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._token = settings.token
        self._expires_at = float("inf")

    @property
    def renewable(self) -> bool:
        """Whether another token can be had without a person."""
        return self._settings.client_secret is not None

    def token(self) -> tuple[Secret, bool]:
        """The token, and whether it was got just now. Raises AccessDenied, BadAnswer or ShopUnreachable."""
        with self._lock:
            if self._token is not None and self._clock() < self._expires_at - RENEW_BEFORE_S:
                return self._token, False
            self._token = self._ask()
            return self._token, True

    def drop(self, refused: Secret) -> bool:
        """Forget a token that the shop refused. Returns whether `token` can give another."""
        with self._lock:
            if self.renewable and self._token == refused:
                self._token = None
            return self.renewable

    def _ask(self) -> Secret:
        secret = self._settings.client_secret
        if secret is None:
            raise AccessDenied("There is no token; set UNFULFILL_TOKEN in the environment or in .env.")
        answer = self._transport.post(
            f"{self._settings.url}/admin/oauth/access_token",
            {"Accept": "application/json"},
            form={
                "grant_type": "client_credentials",
                "client_id": self._settings.client_id,
                "client_secret": secret.reveal(),
            },
        )
        if isinstance(answer, NoAnswer):
            raise ShopUnreachable(f"{self._settings.url} gave no token: {answer.what}; try again later.")
        if answer.status >= 500:
            raise ShopUnreachable(
                f"{self._settings.url} gave no token (HTTP status {answer.status}); try again later."
            )
        if answer.status != 200:
            raise AccessDenied(
                f"{self._settings.url} does not accept UNFULFILL_CLIENT_ID and UNFULFILL_CLIENT_SECRET "
                f"(HTTP status {answer.status}); app and shop must belong to one organisation, "
                "and the app must be installed."
            )
        return self._accept(answer.body)

    def _accept(self, body: bytes) -> Secret:
        try:
            granted: Any = json.loads(body)
            token, seconds = granted["access_token"], float(granted["expires_in"])
        except (ValueError, KeyError, TypeError):
            granted, token, seconds = None, "", 0.0
        if not isinstance(token, str) or not token:
            raise BadAnswer(f"{self._settings.url} answered the request for a token with something else.")
        self._expires_at = self._clock() + seconds
        return Secret(token)
