"""One way in which requests go wrong."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Place = Literal["submit", "fetch", "media"]
ConnectionKind = Literal[
    "accept_then_break", "break_before_accept", "break_in_answer", "slow_answer", "slow_before_accept"
]
ProxyKind = Literal["bad_gateway", "html_200", "redirect", "empty"]
# These three are answers in the vendor's own form; a file has none.
RefusalKind = Literal["rate_limited", "rate_limited_200", "queue_full", "no_credits"]
ErrorKind = Literal["server_error", "error", "error_200", "echo", "unknown_id"]
ChangedKind = Literal["truncated_json", "unknown_status"]
MediaKind = Literal["media_404", "media_truncated", "media_html"]
VendorKind = Literal[RefusalKind, ErrorKind, ChangedKind]
Kind = Literal[ConnectionKind, ProxyKind, VendorKind, MediaKind]

KINDS: tuple[Kind, ...] = get_args(Kind)
VENDOR_KINDS: tuple[Kind, ...] = get_args(VendorKind)
MEDIA_KINDS: tuple[Kind, ...] = get_args(MediaKind)
# The vendor did take these requests, unless the fault says otherwise.
ACCEPTED: tuple[Kind, ...] = (
    *("accept_then_break", "break_in_answer", "slow_answer", "empty", "html_200"),
    *("truncated_json", "unknown_status", "media_truncated"),
)


class Fault(BaseModel):
    """
    One way in which requests go wrong.

    :param kind: what happens.
    :param on: where; ``media`` for the ``media_`` kinds, ``fetch`` for ``unknown_id``, otherwise ``submit``.
    :param operation: on ``submit`` and ``fetch``, only this operation.
    :param input_has: only submissions with this text in the request, and their jobs.
    :param rate: the share of requests that get the fault, 0 to 1.
    :param every: the n-th, 2n-th, ... request gets the fault.
    :param times: at most this often (on ``media``: for each file).
    :param accepted: whether a submission with the fault is accepted; ``None``: as the kind has it.
    :param with_id: whether an error in the vendor's form names the job; it makes up an id if there is none.
    :param seconds: how long the slow kinds take.
    :param retry_after: the time that a refusal for now reports.
    :param location: where ``redirect`` points; ``None``: to a counting route of the sandbox.
    :param status: the word that ``unknown_status`` puts into the answer.
    :param code: the vendor's code of an ``error``.
    :param message: the message of ``echo`` (which repeats the request after it), ``error`` and ``error_200``.
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
    with_id: bool = False
    seconds: float = Field(default=1.0, ge=0)
    retry_after: int | float | None = 5
    location: str | None = None
    status: str = "under_review"
    code: int = Field(default=400, ge=400, le=599)
    message: str | dict[str, Any] = "Cannot process"

    @model_validator(mode="before")
    @classmethod
    def _set_the_only_place(cls, data: object) -> object:
        if isinstance(data, dict) and (place := _only_place(str(data.get("kind", "")))):
            return {"on": place, **data}
        return data

    @model_validator(mode="after")
    def _check(self) -> Fault:
        place = _only_place(self.kind)
        if place and self.on != place:
            raise ValueError(f"{self.kind} is for {place} only")
        if self.kind in VENDOR_KINDS and self.on == "media":
            raise ValueError(f"{self.kind} is not for media")
        if self.rate is not None and self.every is not None:
            raise ValueError("choose rate or every, not both")
        return self

    @property
    def accepts(self) -> bool:
        """Whether the request takes effect although its answer goes wrong."""
        return self.kind in ACCEPTED if self.accepted is None else self.accepted


def _only_place(kind: str) -> Place | None:
    if kind in MEDIA_KINDS:
        return "media"
    return "fetch" if kind == "unknown_id" else None
