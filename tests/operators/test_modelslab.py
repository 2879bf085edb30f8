from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
)

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import (
    InDoubtError,
    NotSentError,
    PollError,
    RefusedError,
    ResultError,
)
from airflow_provider_faceswap.execution import attempt, collect, purchase
from airflow_provider_faceswap.operators import base
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
    ModelsLabSpecificFaceSwapOperator,
    ModelsLabSpecificVideoSwapOperator,
)
from tests import fakes
from tests.fakes import RESULT, job

URL = "https://example.com/a.png"
PROCESSING, SUCCESS = JobState.PROCESSING, JobState.SUCCESS


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    double = fakes.hook_double()
    monkeypatch.setattr("airflow_provider_faceswap.hooks.hook_for", lambda provider, conn_id: double)
    return double


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    return fakes.clock(monkeypatch, base, collect, purchase, attempt)


def video(**kwargs: Any) -> ModelsLabSingleVideoSwapOperator:
    fields = {"task_id": "swap", "init_image": URL, "init_video": URL, "deferrable": True, **kwargs}
    return ModelsLabSingleVideoSwapOperator(**fields)


def picture(**kwargs: Any) -> ModelsLabMultipleFaceSwapOperator:
    fields = {"task_id": "swap", "init_image": URL, "target_image": URL, "deferrable": True, **kwargs}
    return ModelsLabMultipleFaceSwapOperator(**fields)


def deferred(operator: Any, context: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        operator.execute(context)
    return caught.value


def resume(operator: Any, context: Any, deferral: TaskDeferred, states: dict[str, str]) -> Any:
    kwargs = json.loads(json.dumps(deferral.kwargs))
    event = {"counts": {}, "states": states, "problems": {}}
    return operator.resume_execution(deferral.method_name, {**kwargs, "event": event}, context)


def test_a_video_is_submitted_once_deferred_and_collected(hook: mock.Mock) -> None:
    hook.send.side_effect = [job(PROCESSING, eta=120.0), job(seconds=10.1, meta={"seed": 7})]
    context = fakes.context()
    deferral = deferred(video(), context)
    assert context["ti"].xcoms["job_id"] == "278"
    assert deferral.trigger.jobs[0]["job_id"] == "278" and deferral.trigger.jobs[0]["eta"] == 120.0
    assert deferral.timeout.total_seconds() > 3600, "the trigger ends first, and says why"

    result = resume(video(), context, deferral, {"278": "success"})
    assert result == {
        "provider": "modelslab", "operation": "single_video_swap", "job_id": "278", "status": "success",
        "output": [RESULT], "stored": [], "seconds": 10.1, "cost": None,
        "submitted_at": "2027-01-15T08:00:00.000+00:00", "eta": 120.0, "meta": {"seed": 7},
    }  # fmt: skip
    assert [call.args[0].billed for call in hook.send.call_args_list] == [True, False]


def test_what_lies_in_the_database_while_deferred_holds_no_secret_and_no_url(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING, poll_url=f"{RESULT}/278")
    deferral = deferred(video(), fakes.context())
    stored = json.dumps([deferral.trigger.serialize(), deferral.kwargs])
    assert "t0k3n" not in stored and "http" not in stored and "kkkk" not in stored
    assert len(stored) < 2000


def test_submit_only(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING, eta=605.0)
    context = fakes.context()
    result = video(wait_for_completion=False).execute(context)
    assert context["ti"].xcoms["job_id"] == "278"
    assert (result["status"], result["job_id"], result["output"], result["eta"]) == (
        "processing",
        "278",
        [],
        605.0,
    )
    assert hook.send.call_count == 1


def test_a_job_that_is_done_at_once_is_not_waited_for(hook: mock.Mock, now: Any) -> None:
    hook.send.return_value = job()
    assert video().execute(fakes.context())["status"] == "success"
    assert not now.slept


@pytest.mark.parametrize(("make", "eta"), [(picture, None), (picture, 4.0), (video, 6.0)])
def test_a_short_job_is_waited_for_on_the_worker(
    hook: mock.Mock, now: Any, make: Any, eta: float | None
) -> None:
    hook.send.side_effect = [job(PROCESSING, eta=eta), job(PROCESSING), job()]
    assert make().execute(fakes.context())["status"] == "success"
    assert sum(now.slept) <= 10


@pytest.mark.parametrize(("make", "eta"), [(picture, 60.0), (video, None), (video, 11.0)])
def test_a_long_job_is_deferred_at_once(hook: mock.Mock, now: Any, make: Any, eta: float | None) -> None:
    hook.send.return_value = job(PROCESSING, eta=eta)
    deferred(make(), fakes.context())
    assert not now.slept and hook.send.call_count == 1


def test_a_short_job_that_takes_longer_is_deferred_after_all(hook: mock.Mock, now: Any) -> None:
    hook.send.side_effect = [job(PROCESSING, eta=4.0)] + [job(PROCESSING)] * 50
    deferral = deferred(picture(), fakes.context())
    assert sum(now.slept) == pytest.approx(10)
    assert deferral.trigger.deadline == pytest.approx(1_800_003_600)


def test_blocking_waits_to_the_end(hook: mock.Mock, now: Any) -> None:
    hook.send.side_effect = [job(PROCESSING, eta=120.0), *[job(PROCESSING)] * 3, PollError("HTTP 502"), job()]
    assert video(deferrable=False).execute(fakes.context())["status"] == "success"
    assert sum(now.slept) > 100


def test_blocking_ends_at_the_deadline_with_the_job_id(hook: mock.Mock, now: Any) -> None:
    hook.send.side_effect = [job(PROCESSING), *[job(PROCESSING)] * 1000]
    with pytest.raises(AirflowFailException, match="job 278: not finished at its deadline"):
        video(deferrable=False, timeout=300).execute(fakes.context())
    assert sum(now.slept) == pytest.approx(300)


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_failed_job_fails_the_task_in_the_vendors_words(hook: mock.Mock, deferrable: bool) -> None:
    failed = job(JobState.FAILED, message="No face found in init_image")
    hook.send.side_effect = [job(PROCESSING), failed]
    operator, context = video(deferrable=deferrable), fakes.context()
    with pytest.raises(AirflowFailException, match="job 278 failed: No face found in init_image"):
        if deferrable:
            resume(operator, context, deferred(operator, context), {"278": "failed"})
        else:
            operator.execute(context)


@pytest.mark.parametrize(
    ("end", "seen", "said"),
    [
        ("deadline", PROCESSING, "not finished at its deadline"),
        ("unclear", JobState.UNCLEAR, "no clear answer"),
        ("unknown", JobState.UNKNOWN, "does not know"),
        ("unknown", PROCESSING, "no clear answer"),
    ],
)
def test_a_wait_without_a_verdict_names_the_job(hook: mock.Mock, end: str, seen: JobState, said: str) -> None:
    hook.send.side_effect = [job(PROCESSING), job(seen)]
    operator, context = video(), fakes.context()
    deferral = deferred(operator, context)
    with pytest.raises(AirflowFailException, match=said) as caught:
        resume(operator, context, deferral, {"278": end})
    assert "278" in str(caught.value) and hook.send.call_count == 2


def test_a_result_that_came_after_the_deadline_is_taken(hook: mock.Mock) -> None:
    hook.send.side_effect = [job(PROCESSING), job()]
    operator, context = video(), fakes.context()
    assert resume(operator, context, deferred(operator, context), {"278": "deadline"})["status"] == "success"


def test_the_worker_believes_its_own_look_and_not_the_event(hook: mock.Mock) -> None:
    hook.send.side_effect = [job(PROCESSING), PollError("HTTP 502"), job(PROCESSING), job()]
    operator, context = video(), fakes.context()
    result = resume(operator, context, deferred(operator, context), {"278": "success"})
    assert result["output"] == [RESULT]


@pytest.mark.parametrize("event", [None, "success", {}, {"states": ["278"]}, {"states": {"279": "success"}}])
def test_an_event_that_says_nothing_leads_to_one_look(hook: mock.Mock, event: Any) -> None:
    hook.send.side_effect = [job(PROCESSING), job()]
    operator, context = video(), fakes.context()
    deferral = deferred(operator, context)
    assert operator.execute_complete(context, event, deferral.kwargs["submission"])["status"] == "success"


@pytest.mark.parametrize("error", ["Trigger timeout", "Trigger failure"])
def test_a_deferral_that_airflow_cut_off_takes_a_finished_result(hook: mock.Mock, error: str) -> None:
    hook.send.side_effect = [job(PROCESSING, eta=120.0), job()]
    context = fakes.context()
    deferred(video(), context)
    result = video().resume_execution("__fail__", {"error": error}, context)
    assert result["output"] == [RESULT] and result["submitted_at"]


def test_a_deferral_that_airflow_cut_off_names_the_job(hook: mock.Mock) -> None:
    hook.send.side_effect = [job(PROCESSING), job(PROCESSING, message="try again later.")]
    context = fakes.context()
    deferred(video(), context)
    with pytest.raises(AirflowFailException, match=r"job 278: not finished: the deferral .*Trigger timeout"):
        video().resume_execution("__fail__", {"error": "Trigger timeout"}, context)


def test_a_cut_off_deferral_without_a_ticket_stays_what_it_is(hook: mock.Mock) -> None:
    with pytest.raises((TaskDeferralError, TaskDeferralTimeout)):
        video().resume_execution("__fail__", {"error": "Trigger failure"}, fakes.context())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"init_video": "/data/clip.mp4"}, "init_video"),
        ({"output_path": "{{ var }}"}, "output_path"),
        ({"output_path": ""}, "output_path"),
        ({"output_path": "s3://b/../c"}, "output_path"),
    ],
)
def test_bad_input_ends_the_task_before_anything_is_sent(
    hook: mock.Mock, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(AirflowFailException, match=named):
        video(**change).execute(fakes.context())
    assert not hook.send.called


@pytest.mark.parametrize(
    ("error", "final"),
    [(InDoubtError("cut"), True), (NotSentError("no route"), False), (RefusedError("no credits"), False)],
)
def test_only_errors_that_a_retry_can_mend_are_retried(
    hook: mock.Mock, error: Exception, final: bool
) -> None:
    hook.send.side_effect = error
    with pytest.raises(AirflowException, match=str(error)) as caught:
        video().execute(fakes.context())
    assert isinstance(caught.value, AirflowFailException) is final
    assert hook.send.call_count == 1


def test_results_are_stored_where_output_path_says(hook: mock.Mock, tmp_path: Any) -> None:
    hook.send.return_value = job()
    stored = [f"file://{tmp_path}/278.mp4"]
    with mock.patch(
        "airflow_provider_faceswap.storage.keep.keep", autospec=True, return_value=stored
    ) as keep:
        operator = video(output_path=f"file://{tmp_path}", consent_reference="release 7")
        assert operator.execute(fakes.context())["stored"] == stored
    arguments = keep.call_args
    assert arguments.args[0] == (RESULT,)
    assert arguments.kwargs["stem"] == "278" and arguments.kwargs["kind"] == "video"
    assert arguments.kwargs["provenance"]["consent_reference"] == "release 7"
    assert "t0k3n" not in json.dumps(arguments.kwargs["provenance"])


def test_a_result_that_cannot_be_stored_does_not_buy_again(hook: mock.Mock, tmp_path: Any) -> None:
    hook.send.return_value = job()
    with (
        mock.patch(
            "airflow_provider_faceswap.storage.keep.keep", autospec=True, side_effect=ResultError("disk full")
        ),
        pytest.raises(AirflowFailException, match=r"disk full.*278"),
    ):
        video(output_path=f"file://{tmp_path}").execute(fakes.context())


@pytest.mark.parametrize(
    ("operator", "fields"),
    [
        (ModelsLabSpecificFaceSwapOperator, ("init_image", "target_image", "reference_image", "base64")),
        (ModelsLabMultipleFaceSwapOperator, ("init_image", "target_image", "base64")),
        (ModelsLabSingleVideoSwapOperator, ("init_image", "init_video", "output_format")),
        (
            ModelsLabSpecificVideoSwapOperator,
            ("init_image", "init_video", "reference_image", "output_format"),
        ),
    ],
)
def test_all_inputs_are_templated(operator: Any, fields: tuple[str, ...]) -> None:
    wanted = {*fields, "watermark", "webhook", "track_id", "conn_id", "output_path", "idempotency_key"}
    assert wanted <= set(operator.template_fields)
