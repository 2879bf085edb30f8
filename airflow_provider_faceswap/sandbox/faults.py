"""Which request goes wrong, and how: a book of faults that strike by rate, by turn or a number of times."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Place = Literal["submit", "fetch", "media"]
Kind = Literal[
    "accept_then_break",
    "break_before_accept",
    "slow_answer",
    "slow_before_accept",
    "server_error",
    "bad_gateway",
    "rate_limited",
    "rate_limited_200",
    "queue_full",
    "no_credits",
    "truncated_json",
    "empty",
    "html_200",
    "redirect",
    "unknown_status",
    "echo",
    "error",
    "error_200",
    "media_404",
    "media_truncated",
    "media_html",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Answers of a vendor that did take the request, unless the fault says otherwise.
TAKEN: frozenset[Kind] = frozenset(
    {"accept_then_break", "slow_answer", "truncated_json", "empty", "html_200", "unknown_status"}
)

# Answers in the vendor's own form: a file has none.
VENDOR_FORMS: frozenset[Kind] = frozenset(
    {
        "server_error",
        "rate_limited",
        "rate_limited_200",
        "queue_full",
        "no_credits",
        "truncated_json",
        "unknown_status",
        "echo",
        "error",
        "error_200",
    }
)


class Fault(BaseModel):
    """One way in which requests go wrong.

    :param kind: what happens.
    :param on: where; ``media`` for the ``media_`` kinds, otherwise ``submit`` unless told.
    :param operation: on ``submit`` and ``fetch``, only this operation.
    :param input_has: only submissions with this text in the request, and their jobs.
    :param rate: the share of requests that are struck, 0 to 1.
    :param every: strike the n-th, 2n-th, ... request.
    :param times: stop after so many strikes (on ``media``: for each file).
    :param accepted: whether a struck submission is accepted, where the kind leaves it open.
    :param seconds: how long the slow kinds take.
    :param retry_after: what a refusal for now reports.
    :param location: where ``redirect`` points; left out, at a counting route of the sandbox.
    :param status: the word that ``unknown_status`` puts in the answer.
    :param code: the vendor's code of an ``error``.
    :param message: what ``echo`` (before it repeats the request), ``error`` and ``error_200`` say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    on: Place = "submit"
    operation: str | None = None
    input_has: str | None = None
    rate: float | None = Field(default=None, ge=0, le=1)
    every: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=1)
    accepted: bool | None = None
    seconds: float = Field(default=1.0, ge=0)
    retry_after: int | float | None = 5
    location: str | None = None
    status: str = "under_review"
    code: int = Field(default=400, ge=400, le=599)
    message: str | dict[str, Any] = "Cannot process"

    @model_validator(mode="before")
    @classmethod
    def _media_kinds_strike_media(cls, data: object) -> object:
        if isinstance(data, dict) and str(data.get("kind", "")).startswith("media_"):
            return {"on": "media", **data}
        return data

    @model_validator(mode="after")
    def _fits_its_place(self) -> Fault:
        if self.kind.startswith("media_") and self.on != "media":
            raise ValueError(f"{self.kind} strikes on media only")
        if self.kind in VENDOR_FORMS and self.on == "media":
            raise ValueError(f"{self.kind} does not strike on media")
        if self.rate is not None and self.every is not None:
            raise ValueError("choose rate or every, not both")
        return self

    @property
    def taken(self) -> bool:
        """Whether the request is acted on although its answer is spoilt."""
        return self.kind in TAKEN if self.accepted is None else self.accepted


@dataclass
class _Entry:
    fault: Fault
    seen: int = 0
    strikes: dict[str, int] = field(default_factory=dict)


class FaultBook:
    """The faults in force, asked once for each request."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._entries: list[_Entry] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._entries.append(_Entry(fault))

    def clear(self) -> None:
        """Let everything go well again, and start the dice anew."""
        self._entries.clear()
        self._random = random.Random(self._seed)

    def listing(self) -> list[dict[str, object]]:
        """The faults in force and how often each has struck."""
        return [
            e.fault.model_dump(exclude_unset=True) | {"strikes": sum(e.strikes.values())}
            for e in self._entries
        ]

    def draw(
        self, on: Place, operation: str | None = None, file: str = "", *, inputs: str = ""
    ) -> Fault | None:
        """The fault that strikes this request, if any.

        :param on: what kind of request it is.
        :param operation: the operation it is about, where known.
        :param file: the file that is read, on ``media``.
        :param inputs: what was submitted, as one text.
        """
        for entry in self._entries:
            fault = entry.fault
            if fault.on != on or fault.operation not in (None, operation):
                continue
            if (fault.input_has or "") not in inputs:
                continue
            entry.seen += 1
            if fault.times is not None and entry.strikes.get(file, 0) >= fault.times:
                continue
            if fault.every is not None and entry.seen % fault.every:
                continue
            if fault.rate is not None and self._random.random() >= fault.rate:
                continue
            entry.strikes[file] = entry.strikes.get(file, 0) + 1
            return fault
        return None
