"""What every vendor's hook has in common: connection -> settings -> one request over httpx."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import cached_property, partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from anyio import fail_after

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import MAX_POLL_REPLY, Request
from airflow_provider_faceswap.connections import get_connection
from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, PollError, SettingsError
from airflow_provider_faceswap.hooks.connection_test import tested
from airflow_provider_faceswap.hooks.exchange import ReplyTooLargeError, UnusableReplyError, exchange, run
from airflow_provider_faceswap.hooks.guard import checked_path, place_of, read_reply
from airflow_provider_faceswap.hooks.no_connection import no_connection
from airflow_provider_faceswap.hooks.origin import origin_of
from airflow_provider_faceswap.hooks.quiet import unlogged
from airflow_provider_faceswap.hooks.redaction import redact
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.hooks.shared_client import RECENT, RENEW, SharedClient, shared_client
from airflow_provider_faceswap.hooks.throttle import Pace
from airflow_provider_faceswap.threads import in_thread

LARGE_REPLY = 64 * 1024
"""Bytes from which a reply is read beside the event loop, which it would block."""
MAX_PATH = 1000
"""Characters of the path that a vendor wants to be asked at; a longer one does not fit the journal."""

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
    Send requests to a vendor with the API key of an Airflow connection.

    :param conn_id: the connection; its password is the API key.
    :param transport: replaces the network, such as ``httpx.MockTransport``.
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
        self._pace = Pace()

    @abstractmethod
    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the body and the headers of a request, with the API key where the vendor wants it."""

    @abstractmethod
    def probe(self) -> Request | None:
        """Return a free request that fails with a wrong key, if there is one."""

    def accepted(self, job: Job) -> str:
        """
        Return the text of a connection test that succeeded.

        :param job: what the vendor answered to :meth:`probe`.
        """
        base_url = self.settings.base_url
        where = "" if base_url == self.default_url else f" at {base_url}"
        return f"{self.hook_name}{where} accepts the API key"

    @cached_property
    def settings(self) -> Settings:
        """
        The connection's settings.

        :raises SettingsError: naming what is missing or wrong in the connection.
        """
        return self._look_up()

    async def _load_settings(self) -> Settings:
        # In a thread: Airflow's own asynchronous lookup can deadlock below 3.3.2.
        return await in_thread(self._look_up)

    def _look_up(self) -> Settings:
        try:
            conn = get_connection(self.conn_id, self.get_connection)
        except AirflowNotFoundException:
            raise SettingsError(
                f"connection {self.conn_id!r} is not defined; add one of type {self.conn_type!r} "
                "with the API key as its password"
            ) from None
        # An editor of connections must not be able to send another service's password to a vendor.
        if conn.conn_type and conn.conn_type != self.conn_type:
            raise SettingsError(
                f"connection {self.conn_id!r} is of type {conn.conn_type!r}, not {self.conn_type!r}: "
                f"choose a connection of type {self.conn_type!r}, or change its type"
            )
        return self.settings_class.from_connection(conn, conn.extra_dejson, self.default_url)

    def check(self) -> None:
        """
        Find everything that is wrong with the connection, before anything is sent or noted.

        :raises SettingsError: naming the field and the remedy, never the key.
        """
        settings = self.settings
        try:
            settings.check()
        except SettingsError as error:
            raise SettingsError(f"connection {self.conn_id!r}: {error}") from None

    def call_timeout(self, request_class: type[Request]) -> float:
        """
        Return the seconds that a call may take.

        :param request_class: the request's class.
        """
        return self.settings.timeout_for(request_class)

    def send(self, request: Request) -> Job:
        """
        Send a request and read its reply.

        :param request: to the vendor.
        :raises FaceSwapError: an error of the family, as the request reads it.
        """
        self._pace.keep(self.settings.requests_per_second)
        try:
            return self._read(request, run(self._send_afresh(request)))
        except AuthenticationError:
            if not request.billed:  # a poll comes again, and a person corrects the key meanwhile
                self._renew_key()
            raise

    def _renew_key(self) -> None:
        with suppress(FaceSwapError):
            renewed = self._look_up()
            if renewed.base_url == self.settings.base_url:  # another host does not know the job
                self.settings = renewed

    async def _send_afresh(self, request: Request) -> Reply | Job | FaceSwapError:
        settings = self.settings
        # A fresh client for each request: a billed one never meets a connection that went stale.
        # It is httpx's own, which knows for certain whether a connection was made.
        async with self._fresh_client(settings) as client:
            return await self._outcome(client, settings, request, request.max_reply)

    def _fresh_client(self, settings: Settings) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=settings.tls_context,
            proxy=settings.proxy,
            follow_redirects=False,
            transport=self._transport,
        )

    async def asend(self, request: Request, base_url: str = "") -> Job:
        """
        Send a request from an event loop, over the client that the loop shares.

        :param request: to the vendor; never a billed one.
        :param base_url: where its job was bought; the request goes nowhere else.
        :raises FaceSwapError: an error of the family, as the request reads it.
        """
        if request.billed:
            raise RuntimeError("billed requests are sent by workers only, through send()")
        max_reply = min(request.max_reply, MAX_POLL_REPLY)
        async with self._shared_client(RENEW) as shared:
            async with shared.acquire() as lease:
                if base_url and lease.settings.base_url != base_url:
                    raise PollError(
                        f"the connection moved to {lease.settings.base_url}, and the job was bought at "
                        f"{base_url}; point it back to collect the job"
                    )
                outcome = await self._outcome(lease.client, lease.settings, request, max_reply)
            try:
                if isinstance(outcome, Reply) and len(outcome.body) > LARGE_REPLY:
                    return await asyncio.to_thread(self._read, request, outcome)
                return self._read(request, outcome)
            except FaceSwapError as error:
                shared.on_error(error, lease.settings)
                raise

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the loop's shared client open between several calls of :meth:`asend`."""
        async with self._shared_client(RECENT):
            yield

    def _shared_client(self, max_age: float) -> AbstractAsyncContextManager[SharedClient]:
        return shared_client((type(self), self.conn_id), self._load_settings, self._transport, max_age)

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
        return {"path": parts.path} if own and not parts.query and len(parts.path) <= MAX_PATH else {}

    def test_connection(self) -> tuple[bool, str]:
        """Find out whether the vendor accepts the API key; costs nothing."""
        return tested(self)

    def knock(self) -> None:
        """
        Ask for the base URL alone, without the API key: whatever is answered, the vendor can be reached.

        :raises PollError: if there is no answer.
        """
        if error := run(self._knock()):
            raise error

    async def _knock(self) -> PollError | None:
        settings = self.settings
        async with self._fresh_client(settings) as client:
            try:
                with unlogged(), fail_after(settings.timeout):
                    async with client.stream("HEAD", settings.base_url, timeout=settings.httpx_timeout()):
                        return None
            except Exception as error:  # the transports let errors of their own libraries through
                return PollError(no_connection(error, settings))

    async def _outcome(
        self, client: httpx.AsyncClient, settings: Settings, request: Request, max_reply: int
    ) -> Reply | Job | FaceSwapError:
        key = settings.api_key.get_secret_value()
        timeout = settings.timeout_for(type(request))
        try:
            http_request = self._http_request(client, settings, request, key)
        except Exception as error:  # of a vendor from another package; what it says may hold the key
            return request.broken_off(f"the request cannot be made: {place_of(error)}", sent=False)
        try:
            with unlogged():
                response, content = await exchange(client, http_request, timeout, max_reply)
        except Exception as error:  # the transports let errors of their own libraries through
            if isinstance(error, ReplyTooLargeError) and max_reply < request.max_reply:
                return request.unread(error.status) or self._broken_off(request, settings, error)
            return self._broken_off(request, settings, error)
        return Reply(response.status_code, response.headers, content, partial(redact, secret=key))

    def _http_request(
        self, client: httpx.AsyncClient, settings: Settings, request: Request, key: str
    ) -> httpx.Request:
        body, headers = self.authorize(request.body(), key)
        payload: dict[str, Any] = {}
        if files := request.files():
            payload = {"data": body, "files": {name: (name, content) for name, content in files.items()}}
        elif request.method == "POST":
            payload = {"json": body}
        return client.build_request(
            request.method,
            settings.base_url + checked_path(request.path(settings.route)),
            headers=headers,
            timeout=settings.httpx_timeout(settings.timeout_for(type(request))),
            **payload,
        )

    def _broken_off(self, request: Request, settings: Settings, error: Exception) -> FaceSwapError:
        host = settings.origin[1]
        if isinstance(error, UnusableReplyError):
            said = redact(str(error), settings.api_key.get_secret_value())  # it quotes the reply's headers
            return request.broken_off(f"{host} {said}", sent=True)
        kind = type(error).__name__
        if isinstance(error, _NOT_SENT):
            return request.broken_off(no_connection(error, settings), sent=False)
        return request.broken_off(f"{kind} while talking to {host}", sent=True)

    def _read(self, request: Request, outcome: Reply | Job | FaceSwapError) -> Job:
        # Raised out here, so that no httpx error, whose request holds the key, hangs on as its context.
        if isinstance(outcome, FaceSwapError):
            raise outcome
        if isinstance(outcome, Job):
            return outcome
        try:
            return read_reply(request, outcome)
        except AuthenticationError as error:
            raise AuthenticationError(f"{error}; correct the API key in the connection's password") from None
