"""Whatever breaks while the shop is asked, no traceback of IPython's holds the token or the client secret."""

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from IPython.core.ultratb import AutoFormattedTB

sys.path.insert(0, str(Path(__file__).parents[1] / "unfulfill"))

from shop_servers import PREFLIGHT, Told, telling

from unfulfill.settings import Secret, ShopSettings
from unfulfill.shop import Shop

TOKEN = "shpat_" + "c0ffee" * 5 + "00"
CLIENT_SECRET = "shpss_" + "decade" * 5 + "00"
MODES = ("Plain", "Context", "Verbose")  # of %xmode
# Where something breaks: below us in requests, urllib3, http.client and socket, and in our own code.
PLACES = (
    "requests.sessions.Session.request", "requests.sessions.Session.prepare_request", "requests.sessions.Session.send",
    "requests.sessions.Session.merge_environment_settings", "requests.models.PreparedRequest.prepare",
    "requests.models.PreparedRequest.prepare_headers", "requests.models.PreparedRequest.prepare_body",
    "requests.adapters.HTTPAdapter.send", "requests.adapters.HTTPAdapter.build_response",
    "requests.adapters.HTTPAdapter.cert_verify", "urllib3.connectionpool.HTTPConnectionPool.urlopen",
    "urllib3.connectionpool.HTTPConnectionPool._make_request", "urllib3.connectionpool.HTTPConnectionPool._get_conn",
    "urllib3.connectionpool.HTTPConnectionPool._put_conn", "urllib3.connection.HTTPConnection.request",
    "urllib3.connection.HTTPConnection.connect", "urllib3.connection.HTTPConnection.getresponse",
    "urllib3.response.HTTPResponse.__init__", "urllib3.response.HTTPResponse.read1",
    "http.client.HTTPConnection.putheader",
    "http.client.HTTPConnection.endheaders", "http.client.HTTPConnection.send", "http.client.HTTPResponse.begin",
    "http.client.HTTPResponse.read1", "socket.create_connection", "socket.getaddrinfo", "json.dumps", "json.loads",
    "unfulfill.shop.transport.Transport._read", "unfulfill.shop.transport.Transport._session",
    "unfulfill.shop.client.judge", "unfulfill.shop.client.identify", "unfulfill.shop.client.Shop._judge",
    "unfulfill.shop.credentials.Credentials._accept", "unfulfill.shop.client.Shop._check_new_token",
)  # fmt: skip
# As bytes, so that nothing breaks in the server.
SHOP = Told(json.dumps(PREFLIGHT).encode())
GRANTED = Told(json.dumps({"access_token": TOKEN, "expires_in": 86_399}).encode())


class Broken(Exception):
    """A defect, somewhere."""


def break_at(place: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **named: Any) -> None:
        raise error("broke")

    monkeypatch.setattr(place, broken)


def told(mode: str, error: BaseException) -> str:
    """What IPython shows of an error in one of its modes."""
    shown = AutoFormattedTB(mode=mode, theme_name="nocolor")
    return str(shown.text(type(error), error, error.__traceback__, context=9))


def with_token(url: str) -> ShopSettings:
    return ShopSettings(url, "", token=Secret(TOKEN))


def with_client(url: str) -> ShopSettings:
    return ShopSettings(url, "", client_id="abc", client_secret=Secret(CLIENT_SECRET))


def hidden_in(text: str) -> list[str]:
    """Which secrets stand in a text, also encoded."""
    found = []
    for secret in (TOKEN, CLIENT_SECRET):
        forms = (
            secret,
            quote(secret, safe=""),
            base64.b64encode(secret.encode()).decode(),
            secret.encode().hex(),
        )
        found += [form for form in forms if form in text]
    return found


@pytest.mark.parametrize("settings", [with_token, with_client])
@pytest.mark.parametrize("place", PLACES)
def test_what_breaks_anywhere_shows_no_secret_in_any_mode(
    place: str, settings: Callable[[str], ShopSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [SHOP] if settings is with_token else [GRANTED, SHOP]
    for error in (Broken, KeyboardInterrupt):
        with telling(*answers) as server, Shop(settings(server.url)) as shop:
            with monkeypatch.context() as patches:
                break_at(place, error, patches)
                try:
                    shop.identity()
                except BaseException as raised:
                    caught = raised
                else:
                    continue  # not on this way
            for mode in MODES:
                assert hidden_in(told(mode, caught)) == [], (mode, error)
