"""What the next start does after a worker died anywhere."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.execution.collector import Collector
from airflow_provider_faceswap.execution.inputs import Inputs
from tests.fakes import Killed, api_error, job
from tests.operators.world import URL, World

PROCESSING = JobState.PROCESSING


def test_intent_is_written_before_the_submission_and_the_id_right_after(world: World) -> None:
    world.start(media=f"{URL}?token=s1gnature")
    assert world.states == ["intent", "running", "finished"]
    assert world.store is not None
    running = [value for key, value in world.store.history if key == "faceswap"][1]
    assert running["job_id"] == "278"
    kept = str(world.store.history)
    assert "kkkk" not in kept and "t0k3n" not in kept and "s1gnature" not in kept
    # The inputs' URLs stand there without their queries.
    assert "http" not in kept.replace(world.vendor.hook.settings.base_url, "").replace(f"'{URL}'", "")


def test_a_purchase_writes_no_more_than_it_must(world: World) -> None:
    """Each write costs 16 ms of CPU, over all of Airflow."""
    world.start()
    assert world.store is not None
    keys = [key for key, _ in world.store.history]
    assert keys == ["faceswap_callback"] * (world.provider == "aifaceswap") + ["faceswap"] * 3


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_superseded_try_ends_at_its_intent(world: World, deferrable: bool) -> None:
    """The store shows it nothing, whatever there is, and takes no write of it."""
    world.die()
    assert world.store is not None
    world.store.get = lambda key, default=None: default  # type: ignore[method-assign]
    world.store.set = mock.Mock(side_effect=api_error(404))  # type: ignore[method-assign]
    with pytest.raises(type(api_error(404))):
        world.start(deferrable=deferrable)
    assert world.vendor.accepted == 1 and world.store.set.call_count == 1


def test_a_superseded_try_does_not_take_a_stored_result_again(world: World, tmp_path: Any) -> None:
    options = {"output_path": f"file://{tmp_path}", "reuse_stored": True}
    world.start(**options)
    assert world.store is not None
    world.store.get = lambda key, default=None: default  # type: ignore[method-assign]
    world.store.set = mock.Mock(side_effect=api_error(404))  # type: ignore[method-assign]
    with pytest.raises(type(api_error(404))):
        world.start(**options)


def test_an_entry_that_a_first_look_did_not_see_is_not_bought_over(world: World) -> None:
    world.die()
    assert world.store is not None
    real, seen = world.store.get, []

    def misses_once(key: str, default: Any = None) -> Any:
        seen.append(key)
        return default if len(seen) == 1 else real(key, default)

    world.store.get = misses_once  # type: ignore[method-assign]
    with pytest.raises(AirflowException, match="nothing was sent") as caught:
        world.start()
    assert not isinstance(caught.value, AirflowFailException), "a retry finds it"
    assert world.start()["job_id"] == "278" and world.vendor.accepted == 1


def test_killed_before_the_intent_is_written(world: World) -> None:
    world.die_at_save(1)
    with pytest.raises(Killed):
        world.start()
    world.heal()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
def test_killed_between_the_submission_and_its_answer(world: World, on_in_doubt: str) -> None:
    world.vendor.submissions = [Killed()]
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
    world.die_at_save(2)
    with pytest.raises(Killed), caplog.at_level("INFO"):
        world.start()
    assert "as job 278" in caplog.text, "the id is logged before it is written"
    world.heal()
    with pytest.raises(AirflowFailException, match="submission in doubt") as caught:
        world.start()
    assert "state-store/faceswap?map_index=-1" in str(caught.value)
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_killed_while_waiting(world: World, deferrable: bool) -> None:
    if deferrable:
        world.defer()
    else:
        world.die()
    assert world.start()["job_id"] == "278"
    assert world.vendor.accepted == 1


def test_killed_while_storing(world: World) -> None:
    with mock.patch.object(Collector, "keep", autospec=True, side_effect=Killed), pytest.raises(Killed):
        world.start()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_killed_after_everything_is_stored(world: World) -> None:
    world.start()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_a_picture_that_succeeds_without_an_id_survives_a_kill_while_it_is_stored(
    one: World, tmp_path: Any
) -> None:
    link = "https://cdn.example.com/result.mp4"
    one.vendor.submissions = [job(job_id="", output=(link,))]
    one.downloads.problems = [Killed()]
    with pytest.raises(Killed):
        one.start(output_path=f"file://{tmp_path}")
    result = one.start(output_path=f"file://{tmp_path}")
    assert len(result["stored"]) == 1 and one.downloads.urls == [link, link]
    assert (one.vendor.accepted, one.vendor.polled) == (1, [])


def test_the_deadline_counts_from_the_first_submission_over_restarts(world: World) -> None:
    world.die(timeout=600)
    first = world.entry["deadline"]
    world.clock.seconds += 400
    world.vendor.polls = [job(PROCESSING)] * 100
    with pytest.raises(AirflowException, match="job 278: not finished at its deadline") as caught:
        world.start(timeout=600)
    assert not isinstance(caught.value, AirflowFailException), "a retry may find it finished, for free"
    assert world.entry["deadline"] == first and world.clock.seconds == pytest.approx(first)
    world.vendor.polls = [job()]
    assert world.start(timeout=600)["status"] == "success", "the retry polls once"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_retry_polls_at_once(one: World, deferrable: bool) -> None:
    one.die(poll_interval=600)
    one.clock.slept.clear()
    assert one.start(deferrable=deferrable, poll_interval=600)["status"] == "success"
    assert not one.clock.slept


def test_a_retry_that_finds_its_job_running_defers_at_once(one: World) -> None:
    one.die()
    one.clock.slept.clear()
    one.vendor.polled.clear()
    one.vendor.polls = [job(PROCESSING)]
    assert one.defer().trigger.jobs[0]["job_id"] == "278"
    assert (one.clock.slept, one.vendor.polled) == ([], ["278"])


def test_presigned_inputs_that_render_anew_reattach(world: World) -> None:
    world.die(media=f"{URL}?X-Amz-Signature=1")
    assert world.start(media=f"{URL}?X-Amz-Signature=2")["status"] == "success"
    assert world.vendor.accepted == 1


def test_an_idempotency_key_stands_for_the_inputs(world: World) -> None:
    world.die(idempotency_key="order-7")
    assert world.start(idempotency_key="order-7", media=f"{URL}?n=2")["status"] == "success"
    assert world.vendor.accepted == 1


def test_inputs_that_are_gone_do_not_keep_a_paid_result_away(world: World) -> None:
    """A presigned link may have expired, and a file may be deleted, by the time that the job is done."""
    deferral = world.defer()
    with mock.patch.object(Inputs, "request", side_effect=AssertionError("read again")):
        assert world.resume(deferral, states={"278": "success"})["status"] == "success"
        assert world.start()["status"] == "success"


def test_an_entry_that_cannot_be_read_is_said_before_anything_is_sent(world: World) -> None:
    assert world.store is not None
    world.store.set("faceswap", ["what"])
    with pytest.raises(AirflowFailException, match=r"cannot be read.*DELETE"):
        world.start()
    assert world.vendor.accepted == 0


def test_a_store_that_cannot_be_written_buys_nothing(world: World) -> None:
    world.store.set = mock.Mock(side_effect=RuntimeError("404"))  # type: ignore[union-attr, method-assign]
    with pytest.raises(RuntimeError):
        world.start()
    assert world.vendor.accepted == 0


@pytest.mark.parametrize("error", [api_error(503), api_error(500, "404 of run 404"), RuntimeError("404")])
def test_an_id_is_written_though_the_store_stumbles(one: World, error: Exception) -> None:
    assert one.store is not None
    real, failures = one.store.set, [error, error]

    def stumbling(key: str, value: Any, *, retention: Any = None) -> None:
        if isinstance(value, dict) and value["state"] == "running" and failures:
            raise failures.pop()
        real(key, value, retention=retention)

    one.store.set = stumbling  # type: ignore[method-assign]
    assert one.start()["status"] == "success"
    assert not failures


def test_a_try_that_another_one_has_taken_over_from_stops_writing(one: World) -> None:
    assert one.store is not None
    real, refused = one.store.set, []

    def superseded(key: str, value: Any, *, retention: Any = None) -> None:
        if isinstance(value, dict) and value["state"] == "running":
            refused.append(value)
            raise api_error(404, "no such try")
        real(key, value, retention=retention)

    one.store.set = superseded  # type: ignore[method-assign]
    with pytest.raises(type(api_error(404))):
        one.start()
    assert len(refused) == 1 and not one.clock.slept


def test_the_journal_and_the_deferral_must_name_the_same_job(world: World) -> None:
    deferral = world.defer()
    assert world.store is not None
    world.store.set("faceswap", {**world.entry, "job_id": "999"})
    with pytest.raises(AirflowFailException, match="waited for job 278, and its journal now names job 999"):
        world.resume(deferral, states={"278": "success"})


def test_a_deferral_that_finds_no_entry_writes_one(world: World) -> None:
    deferral = world.defer()
    assert world.store is not None
    world.store.delete("faceswap")
    world.vendor.polls = [Killed()]
    with pytest.raises(Killed):
        world.resume(deferral, states={"278": "success"})
    assert (world.entry["state"], world.entry["job_id"]) == ("running", "278")
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


def test_a_submission_that_is_taken_after_its_deadline_gets_a_deadline_of_its_own(one: World) -> None:
    def slowly(request: Any) -> Any:
        one.clock.seconds += 700
        one.vendor.double.send.side_effect = None
        return job(PROCESSING)

    one.vendor.double.send.side_effect = slowly
    one.vendor.polls = [job(PROCESSING)]
    assert one.start(timeout=600)["status"] == "success"


def test_entries_never_expire_by_themselves(one: World) -> None:
    from airflow.sdk.execution_time import context as airflow_context

    if not hasattr(airflow_context, "NEVER_EXPIRE"):
        pytest.skip("this Airflow has no store")
    one.start()
    assert one.store is not None
    assert one.store.retentions and set(one.store.retentions) == {airflow_context.NEVER_EXPIRE}


def test_a_path_of_any_length_that_a_vendor_names_keeps_no_entry_from_being_read(one: World) -> None:
    one.vendor.double.route_to.return_value = {"path": "/fetch/" + "x" * 5000}
    one.die()
    assert one.start()["status"] == "success"
    assert one.vendor.accepted == 1
