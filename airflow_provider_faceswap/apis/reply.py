"""An HTTP reply, as the vendors' readers see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from airflow_provider_faceswap.apis.reading import MAX_TEXT, one_line
from airflow_provider_faceswap.exceptions import RefusedError

# What is read of a reply in an event loop must not block it, nor keep the interpreter's lock in a thread.
_MAX_VALUES = 10_000
_MAX_MENDED = 64 * 1024
_MAX_QUOTED = 64 * 1024
_NO_FACE = re.compile(
    r"\bno (?:\w+ ){0,2}faces?\b"
    r"|\bfaces? (?:(?:was|were|is|are|could|can) ?)?(?:not|n't) (?:be )?(?:found|detected)"
    r"|\b(?:find|detect) (?:a|any) face",
    re.IGNORECASE,
)
"""No retry finds a face that is not there."""
_ACCOUNT = re.compile(
    r"\b(?:insufficient|not enough|out of|no|ran out of) (?:(?!fac|key|feature|landmark)\w+ ){0,2}"
    r"(?:credits?|coins?|points?|balance|funds)\b"
    r"|\b(?:credits?|coins?|balance) (?:\w+ ){0,2}(?:exhausted|too low|insufficient|used up)\b|\btop up\b",
    re.IGNORECASE,
)
"""Nothing else is taken either until somebody pays."""
_TRAILING_COMMA = re.compile(r",\s*([\]}])")


@dataclass(frozen=True)
class Reply:
    """
    An HTTP reply.

    :param status: its HTTP status.
    :param headers: its headers.
    :param body: as it came over the wire, decompressed.
    :param redact: takes out of a text what must not be repeated, before anything is quoted.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    redact: Callable[[str], str] = field(default=str, repr=False)

    @property
    def may_refuse(self) -> bool:
        """
        Whether the status allows a refusal in the vendor's own format: 200 and 4xx do.

        Under any other status, words of a refusal do not prove that the job was not taken.
        """
        return self.status == 200 or 400 <= self.status < 500

    def json(self) -> dict[str, Any] | None:
        """Return the body if it is a JSON object, else None."""
        return self._parsed

    @cached_property
    def _parsed(self) -> dict[str, Any] | None:
        if sum(map(self.body.count, (b",", b"[", b"{"))) > _MAX_VALUES:
            return None
        # A byte in a wrong encoding must not hide the id of a job that is paid.
        text = self.body.decode("utf-8-sig", "replace")
        value = _loads(text)
        if value is None and len(text) <= _MAX_MENDED:  # vendors' own examples have trailing commas
            value = _loads(_TRAILING_COMMA.sub(r"\1", text))
        return value if isinstance(value, dict) else None

    def __str__(self) -> str:
        start = self.one_line(self.json() or self.body[:_MAX_QUOTED].decode("utf-8", "replace"), 200)
        return f"HTTP {self.status}: {start}" if start else f"HTTP {self.status} with an empty body"

    def one_line(self, said: object, most: int = MAX_TEXT) -> str:
        """Return something that the vendor says in this reply as one line for people."""
        return one_line(said, self.redact, most)

    def refused(self, what: str, said: object, hint: str = "", *, code: int = 0) -> RefusedError:
        """
        Return the refusal of a submission; it is final where it is about the inputs themselves.

        :param what: who refused what.
        :param said: the vendor's reason.
        :param hint: ours.
        :param code: the status in the body, where the vendor writes one there.
        """
        reason = self.one_line(said) or "the vendor gave no reason"
        names_fields = isinstance(said, dict) and all(isinstance(item, list) for item in said.values())
        final = self.status == 422 or names_fields or bool(_NO_FACE.search(reason))
        account = 402 in (code, self.status) or bool(_ACCOUNT.search(reason))
        return RefusedError(f"{what}: {reason}{hint}", final=final, account=account)


def _loads(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
