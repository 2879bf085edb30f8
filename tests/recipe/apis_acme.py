"""A vendor of clips for tests of the vocabulary; it answers with the URL of a status page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import MediaUrl
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Media
from airflow_provider_faceswap.apis.reading import read_id, read_urls
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Poll, Submission
from airflow_provider_faceswap.exceptions import AuthenticationError, InDoubtError, PollError

STATES = {"waiting": JobState.PROCESSING, "done": JobState.SUCCESS, "broken": JobState.FAILED}


class Swap(Submission):
    operation: ClassVar[str] = "swap"
    docs: ClassVar[str] = "https://acme.example/docs/swap"
    kind: ClassVar[Kind] = "video"

    face: Annotated[MediaUrl, Media("image", "face")]
    clip: Annotated[MediaUrl, Media("video", "target")]

    def path(self, route: Mapping[str, str]) -> str:
        return "/swap"

    def body(self) -> dict[str, Any]:
        return self.model_dump()

    def read(self, reply: Reply) -> Job:
        data = reply.json() or {}
        url = next(iter(read_urls(data.get("status_url"))), "")
        job_id = read_id(url.rpartition("/")[2])
        if job_id:
            return Job(job_id=job_id, state=JobState.PROCESSING, poll_url=url)
        if data.get("problem") and reply.may_refuse:
            if reply.status == 401:
                raise AuthenticationError("Acme refused the API key")
            raise reply.refused("Acme refused the job", data["problem"])
        raise InDoubtError(f"{reply}; neither a job nor a refusal: the job may be taken")


class Status(Poll):
    operation: ClassVar[str] = "status"
    docs: ClassVar[str] = "https://acme.example/docs/status"
    method: ClassVar[Literal["GET", "POST"]] = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        return self.route.get("path") or f"/jobs/{self.job_id}"

    def read(self, reply: Reply) -> Job:
        data = reply.json()
        if data is None or data.get("state") not in STATES:
            raise PollError(f"Acme's answer says nothing about the job: {reply}")
        output = read_urls(data.get("result"))
        said = reply.one_line(data.get("why"))
        return Job(job_id=self.job_id, state=STATES[data["state"]], output=output, message=said)


VENDOR = Vendor(name="acme", title="Acme", hook="", operations={"swap": Swap}, poll=Status)
