"""Why something is not shown: a code for the page, a sentence for people."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "not_found", "not_ours", "not_allowed", "no_medium", "elsewhere", "gone", "store_failed", "busy"
]

_STATUS = {"store_failed": 502, "busy": 503}


class NotShownError(Exception):
    """
    Something is not shown.

    :param reason: a code that pages go by.
    :param detail: a sentence for people.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    @property
    def status(self) -> int:
        """Of the response. Whoever may read the Dag may know all of these apart: 404 is the rule."""
        return _STATUS.get(self.reason, 404)
