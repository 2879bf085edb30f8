"""A webhook reports to the client's own receiver how a job ended."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ..modelslab.client import ModelsLabClient
from ..receiver import Receiver


def test_success_is_sent(client: ModelsLabClient) -> None:
    with Receiver() as receiver:
        job = client.submit("single_video_swap", webhook=receiver.url, track_id=17).json()
        body = receiver.received.get(timeout=60)
    assert body.pop("meta") == job["meta"]
    assert body.pop("generationTime") > 0
    assert body == {"status": "success", "id": job["id"], "output": job["future_links"], "track_id": 17}


def test_failure_is_sent(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 1, "outcome": "failed", "message": "Out of memory."})
    with Receiver() as receiver:
        job_id = client.submit("single_video_swap", webhook=receiver.url, track_id="a").json()["id"]
        assert receiver.received.empty()
        client.fetch(job_id)
        client.fetch(job_id)
        body = receiver.received.get(timeout=60)
    assert body == {"status": "failed", "id": job_id, "message": "Out of memory.", "track_id": "a"}


def test_a_refused_delivery_is_repeated(client: ModelsLabClient) -> None:
    with Receiver(statuses=(500,)) as receiver:
        client.submit("multiple_face_swap", webhook=receiver.url)
        assert receiver.received.get(timeout=60) == receiver.received.get(timeout=60)
        assert delivered(client) == {"delivered": 1}


def delivered(client: ModelsLabClient) -> Any:
    for _ in range(3000):
        if webhooks := client.counts()["webhooks"]:
            return webhooks
        time.sleep(0.02)
    return {}


@pytest.mark.parametrize("webhook", ["ftp://127.0.0.1/x", "receiver", 5, "http://"])
def test_only_http_addresses_are_taken(client: ModelsLabClient, webhook: object) -> None:
    reply = client.submit("multiple_face_swap", webhook=webhook).json()
    assert reply["message"] == {"webhook": ["The webhook must be a valid URL."]}
