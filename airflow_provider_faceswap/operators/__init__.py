"""Operators: submit a job, wait for it on the worker or deferred, collect its result."""
