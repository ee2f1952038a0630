"""Which shop an answer comes from, and what its token may do. Pure."""

from collections.abc import Mapping
from typing import Any

from unfulfill.errors import BadAnswer, WrongShop
from unfulfill.model import ShopIdentity
from unfulfill.settings import ShopSettings
from unfulfill.words import said


def identify(data: Mapping[str, Any], settings: ShopSettings) -> tuple[ShopIdentity, frozenset[str]]:
    """The shop and the token's scopes, of the data of `Preflight`.

    Raises BadAnswer where it does not say, WrongShop where it is another shop than the settings name.
    """
    asked = settings.domain or settings.url
    try:
        shop = data["shop"]
        identity = ShopIdentity(
            id=shop["id"],
            domain=shop["myshopifyDomain"],
            name=shop["name"],
            plan=shop["plan"]["publicDisplayName"],
            is_sandbox=settings.is_sandbox,
        )
        scopes = frozenset(scope["handle"] for scope in data["currentAppInstallation"]["accessScopes"])
    except (KeyError, TypeError):
        raise BadAnswer(said("shop_error.no_identity", shop=asked)) from None
    if settings.domain and identity.domain != settings.domain:
        key = "shop_error.profile_another_name" if settings.profile else "shop_error.another_name"
        raise WrongShop(said(key, shop=settings.domain, found=identity.domain))
    return identity, scopes
