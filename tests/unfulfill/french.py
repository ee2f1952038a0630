"""Whether a text is French through and through: no English word in it, and no piece of our English messages."""

import re
from collections.abc import Iterable

from unfulfill.words.saying import Message, messages

# Words that no French sentence has; without those of rules (is, not, and, or), which stay as they are.
_ENGLISH = re.compile(
    r"\b(the|this|that|there|are|was|were|been|has|have|its|must|cannot|with|without|from|by|than|which|nothing|again|only|of|to|"
    r"for|somebody|someone|give|write|look|save|stands|row|line|order|unit|changed|try|yes)\b"
)
_QUOTED = re.compile(r"`[^`]*`|«[^»]*»|'[^']{2,}'|\S*[/\\]\S*|\S+\.\w{2,7}\b|--\w+|\b\w+_\w+\b")


def english_words(text: str) -> list[str]:
    """English words in a text, but for what is quoted as `code` or « quoted », and paths."""
    return _ENGLISH.findall(
        re.sub(r"`[^`]*`|«[^»]*»|'[^']{2,}'|\S*[/\\]\S*|\S+\.\w{2,7}\b|--\w+|\b\w+_\w+\b", "", text)
    )


def english_pieces(texts: Iterable[str]) -> list[str]:
    """Pieces of our English messages, three words and longer, that stand in some texts."""
    french = " ".join(str(message) for message in messages("fr").values())
    pieces = {
        piece.strip()
        for key, message in messages("en").items()
        if not key.startswith("marking")  # its widget is not among them; single findings say alike in English
        for form in forms(message)
        for piece in re.split(r"\{[^}]*\}|[.;:,]", form)
        if piece.strip().count(" ") > 1
    }
    text = " ".join(texts)
    return sorted(piece for piece in pieces if piece in text and piece not in french)


def forms(message: Message) -> list[str]:
    """The texts of a message."""
    if isinstance(message, list):
        return message
    return [message] if isinstance(message, str) else list(message.values())
