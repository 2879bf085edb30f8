"""What a demand needs: closed forms over the measured unit costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airflow_provider_faceswap.callbacks.watcher import INTERVAL
from benchmarks.scale.demand import BATCH, MAPPED, Demand
from benchmarks.scale.fitting import STARTS_OF_A_MAPPED_TASK
from benchmarks.scale.queueing import Waves, durations, mean_wait, waves
from benchmarks.scale.units import COMPONENTS, REQUESTS, Units

LOAD = 0.8
"""Share of what is there that is planned to be used: with all of it in use, queues grow without end."""
MAP_LENGTH = 1024
"""``[core] max_map_length``: mapped tasks of one run."""
POLLS_WITHOUT_ETA = {MAPPED: 22.9, BATCH: 5.07}
"""Of a job, without the collecting one: ``python -m benchmarks.polling``, no eta, sigma 0.2, none stuck."""
CONNECTIONS = 50
"""``max_connections`` of a connection, for each process."""


@dataclass(frozen=True)
class Needs:
    """
    What a demand needs; rates are a second.

    :param in_flight: jobs at the vendors, by Little's law.
    :param use: share of a plan's limit that tasks of this kind keep in use.
    :param accounts: at the vendors, at :data:`LOAD`.
    :param enough: whether the given accounts are enough; True where none were given.
    :param wait: mean seconds that a video waits for its submission.
    :param requests: to one account a second, polls and submissions.
    :param polls: of triggerers.
    :param triggers: that run at a time.
    :param loop: cores that the triggerers' event loops use.
    :param triggerers: one of them may die.
    :param sockets: of one triggerer, at most.
    :param memory: bytes of all triggers.
    :param slots: of worker slots that are busy, and of all pools.
    :param starts: of tasks.
    :param cores: busy cores by component.
    :param runs: of Dags that are running.
    :param rows: that the database writes.
    :param wal: bytes that it logs.
    :param s3: requests to the object store, by method.
    :param bits: from the vendors, and as many into the object store.
    """

    in_flight: float
    use: float
    accounts: int
    enough: bool
    wait: float
    requests: float
    polls: float
    triggers: float
    loop: float
    triggerers: int
    sockets: int
    memory: float
    slots: float
    pool_slots: int
    held_slots: float
    starts: float
    cores: dict[str, float]
    runs: int
    rows: float
    wal: float
    s3: dict[str, float]
    bits: float


def filling(demand: Demand, units: Units) -> Waves:
    """Return how well tasks of a kind fill the plan's limit, and how many videos a start makes."""
    late = units["crowd.late"]
    if demand.kind == BATCH:
        draw = durations(demand.seconds, demand.spread)
        return waves(demand.plan_limit, draw, late, units["batch.turn"])
    held = demand.seconds * (1 + late) + units["mapped.slot_seconds.video"]
    return Waves(demand.seconds / held, 1 / STARTS_OF_A_MAPPED_TASK)


def each(figure: str, demand: Demand, units: Units, filled: Waves) -> float:
    """
    Return what one video takes of something, its share of its task's starts included.

    :param figure: such as ``rows``.
    """
    video, start = units.cost(demand.costs, figure)
    return video + (start / filled.videos_per_start if demand.kind == BATCH else 0.0)


def polls_per_job(demand: Demand, units: Units) -> float:
    """Return how many times the triggerer asks for a job."""
    if demand.calls_back:
        return 0.0
    return units["crowd.polls"] if demand.eta else POLLS_WITHOUT_ETA[demand.kind]


def needs(demand: Demand, units: Units) -> Needs:
    """
    Compute what a demand needs.

    :param demand: what is asked for.
    :param units: the measured costs.
    """
    rate, filled = demand.rate, filling(demand, units)
    in_flight = rate * demand.seconds
    wanted = math.ceil(in_flight / (demand.plan_limit * filled.use * LOAD))
    accounts = demand.accounts or max(1, wanted)
    effective = demand.seconds / filled.use
    wait = mean_wait(demand.plan_limit * accounts, rate, effective, demand.cv2)
    polls = rate * polls_per_job(demand, units)
    triggers = in_flight / filled.use if demand.kind != BATCH else float(accounts)
    loop = polls * units["loop.poll_cpu" if demand.kind != BATCH else "crowd.poll_cpu"]
    triggerers = max(math.ceil(triggers / demand.capacity), math.ceil(loop / LOAD), 1) + 1
    share = math.ceil(demand.plan_limit * accounts / (triggerers - 1))
    per_trigger = units["loop.trigger_bytes"] if demand.kind != BATCH else units["crowd.job_bytes"]

    def a_second(figure: str) -> float:
        return rate * each(figure, demand, units, filled)

    runs = accounts if demand.kind == BATCH else math.ceil(triggers / MAP_LENGTH)
    s3 = {method: a_second(f"s3.{method}") for method in REQUESTS}
    if demand.calls_back:
        # Each triggerer lists the inbox by the clock, however many starts there are.
        s3["LIST"] = rate * units.cost(demand.costs, "s3.LIST")[0] + triggerers / INTERVAL
    slot_seconds = each("slot_seconds", demand, units, filled)
    # Besides its polls, a job is submitted once, and looked at once by the worker that collects it.
    requests = (polls + rate * (1 if demand.calls_back else 2)) / accounts
    return Needs(
        in_flight=in_flight,
        use=filled.use,
        accounts=accounts,
        enough=accounts >= wanted and requests <= (demand.requests_per_second or math.inf),
        wait=wait,
        requests=requests,
        polls=polls,
        triggers=triggers,
        loop=loop,
        triggerers=triggerers,
        sockets=0 if demand.calls_back else min(share, CONNECTIONS * accounts),
        memory=in_flight * per_trigger,
        slots=rate * slot_seconds,
        pool_slots=demand.plan_limit * accounts,
        held_slots=rate * (demand.seconds + units["mapped.slot_seconds.video"]),
        starts=rate / filled.videos_per_start,
        cores={name: a_second(f"cpu.{name}") for name in COMPONENTS},
        runs=runs,
        rows=a_second("rows") + units["idle.rows"] + runs * units["run.rows.second"],
        wal=a_second("wal_bytes"),
        s3=s3,
        bits=rate * demand.megabytes * 8e6,
    )
