"""How ModelsLab's replies are read: a state in the body, whatever the HTTP status."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from airflow_provider_faceswap.apis.job import Job, JobState, no_link
from airflow_provider_faceswap.apis.reading import (
    read_id,
    read_meta,
    read_retry_after,
    read_seconds,
    read_urls,
)
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    PollError,
    RefusedForNowError,
)

_ON_ITS_WAY = ("processing", "queued")
_BAD = ("error", "failed")
_MEDIA = r"(?:face|image|photo|picture|video|clip|file|url|link|format|resolution|person|people)s?"
_LATER = re.compile(
    r"rate.?limit|too many (\w+ )?(requests|jobs|generations)|queue|concurren|requests? limit|slow down",
    re.IGNORECASE,
)
# "Try again" is the queue's word only as long as it is not about what was sent.
_TRY_AGAIN = re.compile(r"\btry again\b(?!\s+(?:with|using|without)\b)", re.IGNORECASE)
# Fields are about it as well: init_image, target_image.
_ABOUT_MEDIA = re.compile(rf"(?<![a-z]){_MEDIA}(?![a-z])", re.IGNORECASE)
# The request itself is not found: "face id not found in image" is a verdict.
_UNKNOWN_ID = re.compile(
    rf"\b(?:request|job|generation)(?:[\s#'\"]+(?!(?:\w+_)?{_MEDIA}\b)[\w-]+){{0,5}}['\"]?\s+not found\b"
    r"|\bno such (?:request|job|id)\b|\A\W*id\b[\w\s#'\"-]*\bnot found\W*\Z",
    re.IGNORECASE,
)
_WRONG_KEY = re.compile(r"api.?key", re.IGNORECASE)
_UNAUTHORIZED = re.compile(r"unauthori[sz]ed|unauthenticated", re.IGNORECASE)
_HINTS = {
    402: " (credits: top up the account)",
    404: " (no such endpoint: the connection's host must be the vendor's origin, without a path)",
}


class Answer:
    """A JSON reply of ModelsLab: submissions and polls read it alike."""

    def __init__(self, reply: Reply, data: dict[str, Any]) -> None:
        self.reply = reply
        self.data = data
        self.output = read_urls(data.get("output"), data.get("proxy_links"))
        status = data.get("status")
        if status is None and self.output:  # the Fetch Video page shows a finished reply without one
            status = "success"
        self.status = status.strip().lower() if isinstance(status, str) else None
        self.said = next((data[key] for key in ("message", "messege", "error") if data.get(key)), None)
        self.message = reply.one_line(self.said)

    @property
    def job_id(self) -> str | None:
        """The job's id, if the reply names one."""
        return read_id(self.data.get("id"))

    @property
    def bad(self) -> bool:
        """Whether the vendor says that something went wrong."""
        return self.status in _BAD

    @property
    def done(self) -> bool:
        """Whether the job is finished and its result can be fetched."""
        return self.status == "success" and bool(self.output)

    @property
    def for_now(self) -> bool:
        """Whether the same request may pass later."""
        return self.reply.status == 429 or bool(_LATER.search(self.message))

    @property
    def congested(self) -> bool:
        """Whether the vendor's queue dropped the job."""
        return bool(_TRY_AGAIN.search(self.message)) and not _ABOUT_MEDIA.search(self.message)

    @property
    def wrong_key(self) -> bool:
        """Whether the vendor refused the API key."""
        if self.reply.status == 401 or _WRONG_KEY.search(self.message):
            return True
        # "401 Unauthorized for url" is what the vendor met when it fetched an input.
        return bool(_UNAUTHORIZED.search(self.message)) and not _ABOUT_MEDIA.search(self.message)

    @property
    def retry_after(self) -> float | None:
        """The seconds that the vendor asks to wait: its body counts before the header."""
        stated = read_seconds(self.data.get("retry_after"))
        return read_retry_after(self.reply.headers) if stated is None else stated

    def job(self, job_id: str) -> Job:
        """Return the job as the reply describes it."""
        state = self._state()
        return Job(
            job_id=job_id,
            state=state,
            output=self.output,
            message=no_link(self.message) if state is JobState.NO_RESULT else self.message,
            eta=read_seconds(self.data.get("eta")),
            seconds=read_seconds(self.data.get("generationTime")),
            meta=read_meta(self.data.get("meta"), self.reply.redact),
            poll_url=next(iter(read_urls(self.data.get("fetch_result"))), None),
        )

    def _state(self) -> JobState:
        if self.status == "success":
            return JobState.SUCCESS if self.output else JobState.NO_RESULT
        if self.status in _ON_ITS_WAY:
            return JobState.PROCESSING
        if self.bad:
            if _UNKNOWN_ID.search(self.message):
                return JobState.UNKNOWN
            return JobState.CONGESTED if self.congested else JobState.FAILED
        return JobState.UNCLEAR

    def refuse(self) -> NoReturn:
        """
        Raise what the refusal of a submission means.

        :raises AuthenticationError: the vendor refused the key.
        :raises RefusedForNowError: rate limit or full queue.
        :raises RefusedError: for anything else.
        """
        if self.reply.status == 401 or (self.wrong_key and not self.for_now):
            raise AuthenticationError(f"ModelsLab refused the API key: {self.message}")
        if self.for_now or self.congested:
            raise RefusedForNowError(f"ModelsLab refused for now: {self.message}", self.retry_after)
        hint = _HINTS.get(self.reply.status, "")
        raise self.reply.refused("ModelsLab refused the job", self.said, hint)

    def check_verdict(self) -> None:
        """
        Raise if what went wrong is the poll itself, not the job.

        :raises AuthenticationError: the vendor refused the key.
        :raises PollError: the vendor did not say how the job stands.
        """
        http = self.reply.status
        if self.wrong_key:
            raise AuthenticationError(f"ModelsLab refused the API key: {self.message}")
        of_the_job = self.status == "failed"
        later = http == 429 if of_the_job else self.for_now
        if later or (not of_the_job and (http in (402, 403) or http >= 500)):
            said = self.message or self.reply
            raise PollError(f"ModelsLab did not say how the job stands: {said}", self.retry_after)
