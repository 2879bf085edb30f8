"""The forms in which a vendor may repeat an API key: its words go into logs."""

from __future__ import annotations

import html
import json
import re
from functools import lru_cache
from urllib.parse import quote


@lru_cache(maxsize=32)
def secret_pattern(secret: str) -> re.Pattern[str]:
    """
    Return a pattern of a secret as text, JSON, HTML or part of a URL spells it, character by character.

    :param secret: the API key.
    """
    return re.compile("".join(map(_char_pattern, secret)))


def _char_pattern(char: str) -> str:
    number = ord(char)
    # JSON within JSON doubles its backslashes each time. Bounded: a reply may be all backslashes.
    plain = r"\\{1,8}" if char == "\\" else rf"\\{{0,8}}{re.escape(char)}"
    # No text fits two of the forms: else a near miss would be tried in all combinations.
    forms = {rf"(?i:\\{{1,8}}u{number:04x})", f"&#{number};", f"(?i:&#x{number:x};)", f"(?i:%{number:02x})"}
    if (escaped := html.escape(char)) != char:
        forms.add(re.escape(escaped))
    if number > 0x7F:
        forms.add(f"(?i:{quote(char)})")
    if number > 0xFFFF:
        forms.add("(?i:" + json.dumps(char)[1:-1].replace("\\", r"\\{1,8}") + ")")
    return f"(?:{'|'.join([plain, *sorted(forms)])})"
