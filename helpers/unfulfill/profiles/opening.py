"""Which settings a name, a domain or nothing at all stands for; the order is told in `unfulfill.profiles`."""

from collections.abc import Mapping
from pathlib import Path

from unfulfill.profiles.keeping import secret_of
from unfulfill.profiles.listing import PROFILE_NAME, TOKEN, Profile, load_profiles, named_profile
from unfulfill.settings import (
    LOOPBACK,
    ShopSettings,
    plain_values,
    read_settings,
    refuse,
    version_problems,
)
from unfulfill.words import said


def find_settings(shop: str, environ: Mapping[str, str], folder: Path) -> ShopSettings:
    """The settings for a profile's name, a shop's domain, a sandbox's address, or blank for UNFULFILL_SHOP.

    `folder` is where a `.env` may be. Raises SettingsRefused with every problem in one message.
    """
    if PROFILE_NAME.fullmatch(shop):
        return profile_settings(named_profile(shop, environ), environ)
    env_file = folder / ".env"
    plain = plain_values(environ, env_file)
    asked = shop or plain.get("UNFULFILL_SHOP", "")
    if not _environment_answers(asked, environ, plain):
        found = [profile for profile in load_profiles(environ) if profile.shop == asked]
        if len(found) > 1:
            names = said("shown.and").join(profile.name for profile in found)
            refuse([said("profile.several", names=names, shop=asked)])
        if found:
            return profile_settings(found[0], environ)
    return read_settings(shop, environ, env_file)


def profile_settings(profile: Profile, environ: Mapping[str, str]) -> ShopSettings:
    """The settings of a profile, with its secret. Raises SettingsRefused."""
    version = environ.get("UNFULFILL_API_VERSION") or profile.api_version
    refuse(version_problems(version))
    secret = secret_of(profile, environ)
    is_sandbox = LOOPBACK.fullmatch(profile.shop) is not None
    is_token = profile.credentials == TOKEN
    return ShopSettings(
        url=profile.shop if is_sandbox else f"https://{profile.shop}",
        domain="" if is_sandbox else profile.shop,
        api_version=version,
        token=secret if is_token else None,
        client_id=profile.client_id,
        client_secret=None if is_token else secret,
        profile=profile.name,
    )


def _environment_answers(asked: str, environ: Mapping[str, str], plain: Mapping[str, str]) -> bool:
    """Whether the plain variables of the environment hold credentials, and for no other shop than this."""
    has_credentials = any(
        environ.get(name) for name in ("UNFULFILL_TOKEN", "UNFULFILL_CLIENT_ID", "UNFULFILL_CLIENT_SECRET")
    )
    return has_credentials and plain.get("UNFULFILL_SHOP", asked) == asked
