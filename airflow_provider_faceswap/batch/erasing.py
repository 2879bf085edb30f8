"""What a folder of batches holds of some items, deleted as a person asked for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from airflow_provider_faceswap.batch.claim import Claim
from airflow_provider_faceswap.batch.items.frozen import thaw
from airflow_provider_faceswap.batch.manifest import PARTS, Ledger, Line
from airflow_provider_faceswap.batch.record import erased_line
from airflow_provider_faceswap.batch.watching import JOBS
from airflow_provider_faceswap.exceptions import JournalError, NotSentError
from airflow_provider_faceswap.storage.places import open_place
from airflow_provider_faceswap.storage.subfolders import subfolders

BATCHES = "_faceswap/batches"


@dataclass(frozen=True)
class FrozenList:
    """
    A list of a batch, or its jobs, beside the output.

    :param folder: the batch's own.
    :param name: of the file.
    """

    folder: str
    name: str

    @property
    def url(self) -> str:
        """Where it lies."""
        return f"{self.folder}/{self.name}"

    def remove(self) -> None:
        """Delete it."""
        open_place(self.folder, NotSentError).remove(self.name)


def lists_with(output_path: str, keys: Collection[str]) -> Iterator[FrozenList]:
    """
    Yield the lists of all batches of a folder that have one of the items.

    :param output_path: the folder's URL.
    :param keys: of items.
    """
    for name in subfolders(f"{output_path}/{BATCHES}"):
        folder = f"{output_path}/{BATCHES}/{name}"
        place = open_place(folder, NotSentError)
        names = place.names("")
        found = [each for each in names if each.startswith("items-") and _has(folder, each, keys)]
        # The jobs file names jobs by the items' keys, and is written again where it is needed.
        found += [JOBS] if found and JOBS in names else []
        yield from (FrozenList(folder, each) for each in found)


def _has(folder: str, name: str, keys: Collection[str]) -> bool:
    try:
        rows = thaw(open_place(folder, NotSentError), name) or []
    except JournalError:  # what cannot be understood may hold them
        return True
    return any(row.key in keys for row in rows)


def erase_lines(output_path: str, keys: Collection[str], claim: Claim, moment: float) -> None:
    """
    Write the manifest again, with nothing of some items but that they were erased.

    :param output_path: the folder's URL.
    :param keys: of the items.
    :param claim: to the folder.
    :param moment: in seconds since the epoch.
    :raises NotSentError: if another task has taken the folder meanwhile, or a part cannot be deleted.
    """
    ledger = Ledger(output_path)
    ledger.load()
    claim.confirm()
    # Before the lines are erased: else what cannot be deleted would not be looked for again.
    if left := ledger.merge(_listed(ledger)):
        raise NotSentError(
            f"{output_path}/{PARTS}/{left[0]} could not be deleted: delete it, and run the same command again"
        )
    for key in keys:
        if key in ledger.lines:
            ledger.lines[key] = erased_line(ledger.lines[key], moment)
    claim.confirm()
    ledger.merge(_listed(ledger))


def _listed(ledger: Ledger) -> dict[str, Line]:
    return {key: line for key, line in ledger.lines.items() if isinstance(line["index"], int)}
