"""Where the secrets of profiles are kept: the system keyring, or a `.env` file of mode 0600 where there is none."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from unfulfill.atomic import write_atomic
from unfulfill.env_file import with_variable
from unfulfill.errors import SettingsRefused
from unfulfill.profiles.listing import KEYRING, Profile, changing_profiles, load_profiles, save_profiles
from unfulfill.settings import CREDENTIAL, Secret, read_env_file, refuse
from unfulfill.words import said

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "unfulfill-workbench"
Given = TypeVar("Given")


def keep_profile(profile: Profile, secret: Secret, environ: Mapping[str, str], env_file: Path) -> Profile:
    """Store a profile and its secret; returns it with the place of the secret.

    The keyring is tried first, then `env_file`. A profile of the same name and shop is replaced. Raises
    SettingsRefused, and stores nothing, where the name belongs to another shop or no place takes the secret.
    """
    with changing_profiles(environ):
        profiles = {each.name: each for each in load_profiles(environ)}
        earlier = profiles.get(profile.name)
        if earlier is not None and earlier.shop != profile.shop:
            raise SettingsRefused(said("profile.name_taken_now", name=profile.name, shop=earlier.shop))
        place = KEYRING if _in_keyring(profile.name, secret) else str(_in_env_file(env_file, profile, secret))
        kept = replace(profile, secret_in=place)
        try:
            save_profiles([*(profiles | {kept.name: kept}).values()], environ)
        except SettingsRefused:
            if earlier is None:
                _remove(kept)
            raise
        if earlier is not None and _slot(earlier) != _slot(kept):
            _remove(earlier)
    return kept


def forget_profile(profile: Profile, environ: Mapping[str, str]) -> bool:
    """Remove a profile and its secret, wherever it is; returns whether the secret is certainly gone."""
    with changing_profiles(environ):
        gone = _remove(profile)
        save_profiles([each for each in load_profiles(environ) if each.name != profile.name], environ)
    return gone


def secret_of(profile: Profile, environ: Mapping[str, str]) -> Secret:
    """The secret of a profile: of the environment, else from where it is kept. Raises SettingsRefused."""
    problems: list[str] = []
    text = environ.get(profile.variable) or _kept_text(profile, problems)
    if not text and not problems:
        problems.append(
            said("profile.secret_gone", name=profile.name, place=profile.place, variable=profile.variable)
        )
    if text and not CREDENTIAL.fullmatch(text):
        problems.append(said("profile.kept_secret_damaged", name=profile.name))
    refuse(problems)
    return Secret(text)


def _kept_text(profile: Profile, problems: list[str]) -> str:
    if profile.secret_in != KEYRING:
        path = Path(profile.secret_in)
        return read_env_file(path, problems).get(profile.variable, "") if path.exists() else ""
    backend = _keyring()
    if backend is None:
        problems.append(said("profile.no_keyring", name=profile.name, variable=profile.variable))
        return ""
    return _tried(lambda: backend.get_password(SERVICE, profile.name)) or ""


# The keyring


def _keyring() -> "KeyringBackend | None":
    """The system keyring, None where there is none that can be used: on a server, usually."""
    import keyring

    backend = _tried(keyring.get_keyring)
    return backend if backend is not None and (_tried(lambda: backend.priority) or 0) > 0 else None


def _in_keyring(name: str, secret: Secret) -> bool:
    """Store it, and look whether it is there: some backends take everything and keep nothing."""
    backend = _keyring()
    if backend is None:
        return False
    _tried(lambda: backend.set_password(SERVICE, name, secret.reveal()))
    return _tried(lambda: backend.get_password(SERVICE, name)) == secret.reveal()


def _tried(action: Callable[[], Given]) -> Given | None:
    """What a keyring gives, None where it fails. Backends are programs of others and raise what they like."""
    try:
        return action()
    except Exception:
        return None


# The file .env


def _in_env_file(path: Path, profile: Profile, secret: Secret) -> Path:
    path = path.resolve()
    _check_ignored(path)
    _write_env(path, profile.variable, secret)
    return path


def _write_env(path: Path, name: str, secret: Secret | None) -> None:
    """Set or remove one variable; every other line stays. The file is its owner's alone from the first byte."""
    try:
        text = path.read_bytes().decode() if path.exists() else ""
        value = None if secret is None else secret.reveal()
        write_atomic(path, lambda file: file.write(with_variable(text, name, value).encode()))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(said("profile.env_unwritable", path=path, why=error)) from None


def _check_ignored(path: Path) -> None:
    """Refuse a file that git would take into a commit. Raises SettingsRefused."""
    if not any((folder / ".git").exists() for folder in path.parents):
        return
    try:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", "-C", str(path.parent), "check-ignore", "--quiet", "--", path.name]
        ignored = subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 0
    except OSError:
        ignored = False  # without git nobody can tell
    if not ignored:
        raise SettingsRefused(said("profile.env_in_git", path=path))


def _slot(profile: Profile) -> tuple[str, str]:
    """Where exactly its secret is: the keyring has one entry a profile, a file one variable a kind."""
    return profile.secret_in, "" if profile.secret_in == KEYRING else profile.variable


def _remove(profile: Profile) -> bool:
    """Remove the secret of a profile from where it is kept; whether it is certainly gone."""
    if profile.secret_in != KEYRING:
        path = Path(profile.secret_in)
        if path.exists():
            _write_env(path, profile.variable, None)
        return True
    backend = _keyring()
    if backend is None:
        return False
    _tried(lambda: backend.delete_password(SERVICE, profile.name))
    return _tried(lambda: backend.get_password(SERVICE, profile.name) is None) is True
