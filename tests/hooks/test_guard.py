"""A reader of replies that breaks the contract costs no money and shows no key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx
import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.modelslab import Fetch, SingleVideoSwap
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Request
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    JobFailedError,
    NotSentError,
    PollError,
    RefusedError,
    SettingsError,
)
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook

KEY = "key-4f1d"
LINK = "https://cdn.example.com/in.jpg?X-Amz-Signature=s3cr3t"
MEDIA = {"init_image": "https://example.com/a.png", "init_video": "https://example.com/a.mp4"}
Reads = Callable[[Reply], Any]


class Submits(SingleVideoSwap):
    reads: ClassVar[Reads]

    def read(self, reply: Reply) -> Any:
        return type(self).reads(reply)


class Polls(Fetch):
    reads: ClassVar[Reads]

    def read(self, reply: Reply) -> Any:
        return type(self).reads(reply)


class Declares(Submits):
    refuses_with_5xx: ClassVar[bool] = True


def raises(error: Exception) -> Reads:
    def read(reply: Reply) -> Any:
        raise error

    return read


def outcome(
    request_class: type[Any], reads: Reads, *, status: int = 200, content: bytes = b'{"a": 1}'
) -> Job | FaceSwapError:
    made = type(request_class.__name__, (request_class,), {"reads": staticmethod(reads)})
    request: Request = made.checked(MEDIA if issubclass(made, Submits) else {"job_id": "278"})
    answer = httpx.MockTransport(lambda _: httpx.Response(status, content=content))
    hook = ModelsLabHook("c", transport=answer)
    given = {"base_url": "https://modelslab.com", "api_key": KEY}
    hook.__dict__["settings"] = hook.settings_class.model_validate(given)
    try:
        return hook.send(request)
    except FaceSwapError as error:
        return error


def of_state(state: JobState, job_id: str = "7", **more: Any) -> Reads:
    return lambda reply: Job(job_id=job_id, state=state, **more)


@pytest.mark.parametrize(
    "reads",
    [
        raises(KeyError(f"{KEY} {LINK}")),
        raises(PollError("x")),
        raises(NotSentError("nothing was sent")),
        raises(SettingsError("x")),
        raises(JobFailedError("x", "7")),
        lambda reply: None,
        lambda reply: {"job_id": "7"},
        of_state(JobState.PROCESSING, "../7"),
        of_state(JobState.PROCESSING, "7\n"),
        of_state(JobState.PROCESSING, KEY),
        of_state(JobState.PROCESSING, ""),
        of_state(JobState.UNKNOWN, ""),
    ],
)
def test_whatever_does_not_prove_a_refusal_leaves_a_submission_in_doubt(reads: Reads) -> None:
    found = outcome(Submits, reads)
    assert type(found) is InDoubtError
    assert KEY not in str(found) and "s3cr3t" not in str(found)
    assert found.__cause__ is None and found.__context__ is None


@pytest.mark.parametrize("reads", [raises(KeyError(KEY)), raises(RefusedError("x")), lambda reply: None])
def test_a_poll_that_is_read_wrongly_is_a_poll_without_an_answer(reads: Reads) -> None:
    found = outcome(Polls, reads)
    assert type(found) is PollError and KEY not in str(found)


def test_the_place_of_a_mistake_is_named_without_its_words() -> None:
    found = str(outcome(Polls, raises(KeyError("said"))))
    assert "KeyError in test_guard.py, line " in found and "said" not in found


@pytest.mark.parametrize("error", [RefusedError("no face"), AuthenticationError("wrong key")])
@pytest.mark.parametrize(
    ("request_class", "status", "refused"),
    [
        (Submits, 200, True), (Submits, 422, True), (Submits, 500, False), (Submits, 503, False),
        (Submits, 302, False), (Submits, 204, False), (Declares, 503, True), (Declares, 302, False),
    ],
)  # fmt: skip
def test_a_refusal_counts_only_under_a_status_that_allows_one(
    error: FaceSwapError, request_class: type[Any], status: int, refused: bool
) -> None:
    found = outcome(request_class, raises(error), status=status)
    assert type(found) is (type(error) if refused else InDoubtError)


def test_what_a_reader_quotes_is_shown_without_key_and_links() -> None:
    said = f"we got {KEY} and {LINK}"
    for found in (outcome(Submits, raises(RefusedError(said))), outcome(Polls, raises(PollError(said)))):
        assert str(found) == "we got *** and https://cdn.example.com/…"
    job = outcome(Polls, of_state(JobState.FAILED, message=said, meta={"seed": said, "n": 4}))
    assert isinstance(job, Job)
    assert job.message == "we got *** and https://cdn.example.com/…"
    assert job.meta == {"seed": job.message, "n": 4}


def test_where_to_poll_is_not_kept_with_the_key_in_it() -> None:
    for url, kept in ((f"https://modelslab.com/fetch/278/{KEY}", None), (LINK, LINK)):
        job = outcome(Submits, of_state(JobState.PROCESSING, job_id="278", poll_url=url))
        assert isinstance(job, Job) and job.poll_url == kept


@pytest.mark.parametrize("request_class", [Submits, Polls])
def test_a_success_without_a_result_has_none(request_class: type[Any]) -> None:
    found = outcome(request_class, of_state(JobState.SUCCESS, message="done"))
    assert isinstance(found, Job)
    assert (found.state, found.message) == (
        JobState.NO_RESULT,
        "finished, and its answer holds no http(s) link: done",
    )


@pytest.mark.parametrize(("request_class", "error"), [(Submits, NotSentError), (Polls, PollError)])
@pytest.mark.parametrize("broken", ["path", "body"])
def test_a_request_that_cannot_be_made_is_not_sent(
    request_class: type[Any], error: type[FaceSwapError], broken: str
) -> None:
    def fail(self: object, route: Mapping[str, str] | None = None) -> None:
        raise KeyError(KEY)

    made = type(request_class.__name__, (request_class,), {broken: fail})
    found = outcome(made, of_state(JobState.PROCESSING))
    assert type(found) is error
    assert "the request cannot be made: KeyError in test_guard.py" in str(found) and KEY not in str(found)


def test_a_path_cannot_lead_to_another_host() -> None:
    made = type("Submits", (Submits,), {"path": lambda self, route: "@elsewhere.example/x"})
    found = outcome(made, of_state(JobState.PROCESSING))
    assert type(found) is NotSentError and "ValueError in guard.py" in str(found)
