"""The pages in the operator's language. The English of a template stands in it, as that of a notebook does."""

import re
from collections.abc import Iterable, Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token

from unfulfill.words import said_word

_TAG = re.compile(r"(^[^<>]*>|<[^>]*(?:>|$))")
_LABEL = re.compile(r'(?<=aria-label=")[^"{]+')


def on_page(text: str, language: str = "") -> str:
    """A text of a page whose English stands in the code; `language` is another than the operator's."""
    return said_word(text, text, of="page", language=language)


class Speaking(Extension):
    """Texts between the tags of a template, and labels for screen readers, in the language of its environment."""

    def filter_stream(self, stream: Iterable[Token]) -> Iterator[Token]:
        """Called by Jinja while it reads a template."""
        language: str = self.environment.spoken  # type: ignore[attr-defined]
        for token in stream:
            is_text = token.type == "data"
            yield Token(token.lineno, token.type, spoken(token.value, language)) if is_text else token


def spoken(markup: str, language: str) -> str:
    """Markup with its texts translated; what is not known stays as it is."""
    parts = _TAG.split(markup.replace('<html lang="en">', f'<html lang="{language}">'))
    return "".join(
        _LABEL.sub(lambda found: on_page(found[0], language), part) if at % 2 else _text(part, language)
        for at, part in enumerate(parts)
    )


def _text(text: str, language: str) -> str:
    told = text.strip()
    return text.replace(told, on_page(told, language)) if told else text
