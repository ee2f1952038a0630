"""What must not be shown: secrets of Shopify's, and characters that move a terminal or turn text around."""

import re

SECRET = re.compile(r"shp(?:at|ca|pa|ss|ua|rt)_[A-Za-z0-9]{6,}", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def without_secrets(text: str) -> str:
    """The text with everything that looks like a token or client secret removed."""
    return SECRET.sub("[removed]", text)


def printable(text: str) -> str:
    """The text on one line, with a blank in place of every control character."""
    return CONTROL.sub(" ", text)
