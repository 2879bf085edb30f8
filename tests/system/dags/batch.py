"""Batches; the run's conf says what they buy, and on which terms."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from airflow.sdk import Asset, dag, task
from crashing import CrashingTrigger

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator

TERMS = (
    "max_active_jobs", "max_failed", "max_cost", "overwrite", "deferrable", "timeout", "on_in_doubt",
    "in_doubt_wait",
)  # fmt: skip
PARAMS = {
    "conn_id": "",
    "stop_file": "",
    "items": [],
    "parts": [],
    "output_path": "",
    "operation": None,
    "common": None,
    "max_active_jobs": None,
    "max_failed": 0,
    "max_cost": None,
    "overwrite": False,
    "deferrable": True,
    "timeout": 600,
    "on_in_doubt": "fail",
    "in_doubt_wait": 60,
    "breaks": "",
}


def now(params, name):
    """The run's param, unless the scene changed it since, as one who edits the Dag does."""
    changes = Path(params["stop_file"]).with_name("now.json")
    return {**params, **(json.loads(changes.read_text()) if changes.exists() else {})}[name]


class Batch(FaceSwapBatchOperator):
    """
    Takes its terms from the run's conf.

    :param breaks: the file that shows that its trigger was made to crash, once; empty for none.
    """

    template_fields = (*FaceSwapBatchOperator.template_fields, *TERMS, "breaks")

    def __init__(self, *, on_in_doubt, breaks, **kwargs):
        super().__init__(**kwargs)
        # A template, which is not a choice of the constructor's.
        self.on_in_doubt = on_in_doubt
        self.breaks = breaks

    def defer(self, *, trigger, **kwargs):
        if self.breaks and not Path(self.breaks).exists():
            Path(self.breaks).touch()
            trigger = CrashingTrigger()
        super().defer(trigger=trigger, **kwargs)


TEMPLATES = {
    name: f"{{{{ now(params, '{name}') }}}}"
    for name in ("conn_id", "output_path", "operation", "common", "breaks", *TERMS)
}
ITEMS = "{{ now(params, 'items') }}"
OPTIONS = {
    "render_template_as_native_obj": True,
    "max_active_runs": 100,
    "max_active_tasks": 100,
    "params": PARAMS,
    "user_defined_macros": {"now": now},
}
RETRIES = {"retries": 4, "retry_delay": timedelta(seconds=1)}


@dag(**OPTIONS)
def batch():
    Batch(task_id="swap", items=ITEMS, outlets=[Asset("batch_of_swaps")], **RETRIES, **TEMPLATES)


@dag(**OPTIONS)
def batch_without_retries():
    Batch(task_id="swap", items=ITEMS, retries=0, **TEMPLATES)


@dag(**OPTIONS)
def batches_side_by_side():
    @task
    def parts(params):
        return params["parts"]

    Batch.partial(task_id="swap", retries=0, **TEMPLATES).expand(items=parts())


batch()
batch_without_retries()
batches_side_by_side()
