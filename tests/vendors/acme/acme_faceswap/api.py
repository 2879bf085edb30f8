# acme_faceswap/api.py
"""Acme's API as data: what is sent, and what its replies mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from airflow_provider_faceswap.vendors import (
    AuthenticationError,
    Cost,
    Job,
    JobState,
    Kind,
    Media,
    MediaUrl,
    Poll,
    RefusedForNowError,
    Reply,
    Submission,
    Vendor,
    read_id,
    read_retry_after,
    read_seconds,
    read_urls,
)

STATES = {"running": JobState.PROCESSING, "done": JobState.SUCCESS, "failed": JobState.FAILED}


class Swap(Submission):
    """
    Swap the face of a picture.

    :param face: URL of a picture of the new face.
    :param target: URL of the picture to edit.
    :param quality: ``draft`` or ``best``.
    """

    operation: ClassVar[str] = "swap"
    docs: ClassVar[str] = "https://acme.example/docs/swap"
    kind: ClassVar[Kind] = "image"

    face: Annotated[MediaUrl, Media("image", "face")]
    target: Annotated[MediaUrl, Media("image", "target")]
    quality: Literal["draft", "best"] = "best"

    def path(self, route: Mapping[str, str]) -> str:
        """Return where it is posted."""
        return "/v1/swaps"

    def body(self) -> dict[str, Any]:
        """Return the JSON body; the hook adds the key."""
        return self.model_dump()

    def price(self) -> Cost:
        """One credit, by Acme's price list."""
        return Cost(amount=1)

    def read(self, reply: Reply) -> Job | None:
        """Read what Acme answers to a submission."""
        data = reply.json() or {}
        if job_id := read_id(data.get("id")):
            return Job(job_id=job_id, state=JobState.PROCESSING, eta=read_seconds(data.get("seconds")))
        if data.get("error") and reply.may_refuse:
            said = reply.one_line(data["error"])
            if reply.status == 401:
                raise AuthenticationError(f"Acme refused the API key: {said}")
            if reply.status == 429:
                raise RefusedForNowError(f"Acme refused for now: {said}", read_retry_after(reply.headers))
            raise reply.refused("Acme refused the job", data["error"])
        return None  # in doubt: Acme may have taken it


class Status(Poll):
    """Ask how a swap stands."""

    operation: ClassVar[str] = "status"
    docs: ClassVar[str] = "https://acme.example/docs/status"
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        """Return where it is asked."""
        return f"/v1/swaps/{self.job_id}"

    def read(self, reply: Reply) -> Job | None:
        """Read what Acme answers about a swap."""
        data = reply.json() or {}
        said = reply.one_line(data.get("error"))
        if said and reply.status == 401:
            raise AuthenticationError(f"Acme refused the API key: {said}")
        if said and reply.status == 404:
            return Job(job_id=self.job_id, state=JobState.UNKNOWN, message=said)
        state = STATES.get(str(data.get("state")))
        if state is None:
            return None  # no answer: Acme is asked again
        return Job(job_id=self.job_id, state=state, output=read_urls(data.get("result")), message=said)


VENDOR = Vendor(
    name="acme",
    title="Acme",
    hook="acme_faceswap.hook.AcmeHook",
    operations={"swap": Swap},
    poll=Status,
)
