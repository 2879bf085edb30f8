"""The rows of a batch: checked before the first payment, without any network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """
    One thing to buy.

    :param index: its number in the list, from 0.
    :param key: what identifies it: its fingerprint, and its number among equals.
    :param endpoint: the operation's key among the vendor's.
    :param fields: by the vendor's names; media as they were given.
    :param own_names: ``face``, ``target`` and ``reference`` as they were given, where the row has them.
    :param output_name: of the stored file, without its suffix.
    :param consent_reference: free text that is kept with the result.
    :param idempotency_key: stands for the fields, if given.
    :param version: a digest of the target's version, where a listing gave it for free.
    """

    index: int
    key: str
    endpoint: str
    fields: dict[str, Any]
    own_names: dict[str, Any]
    output_name: str | None = None
    consent_reference: str | None = None
    idempotency_key: str | None = None
    version: str = ""


def make_rows(
    raw: Iterable[Mapping[str, Any]],
    *,
    provider: str,
    operation: str | None,
    common: Mapping[str, Any] | None,
) -> list[Row]:
    """
    Check all items of a batch, and return them as rows.

    :param raw: the items, as :func:`~airflow_provider_faceswap.batch.reading.read_items` gives them.
    :param provider: the vendor's connection type.
    :param operation: its operation, whose fields the items have; None where they have the common vocabulary.
    :param common: what all items share; an item's own value wins.
    :raises InputError: with all faults: the first of them by row and field, and their number.
    """
    raise NotImplementedError
