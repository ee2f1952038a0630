"""Connecting a shop: what a person gave is checked on the shop itself, and stored only where it works.

1. `recognise_shop` makes a domain of what was typed or pasted, and says whether that was a guess
2. `check_candidate` asks the shop: the preflight
3. `store_candidate` keeps the profile and its secret, unless a line of the preflight is bad
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unfulfill.errors import AccessDenied
from unfulfill.profiles import KEYRING, Profile, keep_profile, load_profiles, profile_name_problems
from unfulfill.settings import (
    API_VERSIONS,
    CREDENTIAL,
    DOMAIN,
    LOOPBACK,
    Secret,
    ShopSettings,
    address_problems,
    refuse,
    version_problems,
)
from unfulfill.shop import Preflight, Shop, preflight
from unfulfill.words import said, said_word

ADMIN = re.compile(r"(?:https://)?admin\.shopify\.com/store/([a-z0-9][a-z0-9-]{0,59})(?:[/?#].*)?")
PASTED = re.compile(r"(?:https?://)?([a-z0-9][a-z0-9-]{0,59}\.myshopify\.com)\.?(?::443)?(?:[/?#].*)?")
BARE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True)
class Candidate:
    """What a person gave to connect a shop with. A blank client id: the secret is an Admin API access token."""

    shop: str
    profile: str
    secret: Secret
    client_id: str = ""
    api_version: str = API_VERSIONS[0]

    @property
    def kind(self) -> str:
        """Which credentials: "token" or "client"."""
        return "client" if self.client_id else "token"


def recognise_shop(text: str) -> tuple[str, bool]:
    """The domain (or sandbox's address) that is meant, and whether exactly that was typed.

    Where it was not, it is a proposal that a person must confirm; blank: nothing like a shop was recognised.
    """
    typed = text.strip()
    if DOMAIN.fullmatch(typed) or LOOPBACK.fullmatch(typed):
        return typed, True
    low = typed.lower() if typed.isascii() else ""
    if LOOPBACK.fullmatch(low.rstrip("/")):
        return low.rstrip("/"), False
    if match := PASTED.fullmatch(low):
        return match[1], False
    if match := ADMIN.fullmatch(low) or BARE.fullmatch(low):
        return f"{match[match.lastindex or 0]}.myshopify.com", False
    return "", False


def usual_profile(shop: str) -> str:
    """The name that a profile of this shop gets unless another is given: the first label of its domain."""
    return "practice" if LOOPBACK.fullmatch(shop) else shop.partition(".")[0]


def check_candidate(
    candidate: Candidate, environ: Mapping[str, str], sleep: Callable[[float], object] = time.sleep
) -> Preflight:
    """The preflight with what was given. Raises SettingsRefused before anything is asked, then as `preflight`."""
    refuse(_problems(candidate, environ))
    is_sandbox = LOOPBACK.fullmatch(candidate.shop) is not None
    settings = ShopSettings(
        url=candidate.shop if is_sandbox else f"https://{candidate.shop}",
        domain="" if is_sandbox else candidate.shop,
        api_version=candidate.api_version,
        token=candidate.secret if candidate.kind == "token" else None,
        client_id=candidate.client_id,
        client_secret=candidate.secret if candidate.kind == "client" else None,
        profile=candidate.profile,
    )
    with Shop(settings, sleep=sleep) as shop:
        return preflight(shop)


def store_candidate(
    candidate: Candidate, checks: Preflight, environ: Mapping[str, str], folder: Path
) -> Profile:
    """Keep the profile and its secret: in the system keyring, else in the `.env` of `folder`.

    Raises AccessDenied where a line of the preflight is bad, SettingsRefused where no place takes the secret; then
    nothing is stored.
    """
    bad = [check for check in checks if check.state == "bad"]
    if bad:
        names = ", ".join(said_word(check.name, check.name) for check in bad)
        key = "profile.one_bad" if len(bad) == 1 else "profile.several_bad"
        raise AccessDenied(said(key, shop=candidate.shop, names=names))
    profile = Profile(
        candidate.profile, candidate.shop, candidate.api_version, candidate.kind, "", candidate.client_id
    )
    return keep_profile(profile, candidate.secret, environ, folder / ".env")


def how_to_use(profile: Profile) -> tuple[str, str]:
    """Where the secret is, and how the profile is used: two sentences."""
    key = "connecting.token_is_in" if profile.credentials == "token" else "connecting.secret_is_in"
    place = said("connecting.keyring") if profile.secret_in == KEYRING else profile.secret_in
    return said(key, place=place, profile=profile.name), said("connecting.use", profile=profile.name)


def _problems(candidate: Candidate, environ: Mapping[str, str]) -> list[str]:
    problems = [
        *address_problems(candidate.shop),
        *profile_name_problems(candidate.profile),
        *version_problems(candidate.api_version, said("profile.the_version")),
    ]
    secret = candidate.secret.reveal()
    if not secret:
        problems.append(said("profile.no_secret"))
    elif not CREDENTIAL.fullmatch(secret):
        problems.append(said("profile.secret_damaged"))
    if candidate.client_id and not CREDENTIAL.fullmatch(candidate.client_id):
        problems.append(said("profile.client_id_damaged"))
    problems += [
        said("profile.name_taken", name=each.name, shop=each.shop)
        for each in load_profiles(environ)
        if each.name == candidate.profile and each.shop != candidate.shop
    ]
    return problems
