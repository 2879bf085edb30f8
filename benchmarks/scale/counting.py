"""Counters of a running Airflow: rows and log of its database, requests to its bucket, CPU by component."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import psutil

from harness.cluster import Cluster
from harness.distributed.postgres import Postgres
from harness.process import ComponentProcess

Figures = dict[str, float]

# Replies but 200 are in colours.
REQUEST = re.compile(r'"(?:\x1b\[\S*?m)*(GET|PUT|HEAD|DELETE|POST) (\S+) HTTP/1\.1')
SIGNED = "X-Amz-Signature="
TABLES = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
TOTALS = """
SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')
FROM pg_stat_database WHERE datname = current_database()
"""
DEFERRALS = "deferrals"


class Counters:
    """
    What has been counted so far; two readings and their difference make a run.

    :param cluster: whose database is PostgreSQL.
    :param names: of its components.
    :param postgres: the database.
    :param s3_log: the access log of the S3 server.
    """

    def __init__(self, cluster: Cluster, names: Iterable[str], postgres: Postgres, s3_log: Path) -> None:
        self._cluster = cluster
        self._names = list(names)
        self._postgres = postgres
        self._s3_log = s3_log

    def read(self) -> Figures:
        """Return all counters."""
        return {**self._database(), **self._requests(), **self._cpu()}

    def _database(self) -> Figures:
        import psycopg2  # it comes with the extra `cluster` alone

        found: Figures = {}
        url = self._postgres.url.replace("+psycopg2", "")
        with closing(psycopg2.connect(url)) as database, database.cursor() as cursor:
            cursor.execute(TABLES)
            for table, inserted, updated, deleted in cursor.fetchall():
                found[f"rows.{table}"] = inserted + updated + deleted
                if table == "trigger":
                    found[DEFERRALS] = inserted
            cursor.execute(TOTALS)
            found["commits"], found["wal_bytes"] = map(float, cursor.fetchone() or ())
        return found

    def _requests(self) -> Figures:
        found = requests(self._s3_log.read_text(errors="replace"))
        return {f"s3.{kind}": float(number) for kind, number in found.items()}

    def _cpu(self) -> Figures:
        found = defaultdict(float, {"cpu.database": tree_seconds(self._postgres.process.tree())})
        for name in self._names:
            component = self._cluster.process(name)
            kind = name.rstrip("-0123456789").replace("-", "_")
            if kind == "scheduler":
                found["cpu.scheduler"] += own_seconds(component)
                found["cpu.tasks"] += tree_seconds(component.tree()) - own_seconds(component)
            else:
                found["cpu.tasks" if kind == "worker" else f"cpu.{kind}"] += tree_seconds(component.tree())
        return dict(found)


def requests(log: str) -> Counter[str]:
    """
    Count the requests of Airflow in the access log of the S3 server; a signed URL is read by the vendor.

    :param log: its text.
    """
    found: Counter[str] = Counter()
    for method, target in REQUEST.findall(log):
        path, _, query = target.partition("?")
        if SIGNED in query:
            continue
        is_bucket = "/" not in path.strip("/")
        found["LIST" if method == "GET" and is_bucket else method] += 1
    return found


def own_seconds(component: ComponentProcess) -> float:
    """Return the CPU seconds of a component's own process, without those of its children."""
    main = component.main
    if main is None:
        return 0.0
    times = main.cpu_times()
    return float(times.user + times.system)


def tree_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU seconds of processes, and of their children that have ended."""
    total = 0.0
    for process in processes:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def difference(after: Figures, before: Figures) -> Figures:
    """Return what was counted between two readings, without what stayed the same."""
    names = after.keys() | before.keys()
    changes = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in sorted(names)}
    return {name: change for name, change in changes.items() if change}
