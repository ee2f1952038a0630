"""What a secret of Shopify's looks like, and texts without it."""

import re

SECRET = re.compile(r"shp(?:at|ca|pa|ss|ua|rt)_[A-Za-z0-9]{6,}", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text with everything that looks like a token or client secret removed."""
    return SECRET.sub("[removed]", text)
