"""What every vendor's hook has in common: connection -> settings -> one call over httpx."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import httpx
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Request
from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, SettingsError
from airflow_provider_faceswap.hooks.exchange import UnusableReplyError, exchange, run
from airflow_provider_faceswap.hooks.origin import origin_of
from airflow_provider_faceswap.hooks.quiet import unlogged
from airflow_provider_faceswap.hooks.redaction import secret_pattern
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.hooks.shared_client import RECENT, RENEW, Line, line

if TYPE_CHECKING:
    pass

LARGE_REPLY = 64 * 1024
"""Bytes from which a reply is read beside the event loop, which it could block for half a second."""

# Without a connection no byte of the request was sent.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class SwapHook(BaseHook):
    """
    Send calls to a vendor with the API key of an Airflow connection.

    :param conn_id: the connection; its password is the API key.
    :param transport: stands in for the network, such as ``httpx.MockTransport``.
    """

    conn_name_attr = "conn_id"
    default_conn_name: ClassVar[str]
    conn_type: ClassVar[str]
    hook_name: ClassVar[str]
    default_url: ClassVar[str]
    settings_class: ClassVar[type[Settings]] = Settings

    def __init__(self, conn_id: str | None = None, *, transport: httpx.MockTransport | None = None) -> None:
        super().__init__()
        self.conn_id = conn_id or self.default_conn_name
        self._transport = transport
        self._last_sent = 0.0

    @abstractmethod
    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the body and the headers of a call with the API key where the vendor wants it."""

    @abstractmethod
    def probe(self) -> Request | None:
        """Return a free call that tells a right key from a wrong one, if there is one."""

    @cached_property
    def settings(self) -> Settings:
        """
        The connection's settings.

        :raises SettingsError: naming what is missing or wrong in the connection.
        """
        return self._look_up()

    async def _load_settings(self) -> Settings:
        # In a thread: Airflow's own asynchronous lookup can deadlock below 3.3.2.
        return await asyncio.to_thread(self._look_up)

    def _look_up(self) -> Settings:
        try:
            conn = self.get_connection(self.conn_id)
        except AirflowNotFoundException:
            raise self._not_defined() from None
        return self.settings_class.from_connection(conn, conn.extra_dejson, self.default_url)

    def _not_defined(self) -> SettingsError:
        return SettingsError(
            f"connection {self.conn_id!r} is not defined; add one of type {self.conn_type!r} "
            "with the API key as its password"
        )

    def send(self, call: Request) -> Job:
        """
        Send a call and read its reply.

        :param call: an endpoint of the vendor.
        :raises FaceSwapError: an error of the family, as the call reads it.
        """
        self._throttle(self.settings.requests_per_second)
        return self._read(call, run(self._send_afresh(call)))

    async def _send_afresh(self, call: Request) -> Reply | FaceSwapError:
        settings = self.settings
        # A fresh client for each call: a billed request never meets a connection that went stale.
        # It is httpx's own, which tells for certain whether a connection was made.
        async with httpx.AsyncClient(
            timeout=settings.httpx_timeout,
            verify=settings.tls,
            proxy=settings.proxy,
            follow_redirects=False,
            transport=self._transport,
        ) as client:
            return await self._outcome(client, settings, call)

    async def asend(self, call: Request) -> Job:
        """
        Send a call from an event loop, over the client that the loop shares.

        :param call: an endpoint of the vendor; never a billed one.
        :raises FaceSwapError: an error of the family, as the call reads it.
        """
        if call.billed:
            raise RuntimeError("billed calls are sent by workers only, through send()")
        async with self._line(RENEW) as line:
            async with line.acquire() as lease:
                outcome = await self._outcome(lease.client, lease.settings, call)
            try:
                if isinstance(outcome, Reply) and len(outcome.body) > LARGE_REPLY:
                    return await asyncio.to_thread(self._read, call, outcome)
                return self._read(call, outcome)
            except FaceSwapError as error:
                line.on_error(error, lease.settings)
                raise

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the loop's shared client open between several calls of :meth:`asend`."""
        async with self._line(RECENT):
            yield

    def _line(self, max_age: float) -> AbstractAsyncContextManager[Line]:
        return line((type(self), self.conn_id), self._load_settings, self._transport, max_age)

    def route_to(self, job: Job) -> dict[str, str]:
        """
        Return the path under which the vendor wants to be asked for a job.

        :param job: as a submission's reply describes it; a URL on another origin counts for nothing.
        """
        try:
            parts = urlsplit(job.poll_url or "")
            own = origin_of(parts) == self.settings.origin
        except ValueError:
            return {}
        return {"path": parts.path} if own and not parts.query else {}

    def test_connection(self) -> tuple[bool, str]:
        """Tell whether the vendor takes the API key; costs nothing."""
        try:
            probe = self.probe()
            if probe is None:
                return (
                    True,
                    f"{self.settings.base_url} is complete; no free call tells whether the key is right",
                )
            found = self.send(probe)
        except AuthenticationError as error:
            return False, str(error)
        except FaceSwapError as error:
            return False, f"The key could not be tested: {error}"
        return True, f"The vendor takes the API key. {found.message}".strip()

    async def _outcome(
        self, client: httpx.AsyncClient, settings: Settings, call: Request
    ) -> Reply | FaceSwapError:
        key = settings.api_key.get_secret_value()
        body, headers = self.authorize(call.body(), key)
        url = settings.base_url + call.path(settings.route)
        payload: dict[str, Any] = {}
        if files := call.files():
            payload = {"data": body, "files": {name: (name, content) for name, content in files.items()}}
        elif call.method == "POST":
            payload = {"json": body}
        request = client.build_request(call.method, url, headers=headers, **payload)
        try:
            with unlogged():
                response, content = await exchange(client, request, settings.timeout, call.max_reply)
        except Exception as error:  # the transports let errors of their own libraries through
            return self._broken_off(call, settings, error)
        return Reply(response.status_code, response.headers, content, partial(secret_pattern(key).sub, "***"))

    def _broken_off(self, call: Request, settings: Settings, error: Exception) -> FaceSwapError:
        host = settings.origin[1]
        if isinstance(error, UnusableReplyError):
            return call.broken_off(f"{host} {error}", sent=True)
        kind = type(error).__name__
        if isinstance(error, _NOT_SENT):
            remedy = "check the connection's host and proxy"
            return call.broken_off(f"no connection to {host} ({kind}); {remedy}", sent=False)
        return call.broken_off(f"{kind} while talking to {host}", sent=True)

    def _read(self, call: Request, outcome: Reply | FaceSwapError) -> Job:
        # Raised out here, so that no httpx error, whose request holds the key, hangs on as its context.
        if isinstance(outcome, FaceSwapError):
            raise outcome
        try:
            return call.read(outcome)
        except AuthenticationError as error:
            raise AuthenticationError(f"{error}; correct the API key in the connection's password") from None

    def _throttle(self, rate: float | None) -> None:
        if rate:
            time.sleep(max(0.0, self._last_sent + 1 / rate - time.monotonic()))
            self._last_sent = time.monotonic()
