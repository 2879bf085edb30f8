"""The contract as a test finds what a vendor does against it: the tiny package, broken one way at a time."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar

import pytest

from airflow_provider_faceswap.testing.vendors import assert_vendor_contract, reply
from airflow_provider_faceswap.vendors import (
    AuthenticationError,
    Job,
    JobState,
    Media,
    PollError,
    RefusedError,
    Reply,
    Text,
    Vendor,
)
from tests.vendors.installed import ACME

LEAK = "k3y-0f-n0b0dy"


@pytest.fixture
def own(acme: Path) -> ModuleType:
    """The tiny package's own test of its contract, which holds the examples."""
    spec = importlib.util.spec_from_file_location("acme_contract", ACME / "tests" / "test_contract.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def faults(vendor: Vendor, own: ModuleType, **changes: Any) -> str:
    given = {"submissions": [own.SWAP], "polls": own.POLLS, **changes}
    with pytest.raises(AssertionError) as raised:
        assert_vendor_contract(vendor, **given)
    return str(raised.value)


def with_swap(own: ModuleType, **attributes: Any) -> Vendor:
    base = own.VENDOR.operations["swap"]
    return replace(
        own.VENDOR, operations={"swap": type("Swap", (base,), {"__module__": __name__, **attributes})}
    )


def with_poll(own: ModuleType, **attributes: Any) -> Vendor:
    made = type("Status", (own.VENDOR.poll,), {"__module__": __name__, **attributes})
    return replace(own.VENDOR, poll=made)


def with_hook(own: ModuleType, monkeypatch: pytest.MonkeyPatch, **attributes: Any) -> Vendor:
    import acme_faceswap.hook

    for name, value in attributes.items():
        monkeypatch.setattr(acme_faceswap.hook.AcmeHook, name, value)
    return own.VENDOR


def test_the_tiny_package_has_no_fault(own: ModuleType) -> None:
    own.test_acme_keeps_the_contract()
    own.test_acme_is_registered()


def answer(job: Job | None = None, error: Exception | None = None) -> Callable[..., Any]:
    def read(self: object, reply: Reply) -> Job | None:
        if error:
            raise error
        return job

    return read


def by_status(self: Any, reply: Reply) -> Job | None:
    """Believe the status, whoever sent it: the mistake that pays twice."""
    if reply.status == 401:
        raise AuthenticationError("wrong key")
    if reply.status >= 400:
        raise RefusedError("refused")
    return Job(job_id=(reply.json() or {}).get("id") or "", state=JobState.PROCESSING)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"docs": "acme.example"}, "swap: docs must be the https URL of the vendor's page"),
        ({"path": lambda self, route: "v1/swaps"}, "swap: nothing is sent: nothing was sent"),
        ({"path": lambda self, route: f"/v1?key={LEAK}"}, "swap: the API key stands in the URL"),
        ({"body": lambda self: {"key": LEAK}}, "swap: body() holds the API key"),
        ({"__repr_args__": lambda self: [("face", self.face)]}, "swap: its repr shows URLs"),
        (
            {"broken_off": lambda self, reason, sent: RefusedError(reason)},
            "swap: after ReadError it must raise InDoubtError, not RefusedError",
        ),
        ({"read": by_status}, "proves nothing and must be in doubt, not RefusedError"),
        ({"read": by_status}, "HTTP 401 b'<!doctype html"),
        ({"read": answer()}, "must mean JobState.PROCESSING, not InDoubtError"),
        (
            {"read": answer(Job(job_id="1", state=JobState.PROCESSING))},
            "swap: HTTP 400 b'{\"error\": \"no face found\"}' must mean RefusedError, not a Job",
        ),
        (
            {"face": "", "__annotations__": {"face": Annotated[Text, Media("image", "face")]}},
            "swap: face takes '/etc/passwd', which no vendor can fetch; use MediaUrl",
        ),
        (
            {"face": "", "__annotations__": {"face": Annotated[Text, Media("image")]}},
            "swap: mark one field as face and one as target",
        ),
        (
            {"model_config": {"extra": "ignore"}, "__annotations__": {}},
            "swap: model_config must stay frozen, and forbid extra fields",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_submission_is_found(own: ModuleType, attributes: dict[str, Any], says: str) -> None:
    assert says in faults(with_swap(own, **attributes), own)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"path": lambda self, route: "/v1/swaps"}, "which is not about the job"),
        ({"path": lambda self, route: self.route.get("path") or f"/{self.job_id}"}, "/v1/account/x, which"),
        ({"path": lambda self, route: f"/{self.job_id}?key={LEAK}"}, "the API key stands in the URL"),
        ({"path": lambda self, route: "nowhere"}, "Status: nothing is sent"),
        ({"billed": True, "__annotations__": {"billed": ClassVar[bool]}}, "a poll must be free"),
        ({"job_id": "", "__annotations__": {"job_id": str}}, "the job id '../account' is taken"),
        (
            {"read": lambda self, reply: Job(job_id=self.job_id, state=JobState.FAILED)},
            "proves nothing and must be a PollError, not JobState.FAILED",
        ),
        (
            {"read": lambda self, reply: Job(job_id="7", state=JobState.PROCESSING)},
            "must be read as the job that was asked for, not '7'",
        ),
        ({"read": answer()}, "must mean JobState.SUCCESS, not PollError"),
        (
            {"broken_off": lambda self, reason, sent: AuthenticationError(reason)},
            "after ConnectError it must raise PollError, not AuthenticationError",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_poll_is_found(own: ModuleType, attributes: dict[str, Any], says: str) -> None:
    assert says in faults(with_poll(own, **attributes), own)


def test_a_taken_job_whose_reply_is_cut_must_not_be_refused(own: ModuleType) -> None:
    def read(self: object, reply: Reply) -> Job:
        if data := reply.json():
            return Job(job_id=str(data["id"]), state=JobState.PROCESSING)
        raise RefusedError("no JSON")

    taken = replace(own.SWAP, replies=[(reply(200, {"id": "a-1"}), JobState.PROCESSING)])
    said = faults(with_swap(own, read=read), own, submissions=[taken])
    assert "HTTP 200 b'{\"id\"' is left of a taken job's and must be in doubt, not RefusedError" in said


def no_key(self: object, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
    return body, {}


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"authorize": no_key}, "swap: the API key is not sent"),
        ({"hook_name": "acme"}, "acme_faceswap.hook.AcmeHook.hook_name must be 'Acme'"),
        ({"default_conn_name": "acme"}, "AcmeHook.default_conn_name must be 'acme_default'"),
        ({"default_url": "http://api.acme.example"}, "AcmeHook.default_url must be an https origin"),
        ({"default_url": "https://acme.example/api"}, "AcmeHook.default_url must be an https origin"),
        ({"conn_type": "http"}, "has the conn_type 'http'; set 'acme'"),
        ({"__repr__": lambda self: self.settings.api_key.get_secret_value()}, "is shown by the repr"),
    ],
)
def test_a_fault_of_a_hook_is_found(
    own: ModuleType, monkeypatch: pytest.MonkeyPatch, attributes: dict[str, Any], says: str
) -> None:
    assert says in faults(with_hook(own, monkeypatch, **attributes), own)


def test_a_probe_that_costs_money_is_found(own: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = own.VENDOR.operations["swap"].checked(own.SWAP.fields)
    vendor = with_hook(own, monkeypatch, probe=lambda self: swap)
    assert "probe() must return a free request, or None" in faults(vendor, own)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "Acme"}, "its name 'Acme' must match"),
        ({"name": "segmind"}, "its name 'segmind' is that of a vendor of this provider"),
        ({"poll": None}, "swap: nothing says when a job ends; give the Vendor a poll"),
        ({"read_callback": lambda body: 1 / 0}, "b'{}' must mean PollError, not ZeroDivisionError"),
    ],
)
def test_a_fault_of_the_vendor_is_found(own: ModuleType, changes: dict[str, Any], says: str) -> None:
    assert says in faults(replace(own.VENDOR, **changes), own)


@pytest.mark.parametrize(
    ("body", "found", "says"),
    [
        (
            b'{"id": "1"}',
            Job(job_id="1", state=JobState.FAILED),
            "must mean JobState.SUCCESS, not JobState.FAILED",
        ),
        (b'{"id": "../1"}', Job(job_id="../1", state=JobState.SUCCESS), "gives the id '../1'; use read_id"),
    ],
)
def test_a_fault_of_a_callback_is_found(own: ModuleType, body: bytes, found: Job, says: str) -> None:
    def read(given: bytes) -> Job:
        if given == body:
            return found
        raise PollError("rubbish")

    vendor = replace(own.VENDOR, read_callback=read)
    assert says in faults(vendor, own, callbacks=[(body, JobState.SUCCESS)])
    assert "no callbacks are given" in faults(vendor, own)


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        (JobState.PROCESSING, "swap: its Example has no reply of a job that is taken"),
        (RefusedError, "swap: its Example has no reply of a job that is refused"),
    ],
)
def test_an_example_that_shows_too_little_is_found(own: ModuleType, left_out: Any, says: str) -> None:
    states = [(one, meaning) for one, meaning in own.SWAP.replies if isinstance(meaning, JobState)]
    errors = [(one, meaning) for one, meaning in own.SWAP.replies if not isinstance(meaning, JobState)]
    kept = errors if left_out is JobState.PROCESSING else states
    assert says in faults(own.VENDOR, own, submissions=[replace(own.SWAP, replies=kept)])


def test_what_is_not_shown_at_all_is_found(own: ModuleType) -> None:
    assert "operation 'swap' has no Example" in faults(own.VENDOR, own, submissions=[])
    other = replace(own.SWAP, operation="other")
    assert "an Example is of 'other'" in faults(own.VENDOR, own, submissions=[own.SWAP, other])
    wrong = replace(own.SWAP, fields={"face": "https://example.com/a.jpg"})
    assert "the fields of its Example are refused: target" in faults(own.VENDOR, own, submissions=[wrong])
    assert "no reply is given that means JobState.FAILED" in faults(own.VENDOR, own, polls=[])
    no_poll = replace(own.VENDOR, poll=None, read_callback=lambda body: None)
    assert "polls are given" in faults(with_webhook(no_poll), own)
    callbacks = [(b"{}", JobState.SUCCESS)]
    assert "callbacks are given" in faults(own.VENDOR, own, callbacks=callbacks)


def with_webhook(vendor: Vendor) -> Vendor:
    made = type("Swap", (vendor.operations["swap"],), {"webhook_is_ours": True, "__module__": __name__})
    return replace(vendor, operations={"swap": made})


def test_all_faults_are_named_together(own: ModuleType) -> None:
    said = faults(with_swap(own, docs="x", model_config={"frozen": False}), own)
    assert said.startswith("vendor 'acme' breaks its contract:\n- swap: docs must")
    assert said.count("\n- ") == 2


def test_a_reply_is_made_of_json_or_of_bytes() -> None:
    assert reply(202, {"id": 1}, {"Retry-After": "7"}) == Reply(202, {"retry-after": "7"}, b'{"id": 1}')
    assert reply(200, "x").body == reply(200, b"x").body == b"x"
