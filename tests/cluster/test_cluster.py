"""Jobs in flight outlive each part of a distributed Airflow, and each is paid once."""

from __future__ import annotations

from airflow_provider_faceswap.sandbox.server import SandboxServer
from harness.cluster import Cluster
from harness.distributed.cluster import API_SERVERS, TRIGGERERS, CeleryCluster
from harness.s3 import PrivateBucket
from tests.cluster.case import DAG_ID, VIDEOS, Case


def test_undisturbed(case: Case) -> None:
    case.measures_cpu()
    case.start()
    case.ends_well()


def test_single_machine(single_machine: Cluster, sandbox: SandboxServer, bucket: PrivateBucket) -> None:
    case = Case("single_machine", single_machine, sandbox, bucket)
    case.measures_cpu()
    case.start()
    case.ends_well()


def test_worker_killed(case: Case, cluster: CeleryCluster) -> None:
    case.start(endless="single_video_swap", deferrable=False)
    case.is_noted()
    hit = next(task for task in case.tasks() if task["task_id"] == "modelslab" and task["state"] == "running")
    worker = cluster.worker_of(hit["id"])
    assert worker
    cluster.kill(worker)
    cluster.start(worker)

    def runs_again() -> bool:
        task = cluster.rest.task_instance(DAG_ID, case.name, "modelslab", map_index=hit["map_index"])
        return task["try_number"] > hit["try_number"] and task["state"] in ("running", "success")

    case.recovers(runs_again, "the task's next try")
    case.finish_jobs()
    case.ends_well()


def test_triggerer_killed(case: Case, cluster: CeleryCluster) -> None:
    case.start(endless="single_video_swap")
    case.is_noted()
    cluster.kill(TRIGGERERS[0])
    cluster.start(TRIGGERERS[0])
    before = case.polls()
    # Those of the other triggerer, too: which one watches a job is not known.
    case.recovers(
        lambda: all(polls > before[job_id] for job_id, polls in case.polls().items()), "every job polled"
    )
    case.finish_jobs()
    case.ends_well()


def test_api_server_killed(case: Case, cluster: CeleryCluster) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    cluster.kill(API_SERVERS[0])
    cluster.start(API_SERVERS[0])
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()


def test_redis_restarted(case: Case, cluster: CeleryCluster) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    cluster.redis.kill()
    cluster.redis.start()
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()


def test_postgresql_restarted(case: Case, cluster: CeleryCluster) -> None:
    case.start()
    case.is_accepted(VIDEOS // 3)
    cluster.postgres.kill()
    cluster.postgres.start()
    before = case.accepted
    case.recovers(lambda: case.accepted > before, "another job accepted")
    case.ends_well()
