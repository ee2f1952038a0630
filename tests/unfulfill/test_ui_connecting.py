"""The connect panel: a secret comes in one message, is checked and stored, and stands in no trait and no output."""

import os
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from keyrings_made import MemoryKeyring
from shop_servers import Told, telling

from unfulfill import ui
from unfulfill.profiles import load_profiles
from unfulfill.ui.connecting import ConnectPanel
from unfulfill.ui.secret_form import SecretForm

CANARY = "shpat_canary0123456789abcdef"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))


@pytest.fixture
def panel() -> ConnectPanel:
    made = ConnectPanel(sleep=lambda seconds: None)
    made.form.sent = []
    made.form.send = lambda content, buffers=None: made.form.sent.append(content)
    return made


def send(panel: ConnectPanel, shop: str, secret: str, **more: str) -> None:
    """As if the browser had sent it, until the check has ended."""
    message = {"op": "connect", "shop": shop, "profile": "", "kind": "token", "client_id": "", **more}
    panel.form._handle_custom_msg({**message, "secret": secret}, [])
    assert panel.wait(30)
    assert not panel.form.busy


def everything_shown(panel: ConnectPanel) -> str:
    """What a saved notebook keeps of the panel: the state of every widget, and the texts of each."""
    widgets = [panel.widget, panel.form, panel.status, panel.result]
    states = [repr(widget.get_state()) + repr(widget) + repr(vars(widget)) for widget in widgets]
    return "".join([*states, repr(vars(panel)), repr(ipywidgets.Widget.get_manager_state())])


def test_a_shop_is_checked_and_stored_and_its_lines_are_shown(
    panel: ConnectPanel, sandbox: Any, memory_keyring: MemoryKeyring
) -> None:
    send(panel, sandbox.url, f" {sandbox.token}\n", profile="practice")

    assert memory_keyring.kept == {("unfulfill-workbench", "practice"): sandbox.token}
    assert [each.name for each in load_profiles(os.environ)] == ["practice"]
    assert "Connected. The token is in the system keyring" in panel.status.value
    assert "only a first cancel proves it" in panel.result.value
    assert sandbox.token not in everything_shown(panel)


def test_a_client_id_and_secret_are_stored_as_such(
    panel: ConnectPanel, sandbox: Any, memory_keyring: MemoryKeyring
) -> None:
    client = sandbox._server.world.get("client")

    send(panel, sandbox.url, client["secret"], kind="client", client_id=client["id"])

    assert [(each.name, each.credentials) for each in load_profiles(os.environ)] == [("practice", "client")]
    assert client["secret"] not in everything_shown(panel)


def test_a_pasted_address_is_proposed_and_not_used(panel: ConnectPanel) -> None:
    panel.form._handle_custom_msg({"op": "shop", "shop": "https://admin.shopify.com/store/acme/x"}, [])

    assert panel.form.sent == [{"op": "shop", "shop": "acme.myshopify.com"}]
    assert "would be acme.myshopify.com" in panel.status.value

    send(panel, "acme", CANARY)

    assert panel.form.sent[1:] == [{"op": "shop", "shop": "acme.myshopify.com"}]
    assert CANARY not in everything_shown(panel)
    assert load_profiles(os.environ) == ()


@pytest.mark.parametrize(
    ("shop", "more", "words"),
    [
        ("https://evil.com", {}, "no shop&#x27;s domain"),
        ("acme.myshopify.com", {"kind": "client"}, "Something is missing"),
        ("acme.myshopify.com", {"profile": "<b>A"}, "small letters"),
    ],
)
def test_what_cannot_be_right_is_a_sentence_beside_the_button(
    panel: ConnectPanel, shop: str, more: dict[str, str], words: str
) -> None:
    send(panel, shop, CANARY, **more)

    assert words in panel.status.value
    assert "<b>" not in panel.status.value
    assert CANARY not in everything_shown(panel)
    assert load_profiles(os.environ) == ()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told({"errors": "[API] Invalid API key or access token"}, 401), "does not accept the token"),
        (Told({"errors": "Unavailable Shop"}, 402), "frozen until its owner settles"),
        (Told(b"<html><script>alert(1)</script>"), "did not answer with JSON"),
    ],
)
def test_a_refusal_of_the_shop_is_shown_and_nothing_is_stored(
    panel: ConnectPanel, told: Told, words: str, memory_keyring: MemoryKeyring
) -> None:
    with telling(told) as server:
        send(panel, server.url, CANARY)

    assert words in panel.status.value
    assert "<script>" not in panel.status.value
    assert CANARY not in everything_shown(panel)
    assert (memory_keyring.kept, load_profiles(os.environ)) == ({}, ())


def test_a_missing_scope_is_shown_as_a_line_and_nothing_is_stored(
    panel: ConnectPanel, sandbox: Any, memory_keyring: MemoryKeyring
) -> None:
    send(panel, sandbox.url, sandbox.control("tokens", {"scopes": ["read_orders"]})["token"])

    assert "nothing was stored, for read_products" in panel.status.value
    assert "no variant and no barcode" in panel.result.value
    assert memory_keyring.kept == {}


@pytest.mark.parametrize(
    "message",
    [{}, {"op": "connect"}, {"op": "connect", "shop": 1}, {"op": "shop", "shop": None}, {"op": "other"}],
)
def test_a_message_that_is_not_one_does_nothing(panel: ConnectPanel, message: dict[str, Any]) -> None:
    before = panel.status.value

    panel.form._handle_custom_msg(message, [])

    assert (panel.status.value, panel.form.busy, panel.form.sent) == (before, False, [])


def test_only_whether_it_is_busy_and_its_labels_are_synced_of_the_form() -> None:
    form = SecretForm(lambda *given: None, lambda shop: None)

    own = {name for name, trait in form.traits(sync=True).items() if trait.this_class is SecretForm}

    assert own == {"busy", "words"}
    assert form.words["check"] == "Check and store"


def test_where_nobody_sits_the_command_is_named() -> None:
    assert "unfulfill connect" in ui.connect_panel().text
