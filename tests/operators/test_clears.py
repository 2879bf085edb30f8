"""A person's clear never pays for what is already bought, unless it is told to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InDoubtError
from tests.fakes import JPEG, MP4, RESULT, job
from tests.operators.world import OTHER, URL, World

PROCESSING, UNKNOWN, FAILED = JobState.PROCESSING, JobState.UNKNOWN, JobState.FAILED


@pytest.fixture
def stored(one: World, folder: str) -> World:
    """A task whose job is finished and stored; nothing may be asked of the vendor from here on."""
    one.first = one.start(output_path=folder)  # type: ignore[attr-defined]
    one.vendor.polled.clear()
    one.downloads.urls.clear()
    return one


def test_a_clear_collects_what_is_finished(world: World) -> None:
    first = world.start()
    world.clear()
    assert world.start() == first
    assert world.start() == first, "and so does the retry after it"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("cleared", [True, False])
def test_stored_files_are_returned_without_asking_anybody(stored: World, folder: str, cleared: bool) -> None:
    if cleared:
        stored.clear()
    assert stored.start(output_path=folder) == {**stored.first, "output": []}  # type: ignore[attr-defined]
    assert (stored.vendor.accepted, stored.vendor.polled, stored.downloads.urls) == (1, [], [])


@pytest.mark.parametrize("damage", ["gone", "another size"])
def test_a_stored_file_that_changed_is_fetched_from_the_vendor(
    stored: World, folder: str, tmp_path: Path, damage: str
) -> None:
    (file,) = (tmp_path / "out").glob("*.mp4")
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(MP4[:-1])
    stored.clear()
    result = stored.start(output_path=folder)
    assert file.read_bytes() == MP4 and result["stored"] == [f"{folder}/{file.name}"]
    assert (stored.vendor.accepted, stored.vendor.polled) == (1, ["278"])


@pytest.mark.parametrize("change", ["folder", "name"])
def test_stored_files_are_copied_where_the_task_wants_them_now(
    stored: World, folder: str, tmp_path: Path, change: str
) -> None:
    stored.clear()
    if change == "folder":
        result = stored.start(output_path=f"file://{tmp_path}/new")
        assert result["stored"] == [f"file://{tmp_path}/new/modelslab-278.mp4"]
    else:
        result = stored.start(output_path=folder, output_name="clip")
        assert result["stored"] == [f"{folder}/clip.mp4"]
    assert Path(result["stored"][0].removeprefix("file://")).read_bytes() == MP4
    assert stored.entry["result"]["stored"] == result["stored"], "so that the next clear finds these"
    assert (stored.vendor.accepted, stored.vendor.polled, stored.downloads.urls) == (1, [], [])


def test_a_result_that_is_nowhere_any_more_is_said(stored: World, folder: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "out")
    stored.clear()
    stored.vendor.polls = [job(UNKNOWN, message="Request not found")]
    with pytest.raises(
        AirflowException, match=r"job 278 is finished and paid, but its result is gone"
    ) as caught:
        stored.start(output_path=folder)
    assert "Request not found" in str(caught.value) and "delete the key 'faceswap'" in str(caught.value)
    assert (stored.vendor.accepted, stored.entry["state"]) == (1, "finished")


def test_links_without_a_query_are_the_last_resort(one: World) -> None:
    link = "https://cdn.example.com/result.mp4"
    one.vendor.polls = [job(output=(link,))]
    first = one.start()
    assert one.entry["result"]["output"] == [link]
    one.clear()
    one.vendor.polled.clear()
    assert one.start() == first and not one.vendor.polled


def test_a_link_with_a_query_is_not_kept(one: World) -> None:
    one.start()
    assert "output" not in one.entry["result"] or not one.entry["result"]["output"]
    one.vendor.polled.clear()
    one.clear()
    one.start()
    assert one.vendor.polled == ["278"]


def test_resubmit_buys_a_finished_job_again_and_names_the_one_it_leaves(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.start(on_clear="resubmit")
    world.start(on_clear="resubmit")
    assert world.vendor.accepted == 1, "a retry is no clear"
    world.clear()
    world.vendor.submissions = [job(PROCESSING, job_id="279")]
    assert world.start(on_clear="resubmit")["job_id"] == "279"
    left = {"provider": world.provider, "operation": world.operator.operation, "job_id": "278"}
    (named,) = world.entry["left"]
    assert named["state"] == "finished" and left.items() <= named.items()
    assert f"{world.provider} job 278 (" in caplog.text
    world.start(on_clear="resubmit")
    assert world.vendor.accepted == 2


def test_deleting_the_entry_buys_again(one: World) -> None:
    one.start()
    assert one.store is not None
    one.store.delete("faceswap")
    one.start()
    assert one.vendor.accepted == 2


def test_a_clear_after_retries_were_lowered_is_a_clear(one: World) -> None:
    """Both give the same ``max_tries``: 0 + 2 before, 1 + 1 after."""
    one.start(on_clear="resubmit")
    one.max_tries, one.clear_number = 2, 1
    one.start(on_clear="resubmit", retries=1)
    assert one.vendor.accepted == 2


def test_a_clear_of_another_task_of_the_run_is_no_clear_of_this_one(one: World) -> None:
    one.start(on_clear="resubmit")
    one.clear_number = 1
    one.start(on_clear="resubmit")
    assert one.vendor.accepted == 1


def test_a_clear_of_a_failed_task_buys_again_and_a_retry_does_not(world: World) -> None:
    world.vendor.polls = [job(FAILED, message="No face found")]
    with pytest.raises(AirflowFailException, match=r"No face found.*clear the task"):
        world.start()
    with pytest.raises(AirflowFailException, match=r"failed for good before: .*No face found"):
        world.start()
    assert world.vendor.accepted == 1
    world.clear()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 2
    assert [left["state"] for left in world.entry["left"]] == ["failed"]


def test_a_clear_grants_a_new_deadline(world: World) -> None:
    world.vendor.polls = [job(PROCESSING)] * 100
    with pytest.raises(AirflowException):
        world.start(timeout=600)
    world.clear()
    world.vendor.polls = [job(PROCESSING), job()]
    assert world.start(timeout=600)["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("state", ["running", "finished", "failed", "in_doubt"])
def test_other_inputs_fail_a_retry_and_name_what_changed(one: World, state: str) -> None:
    one.die()
    assert one.store is not None
    change = {"job_id": ""} if state == "in_doubt" else {}
    one.store.set("faceswap", {**one.entry, "state": state, **change})
    with pytest.raises(AirflowFailException) as caught:
        one.start(media=OTHER)
    said = str(caught.value)
    assert "was bought with other inputs; changed: init_video;" in said
    assert ("a submission without an id" if state == "in_doubt" else "job 278") in said
    assert one.vendor.accepted == 1
    assert one.entry["state"] == state


def test_other_inputs_on_a_clear_buy_and_leave_the_old_job_named(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.die()
    world.clear()
    world.vendor.submissions = [job(PROCESSING, job_id="279")]
    assert world.start(media=OTHER)["job_id"] == "279"
    assert [left["job_id"] for left in world.entry["left"]] == ["278"]
    assert "cleared with other inputs" in caplog.text and "this leaves" in caplog.text
    with pytest.raises(AirflowFailException, match="other inputs"):
        world.start(media=URL)
    assert world.vendor.accepted == 2


@pytest.mark.parametrize("link", ["https://cdn.example.com/r.mp4", RESULT])
def test_a_retry_after_a_clear_that_collected_is_a_retry(one: World, link: str) -> None:
    """Without a query the recorded link is the result, otherwise the vendor is asked for it."""
    one.vendor.polls = [job(output=(link,))] * 3
    one.start()
    one.clear()
    one.start()  # and fails after it, say in its post_execute
    with pytest.raises(AirflowFailException, match="other inputs"):
        one.start(media=OTHER)
    one.start(on_clear="resubmit")
    assert one.vendor.accepted == 1


def test_a_person_adopts_a_job(world: World) -> None:
    world.vendor.submissions = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException):
        world.start()
    assert world.store is not None
    world.store.set("faceswap", "4711")
    world.clear()
    assert world.start()["job_id"] == "4711"
    assert world.vendor.accepted == 1
    with pytest.raises(AirflowFailException, match="other inputs"):
        world.start(media=OTHER)


def test_an_adopted_job_keeps_the_callback_of_the_submission(callbacks: World) -> None:
    callbacks.start()
    assert callbacks.store is not None
    callbacks.store.set("faceswap", {"job_id": "4711"})
    callbacks.vendor.claims.clear()
    callbacks.start()
    assert set(callbacks.vendor.claims) == {("4711", "n0nce")}, "the sensor's claim is written again"


def test_a_picture_where_a_clip_is_wanted_is_bought_once(one: World, folder: str) -> None:
    one.downloads.content = JPEG
    for _ in range(2):
        with pytest.raises(AirflowException, match=r"job 278: .*nothing is paid again") as caught:
            one.start(output_path=folder)
        assert not isinstance(caught.value, AirflowFailException)
    assert one.vendor.accepted == 1


def test_a_clear_that_goes_back_to_former_inputs_collects_what_they_bought(world: World) -> None:
    first = world.start()
    world.clear()
    world.vendor.submissions = [job(PROCESSING, job_id="279")]
    assert world.start(media=OTHER)["job_id"] == "279"
    world.clear()
    assert world.start() == first
    world.clear()
    assert world.start(media=OTHER)["job_id"] == "279"
    assert world.vendor.accepted == 2
    assert [left["job_id"] for left in world.entry["left"]] == ["278"]


def test_what_was_stored_of_former_inputs_is_returned_without_asking(stored: World, folder: str) -> None:
    stored.clear()
    stored.vendor.submissions = [job(PROCESSING, job_id="279")]
    stored.start(media=OTHER, output_path=folder)
    stored.vendor.polled.clear()
    stored.clear()
    again = stored.start(output_path=folder)
    assert again == {**stored.first, "output": []}  # type: ignore[attr-defined]
    assert (stored.vendor.accepted, stored.vendor.polled) == (2, [])
    assert stored.start(output_path=folder) == again and stored.entry["state"] == "finished"


@pytest.mark.parametrize("how", ["resubmit", "failed"])
def test_former_inputs_are_bought_again_where_they_should_be(one: World, how: str) -> None:
    one.start()
    one.clear()
    one.vendor.submissions = [job(PROCESSING, job_id="279")]
    one.start(media=OTHER)
    one.clear()
    if how == "failed":
        one.vendor.polls = [job(FAILED)]
        with pytest.raises(AirflowFailException, match="job 278 failed"):
            one.start()
        one.clear()
    one.vendor.submissions = [job(PROCESSING, job_id="280")]
    assert one.start(on_clear="resubmit" if how == "resubmit" else "collect")["job_id"] == "280"
    assert one.vendor.accepted == 3
