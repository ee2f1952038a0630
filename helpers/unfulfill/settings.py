"""Which shop is meant and what opens it, by the plain variables of the environment and of `.env`.

Every problem is told at once. Named profiles, and what goes before what, are in `unfulfill.profiles`.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from unfulfill.env_file import env_values
from unfulfill.errors import SettingsRefused
from unfulfill.redaction import without_secrets
from unfulfill.words import listed, said

API_VERSIONS = ("2026-10", "2026-07", "2026-04")
DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com", re.ASCII)
LOOPBACK = re.compile(r"http://127\.0\.0\.1:([1-9][0-9]{0,4})", re.ASCII)
NAMES = (
    "UNFULFILL_SHOP",
    "UNFULFILL_TOKEN",
    "UNFULFILL_CLIENT_ID",
    "UNFULFILL_CLIENT_SECRET",
    "UNFULFILL_API_VERSION",
    "UNFULFILL_LANGUAGE",  # read by unfulfill.words
)
SECRET_NAMES = ("UNFULFILL_TOKEN", "UNFULFILL_CLIENT_SECRET")
PROFILE_SECRET = re.compile(r"UNFULFILL_PROFILE_[A-Z0-9][A-Z0-9_]*_(TOKEN|CLIENT_SECRET)", re.ASCII)
CREDENTIAL = re.compile(r"[A-Za-z0-9_.~+/=-]+", re.ASCII)


class Secret:
    """A text that shows as **** wherever it is printed, logged, formatted or turned into JSON.

    It cannot be pickled. `reveal` gives the text; only the transport calls it.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself."""
        return self.__text

    def __repr__(self) -> str:
        """Four stars, whatever the text."""
        return "****"

    def __format__(self, specification: str) -> str:
        """Four stars, whatever the text."""
        return "****"

    def __eq__(self, other: object) -> bool:
        """Whether both hide the same text."""
        return isinstance(other, Secret) and other.__text == self.__text

    def __hash__(self) -> int:
        """Equal secrets hash alike, so that settings can be compared and kept in sets."""
        return hash(self.__text)

    def __copy__(self) -> "Secret":
        """The same secret: it cannot change."""
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        """The same secret: it cannot change."""
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse pickling, which would write the text to a file."""
        raise TypeError("a Secret cannot be pickled")


@dataclass(frozen=True)
class ShopSettings:
    """Everything needed to talk to one shop.

    `domain` is the myshopify.com domain that was asked for; for a sandbox it is blank, for only the shop's
    own answer tells it.
    """

    url: str  # https://<domain>, or http://127.0.0.1:<port> of a sandbox
    domain: str
    api_version: str = API_VERSIONS[0]
    token: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    profile: str = ""  # the profile that they come from; blank: plain variables, or a sandbox
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0

    @property
    def is_sandbox(self) -> bool:
        """Whether the address is a sandbox on this machine."""
        return LOOPBACK.fullmatch(self.url) is not None


def sandbox_settings(url: str, token: str, api_version: str = API_VERSIONS[0]) -> ShopSettings:
    """Settings for a sandbox shop of this machine. Raises SettingsRefused for any other address."""
    problems = [*_loopback_problems(url), *version_problems(api_version)]
    if not token:
        problems.append(said("profile.sandbox_token", url=url))
    refuse(problems)
    return ShopSettings(url, "", api_version, token=Secret(token))


def read_settings(shop: str, environ: Mapping[str, str], env_file: Path | None) -> ShopSettings:
    """Settings for `shop` (a *.myshopify.com domain or a sandbox's address; blank: UNFULFILL_SHOP).

    A variable of the environment goes before the same variable in `env_file`, which may be missing.
    Raises SettingsRefused with every problem in one message.
    """
    problems: list[str] = []
    values = _merged(environ, env_file, problems)
    configured = values.get("UNFULFILL_SHOP", "")
    asked = shop or configured
    if shop and configured and shop != configured:
        problems.append(said("profile.shop_differs", asked=shop, configured=configured))
    problems += address_problems(asked)
    version = values.get("UNFULFILL_API_VERSION", API_VERSIONS[0])
    problems += version_problems(version)
    problems += _credential_problems(values)
    refuse(problems)
    token = values.get("UNFULFILL_TOKEN")
    client_secret = values.get("UNFULFILL_CLIENT_SECRET")
    sandbox = LOOPBACK.fullmatch(asked) is not None
    return ShopSettings(
        url=asked if sandbox else f"https://{asked}",
        domain="" if sandbox else asked,
        api_version=version,
        token=Secret(token) if token else None,
        client_id=values.get("UNFULFILL_CLIENT_ID", ""),
        client_secret=Secret(client_secret) if client_secret else None,
    )


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The secrets that stand in the environment, the longest first."""
    named = [
        value
        for name, value in environ.items()
        if value and (name in SECRET_NAMES or PROFILE_SECRET.fullmatch(name))
    ]
    return sorted(named, key=len, reverse=True)


def plain_values(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    """The plain variables that are set, those of the environment before those of `env_file`; no problem is told."""
    return _merged(environ, env_file, [])


def refuse(problems: Sequence[str]) -> None:
    """Raise SettingsRefused with every problem in one sentence; nothing happens where there is none."""
    if problems:
        raise SettingsRefused(said("profile.settings", problems=listed(problems)))


def _merged(environ: Mapping[str, str], env_file: Path | None, problems: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    if env_file is not None and env_file.exists():
        values = read_env_file(env_file, problems)
    values |= {name: environ[name] for name in NAMES if environ.get(name)}
    return {name: value for name, value in values.items() if value}


def read_env_file(path: Path, problems: list[str]) -> dict[str, str]:
    """Our variables of a `.env` file; what is wrong with it is added to `problems`."""
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        problems.append(said("profile.unreadable_env", path=path, why=error))
        return {}
    values, wrong = env_values(text, lambda name: name in NAMES or bool(PROFILE_SECRET.fullmatch(name)))
    problems += [
        said("profile.env_line", line=str(number), path=path, names=", ".join(NAMES)) for number in wrong
    ]
    has_secret = any(name in SECRET_NAMES or PROFILE_SECRET.fullmatch(name) for name in values)
    if has_secret and os.name == "posix" and mode & 0o077:
        problems.append(said("profile.env_open", path=path))
    return values


def address_problems(shop: str) -> list[str]:
    """Why this is no shop's domain and no sandbox's address; empty where it is one."""
    if not shop:
        return [said("profile.no_shop")]
    if shop.startswith("http://"):
        return _loopback_problems(shop)
    if DOMAIN.fullmatch(shop):
        return []
    return [said("profile.no_domain", shop=repr(without_secrets(shop)))]


def _loopback_problems(url: str) -> list[str]:
    match = LOOPBACK.fullmatch(url)
    if match and int(match[1]) <= 65535:
        return []
    return [said("profile.no_sandbox", url=repr(without_secrets(url)))]


def version_problems(version: str, name: str = "UNFULFILL_API_VERSION") -> list[str]:
    """Why this is no API version that the workbench can use; empty where it is one."""
    if version in API_VERSIONS:
        return []
    known = ", ".join(API_VERSIONS)
    return [said("profile.version", name=name, version=repr(without_secrets(version)), known=known)]


def _credential_problems(values: Mapping[str, str]) -> list[str]:
    token = values.get("UNFULFILL_TOKEN", "")
    client = [name for name in ("UNFULFILL_CLIENT_ID", "UNFULFILL_CLIENT_SECRET") if values.get(name)]
    problems = [
        said("profile.variable_damaged", name=name)
        for name in ("UNFULFILL_TOKEN", "UNFULFILL_CLIENT_ID", "UNFULFILL_CLIENT_SECRET")
        if values.get(name) and not CREDENTIAL.fullmatch(values[name])
    ]
    if token and client:
        problems.append(said("profile.both_ways", names=said("shown.and").join(client)))
    elif len(client) == 1:
        problems.append(said("profile.half_a_client"))
    elif not token and not client:
        problems.append(said("profile.no_token"))
    return problems
