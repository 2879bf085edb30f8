"""Sensors for jobs that somebody else submitted: each job's id is a param."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

JOBS = ("ends_well", "collected", "fails", "never_ends", "deepfake", "unknown")

with DAG("sensors", schedule=None, params={name: Param(type="string") for name in JOBS}):

    def sensor(task_id: str, job: str, **options: object) -> ModelsLabFetchSensor:
        return ModelsLabFetchSensor(
            task_id=task_id,
            job_id=f"{{{{ params.{job} }}}}",
            **{"deferrable": True, "end_from_trigger": True, "poke_interval": 1, "retries": 1, **options},
        )

    @task
    def consumer(ti=None):  # type: ignore[no-untyped-def]
        result = ti.xcom_pull(task_ids="ends_in_trigger")
        return {"type": type(result).__name__, "job_id": result["job_id"], "outputs": len(result["output"])}

    sensor("ends_in_trigger", "ends_well") >> consumer()
    sensor("ends_on_worker", "collected", end_from_trigger=False)
    sensor("deepfake", "deepfake", namespace="deepfake")
    sensor("fails", "fails")
    sensor("unknown", "unknown", retries=0)
    sensor("times_out", "never_ends", timeout=12)
    sensor("skips", "never_ends", timeout=12, soft_fail=True)
