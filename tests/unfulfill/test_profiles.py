"""Profiles: what stands for which shop, where its secret is kept, and what is refused."""

import os
import resource
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keyrings_made import BrokenKeyring, ForgetfulKeyring, LockedKeyring, MemoryKeyring, UnwelcomeKeyring

from unfulfill.errors import SettingsRefused
from unfulfill.profiles import (
    Profile,
    find_settings,
    forget_profile,
    keep_profile,
    load_profiles,
    named_profile,
    profiles_file,
    secret_of,
)
from unfulfill.settings import Secret
from unfulfill.workbench import open_workbench

TOKEN = "shpat_canary0123456789abcdef"
OTHER = "shpat_other0123456789abcdef"
ACME = Profile("acme", "acme.myshopify.com", "2026-10", "token", "")
BRAND = Profile("acme-brand", "brand.myshopify.com", "2026-07", "client", "", "client1")


def environ(**more: str) -> dict[str, str]:
    return {**os.environ, **more}


def keep(profile: Profile, folder: Path, secret: str = TOKEN) -> Profile:
    return keep_profile(profile, Secret(secret), environ(), folder / ".env")


def test_a_profile_in_the_keyring_opens_its_shop_by_name_and_by_domain(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(ACME, tmp_path)

    by_name = find_settings("acme", environ(), tmp_path)
    by_domain = find_settings("acme.myshopify.com", environ(), tmp_path)

    assert memory_keyring.kept == {("unfulfill-workbench", "acme"): TOKEN}
    assert by_name == by_domain
    assert (by_name.url, by_name.token, by_name.profile) == (
        "https://acme.myshopify.com",
        Secret(TOKEN),
        "acme",
    )
    assert not (tmp_path / ".env").exists()


def test_a_client_id_is_listed_and_its_secret_is_not(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    keep(BRAND, tmp_path, "shpss_canary0123456789")

    settings = find_settings("acme-brand", environ(), tmp_path)

    assert (settings.token, settings.client_id, settings.api_version) == (None, "client1", "2026-07")
    assert settings.client_secret == Secret("shpss_canary0123456789")
    assert "canary" not in profiles_file(environ()).read_text()


def test_the_list_is_private_and_reads_back_as_it_was_written(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    kept = [keep(BRAND, tmp_path), keep(ACME, tmp_path)]

    path = profiles_file(environ())
    assert load_profiles(environ()) == tuple(sorted(kept, key=lambda each: each.name))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", [LockedKeyring, ForgetfulKeyring, BrokenKeyring, UnwelcomeKeyring])
def test_a_keyring_that_keeps_nothing_gives_way_to_an_env_file(
    kind: type[MemoryKeyring], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("keyring.core._keyring_backend", kind())

    kept = keep(ACME, tmp_path)

    assert kept.secret_in == str(tmp_path / ".env")
    assert (tmp_path / ".env").read_text() == f"UNFULFILL_PROFILE_ACME_TOKEN={TOKEN}\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_keyring_that_cannot_even_be_loaded_gives_way_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("keyring.core._keyring_backend", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")

    assert keep(ACME, tmp_path).secret_in == str(tmp_path / ".env")


def test_an_env_file_is_found_from_every_folder_and_keeps_its_other_lines(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# mine\nDATABASE=x y\nUNFULFILL_PROFILE_ACME_TOKEN=old\nLAST=1")
    path.chmod(0o644)
    keep(ACME, tmp_path)
    keep(BRAND, tmp_path, OTHER)

    settings = find_settings("acme", environ(), tmp_path / "elsewhere")

    assert settings.token == Secret(TOKEN)
    assert path.read_text() == (
        f"# mine\nDATABASE=x y\nUNFULFILL_PROFILE_ACME_TOKEN={TOKEN}\nLAST=1\n"
        f"UNFULFILL_PROFILE_ACME_BRAND_CLIENT_SECRET={OTHER}\n"
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_profile_of_the_env_file_leaves_the_plain_variables_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"UNFULFILL_SHOP=plain.myshopify.com\nUNFULFILL_TOKEN={OTHER}\n")
    path.chmod(0o600)
    keep(ACME, tmp_path)

    assert find_settings("", environ(), tmp_path).token == Secret(OTHER)
    assert find_settings("plain.myshopify.com", environ(), tmp_path).token == Secret(OTHER)
    assert find_settings("acme.myshopify.com", environ(), tmp_path).token == Secret(TOKEN)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("ignored", [True, False])
def test_an_env_file_that_git_would_commit_is_refused_and_nothing_is_stored(
    tmp_path: Path, ignored: bool
) -> None:
    folder = tmp_path / "tree" / "deep"
    folder.mkdir(parents=True)
    git(tmp_path / "tree", "init", "--quiet")
    (tmp_path / "tree" / ".gitignore").write_text(".env\n" if ignored else "*.pyc\n")

    if ignored:
        assert keep(ACME, folder).secret_in == str(folder / ".env")
        return
    with pytest.raises(SettingsRefused, match=r"add \.env to its \.gitignore") as refused:
        keep(ACME, folder)

    assert TOKEN not in str(refused.value)
    assert not (folder / ".env").exists()
    assert load_profiles(environ()) == ()


def test_without_git_nobody_can_tell_that_an_env_file_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")

    with pytest.raises(SettingsRefused, match="git work tree"):
        keep(ACME, tmp_path)


def test_a_profile_is_connected_again_in_the_same_place_or_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(ACME, tmp_path, OTHER)
    monkeypatch.setattr("keyring.core._keyring_backend", ring := MemoryKeyring())

    kept = keep(replace(ACME, api_version="2026-04"), tmp_path)

    assert load_profiles(environ()) == (kept,)
    assert (tmp_path / ".env").read_text() == ""
    assert ring.kept == {("unfulfill-workbench", "acme"): TOKEN}
    assert find_settings("acme", environ(), tmp_path).api_version == "2026-04"


def test_a_name_is_not_given_to_another_shop(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    keep(ACME, tmp_path)

    with pytest.raises(SettingsRefused, match=r"belongs to acme\.myshopify\.com"):
        keep(replace(ACME, shop="other.myshopify.com"), tmp_path, OTHER)

    assert memory_keyring.kept == {("unfulfill-workbench", "acme"): TOKEN}


def test_a_forgotten_profile_is_gone_with_its_secret(memory_keyring: MemoryKeyring, tmp_path: Path) -> None:
    keep(BRAND, tmp_path, OTHER)

    assert forget_profile(keep(ACME, tmp_path), environ())

    assert [each.name for each in load_profiles(environ())] == ["acme-brand"]
    assert memory_keyring.kept == {("unfulfill-workbench", "acme-brand"): OTHER}
    with pytest.raises(SettingsRefused, match="there is acme-brand"):
        named_profile("acme", environ())


def test_a_secret_that_cannot_be_removed_is_not_said_to_be_gone(
    memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = keep(ACME, tmp_path)
    monkeypatch.setattr("keyring.core._keyring_backend", LockedKeyring())

    assert not forget_profile(kept, environ())
    assert load_profiles(environ()) == ()


def test_where_the_list_cannot_be_written_no_secret_is_left_behind(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # a disk that is full
    try:
        with pytest.raises(SettingsRefused, match=r"profiles\.toml cannot be written"):
            keep(ACME, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))

    assert memory_keyring.kept == {}


def test_a_secret_that_is_gone_is_told_with_its_two_remedies(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    kept = keep(ACME, tmp_path)
    memory_keyring.kept.clear()

    with pytest.raises(SettingsRefused, match=r"connect --profile acme.*UNFULFILL_PROFILE_ACME_TOKEN"):
        secret_of(kept, environ())


def test_a_keyring_that_is_not_there_any_more_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory_keyring: MemoryKeyring
) -> None:
    kept = keep(ACME, tmp_path)
    monkeypatch.setattr("keyring.core._keyring_backend", UnwelcomeKeyring())

    with pytest.raises(SettingsRefused, match="there is none here"):
        secret_of(kept, environ())


def test_the_environment_gives_the_secret_of_a_profile_where_there_is_no_keyring(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    kept = keep(BRAND, tmp_path)

    secret = secret_of(kept, environ(UNFULFILL_PROFILE_ACME_BRAND_CLIENT_SECRET=OTHER))

    assert secret == Secret(OTHER)


def test_the_environment_goes_before_a_profile_of_the_same_domain(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(ACME, tmp_path)

    plain = environ(UNFULFILL_SHOP=ACME.shop, UNFULFILL_TOKEN=OTHER)

    assert find_settings(ACME.shop, plain, tmp_path).token == Secret(OTHER)
    assert find_settings("", plain, tmp_path).token == Secret(OTHER)
    assert find_settings("acme", plain, tmp_path).token == Secret(TOKEN)


def test_a_profile_goes_before_plain_variables_of_another_shop_and_before_an_env_file(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(ACME, tmp_path)
    (tmp_path / ".env").write_text(f"UNFULFILL_TOKEN={OTHER}\n")
    (tmp_path / ".env").chmod(0o600)
    of_another = environ(UNFULFILL_SHOP="other.myshopify.com", UNFULFILL_TOKEN=OTHER)

    assert find_settings(ACME.shop, of_another, tmp_path).token == Secret(TOKEN)
    assert find_settings(ACME.shop, environ(), tmp_path).token == Secret(TOKEN)
    assert find_settings("", environ(UNFULFILL_SHOP=ACME.shop), tmp_path).token == Secret(TOKEN)


def test_a_version_of_the_environment_goes_before_that_of_a_profile(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(ACME, tmp_path)

    assert find_settings("acme", environ(UNFULFILL_API_VERSION="2026-04"), tmp_path).api_version == "2026-04"
    with pytest.raises(SettingsRefused, match="2025-01"):
        find_settings("acme", environ(UNFULFILL_API_VERSION="2025-01"), tmp_path)


def test_several_profiles_of_one_domain_are_refused_with_their_names(
    memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(ACME, tmp_path)
    keep(replace(ACME, name="acme-readonly"), tmp_path, OTHER)

    with pytest.raises(SettingsRefused, match="acme and acme-readonly"):
        find_settings(ACME.shop, environ(), tmp_path)

    assert find_settings("acme-readonly", environ(), tmp_path).token == Secret(OTHER)


def test_a_domain_without_profile_and_variables_is_told_every_way(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"UNFULFILL_TOKEN.*unfulfill connect"):
        find_settings("nobody.myshopify.com", environ(), tmp_path)
    with pytest.raises(SettingsRefused, match="there is none yet"):
        find_settings("nobody", environ(), tmp_path)


GOOD = 'shop = "acme.myshopify.com"\napi_version = "2026-10"\ncredentials = "token"\nsecret_in = "keyring"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[acme\n", "cannot be read"),
        ("\xff", "cannot be read"),
        ('acme = "x"\n', "not a section"),
        ("[acme]\nshop = 1\n", "not a section"),
        ("[acme]\n", "it has no shop, it has no api_version"),
        (f'[acme]\n{GOOD}token = "{TOKEN}"\n', "unknown 'token'"),
        (f"[Acme]\n{GOOD}", "small letters"),
        (f"[sandbox]\n{GOOD}", "ships with the workbench"),
        ("[acme]\n" + GOOD.replace("acme.myshopify.com", "acme.example.com"), "not a shop's domain"),
        ("[acme]\n" + GOOD.replace("acme.myshopify.com", "http://10.0.0.1:80"), "not a sandbox's address"),
        ("[acme]\n" + GOOD.replace("2026-10", "2025-01"), "api_version is '2025-01'"),
        ("[acme]\n" + GOOD.replace('"token"', '"magic"'), "neither token nor client"),
        ("[acme]\n" + GOOD.replace('"token"', '"client"'), "client_id belongs"),
        (f'[acme]\n{GOOD}client_id = "x"\n', "client_id belongs"),
        ("[acme]\n" + GOOD.replace("keyring", "secrets/.env"), "whole path"),
    ],
)
def test_a_damaged_list_is_told_in_one_sentence_without_any_secret(text: str, words: str) -> None:
    path = profiles_file(environ())
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(SettingsRefused, match=words) as refused:
        load_profiles(environ())

    message = str(refused.value)
    assert str(path) in message
    assert "\n" not in message
    assert TOKEN not in message


def test_every_damaged_profile_is_told_at_once() -> None:
    path = profiles_file(environ())
    path.parent.mkdir(parents=True)
    path.write_text("[first]\n[second]\n[third]\n" + GOOD)

    with pytest.raises(SettingsRefused, match=r"'first'.*'second'") as refused:
        load_profiles(environ())

    assert "third" not in str(refused.value)


def test_a_workbench_is_opened_by_the_name_of_a_profile(
    sandbox: Any, memory_keyring: MemoryKeyring, tmp_path: Path
) -> None:
    keep(Profile("practice", sandbox.url, "2026-07", "token", ""), tmp_path, sandbox.token)

    wb = open_workbench("practice", tmp_path / "run")

    assert (wb.identity.is_sandbox, wb.shop.api_version) == (True, "2026-07")
    assert sandbox.token not in repr(wb.shop.settings) + repr(vars(wb.shop))
    wb.shop.close()
