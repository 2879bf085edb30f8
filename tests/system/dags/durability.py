"""Dags that buy; the run's conf says what, how, and where the worker stops so that it can be killed."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task

from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)

OPTIONS = ("deferrable", "timeout", "poll_interval", "on_in_doubt", "max_resubmits", "short_wait")
BREAKABLE = ("stop_at", "stop_file", "deferral")


class BreakableSwap(ModelsLabMultipleFaceSwapOperator):
    """
    Comes to a stop at a point of the journal until it is killed, once, or defers to a broken trigger, once.

    :param stop_at: "before intent", "before post", or "before running" and the like: before the journal notes
        a state, or "after running" and the like.
    :param stop_file: tells that it has come there.
    :param deferral: "crash" for a trigger that raises, "timeout" for a deferral that Airflow ends at once.
    """

    template_fields = (*ModelsLabMultipleFaceSwapOperator.template_fields, *OPTIONS, *BREAKABLE)

    def __init__(self, *, stop_at, stop_file, deferral, **kwargs):
        super().__init__(**kwargs)
        self.stop_at = stop_at
        self.stop_file = stop_file
        self.deferral = deferral

    def _stop(self, point):
        here = Path(self.stop_file)
        if point == self.stop_at and not here.exists():
            here.touch()
            time.sleep(600)

    def _story(self, context, journal):
        save, save_with_retries, send = journal.save, journal.save_with_retries, self.hook.send

        def save_or_stop(entry):
            self._stop("before intent")
            return save(entry)

        def send_or_stop(call):
            if call.billed:
                self._stop("before post")
            return send(call)

        def save_surely_or_stop(entry):
            self._stop(f"before {entry.state.value}")
            saved = save_with_retries(entry)
            self._stop(f"after {entry.state.value}")
            return saved

        journal.save, journal.save_with_retries, self.hook.send = (
            save_or_stop,
            save_surely_or_stop,
            send_or_stop,
        )
        return super()._story(context, journal)

    def defer(self, *, trigger, timeout=None, **kwargs):
        here = Path(self.stop_file)
        if self.deferral and not here.exists():
            here.touch()
            if self.deferral == "crash":
                trigger.provider = "nobody"
            else:
                timeout = timedelta(seconds=2)
        super().defer(trigger=trigger, timeout=timeout, **kwargs)


@dag(
    render_template_as_native_obj=True,
    max_active_runs=100,
    max_active_tasks=100,
    params={
        "conn_id": "",
        "samples": "",
        "signed_by": "X-Amz-Signature",
        "output_path": None,
        "deferrable": True,
        "timeout": 600,
        "poll_interval": None,
        "on_in_doubt": "fail",
        "max_resubmits": 1,
        "short_wait": 0,
        "stop_at": "",
        "stop_file": "",
        "deferral": "",
    },
)
def swap_once():
    BreakableSwap(
        task_id="swap",
        retries=3,
        retry_delay=timedelta(seconds=1),
        conn_id="{{ params.conn_id }}",
        # Renders anew at each try and at each resume.
        init_image="{{ params.samples }}/duo.jpg?{{ params.signed_by }}={{ ti.try_number }}"
        "&X-Amz-Date={{ macros.time.time() }}",
        target_image="{{ params.samples }}/hopper.jpg",
        output_path="{{ params.output_path }}",
        **{name: f"{{{{ params.{name} }}}}" for name in (*OPTIONS, *BREAKABLE)},
    )


class Swap(ModelsLabSingleVideoSwapOperator):
    """Takes its options from the run's conf."""

    template_fields = (*ModelsLabSingleVideoSwapOperator.template_fields, "on_in_doubt")


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
swap_many()
