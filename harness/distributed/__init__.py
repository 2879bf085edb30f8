"""
Airflow spread over many processes, as a production deployment is, on this machine alone.

A :class:`~harness.distributed.cluster.CeleryCluster` has a PostgreSQL, a Redis, two API servers behind one
address, two Celery workers, two triggerers, a scheduler and a Dag processor. The servers come as wheels, see
the extra ``cluster``; nothing needs root.
"""
