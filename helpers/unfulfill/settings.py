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

    @property
    def credentials_name(self) -> str:
        """Which credentials these are, for messages: of a profile, or the variables that hold them."""
        kind = "token" if self.client_secret is None else "client id and secret"
        if self.profile:
            return f"the {kind} of the profile {self.profile}"
        return "UNFULFILL_TOKEN" if kind == "token" else "UNFULFILL_CLIENT_ID and UNFULFILL_CLIENT_SECRET"

    @property
    def remedy(self) -> str:
        """How to give other credentials, as the end of a sentence."""
        if self.profile:
            return f"give it by `unfulfill connect --profile {self.profile}`"
        return "put it where the old one stands"


def sandbox_settings(url: str, token: str, api_version: str = API_VERSIONS[0]) -> ShopSettings:
    """Settings for a sandbox shop of this machine. Raises SettingsRefused for any other address."""
    problems = [*_loopback_problems(url), *version_problems(api_version)]
    if not token:
        problems.append(f"the sandbox at {url} needs its token")
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
        problems.append(
            f"the shop asked for is {shop}, but UNFULFILL_SHOP, which the token belongs to, is {configured}"
        )
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
        raise SettingsRefused("The settings cannot be used: " + "; ".join(problems) + ".")


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
        problems.append(f"{path} cannot be read as UTF-8 text ({error})")
        return {}
    values, wrong = env_values(text, lambda name: name in NAMES or bool(PROFILE_SECRET.fullmatch(name)))
    problems += [
        f"line {number} of {path} is not NAME=value with one of {', '.join(NAMES)}" for number in wrong
    ]
    has_secret = any(name in SECRET_NAMES or PROFILE_SECRET.fullmatch(name) for name in values)
    if has_secret and os.name == "posix" and mode & 0o077:
        problems.append(
            f"{path} holds a token and can be read by other users of this machine: run chmod 600 {path}"
        )
    return values


def address_problems(shop: str) -> list[str]:
    """Why this is no shop's domain and no sandbox's address; empty where it is one."""
    if not shop:
        return ["no shop is named: give its myshopify.com domain, or set UNFULFILL_SHOP"]
    if shop.startswith("http://"):
        return _loopback_problems(shop)
    if DOMAIN.fullmatch(shop):
        return []
    return [
        f"{without_secrets(shop)!r} is not a shop's domain: give it as example.myshopify.com, in lower case, "
        "without https://, path, port or user"
    ]


def _loopback_problems(url: str) -> list[str]:
    match = LOOPBACK.fullmatch(url)
    if match and int(match[1]) <= 65535:
        return []
    return [
        f"{without_secrets(url)!r} is not a sandbox's address: http:// is for http://127.0.0.1:PORT only; "
        "a real shop is named by its myshopify.com domain"
    ]


def version_problems(version: str, name: str = "UNFULFILL_API_VERSION") -> list[str]:
    """Why this is no API version that the workbench can use; empty where it is one."""
    if version in API_VERSIONS:
        return []
    return [f"{name} is {without_secrets(version)!r}; use {', '.join(API_VERSIONS)}"]


def _credential_problems(values: Mapping[str, str]) -> list[str]:
    token = values.get("UNFULFILL_TOKEN", "")
    client = [name for name in ("UNFULFILL_CLIENT_ID", "UNFULFILL_CLIENT_SECRET") if values.get(name)]
    problems = [
        f"{name} holds a blank, a quote or a character that no token has; copy it again"
        for name in ("UNFULFILL_TOKEN", "UNFULFILL_CLIENT_ID", "UNFULFILL_CLIENT_SECRET")
        if values.get(name) and not CREDENTIAL.fullmatch(values[name])
    ]
    if token and client:
        problems.append(
            f"UNFULFILL_TOKEN and {' and '.join(client)} are both set; keep the one that is meant"
        )
    elif len(client) == 1:
        problems.append("UNFULFILL_CLIENT_ID and UNFULFILL_CLIENT_SECRET belong together, and one is missing")
    elif not token and not client:
        problems.append(
            "there is no token: set UNFULFILL_TOKEN, or UNFULFILL_CLIENT_ID and UNFULFILL_CLIENT_SECRET, "
            "in the environment or in .env (never in a notebook), or run `unfulfill connect`"
        )
    return problems
