"""What must not be shown as it is: secrets of Shopify's, characters that move a terminal, starts of formulas."""

import re

SECRET = re.compile(r"shp(?:at|ca|pa|ss|ua|rt)_[A-Za-z0-9]{6,}", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

# A spreadsheet that opens a CSV reads these at the start of a cell, also after blanks, as a formula (OWASP, CSV
# injection; ASVS 1.2.10); the full-width ones are read so by East Asian editions.
STARTS_FORMULA = re.compile(r"'*[ \u00a0\ufeff]*[=+\-@\t\r\n＝＋－＠]")

# What XML 1.0 cannot hold, and the marks that turn the direction of the text around them.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")


def without_secrets(text: str) -> str:
    """The text with everything that looks like a token or client secret removed."""
    return SECRET.sub("[removed]", text)


def printable(text: str) -> str:
    """The text on one line, with a blank in place of every control character."""
    return CONTROL.sub(" ", text)
