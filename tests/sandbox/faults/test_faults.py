"""Faults strike where, when and how their rules say."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from pydantic import ValidationError

from airflow_provider_faceswap.sandbox.faults.fault import Fault
from airflow_provider_faceswap.sandbox.faults.rules import FaultRules

from ..aifaceswap.client import AIFaceSwapClient
from ..modelslab.client import ModelsLabClient
from ..segmind.client import SegmindClient

OPERATION = "multiple_face_swap"


def accepted(client: ModelsLabClient) -> int:
    count: int = client.counts()["accepted"].get(OPERATION, 0)
    return count


def strikes(fault: Fault, requests: int) -> str:
    rules = FaultRules()
    rules.add(fault)
    return "".join("x" if rules.pick(fault.on) else "." for _ in range(requests))


def test_when_a_fault_strikes() -> None:
    assert strikes(Fault(kind="empty"), 4) == "xxxx"
    assert strikes(Fault(kind="empty", times=2), 4) == "xx.."
    assert strikes(Fault(kind="empty", every=3), 7) == "..x..x."
    assert strikes(Fault(kind="empty", every=2, times=1), 6) == ".x...."
    assert strikes(Fault(kind="empty", rate=0), 50) == "." * 50
    assert strikes(Fault(kind="empty", rate=1), 50) == "x" * 50


def test_dice_are_fair_and_fall_the_same_every_time() -> None:
    fell = strikes(Fault(kind="empty", rate=0.05), 2000)
    assert 60 < fell.count("x") < 140
    assert fell == strikes(Fault(kind="empty", rate=0.05), 2000)


def test_a_media_fault_counts_for_each_file() -> None:
    rules = FaultRules()
    rules.add(Fault(kind="media_404", times=1))
    assert [rules.pick("media", file=name) is not None for name in "aabb"] == [True, False, True, False]


def test_a_fault_keeps_to_its_place_and_operation() -> None:
    rules = FaultRules()
    rules.add(Fault(kind="empty", on="fetch", operation="single_video_swap"))
    assert rules.pick("submit", "single_video_swap") is None
    assert rules.pick("fetch", OPERATION) is None
    assert rules.pick("fetch", "single_video_swap") is not None


def test_a_fault_can_be_for_submissions_with_a_text_in_an_input_and_their_jobs(
    client: ModelsLabClient,
) -> None:
    client.control("progress", {"after_seconds": 0.05})
    for place in ("submit", "fetch"):
        client.control("faults", {"kind": "bad_gateway", "on": place, "input_has": f"?bad={place}"})
    client.control("faults", {"kind": "media_404", "input_has": "?bad=media"})
    picture = client.fields(OPERATION)["init_image"]
    assert client.submit(OPERATION, init_image=f"{picture}?bad=submit").status_code == 502
    job = client.submit(OPERATION, init_image=f"{picture}?bad=fetch").json()["id"]
    assert client.fetch(job).status_code == 502
    for case, status in (("media", 404), ("nothing", 200)):
        job = client.submit(OPERATION, init_image=f"{picture}?bad={case}").json()["id"]
        [url] = client.fetch_until_ended(job)["output"]
        assert client.http.get(url).status_code == status


def test_an_answer_that_repeats_the_request_with_its_key(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "echo", "message": "Bad request"})
    response = client.submit(OPERATION)
    assert response.status_code == 400
    assert response.json()["message"].startswith('Bad request: {"key":')
    assert client.server.key in response.json()["message"]
    assert accepted(client) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nonsense"},
        {"kind": "media_404", "on": "submit"},
        {"kind": "no_credits", "on": "media"},
        {"kind": "unknown_id", "on": "submit"},
        {"kind": "empty", "rate": 2},
        {"kind": "empty", "rate": 0.1, "every": 2},
        {"kind": "empty", "tims": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)


@pytest.mark.parametrize(("kind", "taken"), [("accept_then_break", 1), ("break_before_accept", 0)])
def test_a_broken_connection(client: ModelsLabClient, kind: str, taken: int) -> None:
    client.control("faults", {"kind": kind, "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.submit(OPERATION)
    assert accepted(client) == taken
    assert client.submit(OPERATION).json()["status"] == "success"
    assert client.counts()["duplicates"] == taken


def test_a_slow_answer_to_a_submission_that_is_accepted_at_once(client: ModelsLabClient) -> None:
    client.submit(OPERATION)
    client.control("reset", {})
    client.control("faults", {"kind": "slow_answer", "seconds": 10})
    client.submit_impatiently(OPERATION, seconds=0.3)
    assert accepted(client) == 1


def test_a_submission_that_is_accepted_after_its_client_gave_up(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "slow_before_accept", "seconds": 5})
    client.submit_impatiently(OPERATION, seconds=0.1)
    assert accepted(client) == 0
    deadline = time.monotonic() + 30
    while not accepted(client) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert accepted(client) == 1


@pytest.mark.parametrize(
    ("kind", "status", "taken"),
    [
        ("server_error", 500, 0),
        ("bad_gateway", 502, 0),
        ("rate_limited", 429, 0),
        ("rate_limited_200", 200, 0),
        ("queue_full", 429, 0),
        ("no_credits", 402, 0),
        ("redirect", 307, 0),
        ("truncated_json", 200, 1),
        ("empty", 200, 1),
        ("html_200", 200, 1),
        ("unknown_status", 200, 1),
    ],
)
def test_an_answer_that_goes_wrong(client: ModelsLabClient, kind: str, status: int, taken: int) -> None:
    client.control("faults", {"kind": kind})
    assert client.submit(OPERATION).status_code == status
    counts = client.counts()
    assert counts["accepted"].get(OPERATION, 0) == taken
    assert counts["refused"] == ({} if taken else {kind: 1})
    assert counts["faults"] == {kind: 1}


def test_whether_a_submission_with_a_fault_is_accepted_can_be_chosen(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "server_error", "accepted": True, "times": 1})
    assert client.submit(OPERATION).status_code == 500
    assert accepted(client) == 1
    client.control("faults", {"kind": "empty", "accepted": False})
    client.submit(OPERATION)
    assert accepted(client) == 1


def test_how_answers_go_wrong(client: ModelsLabClient) -> None:
    for fault in ({"kind": "truncated_json"}, {"kind": "empty"}, {"kind": "html_200"}):
        client.control("faults", fault | {"times": 1})
        with pytest.raises(json.JSONDecodeError):
            client.submit(OPERATION).json()
    client.control("faults", {"kind": "unknown_status", "status": "parked", "times": 1})
    reply = client.submit(OPERATION).json()
    assert reply["status"] == "parked"
    assert reply["output"]


def test_an_answer_that_breaks_off_halfway(client: ModelsLabClient) -> None:
    whole = client.submit(OPERATION)
    for fault in ({"kind": "break_in_answer"}, {"kind": "break_in_answer", "accepted": False}):
        client.control("faults", fault | {"times": 1})
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            client.submit(OPERATION)
    assert accepted(client) == 2
    job_id = whole.json()["id"]
    client.control("faults", {"kind": "break_in_answer", "on": "fetch", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.fetch(job_id)
    assert client.fetch(job_id).json()["status"] == "success"


@pytest.mark.parametrize("times", [2, None])
def test_a_vendor_that_does_not_know_an_id(client: ModelsLabClient, times: int | None) -> None:
    job_id = client.submit(OPERATION).json()["id"]
    client.control("faults", {"kind": "unknown_id", "times": times})
    replies = [client.fetch(job_id).json() for _ in range(3)]
    assert replies[0] == client.fetch("unknown").json()
    assert [reply["status"] for reply in replies] == ["failed", "failed", "success" if times else "failed"]
    (job,) = client.control("jobs")["jobs"]
    assert (job["fetches"], job["reads"]) == (3, 1 if times else 0)


def test_a_wrong_key_comes_before_an_unknown_id(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "unknown_id"})
    url = f"{client.url}/api/v6/deepfake/fetch/{client.submit(OPERATION).json()['id']}"
    assert client.http.post(url, json={"key": "wrong"}).status_code == 401


@pytest.mark.parametrize("known", [True, False])
def test_an_error_that_names_its_job(
    client: ModelsLabClient, segmind: SegmindClient, aifaceswap: AIFaceSwapClient, known: bool
) -> None:
    client.control("faults", {"kind": "server_error", "accepted": known, "with_id": True})
    answers = [client.submit(OPERATION), segmind.submit(), aifaceswap.call("faceswap")]
    assert [answer.status_code for answer in answers] == [500] * 3
    bodies = [answer.json() for answer in answers]
    ids = [bodies[0]["id"], bodies[1]["request_id"], bodies[2]["data"]["task_id"]]
    jobs = [job["id"] for job in client.control("jobs")["jobs"]]
    assert jobs == (ids if known else [])
    assert bodies[1].keys() == {"error", "request_id"}
    assert all(ids)


def test_an_error_does_not_name_its_job_by_default(segmind: SegmindClient) -> None:
    segmind.control("faults", {"kind": "server_error", "accepted": True})
    response = segmind.submit()
    assert (response.status_code, response.json().keys()) == (500, {"error"})
    assert segmind.counts()["accepted"] == {"faceswap-v2-async": 1}


def test_a_refusal_reports_when_to_come_back(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "rate_limited", "retry_after": 2.5, "times": 1})
    assert client.submit(OPERATION).json()["retry_after"] == 2.5
    client.control("faults", {"kind": "rate_limited", "retry_after": None})
    assert "retry_after" not in client.submit(OPERATION).json()


def test_a_redirect_leads_to_where_followers_are_counted(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "redirect", "on": "fetch"})
    response = client.fetch(1)
    assert client.counts()["redirects_followed"] == 0
    client.http.post(response.headers["location"])
    assert client.counts()["redirects_followed"] == 1


def test_a_broken_fetch_is_counted_but_is_not_a_read(client: ModelsLabClient) -> None:
    client.submit(OPERATION)
    client.control("progress", {"after_reads": 1})
    job_id = client.submit(OPERATION).json()["id"]
    client.control("faults", {"kind": "bad_gateway", "on": "fetch", "times": 2})
    statuses = [client.fetch(job_id).status_code for _ in range(3)]
    assert statuses == [502, 502, 200]
    (job,) = [job for job in client.control("jobs")["jobs"] if job["id"] == job_id]
    assert (job["fetches"], job["reads"], job["state"]) == (3, 1, "processing")


@pytest.fixture
def result_url(client: ModelsLabClient) -> str:
    url: str = client.submit(OPERATION).json()["output"][0]
    return url


def test_media_404_goes_away(client: ModelsLabClient, result_url: str) -> None:
    client.control("faults", {"kind": "media_404", "times": 2})
    assert [client.http.get(result_url).status_code for _ in range(3)] == [404, 404, 200]


def test_media_truncated_breaks_off(client: ModelsLabClient, result_url: str) -> None:
    whole = client.http.get(result_url).content
    client.control("faults", {"kind": "media_truncated"})
    received = b""
    with client.http.stream("GET", result_url) as response:
        assert int(response.headers["content-length"]) == len(whole)
        with pytest.raises(httpx.RemoteProtocolError):
            for chunk in response.iter_raw():
                received += chunk
    assert received == whole[: len(whole) // 2]


def test_media_html(client: ModelsLabClient, result_url: str) -> None:
    client.control("faults", {"kind": "media_html"})
    response = client.http.get(result_url)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_other_faults_strike_media_too(client: ModelsLabClient, result_url: str) -> None:
    client.control("faults", {"kind": "break_before_accept", "on": "media", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        client.http.get(result_url)
    client.control("faults", {"kind": "bad_gateway", "on": "media"})
    assert client.http.get(result_url).status_code == 502


def test_faults_are_listed_and_removed(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "no_credits", "every": 2})
    assert [client.submit(OPERATION).status_code for _ in range(3)] == [200, 402, 200]
    assert client.control("faults") == {"faults": [{"kind": "no_credits", "every": 2, "strikes": 1}]}
    assert client.http.delete(f"{client.url}/_sandbox/faults").json() == {"faults": []}
    assert [client.submit(OPERATION).status_code for _ in range(2)] == [200, 200]
