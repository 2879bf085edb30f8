from __future__ import annotations

import logging

import pytest

from airflow_provider_faceswap.callbacks.rate_limited_log import SECONDS, RateLimitedLog
from tests.callbacks.caller import Clock

LOGGER = logging.getLogger("tests.rate_limited")


def test_each_kind_gets_a_line_a_minute_with_the_number_left_out(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    log = RateLimitedLog(LOGGER, clock)
    for minute in range(3):
        for number in range(3):
            log.log(logging.ERROR, "one %d", 10 * minute + number)
        clock.now += SECONDS
    log.log(logging.ERROR, "other")
    more = " (2 more since the last such line)"
    assert caplog.messages == ["one 0", f"one 10{more}", f"one 20{more}", "other"]


def test_a_line_below_the_level_counts_for_nothing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    log = RateLimitedLog(LOGGER, clock)
    log.log(logging.DEBUG, "one")
    caplog.set_level(logging.DEBUG, logger=LOGGER.name)
    log.log(logging.DEBUG, "one")
    assert caplog.messages == ["one"]
