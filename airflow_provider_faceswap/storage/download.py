"""A result streamed to local disk and checked there, before anything is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential_jitter

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.hooks.exchange import run
from airflow_provider_faceswap.storage.formats import HEAD, decode, recognise
from airflow_provider_faceswap.storage.formats import Kind as Kind
from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.part import NotYetError, Part
from airflow_provider_faceswap.storage.transfer import transfer

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

MAX_REDIRECTS = 5
PATIENCE = 60.0
"""Seconds over which a link that brings nothing new is tried again: CDNs lag behind the vendor."""


def download(url: str, target: Path, kind: Kind, settings: Settings, patience: float = PATIENCE) -> str:
    """
    Fetch a result to a local file; base64 text of a file is decoded.

    :param url: the vendor's link; it is in no log and no error.
    :param target: where to write.
    :param kind: what the file must be.
    :param settings: of the connection that the job was bought with.
    :param patience: seconds over which a link that brings nothing new is tried again.
    :return: the file's format, such as ``mp4``, as its first bytes tell it.
    :raises ResultError: naming what is wrong with the result.
    """
    problem = ""
    try:
        run(_with_patience(url, Part(target, kind, patience), settings))
    except NotYetError as error:
        problem = str(error)
    if problem:
        raise ResultError(f"the result could not be downloaded: {problem}")
    found = recognise(_head(target), kind)
    if found.encoded:
        decode(target)
        recognise(_head(target), kind)
    return found.name


async def _with_patience(url: str, part: Part, settings: Settings) -> None:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(NotYetError),
        stop=lambda _: part.hopeless,
        wait=wait_exponential_jitter(initial=1, max=15),
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            await _through_redirects(url, part, settings)


async def _through_redirects(url: str, part: Part, settings: Settings) -> None:
    rules = HostRules(settings.origin, settings.allow_private_hosts)
    link = rules.check(url)
    for _ in range(MAX_REDIRECTS + 1):
        moved = await transfer(link, part, rules, settings)
        if moved is None:
            return
        link = rules.follow(link, moved)
    raise ResultError(f"the vendor's link was redirected more than {MAX_REDIRECTS} times")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)
