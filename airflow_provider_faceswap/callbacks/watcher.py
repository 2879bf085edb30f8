"""Polls the inbox once for everybody who waits in one event loop, and never on that loop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.callbacks.inbox import MAX_UNREAD, Inbox
from airflow_provider_faceswap.exceptions import FaceSwapError, InboxError, loggable
from airflow_provider_faceswap.threads import in_thread

log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds from one poll to the next."""
MAX_INTERVAL = 30.0
"""Seconds from one poll to the next of an inbox that cannot be read."""
BATCH = 64
"""Jobs whose callbacks are read at a time."""

Callbacks = dict[str, "Job | None"]
"""What callbacks say, by the names of their files; None for one that cannot be read."""


class Subscription:
    """Gets the callbacks of one job, or of many."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, Callbacks]] = asyncio.Queue()
        self._seen: set[str] = set()

    async def next(self) -> list[Job | None]:
        """Wait for callbacks that were not delivered to this subscription yet."""
        return list((await self._queue.get())[1].values())

    async def next_with_nonce(self) -> tuple[str, list[Job | None]]:
        """Wait for callbacks as :meth:`next` does; return the nonce that they came for, too."""
        nonce, callbacks = await self._queue.get()
        return nonce, list(callbacks.values())

    def deliver(self, nonce: str, callbacks: Callbacks) -> None:
        """Deliver the callbacks of a nonce, each once."""
        if new := {name: job for name, job in callbacks.items() if name not in self._seen}:
            self._seen |= new.keys()
            self._queue.put_nowait((nonce, new))


class Topic:
    """A nonce with its subscriptions, and the files that all of them have."""

    __slots__ = ("delivered", "subscriptions")  # there are ten thousand in a large batch

    def __init__(self) -> None:
        self.subscriptions: list[Subscription] = []
        self.delivered: frozenset[str] = frozenset()

    def deliver(self, nonce: str, callbacks: Callbacks) -> None:
        """Deliver callbacks to every subscription."""
        self.delivered |= callbacks.keys()
        for one in self.subscriptions:
            one.deliver(nonce, callbacks)


class Watcher:
    """
    Polls the inbox while there are subscriptions. It only reads.

    :param url: of the inbox.
    """

    def __init__(self, url: str) -> None:
        self.problem = ""
        """Why callbacks cannot be seen at the moment; empty if they can."""
        self._inbox = Inbox(url)
        self._topics: dict[str, dict[str, Topic]] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def subscribe(self, provider: str, *nonces: str) -> AsyncIterator[Subscription]:
        """
        Subscribe to the callbacks of jobs; those that have come already are delivered too.

        :param provider: the vendor that calls back.
        :param nonces: of the jobs' tokens.
        """
        subscription, topics = Subscription(), self._topics.setdefault(provider, {})
        for nonce in nonces:
            topic = topics.setdefault(nonce, Topic())
            topic.subscriptions.append(subscription)
            topic.delivered = frozenset()  # everything is read once more, for the new subscription
        if self._task is None:
            # In a context of its own: otherwise it would log into the task of the first subscriber.
            self._task = contextvars.Context().run(asyncio.create_task, self._run())
        try:
            yield subscription
        finally:
            for nonce in nonces:
                topics[nonce].subscriptions.remove(subscription)
                if not topics[nonce].subscriptions:
                    del topics[nonce]
            if self._task and not any(self._topics.values()):
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        loop, failures, lasted = asyncio.get_running_loop(), 0, 0.0
        # A thread of its own: other triggers may occupy all of the loop's.
        thread = ThreadPoolExecutor(1, thread_name_prefix="faceswap-inbox")
        try:
            while True:
                interval = min(INTERVAL * 2.0**failures, MAX_INTERVAL)
                await asyncio.sleep(max(interval - lasted, interval / 4))
                started = loop.time()
                providers, problems = list(self._topics), []
                for provider in providers:
                    try:
                        await self._poll(provider, thread)
                    except Exception as error:  # whatever goes wrong, a paid job is waited for
                        problems.append(loggable(error))
                failures = min(failures + 1, 8) if problems and len(problems) == len(providers) else 0
                if problems:
                    self._fail("; ".join(dict.fromkeys(problems)))
                else:
                    self.problem = ""
                lasted = loop.time() - started
        finally:
            thread.shutdown(wait=False)

    async def _poll(self, provider: str, thread: ThreadPoolExecutor) -> None:
        topics = self._topics[provider]
        known = {nonce: topic.delivered for nonce, topic in topics.items()}
        new = await in_thread(self._new, provider, known, executor=thread)
        # In another order each time: some that cannot be read must not keep the rest away for ever.
        rest, unread = iter(random.sample(list(new.items()), len(new))), dict[str, InboxError]()
        while len(unread) < MAX_UNREAD and (batch := dict(islice(rest, BATCH))):
            callbacks = await in_thread(self._read, provider, batch, unread, executor=thread)
            for nonce, names in batch.items():
                if topic := topics.get(nonce):
                    topic.deliver(nonce, {name: callbacks[name] for name in names & callbacks.keys()})
        for error in unread.values():
            raise error

    def _new(self, provider: str, known: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
        arrived = self._inbox.arrived(provider) if known else {}
        new = {nonce: arrived[nonce] - known[nonce] for nonce in arrived.keys() & known}
        return {nonce: names for nonce, names in new.items() if names}

    def _read(self, provider: str, batch: Mapping[str, set[str]], unread: dict[str, InboxError]) -> Callbacks:
        read = vendor(provider).read_callback
        if read is None:
            raise FaceSwapError(f"{provider} does not call back")
        callbacks: Callbacks = {}
        names = [name for names in batch.values() for name in names]
        for name, body in self._inbox.read(provider, names, unread).items():
            try:
                callbacks[name] = read(body)
            except Exception:  # one body must not end the watch for everybody
                callbacks[name] = None
        return callbacks

    def _fail(self, problem: str) -> None:
        if problem != self.problem:
            log.error("Callbacks cannot be seen at the moment: %s", problem)
        self.problem = problem


_watchers: dict[asyncio.AbstractEventLoop, dict[str, Watcher]] = {}


def watcher(url: str) -> Watcher:
    """
    Return the running loop's one watcher of an inbox.

    :param url: of the inbox.
    """
    for loop in [loop for loop in _watchers if loop.is_closed()]:
        del _watchers[loop]
    found = _watchers.setdefault(asyncio.get_running_loop(), {})
    return found.setdefault(url, Watcher(url))
