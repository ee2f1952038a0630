"""Which versions of the Admin API the sandbox serves."""

SUPPORTED = ("2026-04", "2026-07", "2026-10")


def served(asked: str) -> str:
    """The version that answers: the one asked for, or the oldest supported one (shopify.dev, versioning)."""
    return asked if asked in SUPPORTED else SUPPORTED[0]


def display_name(version: str) -> str:
    """As publicApiVersions names it; the newest is the latest."""
    return f"{version} (Latest)" if version == SUPPORTED[-1] else version
