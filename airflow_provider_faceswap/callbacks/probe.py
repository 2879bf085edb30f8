"""Whether a callback would reach this worker: checked with one of our own before anything is paid."""

from __future__ import annotations

import hmac
import json
import logging
import time
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.callbacks.tokens import Token, callback_url, mint
from airflow_provider_faceswap.exceptions import InboxError, NotSentError, SettingsError

if TYPE_CHECKING:
    import httpx

    from airflow_provider_faceswap.callbacks.config import CallbackSettings

log = logging.getLogger(__name__)

VENDOR = "probe"
REMEMBERED = 600.0
"""Seconds for which the outcome is remembered, in the inbox, for all workers that share it."""
SWEEP_EVERY = 86400.0
TIMEOUT = 10.0

_valid_until: dict[CallbackSettings, float] = {}


def check(settings: CallbackSettings, transport: httpx.BaseTransport | None = None) -> None:
    """
    Send a signed probe through the receiver and look for it in the inbox, unless that was done recently.

    :param settings: as this worker reads them.
    :param transport: replaces the network.
    :raises SettingsError: if base URL, secret and inbox do not belong together.
    :raises NotSentError: if the receiver or the inbox fails at the moment.
    """
    if time.monotonic() < _valid_until.get(settings, 0.0):
        return
    inbox = Inbox(settings.inbox)
    try:
        if not _is_marked(inbox, _mark_name(settings, "probed"), REMEMBERED):
            _probe(settings, inbox, transport)
            _set_mark(inbox, _mark_name(settings, "probed"))
            _sweep_daily(settings, inbox)
    except InboxError as error:
        raise NotSentError(f"{error}; nothing was submitted") from None
    _valid_until[settings] = time.monotonic() + REMEMBERED


def _probe(settings: CallbackSettings, inbox: Inbox, transport: httpx.BaseTransport | None) -> None:
    token = mint(VENDOR, settings.secrets, time.time() + REMEMBERED)
    try:
        problem = _post(settings, token, transport)
        if problem is None:
            return
        if not problem and not inbox.bodies(VENDOR, token.nonce):
            problem = (
                "it answered and kept the probe, but not in the inbox that this worker sees: give workers "
                "and API server the same [faceswap] inbox"
            )
    finally:
        inbox.delete(VENDOR, token.nonce)
    if problem:
        raise SettingsError(f"[faceswap] callback_base_url {settings.base_url}: {problem}")


def _post(settings: CallbackSettings, token: Token, transport: httpx.BaseTransport | None) -> str | None:
    """Post the probe; return what is wrong with the response, or None if there was no response."""
    import httpx

    try:
        with httpx.Client(transport=transport, timeout=TIMEOUT) as client:
            reply = client.post(callback_url(settings, token), json={"probe": token_urlsafe(8)})
    except (httpx.TransportError, httpx.InvalidURL) as error:
        # In many networks the world reaches the API server, but a worker cannot go out and in again.
        log.warning(
            "[faceswap] callback_base_url %s cannot be reached from this worker (%s), so nobody knows "
            "whether callbacks arrive; check it from outside",
            settings.base_url,
            type(error).__name__,
        )
        return None
    return _problem_with(reply)


def _problem_with(reply: httpx.Response) -> str:
    status = reply.status_code
    if status in (502, 503, 504):
        raise NotSentError(
            f"the receiver of callbacks answered HTTP {status}, so nothing was submitted; if it stays like "
            "this, the API server's log says why"
        )
    if status == 401:
        return "the receiver knows none of this worker's secrets: set the same callback_secret on both"
    if status == 404:
        return "there is no receiver: install this provider on the API server, and set that server's URL"
    try:
        ours = status == 200 and reply.json().get("status") in ("kept", "repeated")
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        ours = False
    return "" if ours else f"something other than the receiver of callbacks answered, with HTTP {status}"


def _sweep_daily(settings: CallbackSettings, inbox: Inbox) -> None:
    mark = _mark_name(settings, "swept")
    if not _is_marked(inbox, mark, SWEEP_EVERY):
        _set_mark(inbox, mark)
        if swept := inbox.sweep():
            log.info("Deleted %d files of the inbox that nobody had collected", swept)


def _mark_name(settings: CallbackSettings, what: str) -> str:
    # Other settings make another name, and without the secret nobody can guess it.
    signed = f"{what} {settings.base_url} {settings.secrets[1:]}"
    return hmac.digest(settings.secrets[0].encode(), signed.encode(), "sha256").hex()[:22]


def _is_marked(inbox: Inbox, mark: str, seconds: float) -> bool:
    marks = inbox.bodies(VENDOR, mark)
    try:
        age = time.time() - float(marks[-1]) if marks else None
    except ValueError:
        age = None
    return age is not None and -60 < age < seconds


def _set_mark(inbox: Inbox, mark: str) -> None:
    inbox.delete(VENDOR, mark)
    inbox.put(VENDOR, mark, str(time.time()).encode())
