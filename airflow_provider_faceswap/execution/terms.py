"""On what terms a task buys, and how it waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """
    On what terms a task buys; the names are those of the operator's arguments.

    :param max_tries: the task's.
    :param clear_number: the Dag run's.
    :param tries_after_clear: what ``max_tries`` is in the first try after a person's clear.
    :param timeout: seconds from the first submission to the deadline.
    :param on_in_doubt: ``fail`` or ``resubmit``.
    :param max_resubmits: how often a job that the vendor dropped is submitted again.
    :param buy_again: whether a person's clear buys what is finished again.
    :param cleared: whether this is the first try after a person's clear.
    :param max_cost: what a job may cost by the vendor's price list.
    :param reuse_stored: whether a result that another task stored for the same inputs is taken instead.
    """

    max_tries: int
    clear_number: int
    tries_after_clear: int
    timeout: float
    on_in_doubt: str
    max_resubmits: int
    buy_again: bool
    cleared: bool = False
    max_cost: float | None = None
    reuse_stored: bool = False


@dataclass(frozen=True)
class Waiting:
    """How a task waits; the names are those of the operator's arguments."""

    wait_for_completion: bool
    deferrable: bool
    poll_interval: float | None
    short_wait: float
    in_doubt_wait: float = 0.0
    adopt_from_callback: bool = True
