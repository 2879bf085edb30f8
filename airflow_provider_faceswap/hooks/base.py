"""What every vendor's hook has in common: connection -> settings -> one call over httpx."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import httpx
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_provider_faceswap.apis.base import Call, Job, Look, Reply
from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, SettingsError
from airflow_provider_faceswap.hooks.pool import shared_client
from airflow_provider_faceswap.hooks.settings import Settings, origin_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

MAX_REPLY = 4 * 1024 * 1024
"""Bytes of a decoded reply; a longer one is refused."""

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
    def probe(self) -> Look:
        """Return a free call that tells a right key from a wrong one."""

    @cached_property
    def settings(self) -> Settings:
        """
        The connection's settings.

        :raises SettingsError: naming what is missing or wrong in the connection.
        """
        try:
            conn = self.get_connection(self.conn_id)
        except AirflowNotFoundException:
            raise self._not_defined() from None
        return self._checked(conn, conn.extra_dejson)

    async def _load_settings(self) -> Settings:
        from airflow.providers.common.compat.connection import get_async_connection, get_async_extra_dejson

        if "settings" not in self.__dict__:
            try:
                conn = await get_async_connection(self.conn_id)
            except AirflowNotFoundException:
                raise self._not_defined() from None
            self.__dict__["settings"] = self._checked(conn, await get_async_extra_dejson(conn))
        return self.settings

    def _not_defined(self) -> SettingsError:
        return SettingsError(
            f"connection {self.conn_id!r} is not defined; add one of type {self.conn_type!r} "
            "with the API key as its password"
        )

    def _checked(self, conn: Connection, extra: dict[str, Any]) -> Settings:
        return self.settings_class.from_connection(conn, extra, self.default_url)

    def send(self, call: Call) -> Job:
        """
        Send a call and read its reply.

        :param call: an endpoint of the vendor.
        :raises FaceSwapError: an error of the family, as the call reads it.
        """
        settings = self.settings
        self._keep_pace(settings.requests_per_second)
        # A fresh client for each call: a billed request never meets a connection that went stale.
        client = httpx.Client(
            timeout=settings.timeout,
            verify=settings.tls,
            proxy=settings.proxy,
            follow_redirects=False,
            transport=self._transport,
        )
        outcome: Reply | FaceSwapError
        with client:
            try:
                response = client.send(self._request(client, settings, call), stream=True)
                try:
                    body = bytearray()
                    for part in response.iter_bytes():
                        body += part
                        _check_size(body)
                finally:
                    response.close()
                outcome = self._reply(response, body, settings)
            except (httpx.HTTPError, httpx.InvalidURL, OverflowError) as error:
                outcome = self._broken_off(call, error)
        return self._read(call, outcome)

    async def asend(self, call: Call) -> Job:
        """
        Send a call from an event loop, over the client that the loop shares.

        :param call: an endpoint of the vendor; never a billed one.
        :raises FaceSwapError: an error of the family, as the call reads it.
        """
        if call.billed:
            raise RuntimeError("billed calls are sent by workers only, through send()")
        settings = await self._load_settings()
        outcome: Reply | FaceSwapError
        async with shared_client(settings, self._transport) as shared:
            if shared.limiter:
                await shared.limiter.acquire()
            try:
                request = self._request(shared.client, settings, call)
                response = await shared.client.send(request, stream=True)
                try:
                    body = bytearray()
                    async for part in response.aiter_bytes():
                        body += part
                        _check_size(body)
                finally:
                    await response.aclose()
                outcome = self._reply(response, body, settings)
            except (httpx.HTTPError, httpx.InvalidURL, OverflowError) as error:
                outcome = self._broken_off(call, error)
        return self._read(call, outcome)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the loop's shared client open between several calls of :meth:`asend`."""
        async with shared_client(await self._load_settings(), self._transport):
            yield

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
            self.send(self.probe())
        except AuthenticationError as error:
            return False, str(error)
        except FaceSwapError as error:
            return False, f"The key could not be tested: {error}"
        return True, "The vendor takes the API key"

    def _request(
        self, client: httpx.Client | httpx.AsyncClient, settings: Settings, call: Call
    ) -> httpx.Request:
        body, headers = self.authorize(call.body(), settings.api_key.get_secret_value())
        url = settings.base_url + call.path(settings.route)
        return client.build_request("POST", url, json=body, headers=headers)

    def _reply(self, response: httpx.Response, body: bytearray, settings: Settings) -> Reply:
        key = settings.api_key.get_secret_value()
        content = bytes(body)
        # Vendors repeat a wrong key in their words, which go into logs; in JSON it is escaped.
        for form in {key, json.dumps(key)[1:-1]}:
            content = content.replace(form.encode(), b"***")
        return Reply(response.status_code, response.headers, content)

    def _broken_off(self, call: Call, error: Exception) -> FaceSwapError:
        host = self.settings.origin[1]
        reason = f"{host} sent a reply of over {MAX_REPLY} bytes"
        if not isinstance(error, OverflowError):
            reason = f"{type(error).__name__} while talking to {host}"
        return call.broken_off(reason, sent=not isinstance(error, _NOT_SENT))

    def _read(self, call: Call, outcome: Reply | FaceSwapError) -> Job:
        # Raised out here, so that no httpx error, whose request holds the key, hangs on as its context.
        if isinstance(outcome, FaceSwapError):
            raise outcome
        return call.read(outcome)

    def _keep_pace(self, rate: float | None) -> None:
        if rate:
            time.sleep(max(0.0, self._last_sent + 1 / rate - time.monotonic()))
            self._last_sent = time.monotonic()


def _check_size(body: bytearray) -> None:
    if len(body) > MAX_REPLY:
        raise OverflowError
