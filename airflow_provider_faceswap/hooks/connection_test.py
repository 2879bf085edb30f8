"""What the test button and ``airflow connections test`` say: one sentence, which never holds the key."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import FaceSwapError, SettingsError

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.base import SwapHook

log = logging.getLogger(__name__)

# An error that is about no job in particular: what answers is not the endpoint that was asked.
_NO_ENDPOINT = (JobState.FAILED, JobState.CONGESTED, JobState.UNCLEAR)

_PAGE = re.compile(r"<[!a-z].*", re.DOTALL | re.IGNORECASE)


def tested(hook: SwapHook) -> tuple[bool, str]:
    """
    Test a connection at no cost.

    :param hook: of the connection.
    :return: whether the vendor accepts the API key, and the sentence that Airflow shows.
    """
    try:
        hook.check()
        works, said = _asked(hook)
    except SettingsError as error:
        # The form tests a copy of the connection, under an id that nobody knows.
        works, said = False, str(error).removeprefix(f"connection {hook.conn_id!r}: ")
    except FaceSwapError as error:
        works, said = False, _untested(hook, _PAGE.sub("an HTML page", str(error)))
    said = said[:1].upper() + said[1:]
    if works:
        log.info("%s", said)  # `airflow connections test -v` shows it; without -v it says "success" alone
    return works, said


def _asked(hook: SwapHook) -> tuple[bool, str]:
    probe = hook.probe()
    if probe is None:
        hook.knock()
        # Not a success: whoever reads "success" would take the key for a right one.
        return False, (
            f"the API key was not tested, as {hook.hook_name} has no free call for it; the settings are "
            f"complete and {hook.settings.base_url} answers, so the first task will show"
        )
    job = hook.send(probe)
    if job.state not in _NO_ENDPOINT:
        return True, hook.accepted(job)
    return False, _untested(hook, job.message or f"this is not an answer of {hook.hook_name}")


def _untested(hook: SwapHook, why: str) -> str:
    said, base_url = f"the API key could not be tested: {why}", hook.settings.base_url
    if base_url == hook.default_url or "host (Base URL)" in said:
        return said
    return f"{said}; the call went to {base_url}: check the connection's host (Base URL)"
