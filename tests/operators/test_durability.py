"""What the next start does after a worker died anywhere, seen from the vendor's till."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.exceptions import (
    InDoubtError,
    NotSentError,
    RefusedError,
    RefusedForNowError,
    ResultError,
)
from airflow_provider_faceswap.execution import attempt, collect, purchase
from airflow_provider_faceswap.execution.completion import Callback
from airflow_provider_faceswap.journal import store as journal_store
from airflow_provider_faceswap.operators import base
from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapVideoOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from tests import fakes
from tests.fakes import FakeStore, job

URL = "https://example.com/a.mp4"
PROCESSING = JobState.PROCESSING


class Killed(BaseException):
    """SIGKILL, as far as one process can play it."""


class Vendor:
    """Counts what it takes; plays a script of answers to submissions and to looks."""

    def __init__(self) -> None:
        self.accepted = 0
        self.submits: list[Any] = []
        self.looks: list[Any] = []

    def __call__(self, call: Any) -> Job:
        script = self.submits if call.billed else self.looks
        answer = script.pop(0) if script else (job(PROCESSING) if call.billed else job())
        if call.billed and not isinstance(answer, (RefusedError, NotSentError)):
            self.accepted += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer


# What is told of each vendor: an operator, its fixed arguments, and the argument that names the media.
PURCHASES: dict[str, Any] = {
    "modelslab": (ModelsLabSingleVideoSwapOperator, {"init_image": URL}, "init_video"),
    "segmind": (
        SegmindFaceSwapOperator,
        {"source_img": URL, "api_version": "v2", "short_wait": 0},
        "target_img",
    ),
    "aifaceswap": (
        AIFaceSwapVideoOperator,
        {"face_image": URL, "duration": 5, "in_doubt_wait": 0},
        "source_video",
    ),
}


class World:
    """A task, its state store, its vendor and a clock."""

    def __init__(self, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.provider = provider
        self.vendor = Vendor()
        self.store = FakeStore()
        self.clock = fakes.clock(monkeypatch, base, collect, purchase, attempt)
        self.max_tries = 2
        self.hook = fakes.hook_double(provider)
        self.hook.send.side_effect = self.vendor
        monkeypatch.setattr("airflow_provider_faceswap.hooks.hook_for", lambda provider, conn_id: self.hook)
        self.called_back: set[str] = set()
        self.forgotten: list[str] = []
        for name, stand_in in {
            "check": lambda completion: None,
            "addressed": lambda completion, call, deadline: (call, "n0nce"),
            "taken": lambda completion, ticket: None,
            "look": lambda completion, ticket: self.vendor(mock.Mock(billed=False)),
            "answers": lambda completion, ticket: self.called_back,
            "forget": lambda completion, ticket: self.forgotten.append(ticket.nonce),
            "trigger": lambda completion, ticket, **options: SwapJobsTrigger(
                jobs=[ticket.as_dict()], **options
            ),
        }.items():
            monkeypatch.setattr(Callback, name, stand_in)

    def start(self, media: str = URL, **kwargs: Any) -> Any:
        """Run one try, to its result or its deferral."""
        cls, fixed, name = PURCHASES[self.provider]
        self.operator = cls(**{"task_id": "swap", "deferrable": False, name: media, **fixed, **kwargs})
        self.context = fakes.context(self.store, self.max_tries)
        return self.operator.execute(self.context)

    def resume(self, deferral: TaskDeferred, **event: Any) -> Any:
        kwargs = {**(deferral.kwargs or {}), "event": event}
        return self.operator.resume_execution(deferral.method_name, kwargs, self.context)

    def cleared(self) -> None:
        self.max_tries += 1 + self.max_tries

    @property
    def entry(self) -> Any:
        return self.store.get("faceswap")


@pytest.fixture(params=PURCHASES)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(request.param, monkeypatch)


def die_at_save(world: World, number: int) -> None:
    """Kill the worker right before the given write of the entry (counted from 1)."""
    real, seen = FakeStore.set, []

    def set_(key: str, value: Any, *, retention: Any = None) -> None:
        if key == "faceswap":
            seen.append(value)
            if len(seen) == number:
                raise Killed
        real(world.store, key, value)

    world.store.set = set_  # type: ignore[method-assign]


def heal(world: World) -> None:
    del world.store.set  # type: ignore[method-assign]


def test_intent_is_written_before_the_submission_and_the_id_right_after(world: World) -> None:
    world.start()
    states = [entry["state"] for entry in world.store.history if entry is not True]
    assert states == ["intent", "running", "finished"]
    assert world.store.history[2]["job_id"] == "278"
    kept = str(world.store.history)
    assert "kkkk" not in kept and "http" not in kept.replace(world.hook.settings.base_url, "")


def test_killed_before_the_intent_is_written(world: World) -> None:
    die_at_save(world, 1)
    with pytest.raises(Killed):
        world.start()
    heal(world)
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
def test_killed_between_the_submission_and_its_answer(world: World, on_in_doubt: str) -> None:
    world.vendor.submits = [Killed()]
    with pytest.raises(Killed):
        world.start(on_in_doubt=on_in_doubt)
    if on_in_doubt == "resubmit":
        assert world.start(on_in_doubt=on_in_doubt)["status"] == "success"
        assert (world.vendor.accepted, world.entry["doubts"]) == (2, 1)
    else:
        for _ in range(3):
            with pytest.raises(AirflowFailException, match="submission in doubt"):
                world.start()
        assert world.vendor.accepted == 1
    assert world.clock.slept[0] == pytest.approx(45), "the old worker may still live"


def test_killed_after_the_answer_before_the_id_is_written(world: World, caplog: Any) -> None:
    die_at_save(world, 2)
    with pytest.raises(Killed), caplog.at_level("INFO"):
        world.start()
    assert "as job 278" in caplog.text, "the id is logged before it is written"
    heal(world)
    with pytest.raises(AirflowFailException, match="submission in doubt") as caught:
        world.start()
    assert "state-store/faceswap?map_index=-1" in str(caught.value)
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_killed_while_waiting(world: World, deferrable: bool) -> None:
    world.vendor.looks = [Killed()]
    if deferrable:
        with pytest.raises(TaskDeferred):
            world.start(deferrable=True)
    else:
        with pytest.raises(Killed):
            world.start()
    world.vendor.looks = []
    assert world.start()["job_id"] == "278"
    assert world.vendor.accepted == 1


def test_killed_while_storing(world: World) -> None:
    with (
        mock.patch.object(collect.OutputStore, "take", autospec=True, side_effect=Killed),
        pytest.raises(Killed),
    ):
        world.start()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_killed_after_everything_is_stored(world: World) -> None:
    world.start()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_a_clear_of_a_finished_task_buys_anew(world: World) -> None:
    world.start()
    world.cleared()
    world.start()
    assert world.vendor.accepted == 2
    world.start()
    assert world.vendor.accepted == 2, "the retry after it does not"


def test_a_clear_of_a_failed_task_buys_anew_and_a_retry_does_not(world: World) -> None:
    world.vendor.looks = [job(JobState.FAILED, message="No face found")]
    with pytest.raises(AirflowFailException, match=r"No face found.*clear the task"):
        world.start()
    with pytest.raises(AirflowFailException, match=r"failed for good before: .*No face found"):
        world.start()
    assert world.vendor.accepted == 1
    world.cleared()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 2


def test_a_job_unknown_to_the_vendor_is_believed_after_a_minute(world: World) -> None:
    world.vendor.looks = [job(JobState.UNKNOWN)] * 3
    with pytest.raises(AirflowFailException, match="does not know job 278"):
        world.start()
    assert world.entry["state"] == "failed"


def test_a_job_unknown_once_is_no_verdict(world: World) -> None:
    world.vendor.looks = [job(JobState.UNKNOWN), job(PROCESSING), job()]
    assert world.start()["status"] == "success"


def test_the_deadline_counts_from_the_first_submission_over_restarts(world: World) -> None:
    world.vendor.looks = [Killed()]
    with pytest.raises(Killed):
        world.start(timeout=600)
    first = world.entry["deadline"]
    world.clock.seconds += 400
    world.vendor.looks = [job(PROCESSING)] * 100
    with pytest.raises(AirflowException, match="job 278: not finished at its deadline") as caught:
        world.start(timeout=600)
    assert not isinstance(caught.value, AirflowFailException), "a retry may find it finished, for free"
    assert world.entry["deadline"] == first and world.clock.seconds == pytest.approx(first)
    world.vendor.looks = [job()]
    assert world.start(timeout=600)["status"] == "success", "the retry looks once"
    assert world.vendor.accepted == 1


def test_a_clear_grants_a_new_deadline(world: World) -> None:
    world.vendor.looks = [job(PROCESSING)] * 100
    with pytest.raises(AirflowException):
        world.start(timeout=600)
    world.cleared()
    world.vendor.looks = [job(PROCESSING), job()]
    assert world.start(timeout=600)["status"] == "success"
    assert world.vendor.accepted == 1


def test_changed_inputs_never_reattach_and_never_skip_an_open_job(world: World) -> None:
    world.vendor.looks = [Killed()]
    with pytest.raises(Killed):
        world.start()
    with pytest.raises(AirflowFailException, match="inputs changed while a job is open"):
        world.start(media="https://example.com/other.mp4")
    assert world.vendor.accepted == 1
    world.cleared()
    world.start(media="https://example.com/other.mp4")
    assert world.vendor.accepted == 2


def test_presigned_inputs_that_render_anew_reattach(world: World) -> None:
    world.vendor.looks = [Killed()]
    with pytest.raises(Killed):
        world.start(media=f"{URL}?X-Amz-Signature=1")
    assert world.start(media=f"{URL}?X-Amz-Signature=2")["status"] == "success"
    assert world.vendor.accepted == 1


def test_an_idempotency_key_stands_for_the_inputs(world: World) -> None:
    world.vendor.looks = [Killed()]
    with pytest.raises(Killed):
        world.start(idempotency_key="order-7")
    assert world.start(idempotency_key="order-7", media=f"{URL}?n=2")["status"] == "success"
    assert world.vendor.accepted == 1


def test_a_connection_that_moved_is_said_and_a_rotated_key_is_not(world: World) -> None:
    world.vendor.looks = [Killed(), Killed()]
    with pytest.raises(Killed):
        world.start()
    world.hook.settings = world.hook.settings.model_copy(update={"api_key": "another"})
    with pytest.raises(Killed):
        world.start()
    world.hook.settings = world.hook.settings.model_copy(update={"base_url": "https://there.example.com"})
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"connection moved to https://there\.example\.com"):
            world.start()
        world.cleared()
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("error", [RefusedError("no credits"), NotSentError("no route")])
def test_what_was_certainly_not_taken_is_submitted_by_the_retry(world: World, error: Exception) -> None:
    world.vendor.submits = [error]
    with pytest.raises(AirflowException, match=str(error)) as caught:
        world.start()
    assert not isinstance(caught.value, AirflowFailException)
    assert world.entry["state"] == "refused"
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_an_answer_in_doubt_fails_for_good(world: World) -> None:
    world.vendor.submits = [InDoubtError("HTTP 502")]
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="submission in doubt: HTTP 502"):
            world.start()
    world.cleared()
    with pytest.raises(AirflowFailException, match="submission in doubt: HTTP 502"):
        world.start()
    assert world.vendor.accepted == 1 and not world.clock.slept


def test_resubmitting_in_doubt_is_counted_said_and_bounded(world: World, caplog: Any) -> None:
    world.vendor.submits = [InDoubtError("cut"), InDoubtError("cut")]
    assert world.start(on_in_doubt="resubmit")["status"] == "success"
    assert world.entry["doubts"] == 2
    assert caplog.text.count("submission in doubt") == 2
    world.cleared()
    world.vendor.submits = [InDoubtError("cut")] * 20
    with pytest.raises(AirflowFailException, match="submission in doubt"):
        world.start(on_in_doubt="resubmit")
    assert world.entry["doubts"] == purchase.MAX_DOUBTS


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_job_that_the_vendor_dropped_is_submitted_again_so_often(world: World, deferrable: bool) -> None:
    dropped = job(JobState.CONGESTED, message="Try Again")
    world.vendor.submits = [job(PROCESSING), job(PROCESSING, job_id="279")]
    world.vendor.looks = [dropped, job(job_id="279")]
    if deferrable:
        with pytest.raises(TaskDeferred) as first:
            world.start(deferrable=True)
        with pytest.raises(TaskDeferred) as second:
            world.resume(first.value, states={"278": "congested"})
        result = world.resume(second.value, states={"279": "success"})
    else:
        result = world.start()
    assert result["job_id"] == "279"
    assert (world.vendor.accepted, world.entry["resubmissions"]) == (2, 1)


def test_a_job_that_is_dropped_too_often_failed_for_good(world: World) -> None:
    world.vendor.looks = [job(JobState.CONGESTED, message="Try Again")] * 9
    with pytest.raises(AirflowFailException, match="Try Again"):
        world.start(max_resubmits=2)
    assert world.vendor.accepted == 3 and world.entry["state"] == "failed"


def test_a_result_that_cannot_be_stored_is_collected_by_the_retry(world: World, tmp_path: Any) -> None:
    folder = f"file://{tmp_path}"
    keep = "airflow_provider_faceswap.storage.keep.keep"
    with (
        mock.patch(keep, autospec=True, side_effect=ResultError("disk full")),
        pytest.raises(AirflowException, match=r"job 278: disk full") as caught,
    ):
        world.start(output_path=folder)
    assert not isinstance(caught.value, AirflowFailException)
    with mock.patch(keep, autospec=True, return_value=[f"{folder}/278.mp4"]):
        assert world.start(output_path=folder)["stored"] == [f"{folder}/278.mp4"]
    assert world.vendor.accepted == 1


def test_submit_only_returns_the_same_job_to_a_retry(world: World) -> None:
    first = world.start(wait_for_completion=False)
    assert world.start(wait_for_completion=False) == first
    assert world.vendor.accepted == 1
    world.cleared()
    world.start(wait_for_completion=False)
    assert world.vendor.accepted == 2


def test_a_person_adopts_a_job(world: World) -> None:
    world.vendor.submits = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException):
        world.start()
    world.store.set("faceswap", "4711")
    world.cleared()
    world.vendor.looks = [job(job_id="4711")]
    assert world.start()["job_id"] == "4711"
    assert world.vendor.accepted == 1


def test_an_entry_that_cannot_be_read_is_said_before_anything_is_sent(world: World) -> None:
    world.store.set("faceswap", ["what"])
    with pytest.raises(AirflowFailException, match=r"cannot be read.*DELETE"):
        world.start()
    assert world.vendor.accepted == 0


def test_a_store_that_cannot_be_written_buys_nothing(world: World) -> None:
    def broken(key: str, value: Any, *, retention: Any = None) -> None:
        raise RuntimeError("404")

    world.store.set = broken  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        world.start()
    assert world.vendor.accepted == 0


def test_an_id_is_written_though_the_store_stumbles(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.clock(monkeypatch, journal_store)
    real, failures = FakeStore.set, [RuntimeError("503"), RuntimeError("503")]

    def stumbling(key: str, value: Any, *, retention: Any = None) -> None:
        if isinstance(value, dict) and value["state"] == "running" and failures:
            raise failures.pop()
        real(world.store, key, value)

    world.store.set = stumbling  # type: ignore[method-assign]
    assert world.start()["status"] == "success"
    assert not failures


def test_the_journal_and_the_deferral_must_name_the_same_job(world: World) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(deferrable=True)
    world.store.set("faceswap", {**world.entry, "job_id": "999"})
    with pytest.raises(AirflowFailException, match="waited for job 278, and its journal now names job 999"):
        world.resume(deferral.value, states={"278": "success"})


@pytest.mark.parametrize("refusals", [1, 6])
def test_a_submission_refused_for_now_is_made_again_without_a_worker(world: World, refusals: int) -> None:
    world.vendor.submits = [RefusedForNowError("queue full", 5.0)] * refusals
    with pytest.raises(TaskDeferred) as caught:
        world.start(deferrable=True)
    deferral, pauses = caught.value, []
    for _ in range(refusals):
        pauses.append(deferral.trigger.moment.timestamp() - world.clock.seconds)
        with pytest.raises(TaskDeferred) as caught:
            world.resume(deferral)
        deferral = caught.value
    assert min(pauses) > 8, "no resuming event in the first 8 s"
    assert not world.clock.slept and max(pauses) > 4 * refusals
    assert world.resume(deferral, states={"278": "success"})["status"] == "success"
    assert (world.vendor.accepted, world.entry["resubmissions"]) == (1, 0)


def test_refusals_end_at_the_timeout(world: World) -> None:
    world.vendor.submits = [RefusedForNowError("queue full")] * 100
    with pytest.raises(AirflowException, match=r"queue full; refused [0-9]+ times .* use a pool") as caught:
        world.start(timeout=600)
    assert not isinstance(caught.value, AirflowFailException)
    assert 400 < sum(world.clock.slept) <= 600 and world.vendor.accepted == 0


def test_the_deadline_starts_with_the_submission_that_is_taken(world: World) -> None:
    world.vendor.submits = [RefusedForNowError("queue full")] * 3
    world.vendor.looks = [Killed()]
    with pytest.raises(Killed):
        world.start(timeout=600)
    assert world.entry["deadline"] == pytest.approx(world.entry["attempted_at"] + 600)


def test_a_dropped_job_whose_resubmission_is_refused_for_now_is_bought_in_the_end(world: World) -> None:
    world.vendor.submits = [job(PROCESSING), RefusedForNowError("queue full"), job(PROCESSING, job_id="279")]
    world.vendor.looks = [job(JobState.CONGESTED, message="Try Again"), job(job_id="279")]
    assert world.start()["job_id"] == "279"
    assert (world.vendor.accepted, world.entry["resubmissions"]) == (2, 1)


@pytest.fixture
def callbacks(monkeypatch: pytest.MonkeyPatch) -> World:
    return World("aifaceswap", monkeypatch)


def test_a_submission_in_doubt_heals_by_its_callback(callbacks: World) -> None:
    callbacks.vendor.submits = [InDoubtError("cut")]
    with pytest.raises(TaskDeferred) as caught:
        callbacks.start(deferrable=True, in_doubt_wait=600)
    assert caught.value.trigger.deadline == pytest.approx(callbacks.clock.seconds + 600)
    callbacks.called_back = {"278"}
    assert callbacks.resume(caught.value, states={"n0nce": "called_back"})["job_id"] == "278"
    assert callbacks.entry["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


def test_a_worker_that_died_after_submitting_is_healed_as_well(callbacks: World) -> None:
    callbacks.vendor.submits = [Killed()]
    with pytest.raises(Killed):
        callbacks.start(in_doubt_wait=600)
    callbacks.called_back = {"278"}
    assert callbacks.start(in_doubt_wait=600)["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


def test_without_a_callback_the_doubt_is_the_users(callbacks: World) -> None:
    callbacks.vendor.submits = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException, match="submission in doubt: cut"):
        callbacks.start(in_doubt_wait=600)
    assert sum(callbacks.clock.slept) == pytest.approx(600)


def test_callbacks_that_name_several_jobs_settle_nothing(callbacks: World) -> None:
    callbacks.vendor.submits = [InDoubtError("cut")]
    callbacks.called_back = {"278", "666"}
    with pytest.raises(AirflowFailException, match="name the jobs 278, 666"):
        callbacks.start(in_doubt_wait=600)
    assert callbacks.entry["state"] == "in_doubt"


def test_a_callback_is_deleted_only_once_its_result_is_kept(callbacks: World, tmp_path: Any) -> None:
    callbacks.start()
    assert not callbacks.forgotten, "the URL that it holds is nowhere else if this try's result is lost"
    callbacks.cleared()
    stored = [f"file://{tmp_path}/278.mp4"]
    with mock.patch("airflow_provider_faceswap.storage.keep.keep", autospec=True, return_value=stored):
        callbacks.start(output_path=f"file://{tmp_path}")
    assert callbacks.forgotten == ["n0nce"]
    again = callbacks.start(output_path=f"file://{tmp_path}")
    assert (again["stored"], again["output"]) == (stored, [])
    assert callbacks.vendor.accepted == 2


def test_inputs_that_are_gone_do_not_keep_a_paid_result_away(world: World) -> None:
    """A presigned link may have expired, and a file may be deleted, by the time that the job is done."""
    with pytest.raises(TaskDeferred) as deferral:
        world.start(deferrable=True)
    with mock.patch.object(type(world.operator), "fields", side_effect=AssertionError("read again")):
        key = world.entry["job_id"]
        assert world.resume(deferral.value, states={key: "success"})["status"] == "success"
        assert world.start()["status"] == "success"
