"""Dags that buy; the run's conf says what, how, and where the worker stops so that it can be killed."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.execution_time.xcom import XCom
from crashing import CrashingTrigger

from airflow_provider_faceswap.journal.store import Journal
from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from airflow_provider_faceswap.sensors.aifaceswap import AIFaceSwapCallbackSensor

OPTIONS = (
    "wait_for_completion", "deferrable", "timeout", "poll_interval", "on_in_doubt", "on_clear",
    "max_resubmits", "short_wait",
)  # fmt: skip
BREAKABLE = ("stop_at", "stop_file", "deferral", "breaks")
PARAMS = {
    "conn_id": "",
    "samples": "",
    "picture": "hopper",
    "signed_by": "X-Amz-Signature",
    "output_path": None,
    "wait_for_completion": True,
    "deferrable": True,
    "timeout": 600,
    "poll_interval": None,
    "on_in_doubt": "fail",
    "on_clear": "collect",
    "max_resubmits": 1,
    "short_wait": 0,
    "stop_at": "",
    "stop_file": "",
    "deferral": "",
    "breaks": "",
    "adopt_from_callback": True,
}


def now(params, name):
    """The run's param, unless the scene changed it since, as one who edits the Dag does."""
    changes = Path(params["stop_file"]).with_name("now.json")
    return {**params, **(json.loads(changes.read_text()) if changes.exists() else {})}[name]


class Breakable(SwapOperator):
    """
    Comes to a stop at a point of the journal until it is killed, once, or breaks in another way, once.

    :param stop_at: "before intent", "before post", or "before running" and the like: before the journal notes
        a state, or "after running" and the like.
    :param stop_file: shows that it has come there.
    :param deferral: "crash" for a trigger that raises, "crash when told" for one that raises once there is a
        file "crash" beside the stop file, "timeout" for a deferral that Airflow ends soon.
    :param breaks: "post_execute" or "xcom": what fails after the result is noted.
    """

    def __init__(self, *, stop_at, stop_file, deferral, breaks, on_in_doubt, on_clear, **kwargs):
        super().__init__(**kwargs)
        self.stop_at = stop_at
        self.stop_file = stop_file
        self.deferral = deferral
        self.breaks = breaks
        # Templates, which are no choice of the constructor's.
        self.on_in_doubt = on_in_doubt
        self.on_clear = on_clear

    def _first(self):
        here = Path(self.stop_file)
        first = not here.exists()
        here.touch()
        return first

    def _stop(self, point):
        if point == self.stop_at and self._first():
            time.sleep(600)

    def pre_execute(self, context):
        save, save_with_retries, send = Journal.save, Journal.save_with_retries, self.hook.send

        def save_or_stop(journal, entry):
            self._stop("before intent")
            return save(journal, entry)

        def send_or_stop(request):
            if request.billed:
                self._stop("before post")
            return send(request)

        def save_with_retries_or_stop(journal, entry):
            self._stop(f"before {entry.state.value}")
            saved = save_with_retries(journal, entry)
            self._stop(f"after {entry.state.value}")
            return saved

        # Each start has a process of its own.
        Journal.save, Journal.save_with_retries = save_or_stop, save_with_retries_or_stop
        self.hook.send = send_or_stop

    def defer(self, *, trigger, timeout=None, **kwargs):
        if self.deferral and self._first():
            if self.deferral == "crash when told":
                trigger = CrashingTrigger(str(Path(self.stop_file).with_name("crash")))
            elif self.deferral == "crash":
                trigger = CrashingTrigger()
            else:
                timeout = timedelta(seconds=10)  # the scheduler fails tasks that resume sooner
        super().defer(trigger=trigger, timeout=timeout, **kwargs)

    def post_execute(self, context, result=None):
        if self.breaks and self._first():
            if self.breaks == "post_execute":
                raise RuntimeError("post_execute failed")
            XCom.set = self._fail_to_push

    @staticmethod
    def _fail_to_push(**kwargs):
        raise RuntimeError("the XCom backend failed")


class ModelsLabSwap(Breakable, ModelsLabMultipleFaceSwapOperator):
    template_fields = (*ModelsLabMultipleFaceSwapOperator.template_fields, *OPTIONS, *BREAKABLE)


class SegmindSwap(Breakable, SegmindFaceSwapOperator):
    template_fields = (*SegmindFaceSwapOperator.template_fields, *OPTIONS, *BREAKABLE)


class AIFaceSwap(Breakable, AIFaceSwapImageOperator):
    template_fields = (
        *AIFaceSwapImageOperator.template_fields, *OPTIONS, *BREAKABLE, "adopt_from_callback",
    )  # fmt: skip


# Renders differently at each try and at each resume.
FACE = (
    "{{ params.samples }}/duo.jpg?{{ params.signed_by }}={{ ti.try_number }}"
    "&X-Amz-Date={{ macros.time.time() }}"
)
PICTURE = "{{ params.samples }}/{{ now(params, 'picture') }}.jpg"


def swap(kind=ModelsLabSwap, retries=3, **inputs):
    return kind(
        task_id="swap",
        retries=retries,
        retry_delay=timedelta(seconds=1),
        conn_id="{{ params.conn_id }}",
        output_path="{{ now(params, 'output_path') }}",
        **(inputs or {"init_image": FACE, "target_image": PICTURE}),
        **{name: f"{{{{ now(params, '{name}') }}}}" for name in (*OPTIONS, *BREAKABLE)},
    )


options = {
    "render_template_as_native_obj": True,
    "max_active_runs": 100,
    "max_active_tasks": 100,
    "params": PARAMS,
    "user_defined_macros": {"now": now},
}


@dag(**options)
def swap_once():
    swap()


@dag(**options)
def swap_segmind():
    swap(SegmindSwap, source_img=FACE, target_img=PICTURE)


@dag(**options)
def swap_aifaceswap():
    adopt = "{{ params.adopt_from_callback }}"
    swap(AIFaceSwap, source_image=PICTURE, face_image=FACE, adopt_from_callback=adopt)


@dag(**options)
def submit_then_wait():
    submitted = AIFaceSwapImageOperator(
        task_id="submit",
        conn_id="{{ params.conn_id }}",
        source_image=PICTURE,
        face_image=FACE,
        wait_for_completion=False,
    )
    AIFaceSwapCallbackSensor(
        task_id="wait",
        conn_id="{{ params.conn_id }}",
        job_id=submitted.output,
        output_path="{{ params.output_path }}",
        deferrable=True,
        timeout=200,
    )


@dag(**options)
def swap_called_back():
    swap(init_image=FACE, target_image=PICTURE, use_callback=True)


@dag(**options)
def swap_and_publish():
    @task
    def publish(params):
        if not Path(params["stop_file"]).exists():
            raise RuntimeError("nothing is ready to publish to")

    swap() >> publish()


@dag(**options)
def swap_beside_another():
    @task
    def another():
        pass

    another()
    swap()


@dag(**options)
def swap_with_fewer_retries():
    lowered = Path(os.environ["AIRFLOW_HOME"], "lowered").exists()
    swap(retries=0 if lowered else 1)


class Swap(ModelsLabSingleVideoSwapOperator):
    """Takes its options from the run's conf."""

    template_fields = (*ModelsLabSingleVideoSwapOperator.template_fields, "on_in_doubt")

    def __init__(self, *, on_in_doubt, **kwargs):
        super().__init__(**kwargs)
        self.on_in_doubt = on_in_doubt


@dag(
    max_active_runs=2,
    max_active_tasks=12,
    params={"conn_id": "", "samples": "", "videos": 30, "on_in_doubt": "fail"},
)
def swap_many():
    @task
    def videos(params):
        return [f"{params['samples']}/clip.mp4?n={number}" for number in range(params["videos"])]

    Swap.partial(
        task_id="swap",
        retries=6,
        retry_delay=timedelta(seconds=1),
        conn_id="{{ params.conn_id }}",
        init_image="{{ params.samples }}/hopper.jpg",
        on_in_doubt="{{ params.on_in_doubt }}",
        deferrable=True,
        timeout=900,
        short_wait=0,
    ).expand(init_video=videos())


swap_once()
swap_segmind()
swap_aifaceswap()
submit_then_wait()
swap_called_back()
swap_and_publish()
swap_beside_another()
swap_with_fewer_retries()
swap_many()
