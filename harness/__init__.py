"""
A real Airflow on this machine and the vendors' sandbox, for the demo, the system tests and the benchmarks.

A :class:`~harness.cluster.Cluster` is an API server, a scheduler, a Dag processor and a triggerer on
127.0.0.1, a :class:`~harness.sandbox.Sandbox` plays the vendors beside it, and an
:class:`~harness.rest.AirflowClient` talks to the API server. Each process takes all its descendants with it
when it ends. A development tool: it is not part of the package.
"""
