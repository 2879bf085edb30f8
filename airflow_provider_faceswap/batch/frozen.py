"""The list of a batch beside its output: written once, used by each retry and resume."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_faceswap.batch.rows import Row
from airflow_provider_faceswap.storage.places import Place


def freeze(place: Place, name: str, rows: Sequence[Row]) -> list[Row]:
    """
    Write a list, unless another try of the task has done so.

    :param place: the folder.
    :param name: of the file.
    :param rows: to keep.
    :return: what the file holds: another try's rows, if that was faster.
    :raises JournalError: if the file is there and damaged.
    :raises InputError: if the folder cannot be written.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    raise NotImplementedError


def thaw(place: Place, name: str) -> list[Row] | None:
    """
    Read a list that was frozen.

    :param place: the folder.
    :param name: of the file.
    :return: None if there is no such file.
    :raises JournalError: if the file is damaged or was edited.
    :raises InputError: if it cannot be read.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    raise NotImplementedError
