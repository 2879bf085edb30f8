"""
The receiver of callbacks: it checks who calls, and leaves what was sent in the inbox.

It is open to the world. A caller is a stranger until the signature in its URL is verified; before that,
nothing is read or touched. A verified URL may still be in the wrong hands: it gets one thread at a time, and
repeats are answered from memory, so that it cannot shut out the callbacks of other jobs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from airflow_provider_faceswap.callbacks.body import normalize_body, read_body
from airflow_provider_faceswap.callbacks.inbox import MAX_BODIES, Inbox, PutResult, digest_of
from airflow_provider_faceswap.callbacks.rate_limited_log import RateLimitedLog
from airflow_provider_faceswap.callbacks.receiver_settings import CachedSettings
from airflow_provider_faceswap.callbacks.recent import RecentBodies
from airflow_provider_faceswap.callbacks.rejected import RejectedError
from airflow_provider_faceswap.callbacks.threads import BoundedThreads, BusyError
from airflow_provider_faceswap.callbacks.tokens import Token, verify
from airflow_provider_faceswap.callbacks.turns import QueueFullError, Turns
from airflow_provider_faceswap.exceptions import FaceSwapError, TokenError

if TYPE_CHECKING:
    from fastapi import Request

log = logging.getLogger(__name__)

THREADS = 4
MAX_QUEUED = 256
"""Callbacks of different jobs that may wait for a thread."""
MAX_WAITING_PER_JOB = 16
"""Callbacks of one job that may wait for their turn. They wait because a vendor may give up after a 429."""
PUT_SECONDS = 20.0
"""How long the inbox may take; then the caller gets a 503."""


class Receiver:
    """
    Takes callbacks.

    :param clock: seconds, from any start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.log = RateLimitedLog(log, clock)
        self._threads = BoundedThreads(THREADS, MAX_QUEUED)
        self._settings = CachedSettings(self._threads, clock)
        self._turns = Turns(MAX_WAITING_PER_JOB)
        self._recent = RecentBodies(clock)

    async def receive(self, vendor: str, text: str, request: Request) -> PutResult:
        """
        Take one callback.

        :param vendor: as the URL's path names it.
        :param text: of the token, as the URL's path holds it.
        :param request: whose body is the callback.
        :raises RejectedError: if the callback is not taken.
        """
        settings = await self._settings.get()
        try:
            token = verify(text, vendor, settings.secrets, time.time())
        except TokenError as error:
            raise RejectedError(401, str(error), unread=True) from None
        body = normalize_body(await read_body(request), request.headers.get("content-type", ""))
        result = await self._put(settings.inbox, token, body)
        if result is PutResult.FULL:
            raise RejectedError(
                409, "%s has had %d different bodies; others may know its URL", token.nonce, MAX_BODIES
            )
        self._log(token, result)
        return result

    async def _put(self, inbox: Inbox, token: Token, body: bytes) -> PutResult:
        key, digest = f"{token.vendor}/{token.nonce}", digest_of(body)
        if known := self._recent.result(key, digest):
            return known
        try:
            with anyio.fail_after(PUT_SECONDS):
                async with self._turns.take(key):
                    # The turn before may have been the same body, or have taken the last place.
                    return self._recent.result(key, digest) or await self._put_in_thread(
                        key, inbox, token, body
                    )
        except QueueFullError:
            raise RejectedError(429, "too many callbacks of %s at a time", token.nonce) from None
        except TimeoutError:
            raise RejectedError(503, "the inbox takes more than %.0f s", PUT_SECONDS) from None
        except BusyError as error:
            raise RejectedError(503, "the inbox is too slow: %s", error) from None
        except FaceSwapError as error:
            raise RejectedError(503, "the callback was not kept: %s", error) from None

    async def _put_in_thread(self, key: str, inbox: Inbox, token: Token, body: bytes) -> PutResult:
        result, digests = await self._threads.run(key, _put, inbox, token, body)
        self._recent.add(key, digests, full=result is PutResult.FULL)
        return result

    def _log(self, token: Token, result: PutResult) -> None:
        if result is PutResult.KEPT:
            late = ", late" if token.expired else ""
            log.info("A callback of %s was kept as %s%s", token.vendor, token.nonce, late)
        else:
            self.log.log(logging.DEBUG, "A callback of %s for %s was repeated", token.vendor, token.nonce)


def _put(inbox: Inbox, token: Token, body: bytes) -> tuple[PutResult, set[str]]:
    result = inbox.put(token.vendor, token.nonce, body)
    if result is PutResult.FULL:
        return result, inbox.digests(token.vendor, token.nonce)
    return result, {digest_of(body)}
