"""What the events of a task's outlets say, in Airflow's own accessors."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import AssetResult, ErrorResponse
from airflow.sdk.execution_time.context import OutletEventAccessors

from airflow_provider_faceswap.execution.reporting import add_to_events, extra_of, report

FILE = {"url": "s3://store@bucket/out/modelslab-278.mp4", "bytes": 5, "sha256": "0" * 64, "format": "mp4"}
RESULT: dict[str, Any] = {
    "provider": "modelslab",
    "operation": "single_video_swap",
    "job_id": "278",
    "status": "success",
    "output": ["https://cdn.example.com/result.mp4?token=t0k3n"],
    "stored": [FILE["url"]],
    "files": [FILE],
    "cost": None,
    "inputs": {"init_video": "s3://store@bucket/clip.mp4"},
}
EXTRA = {"provider": "modelslab", "operation": "single_video_swap", "job_id": "278", "files": [FILE]}
SWAPS, OTHERS, ALIAS = Asset("s3://bucket/out"), Asset(name="others", uri="gs://elsewhere/x"), AssetAlias("a")


class Task:
    def __init__(self, *outlets: Any, output_path: str | None = "s3://store@bucket/out/") -> None:
        self.outlets, self.output_path = list(outlets), output_path


def events(*outlets: Any, result: Any = RESULT, **kwargs: Any) -> OutletEventAccessors:
    found = OutletEventAccessors()
    assert report(Task(*outlets, **kwargs), {"outlet_events": found}, result) is result
    return found


def of_alias(found: OutletEventAccessors) -> list[tuple[str, str, Any]]:
    return [
        (event.dest_asset_key.name, event.dest_asset_key.uri, event.extra)
        for event in found[ALIAS].asset_alias_events
    ]


def test_each_asset_says_what_landed_wherever_its_own_uri_is() -> None:
    found = events(SWAPS, OTHERS)
    assert found[SWAPS].extra == found[OTHERS].extra == EXTRA
    assert "t0k3n" not in str(found)


def test_a_result_that_was_bought_before_says_so() -> None:
    assert extra_of({**RESULT, "reused": True}) == {**EXTRA, "reused": True}


@pytest.mark.parametrize("result", [{**RESULT, "files": [], "stored": []}, {"provider": "x", "faces": []}])
def test_a_result_without_files_says_that_and_gives_an_alias_nothing(result: dict[str, Any]) -> None:
    found = events(SWAPS, ALIAS, result=result)
    assert found[SWAPS].extra["files"] == [] and found[SWAPS].extra["provider"] == result["provider"]
    assert of_alias(found) == []


@pytest.mark.parametrize("output_path", ["s3://store@bucket/out/", None])
def test_an_alias_gets_the_folder_without_its_connection(output_path: str | None) -> None:
    found = events(ALIAS, output_path=output_path)
    assert of_alias(found) == [("s3://bucket/out", "s3://bucket/out", EXTRA)]


def test_an_alias_beside_an_asset_of_the_same_folder_gets_an_event_of_its_own() -> None:
    found = events(SWAPS, ALIAS)
    assert found[SWAPS].extra == EXTRA and len(of_alias(found)) == 1


def test_what_the_author_put_into_the_event_before_stays() -> None:
    found = OutletEventAccessors()
    found[SWAPS].extra = {"batch": 7, "files": "?"}
    report(Task(SWAPS), {"outlet_events": found}, RESULT)
    assert found[SWAPS].extra == {**EXTRA, "batch": 7}


def test_a_reference_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = mock.Mock()
    supervisor.send.return_value = AssetResult(name="others", uri=OTHERS.uri, group="asset")
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    assert events(Asset.ref(name="others"))[OTHERS].extra == EXTRA


def test_an_outlet_that_fails_is_a_warning_and_no_other_misses_its_event(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = mock.Mock()
    supervisor.send.return_value = ErrorResponse()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
    found = events(Asset.ref(name="nobody"), object(), SWAPS)
    assert found[SWAPS].extra == EXTRA
    assert [record.getMessage() for record in caplog.records] == [
        "The event of AssetNameRef(name='nobody') lacks what the task made: AirflowRuntimeError"
    ]


def test_a_folder_that_is_no_uri_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    found = OutletEventAccessors()
    add_to_events({"outlet_events": found}, [ALIAS, SWAPS], EXTRA, "airflow://out")
    assert found[SWAPS].extra == EXTRA and of_alias(found) == []
    assert "ValueError" in caplog.text


def test_without_outlets_the_context_is_left_alone() -> None:
    assert report(Task(), {}, RESULT) is RESULT
