"""The forms in which a vendor may repeat an API key: its words go into logs."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from airflow_provider_faceswap.apis.reading import MAX_PIECE

_MASK = "***"
_MAX_SPELLING = 13
"""Characters of the longest form of one character: eight backslashes, ``u`` and four digits."""


def redact(text: str, secret: str) -> str:
    """
    Return the start of a text with a secret masked, in every form that starts within it.

    It reads little more than it returns: a hostile text of a megabyte would hold up an event loop,
    in a thread too, since a search keeps the interpreter's lock.

    :param text: of any length.
    :param secret: the API key, of printable ASCII characters.
    :return: at most :data:`~airflow_provider_faceswap.apis.reading.MAX_PIECE` characters of the text.
    """
    searched = text[: MAX_PIECE + _MAX_SPELLING * len(secret)]
    parts, end = [], 0
    for found in secret_pattern(secret).finditer(searched):
        if found.start() >= MAX_PIECE:
            break
        parts += [searched[end : found.start()], _MASK]
        end = found.end()
    return "".join((*parts, searched[end:MAX_PIECE]))[:MAX_PIECE]


@lru_cache(maxsize=32)
def secret_pattern(secret: str) -> re.Pattern[str]:
    """
    Return a pattern of a secret as text, JSON, HTML or part of a URL spells it, character by character.

    :param secret: the API key, of printable ASCII characters.
    """
    # In any case: host names come in lower case.
    return re.compile("".join(map(_char_pattern, secret)), re.IGNORECASE)


def _char_pattern(char: str) -> str:
    number = ord(char)
    # JSON within JSON doubles its backslashes each time. Bounded: a reply may be all backslashes.
    plain = r"\\{1,8}" if char == "\\" else rf"\\{{0,8}}{re.escape(char)}"
    # No text fits two of the forms: otherwise a near miss would be tried in all combinations.
    forms = {
        rf"(?i:\\{{1,8}}u{number:04x})",
        f"&#{number};",
        f"(?i:&#x{number:x};)",
        f"(?i:%(?:25){{0,3}}{number:02x})",
    }
    if (escaped := html.escape(char)) != char:
        forms.add(re.escape(escaped))
    return f"(?:{'|'.join([plain, *sorted(forms)])})"
