"""Arguments as Airflow people pass them; wrong ones end before anything is sent."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
    ModelsLabSpecificFaceSwapOperator,
    ModelsLabSpecificVideoSwapOperator,
)
from tests.operators.world import URL, World

MODULES = [
    import_module(f"airflow_provider_faceswap.operators.{vendor}") for vendor in (*VENDORS, "faceswap")
]
OPERATORS = [
    found
    for module in MODULES
    for name, found in vars(module).items()
    if inspect.isclass(found)
    and issubclass(found, SwapOperator)
    and found.__module__ == module.__name__
    and hasattr(found, "operation")
]
SHARED = set(inspect.signature(SwapOperator.__init__).parameters) - {"self", "kwargs"}


def video(**kwargs: Any) -> ModelsLabSingleVideoSwapOperator:
    return ModelsLabSingleVideoSwapOperator(task_id="swap", init_image=URL, init_video=URL, **kwargs)


def test_there_are_operators() -> None:
    assert len(OPERATORS) >= 11 and {"output_path", "on_clear", "timeout"} <= SHARED


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_signature_shows_everything(operator: type[SwapOperator]) -> None:
    shown = inspect.signature(operator).parameters
    assert shown.keys() >= SHARED | set(operator.inputs)
    assert all(item.kind is item.KEYWORD_ONLY for name, item in shown.items() if name != "kwargs")


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_argument_of_the_signature_is_documented(operator: type[SwapOperator]) -> None:
    pages = "\n".join(
        cls.__doc__ or "" for cls in operator.__mro__ if cls.__module__.startswith("airflow_pr")
    )
    documented = set(re.findall(r":param (\w+):", pages))
    assert inspect.signature(operator).parameters.keys() - {"kwargs"} <= documented


def test_default_args_reach_shared_arguments() -> None:
    with DAG("d", default_args={"output_path": "s3://b/x", "max_resubmits": 5, "conn_id": "mine"}):
        operator = video()
    assert (operator.output_path, operator.max_resubmits, operator.conn_id) == ("s3://b/x", 5, "mine")


def test_an_argument_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="out_path"):
        video(out_path="s3://b/x")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (ObjectStoragePath("s3://conn@bucket/key"), "s3://conn@bucket/key"),
        (Path("/data/out"), "file:///data/out"),
        ("s3://bucket/{{ ds }}", "s3://bucket/{{ ds }}"),
        (None, None),
    ],
)
def test_paths(given: Any, text: str | None) -> None:
    assert video(output_path=given).output_path == text


def test_a_path_of_an_earlier_task_is_rendered_to_an_object(one: World, tmp_path: Path) -> None:
    """An XCom or a native template gives the object itself, after the constructor."""
    one.operator = one.make()
    one.start()
    again = one.make()
    again.output_path = ObjectStoragePath(f"file://{tmp_path}")
    assert again.execute(one.context)["stored"] == [f"file://{tmp_path}/modelslab-278.mp4"]


def test_times() -> None:
    operator = video(
        timeout=timedelta(minutes=2), poll_interval=timedelta(seconds=7), short_wait=timedelta(0)
    )
    assert (operator.timeout, operator.poll_interval, operator.short_wait) == (120.0, 7.0, 0.0)


@pytest.mark.parametrize("name", ["on_in_doubt", "on_clear"])
def test_choices_are_checked_where_the_dag_is_read(name: str) -> None:
    with pytest.raises(AirflowFailException, match=f"{name}: must be .*, not 'retry'") as caught:
        video(**{name: "retry"})
    assert isinstance(caught.value, InputError) and caught.value.field == name


@pytest.mark.parametrize("name", ["on_in_doubt", "on_clear"])
def test_choices_are_checked_again_where_the_task_runs(one: World, name: str) -> None:
    operator = one.make()
    setattr(operator, name, "retry")
    with pytest.raises(AirflowFailException, match=name):
        operator.execute(_context(one))
    assert not one.vendor.sent


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"media": "/data/clip.mp4"}, "init_video"),
        ({"output_path": "{{ var }}"}, "output_path"),
        ({"output_path": ""}, "output_path"),
        ({"output_path": "None"}, "output_path"),
        ({"output_path": "folder"}, "output_path"),
        ({"output_path": "s3://b/../c"}, "output_path"),
        ({"output_name": "a/b", "output_path": "file:///tmp"}, "output_name"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": "3600"}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"short_wait": -1}, "short_wait"),
        ({"poll_interval": 0}, "poll_interval"),
        ({"max_resubmits": -1}, "max_resubmits"),
    ],
)
def test_wrong_ones_end_the_task_before_anything_is_sent(
    one: World, change: dict[str, Any], named: str
) -> None:
    with pytest.raises(AirflowFailException, match=named) as caught:
        one.start(**change)
    assert isinstance(caught.value, InputError)
    assert (one.vendor.sent, one.states) == ([], [])


def test_a_wrong_wait_for_callbacks_ends_the_task_before_anything_is_sent(callbacks: World) -> None:
    with pytest.raises(AirflowFailException, match="in_doubt_wait"):
        callbacks.start(in_doubt_wait="600")
    assert not callbacks.vendor.sent


def test_an_error_says_whom_and_what_it_is_about(one: World) -> None:
    with pytest.raises(AirflowException) as caught:
        one.start(timeout=0)
    error: Any = caught.value
    assert (error.provider, error.job_id, error.paid) == ("modelslab", "", False)


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
def test_all_inputs_of_modelslab_are_templated(operator: Any, fields: tuple[str, ...]) -> None:
    wanted = {*fields, "watermark", "webhook", "track_id", "conn_id", "output_path", "idempotency_key"}
    assert wanted <= set(operator.template_fields)


@pytest.mark.parametrize("operator", OPERATORS)
def test_all_inputs_are_templated(operator: type[SwapOperator]) -> None:
    shared = {"conn_id", "output_path", "output_name", "idempotency_key", "consent_reference"}
    assert {*operator.inputs, *shared} <= set(operator.template_fields)


def _context(one: World) -> Any:
    from tests.fakes import context

    return context(one.store)
