"""Calling the client's own receiver when a job has ended."""
