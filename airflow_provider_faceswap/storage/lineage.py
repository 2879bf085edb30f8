"""Which paths a task read and wrote, for Airflow's hook lineage; no connection is named in them."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

log = logging.getLogger(__name__)


def public_uri(url: str) -> str:
    """
    Return a URL without its Airflow connection or user, and without a query, which may be a signature.

    :param url: such as ``s3://conn_id@bucket/key``, which gives ``s3://bucket/key``.
    :raises ValueError: if it is not a valid URL.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def note_read(url: str) -> None:
    """
    Note a file that was read.

    :param url: in object storage, or ``file://``.
    """
    _note("add_input_asset", url)


def note_written(url: str) -> None:
    """
    Note a file that was written.

    :param url: in object storage, or ``file://``.
    """
    _note("add_output_asset", url)


def _note(method: str, url: str) -> None:
    try:
        if _anybody_reads():
            uri = public_uri(url)
            getattr(get_hook_lineage_collector(), method)(context=_context(uri), uri=uri)
    except Exception as error:  # the task may be paid already
        log.warning("The lineage lacks a file that was read or written: %s", type(error).__name__)


def _anybody_reads() -> bool:
    # Asked first: to make a collector imports all providers' assets (0.2 s of CPU), even one that drops all.
    try:
        from airflow.sdk.plugins_manager import get_hook_lineage_readers_plugins
    except ImportError:  # an Airflow that keeps them elsewhere
        return True
    return bool(get_hook_lineage_readers_plugins())


@lru_cache(maxsize=256)
def _context(uri: str) -> ObjectStoragePath:
    # The collector counts by the context's identity: a new one each time would be another entry.
    from airflow.sdk import ObjectStoragePath

    return ObjectStoragePath(uri)
