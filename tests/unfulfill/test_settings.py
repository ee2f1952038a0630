import copy
import json
import pickle
from pathlib import Path

import pytest

from unfulfill.errors import SettingsRefused
from unfulfill.settings import Secret, ShopSettings, read_settings, sandbox_settings

TOKEN = "shpat_0123456789abcdef0123456789abcdef"
DOMAIN = "example-shop.myshopify.com"
GOOD = {"UNFULFILL_SHOP": DOMAIN, "UNFULFILL_TOKEN": TOKEN}


def test_a_domain_and_a_token_are_enough() -> None:
    settings = read_settings("", GOOD, None)

    assert settings == ShopSettings(f"https://{DOMAIN}", DOMAIN, "2026-10", token=Secret(TOKEN))
    assert not settings.is_sandbox


def test_a_sandbox_address_is_a_kind_of_its_own() -> None:
    settings = sandbox_settings("http://127.0.0.1:8123", TOKEN)

    assert settings.is_sandbox
    assert settings.domain == ""


def test_a_client_id_and_secret_take_the_place_of_a_token() -> None:
    environ = {"UNFULFILL_CLIENT_ID": "abc", "UNFULFILL_CLIENT_SECRET": "shpss_1"}

    settings = read_settings(DOMAIN, environ, None)

    assert (settings.token, settings.client_id, settings.client_secret) == (None, "abc", Secret("shpss_1"))


@pytest.mark.parametrize(
    "shop",
    [
        "example.com",
        "example-shop.myshopify.com.evil.com",
        "evil.com#example-shop.myshopify.com",
        "evil.com/example-shop.myshopify.com",
        "user@example-shop.myshopify.com",
        "example-shop.myshopify.com:443",
        "example-shop.myshopify.com/",
        "example-shop.myshopify.com.",
        "https://example-shop.myshopify.com",
        "Example-Shop.myshopify.com",
        "-example.myshopify.com",
        "example_shop.myshopify.com",
        "exämple.myshopify.com",
        "ｅxample.myshopify.com",
        ".myshopify.com",
        "a.b.myshopify.com",
        "example-shop.myshopify.com\n",
        "example-shop.myshopify.com\x00",
        " example-shop.myshopify.com",
        "localhost",
        "127.0.0.1",
        "http://localhost:80",
        "http://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/",
        "http://127.0.0.1:80@evil.com",
        "http://127.0.0.1.evil.com:80",
        "http://0.0.0.0:80",
        "https://127.0.0.1:80",
        "http://[::1]:80",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_no_shop_is_refused(shop: str) -> None:
    with pytest.raises(SettingsRefused):
        read_settings(shop, {"UNFULFILL_TOKEN": TOKEN}, None)


def test_every_problem_is_told_at_once() -> None:
    environ = {"UNFULFILL_API_VERSION": "2025-01", "UNFULFILL_CLIENT_ID": "abc"}

    with pytest.raises(SettingsRefused) as refused:
        read_settings("example.com", environ, None)

    message = str(refused.value)
    assert "example.com" in message
    assert "2025-01" in message
    assert "UNFULFILL_CLIENT_SECRET" in message


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "there is no token"),
        ({"UNFULFILL_TOKEN": TOKEN, "UNFULFILL_CLIENT_ID": "a"}, "both set"),
        ({"UNFULFILL_TOKEN": f"Bearer {TOKEN}"}, "copy it again"),
        ({"UNFULFILL_TOKEN": f"{TOKEN}\n"}, "copy it again"),
        ({"UNFULFILL_TOKEN": TOKEN, "UNFULFILL_SHOP": "other.myshopify.com"}, "other.myshopify.com"),
        ({"UNFULFILL_TOKEN": TOKEN, "UNFULFILL_API_VERSION": "unstable"}, "unstable"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsRefused, match=words) as refused:
        read_settings(DOMAIN, environ, None)

    assert TOKEN not in str(refused.value)


def env_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_an_env_file_is_read_with_quotes_comments_and_export(tmp_path: Path) -> None:
    text = f"# ours\nexport UNFULFILL_SHOP='{DOMAIN}'\nUNFULFILL_TOKEN=\"{TOKEN}\" # new\nOTHER=a b c\nnonsense\n"

    settings = read_settings("", {}, env_file(tmp_path, text))

    assert (settings.domain, settings.token) == (DOMAIN, Secret(TOKEN))


def test_the_environment_goes_before_the_env_file(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"UNFULFILL_SHOP={DOMAIN}\nUNFULFILL_TOKEN=old\n")

    settings = read_settings("", {"UNFULFILL_TOKEN": TOKEN}, path)

    assert settings.token == Secret(TOKEN)


def test_an_env_file_with_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"UNFULFILL_TOKEN={TOKEN}\n", 0o644)

    with pytest.raises(SettingsRefused, match="chmod 600"):
        read_settings(DOMAIN, {}, path)


def test_an_env_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = env_file(tmp_path, "DATABASE_URL=postgres://x\n", 0o644)

    assert read_settings("", GOOD, path).domain == DOMAIN


def test_a_mistyped_variable_in_the_env_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = env_file(tmp_path, "\nUNFULFILL_TOKN=x\n")

    with pytest.raises(SettingsRefused, match="line 2"):
        read_settings("", GOOD, path)


def test_a_missing_env_file_is_no_problem(tmp_path: Path) -> None:
    assert read_settings("", GOOD, tmp_path / ".env").domain == DOMAIN


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(TOKEN)
    settings = ShopSettings("https://x", "x", token=secret)

    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>10}",
        "%s" % secret,  # noqa: UP031 - this is one of the ways
        json.dumps({"token": secret}, default=str),
        repr(settings),
        repr(vars(settings)),
        repr(copy.deepcopy(settings)),
        repr([name for name in dir(secret) if name == TOKEN]),
    ]

    assert [text for text in shown if TOKEN in text] == []
    assert not hasattr(secret, "__dict__")
    assert secret.reveal() == TOKEN


def test_a_secret_is_neither_pickled_nor_written_as_json() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TOKEN))
    with pytest.raises(TypeError):
        json.dumps(Secret(TOKEN))
