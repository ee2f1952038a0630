"""Whether a plan may be applied to the shop that is connected."""

from unfulfill.errors import NotApproved, WrongShop
from unfulfill.model import Plan
from unfulfill.plan import raise_if_unsafe
from unfulfill.shop import Shop


def check_approval(plan: Plan, shop: Shop, approve: str) -> None:
    """Raise NotApproved, WrongShop or LimitExceeded where the plan must not be applied to this shop."""
    if approve != plan.digest:
        raise NotApproved(
            f"The digest given is not that of the plan; to apply it, approve {plan.digest} after reading it."
        )
    identity = shop.identity()
    if (identity.id, identity.domain) != (plan.shop.id, plan.shop.domain):
        raise WrongShop(f"The plan was made for {plan.shop.domain}, but {identity.domain} is connected.")
    if shop.api_version != plan.api_version:
        raise WrongShop(
            f"The plan was made with API version {plan.api_version}, not {shop.api_version}; plan again."
        )
    raise_if_unsafe(plan)
