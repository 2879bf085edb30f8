from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseOperator
from airflow.sdk.definitions._internal import contextmanager
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_faceswap.execution.links import FaceSwapLink, StoredResultLink
from airflow_provider_faceswap.get_provider_info import get_provider_info
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from airflow_provider_faceswap.sensors.segmind import SegmindRequestSensor
from tests.fakes import FakeTaskInstance
from tests.operators.world import World

KEY: Any = SimpleNamespace(dag_id="a dag/ä", run_id="at__05:00+00:00", task_id="g.swap", map_index=-1)
MAPPED: Any = SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=3)


@pytest.mark.parametrize("operator", [SegmindFaceSwapOperator, FaceSwapBatchOperator, SegmindRequestSensor])
def test_every_task_has_both_links(operator: type[BaseOperator]) -> None:
    assert [link.name for link in operator.operator_extra_links] == ["Face swap", "Stored result"]


def test_the_provider_info_names_them() -> None:
    names = {f"{link.__module__}.{link.__name__}" for link in (FaceSwapLink, StoredResultLink)}
    assert set(get_provider_info()["extra-links"]) == names


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (
            KEY,
            "dags/a%20dag%2F%C3%A4/runs/at__05%3A00%2B00%3A00/tasks/g.swap/plugin/faceswap",
        ),
        (MAPPED, "dags/d/runs/r/tasks/t/mapped/3/plugin/faceswap"),
    ],
)
def test_the_link_to_the_tab_lies_below_airflows_own_path(key: Any, path: str) -> None:
    assert FaceSwapLink().get_link(BaseOperator(task_id="t"), ti_key=key) == path


def test_a_stored_result_has_a_link_and_nothing_else_has(one: World) -> None:
    link = StoredResultLink()
    one.start()
    assert link.get_link(one.operator, ti_key=MAPPED) == ""
    one.operator.reported = {"files": [{"url": "file:///r/a.jpg"}]}
    path = "faceswap/pages/dags/d/media?run_id=r&task_id=t&map_index=3&stored=0"
    assert link.get_link(one.operator, ti_key=MAPPED) == path


def test_the_link_to_the_tab_is_pushed_before_the_deferral_and_not_once_more(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ti = FakeTaskInstance()
    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [{"ti": ti}])
    deferral = one.defer()
    assert ti.xcoms["_link_FaceSwapLink"].endswith("/tasks/swap/plugin/faceswap")
    one.operator = one.make(deferrable=True)
    one.resume(deferral, states={"278": "success"})
    assert [link.name for link in one.operator.operator_extra_links] == ["Stored result"]


def test_a_link_that_cannot_be_pushed_stops_no_deferral(one: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(FakeTaskInstance):
        def xcom_push(self, key: str, value: Any) -> None:
            raise ConnectionError

    monkeypatch.setattr(contextmanager, "_CURRENT_CONTEXT", [{"ti": Broken()}])
    with pytest.raises(TaskDeferred):
        one.start(deferrable=True)
    assert one.vendor.accepted == 1
