"""What is asked of a poll: it is free, it asks for one job, and only the vendor's own words are a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx

from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, InputError, PollError
from airflow_provider_faceswap.testing.contract.example import KEY, NOTHING, Meaning, called, described
from airflow_provider_faceswap.testing.contract.network import Network, meaning_of

_JOB_ID = "a-1_B"
_BAD_IDS = ("", "../account", "a/b", "a?b", "a\nb", "x" * 129)
_BAD_ROUTES = (
    "//elsewhere.example/x",
    "https://elsewhere.example/x",
    "@elsewhere.example/x",
    "/v1/account/x",
)


def poll_faults(tested: Vendor, polls: Sequence[tuple[Reply, Meaning]]) -> Iterator[str]:
    """
    Find what is wrong with a vendor's poll.

    :param tested: the vendor.
    :param polls: replies, and what they mean.
    """
    if tested.poll is None:
        if polls:
            yield "polls are given, and the vendor has no poll"
        return
    for fault in (*_asking_faults(tested), *_reply_faults(tested, polls)):
        yield f"{tested.poll.__name__}: {fault}"


def _asking_faults(tested: Vendor) -> Iterator[str]:
    for job_id in _BAD_IDS:
        try:
            tested.poll_request(job_id)
        except InputError:
            continue
        yield f"the job id {job_id!r} is taken; keep the job_id of Poll"
    if tested.poll_request(_JOB_ID).billed:
        yield "a poll must be free: billed is set"
    for route in ({}, *({"path": path} for path in _BAD_ROUTES)):
        network = Network(tested)
        network.outcome(tested.poll_request(_JOB_ID, route), Reply(200, {}, b"{}"))
        own = httpx.URL(network.hook(PollError("")).default_url).host
        for sent in network.sent:
            if sent.url.host != own or (
                _JOB_ID not in sent.url.path and _JOB_ID.encode() not in sent.content
            ):
                yield f"with the route {route} it asks {sent.url}, which is not about the job"
            if KEY in str(sent.url):
                yield "the API key stands in the URL, which servers and proxies log"
        if not network.sent and not route:
            yield "nothing is sent"


def _reply_faults(tested: Vendor, polls: Sequence[tuple[Reply, Meaning]]) -> Iterator[str]:
    network, request = Network(tested), tested.poll_request(_JOB_ID)
    for reply, meaning in polls:
        found = network.outcome(request, reply)
        if meaning_of(found) is not meaning:
            yield f"{described(reply)} must mean {called(meaning)}, not {_said(found)}"
        if isinstance(found, Job) and found.job_id != _JOB_ID:
            yield f"{described(reply)} must be read as the job that was asked for, not {found.job_id!r}"
    meanings = {meaning for _, meaning in polls}
    for state in {JobState.PROCESSING, JobState.SUCCESS, JobState.FAILED} - meanings:
        yield f"no reply is given that means {called(state)}"
    for reply in NOTHING:
        found = network.outcome(request, reply)
        unclear = isinstance(found, Job) and found.state is JobState.UNCLEAR
        if not unclear and not isinstance(found, (PollError, AuthenticationError)):
            yield f"{described(reply)} proves nothing and must be a PollError, not {_said(found)}"
    for error in (httpx.ConnectError("x"), httpx.ReadError("x")):
        found = network.outcome(request, error)
        if type(found) is not PollError:
            yield f"after {type(error).__name__} it must raise PollError, not {_said(found)}"


def _said(outcome: Job | FaceSwapError) -> str:
    return called(meaning_of(outcome))
