"""Named profiles: the shops that `unfulfill connect` has stored, so that each is opened by a short name.

A profile is a shop, an API version and a kind of credentials. These facts stand in
$XDG_CONFIG_HOME/unfulfill-workbench/profiles.toml (by default in ~/.config), and no secret does: that is in the
system keyring, or, where there is none, in the file `.env` of the folder where the shop was connected.

What opens a shop, the first that applies:

    the name of a profile                   that profile, whatever the plain variables say
    a domain, or blank for UNFULFILL_SHOP   1. UNFULFILL_TOKEN, or client id and secret, of the environment,
                                               unless UNFULFILL_SHOP names another shop
                                            2. the profile of this domain; several of them are refused with their names
                                            3. the plain variables in `.env`

The secret of the profile my-shop is looked for in the environment as UNFULFILL_PROFILE_MY_SHOP_TOKEN (or
..._CLIENT_SECRET), then where the profile says. UNFULFILL_API_VERSION in the environment goes before the profile's.
"""

from unfulfill.profiles.keeping import forget_profile, keep_profile, secret_of
from unfulfill.profiles.listing import (
    KEYRING,
    Profile,
    load_profiles,
    named_profile,
    profile_name_problems,
    profiles_file,
)
from unfulfill.profiles.opening import find_settings

__all__ = [
    "KEYRING",
    "Profile",
    "find_settings",
    "forget_profile",
    "keep_profile",
    "load_profiles",
    "named_profile",
    "profile_name_problems",
    "profiles_file",
    "secret_of",
]
