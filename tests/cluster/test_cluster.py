"""Jobs in flight outlive each part of a distributed Airflow, and each is paid once."""

from __future__ import annotations

from harness.distributed.cluster import TRIGGERERS
from tests.cluster.case import VIDEOS, Case


def test_undisturbed(case: Case) -> None:
    case.measures_cpu()
    case.start()
    case.ends_well()


def test_worker_killed(case: Case) -> None:
    case.start(endless="single_video_swap", deferrable=False)
    case.is_noted()
    hit = next(task for task in case.tasks() if task["task_id"] == "modelslab" and task["state"] == "running")
    worker = case.cluster.worker_of(hit["id"])
    assert worker
    case.cluster.kill(worker)
    case.cluster.start(worker)

    def runs_again() -> bool:
        task = case.cluster.rest.task_instance(
            "everything", case.name, "modelslab", map_index=hit["map_index"]
        )
        return task["try_number"] > hit["try_number"] and task["state"] in ("running", "success")

    case.recovers(runs_again, "the task's next try")
    case.finish_jobs()
    case.ends_well()


def test_triggerer_killed(case: Case) -> None:
    case.start()
    case.is_noted()
    case.cluster.kill(TRIGGERERS[0])
    case.cluster.start(TRIGGERERS[0])
    case.ends_well()


def test_api_server_killed(case: Case) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    case.cluster.kill("api-server-1")
    case.cluster.start("api-server-1")
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()


def test_redis_restarted(case: Case) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    case.cluster.redis.kill()
    case.cluster.redis.start()
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()


def test_postgresql_restarted(case: Case) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    case.cluster.postgres.kill()
    case.cluster.postgres.start()
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()
