# tests/test_contract.py
"""Acme keeps the contract that the provider's rules of money rest on."""

from acme_faceswap.api import VENDOR

from airflow_provider_faceswap.testing.vendors import (
    Example,
    Meaning,
    assert_vendor_contract,
    assert_vendor_registered,
    reply,
)
from airflow_provider_faceswap.vendors import (
    AuthenticationError,
    JobState,
    RefusedError,
    RefusedForNowError,
    Reply,
)

PICTURE = "https://example.com/picture.jpg"
SWAP = Example(
    "swap",
    {"face": PICTURE, "target": PICTURE},
    [
        (reply(202, {"id": "a-1", "seconds": 2}), JobState.PROCESSING),
        (reply(400, {"error": "no face found"}), RefusedError),
        (reply(401, {"error": "wrong key"}), AuthenticationError),
        (reply(429, {"error": "too many"}, {"Retry-After": "7"}), RefusedForNowError),
    ],
)
POLLS: list[tuple[Reply, Meaning]] = [
    (reply(200, {"state": "running"}), JobState.PROCESSING),
    (reply(200, {"state": "done", "result": PICTURE}), JobState.SUCCESS),
    (reply(200, {"state": "done"}), JobState.NO_RESULT),
    (reply(200, {"state": "failed", "error": "no face found"}), JobState.FAILED),
    (reply(401, {"error": "wrong key"}), AuthenticationError),
    (reply(404, {"error": "no such swap"}), JobState.UNKNOWN),
]


def test_acme_keeps_the_contract() -> None:
    assert_vendor_contract(VENDOR, submissions=[SWAP], polls=POLLS)


def test_acme_is_registered() -> None:
    assert_vendor_registered("acme")
