"""The token that a request carries: one given, or one got for a client id and secret and renewed in time."""

import hashlib
import json
import math
import threading
from collections.abc import Callable
from typing import Any

from unfulfill.errors import AccessDenied, BadAnswer, ShopUnreachable
from unfulfill.settings import CREDENTIAL, Secret, ShopSettings
from unfulfill.shop.transport import Answer, NoAnswer, Transport
from unfulfill.words import said

RENEW_BEFORE_S = 300.0  # before the end of a token; of one that lives shorter, a fifth of its life
LONGEST_LIFE_S = 366 * 86_400.0  # an answer that promises more is not believed


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

    def __init__(
        self,
        settings: ShopSettings,
        transport: Transport,
        clock: Callable[[], float],
        check: Callable[[Secret], None] = lambda token: None,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._check = check  # of a new token, before anybody gets it
        self._lock = threading.Lock()
        self._token = settings.token
        self._renew_at = math.inf
        self._ends_at = math.inf

    @property
    def renewable(self) -> bool:
        """Whether another token can be had without a person."""
        return self._settings.client_secret is not None

    @property
    def ends_in_s(self) -> float | None:
        """Seconds until the token ends; None where it tells no end or there is none yet."""
        return None if self._token is None or math.isinf(self._ends_at) else self._ends_at - self._clock()

    def token(self) -> Secret:
        """The token to use now: a new one shortly before the old one ends, asked for once however many wait.

        Raises AccessDenied, BadAnswer or ShopUnreachable, and what the check of a new token raises; a token that
        did not pass it is never given out.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._token = None
                self._token = self._ask()
            return self._token

    def drop(self, refused: Secret) -> bool:
        """Forget a token that the shop refused. Returns whether `token` can give another."""
        with self._lock:
            if self.renewable and self._token == refused:
                self._token = None
            return self.renewable

    def _ask(self) -> Secret:
        secret = self._settings.client_secret
        if secret is None:
            raise AccessDenied(said("shop_error.no_token"))
        asked_at = self._clock()
        answer = self._transport.post(
            f"{self._settings.url}/admin/oauth/access_token",
            {"Accept": "application/json"},
            form={
                "grant_type": "client_credentials",
                "client_id": self._settings.client_id,
                "client_secret": secret,
            },
        )
        if isinstance(answer, NoAnswer):
            raise ShopUnreachable(said("shop_error.no_token_yet", shop=self._settings.url, why=answer.what))
        status = str(answer.status)
        if answer.status >= 500:
            raise ShopUnreachable(said("shop_error.no_token_now", shop=self._settings.url, status=status))
        if answer.status != 200:
            profile = self._settings.profile
            key = "shop_error.profile_client_refused" if profile else "shop_error.client_refused"
            raise AccessDenied(said(key, shop=self._settings.url, status=status, profile=profile))
        return self._accept(answer, asked_at)

    def _accept(self, answer: Answer, asked_at: float) -> Secret:
        new, seconds = _granted(answer)
        if new is None:
            raise BadAnswer(said("shop_error.strange_token", shop=self._settings.url))
        if type(seconds) not in (int, float) or not 0 < seconds <= LONGEST_LIFE_S:
            raise BadAnswer(said("shop_error.endless_token", shop=self._settings.url))
        self._check(new)
        self._ends_at = asked_at + seconds
        self._renew_at = self._ends_at - min(RENEW_BEFORE_S, seconds / 5)
        return new


def _granted(answer: Answer) -> tuple[Secret | None, Any]:
    """The token of an answer, None where there is none, and its seconds of life as they were told."""
    try:
        return _parsed(answer.body)
    except BaseException as error:  # without the frames that hold the token
        raise error.with_traceback(None) from None


def _parsed(body: bytes) -> tuple[Secret | None, Any]:
    try:
        granted: Any = json.loads(body)
        token, seconds = granted["access_token"], granted["expires_in"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, None
    is_token = isinstance(token, str) and CREDENTIAL.fullmatch(token)
    return (Secret(token) if is_token else None), seconds
