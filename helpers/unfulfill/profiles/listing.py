"""The file that lists the profiles: facts that are no secret, checked whenever it is read."""

import fcntl
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfulfill.atomic import write_atomic
from unfulfill.errors import SettingsRefused
from unfulfill.redaction import without_secrets
from unfulfill.settings import CREDENTIAL, address_problems, version_problems
from unfulfill.words import listed, said

PROFILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}", re.ASCII)
RESERVED = ("sandbox",)  # the shop that ships with the workbench
TOKEN, CLIENT = "token", "client"
KEYRING = "keyring"
FACTS = ("shop", "api_version", "credentials", "secret_in", "client_id")
HEAD = "# The shops that `unfulfill connect` knows. No secret stands here.\n"


@dataclass(frozen=True)
class Profile:
    """One shop that can be opened by name. Holds no secret."""

    name: str
    shop: str  # its myshopify.com domain, or the address of a sandbox
    api_version: str
    credentials: str  # "token": an Admin API access token; "client": a client id and secret
    secret_in: str  # "keyring", or the absolute path of a .env file
    client_id: str = ""

    @property
    def variable(self) -> str:
        """The variable that holds its secret, in the environment or in `.env`."""
        return secret_variable(self.name, self.credentials)

    @property
    def place(self) -> str:
        """Where its secret is, in words."""
        return said("connecting.keyring") if self.secret_in == KEYRING else self.secret_in


def secret_variable(name: str, credentials: str) -> str:
    """UNFULFILL_PROFILE_<NAME>_TOKEN or ..._CLIENT_SECRET. No two names share one: they hold no underscore."""
    kind = "TOKEN" if credentials == TOKEN else "CLIENT_SECRET"
    return f"UNFULFILL_PROFILE_{name.upper().replace('-', '_')}_{kind}"


def profiles_file(environ: Mapping[str, str]) -> Path:
    """Where the profiles are listed; the file may not exist yet."""
    config = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config) / "unfulfill-workbench" / "profiles.toml"


def profile_name_problems(name: str) -> list[str]:
    """Why this cannot be the name of a profile; empty where it can."""
    if name in RESERVED:
        return [said("profile.name_reserved", name=name)]
    if not PROFILE_NAME.fullmatch(name):
        return [said("profile.name_unusable")]
    return []


def load_profiles(environ: Mapping[str, str]) -> tuple[Profile, ...]:
    """Every profile, by name; none where the file is missing. Raises SettingsRefused where it is damaged."""
    path = profiles_file(environ)
    try:
        kept = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise SettingsRefused(said("profile.list_unreadable", path=path, why=why)) from None
    problems: list[str] = []
    profiles = [_profile(name, facts, problems) for name, facts in sorted(kept.items())]
    if problems:
        told = without_secrets(listed(problems))
        raise SettingsRefused(said("profile.list_damaged", path=path, problems=told))
    return tuple(profile for profile in profiles if profile is not None)


def named_profile(name: str, environ: Mapping[str, str]) -> Profile:
    """The profile of this name. Raises SettingsRefused, naming those that there are."""
    profiles = load_profiles(environ)
    for profile in profiles:
        if profile.name == name:
            return profile
    names = ", ".join(profile.name for profile in profiles)
    raise SettingsRefused(said("profile.no_profile" if names else "profile.no_profile_yet", names=names))


def save_profiles(profiles: Iterable[Profile], environ: Mapping[str, str]) -> None:
    """Write the list anew, whole or not at all, readable by its owner only. Raises SettingsRefused."""
    path = profiles_file(environ)
    parts = [HEAD]
    for profile in sorted(profiles, key=lambda each: each.name):
        facts = {name: getattr(profile, name) for name in FACTS}
        # a JSON string of printable characters is a TOML string too
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items() if value
        ]
        parts.append("\n".join([f"[{profile.name}]", *lines, ""]))
    try:
        write_atomic(path, lambda file: file.write("\n".join(parts).encode()))
    except OSError as error:
        raise SettingsRefused(said("profile.list_unwritable", path=path, why=error.strerror)) from None


@contextmanager
def changing_profiles(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold the folder of the list while it is read and written, so that two who connect at once lose nothing."""
    folder = profiles_file(environ).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        message = said("profile.folder_unusable", folder=folder, why=error.strerror)
        raise SettingsRefused(message) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _profile(name: str, facts: Any, problems: list[str]) -> Profile | None:
    """One profile of the file; what is wrong with it is added to `problems`."""
    if not isinstance(facts, dict) or not all(isinstance(value, str) for value in facts.values()):
        problems.append(said("profile.no_section", name=repr(name)))
        return None
    wrong = [said("profile.no_fact", fact=fact) for fact in FACTS[:4] if not facts.get(fact)]
    unknown = sorted(facts.keys() - set(FACTS))
    wrong += [said("profile.unknown_fact", fact=repr(fact)) for fact in unknown]
    if not wrong:
        wrong = [
            *profile_name_problems(name),
            *address_problems(facts["shop"]),
            *version_problems(facts["api_version"], "api_version"),
            *_credential_problems(facts),
        ]
    if wrong:
        problems.append(said("profile.wrong", name=repr(name), problems=", ".join(wrong)))
        return None
    return Profile(name, **facts)


def _credential_problems(facts: Mapping[str, str]) -> list[str]:
    problems = []
    if facts["credentials"] not in (TOKEN, CLIENT):
        problems.append(said("profile.credentials"))
    elif (facts["credentials"] == CLIENT) != bool(CREDENTIAL.fullmatch(facts.get("client_id", ""))):
        problems.append(said("profile.client_id"))
    if facts["secret_in"] != KEYRING and not Path(facts["secret_in"]).is_absolute():
        problems.append(said("profile.secret_in"))
    return problems
