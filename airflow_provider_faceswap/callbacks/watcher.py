"""One look at the inbox for all who wait in one event loop, and all of it off that loop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import islice

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import FaceSwapError

log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds from one look to the next."""
MAX_INTERVAL = 30.0
"""Seconds from one look to the next at an inbox that cannot be read."""
AT_ONCE = 64
"""Jobs whose callbacks are read at a time."""

Answers = dict[str, "Job | None"]
"""What callbacks say, by their files' names; None for one that cannot be read."""


class Waiting:
    """One who waits for the callbacks to one job."""

    def __init__(self) -> None:
        self._came: asyncio.Queue[Answers] = asyncio.Queue()
        self._seen: set[str] = set()

    async def next(self) -> list[Job | None]:
        """Wait for callbacks that were not handed out yet."""
        return list((await self._came.get()).values())

    def hand_out(self, answers: Answers) -> None:
        """Hand callbacks out, each once."""
        if new := {name: answer for name, answer in answers.items() if name not in self._seen}:
            self._seen |= new.keys()
            self._came.put_nowait(new)


class Expected:
    """A nonce that somebody waits for: who, and which files all of them have."""

    def __init__(self) -> None:
        self.waiting: set[Waiting] = set()
        self.handed_out: set[str] = set()

    def hand_out(self, answers: Answers) -> None:
        """Hand callbacks out to all who wait."""
        self.handed_out |= answers.keys()
        for one in self.waiting:
            one.hand_out(answers)


class Watcher:
    """
    Looks at the inbox while somebody waits. It only reads.

    :param url: of the inbox.
    """

    def __init__(self, url: str) -> None:
        self.problem = ""
        """Why nothing is seen at the moment."""
        self._inbox = Inbox(url)
        self._expected: dict[str, dict[str, Expected]] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def waiting(self, provider: str, nonce: str) -> AsyncIterator[Waiting]:
        """
        Wait for the callbacks to a job, also for those that have come already.

        :param provider: the vendor that is to call.
        :param nonce: of the job's token.
        """
        one, nonces = Waiting(), self._expected.setdefault(provider, {})
        expected = nonces.setdefault(nonce, Expected())
        expected.waiting.add(one)
        expected.handed_out.clear()  # all is read once more, for the newcomer
        if self._task is None:
            # In a context of its own: else it would log into the task of whoever came first.
            self._task = contextvars.Context().run(asyncio.create_task, self._run())
        try:
            yield one
        finally:
            expected.waiting.discard(one)
            if not expected.waiting:
                del nonces[nonce]
            if self._task and not any(self._expected.values()):
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        loop, failures, lasted = asyncio.get_running_loop(), 0, 0.0
        # A thread of its own: other triggers may hold all of the loop's.
        thread = ThreadPoolExecutor(1, thread_name_prefix="faceswap-inbox")
        try:
            while True:
                interval = min(INTERVAL * 2.0**failures, MAX_INTERVAL)
                await asyncio.sleep(max(interval - lasted, interval / 4))
                started = loop.time()
                try:
                    for provider in list(self._expected):
                        await self._look(provider, thread)
                    failures, self.problem = 0, ""
                except Exception as error:  # whatever the store says, a paid job is waited for
                    failures = min(failures + 1, 8)
                    self._fail(f"{error}" if isinstance(error, FaceSwapError) else type(error).__name__)
                lasted = loop.time() - started
        finally:
            thread.shutdown(wait=False)

    async def _look(self, provider: str, thread: ThreadPoolExecutor) -> None:
        loop, nonces = asyncio.get_running_loop(), self._expected[provider]
        known = {nonce: set(expected.handed_out) for nonce, expected in nonces.items()}
        new = await loop.run_in_executor(thread, self._new, provider, known)
        rest = iter(new.items())
        while part := dict(islice(rest, AT_ONCE)):
            answers = await loop.run_in_executor(thread, self._read, provider, part)
            for nonce, names in part.items():
                if expected := nonces.get(nonce):
                    expected.hand_out({name: answers[name] for name in names & answers.keys()})

    def _new(self, provider: str, known: Mapping[str, set[str]]) -> dict[str, set[str]]:
        arrived = self._inbox.arrived(provider) if known else {}
        new = {nonce: arrived[nonce] - known[nonce] for nonce in arrived.keys() & known}
        return {nonce: names for nonce, names in new.items() if names}

    def _read(self, provider: str, part: Mapping[str, set[str]]) -> Answers:
        read = vendor(provider).read_callback
        if read is None:
            raise FaceSwapError(f"{provider} does not call back")
        answers: Answers = {}
        names = [name for names in part.values() for name in names]
        for name, body in self._inbox.read(provider, names).items():
            try:
                answers[name] = read(body)
            except Exception:  # what is in a body must not end the watch for all others
                answers[name] = None
        return answers

    def _fail(self, problem: str) -> None:
        if problem != self.problem:
            log.error("Callbacks are not seen at the moment: %s", problem)
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
