"""Where results are stored: a folder in object storage, and one line of provenance for each file."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.exceptions import FaceSwapError, ResultError
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.checks import (
    blame,
    check_consent,
    check_name,
    check_names_free,
    check_writable,
)
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.folders import check_folder
from airflow_provider_faceswap.storage.formats import Fetched, measure
from airflow_provider_faceswap.storage.listing import Listing
from airflow_provider_faceswap.storage.part import Budget
from airflow_provider_faceswap.storage.places import Place, open_output, open_place
from airflow_provider_faceswap.storage.provenance import MAX_NAMES, Owner, claim
from airflow_provider_faceswap.storage.stored_file import StoredFile, still_there
from airflow_provider_faceswap.storage.storing import blamed, fetch_stored, put_claimed, repeatable

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

__all__ = ["OutputStore", "StoredFile", "still_there"]


@dataclass(frozen=True)
class OutputStore:
    """
    Where a job's files are stored, and under which name.

    :param output_path: a folder's URL, or None to store nothing.
    :param kind: what each file must be.
    :param operation: the vendor's name of the operation.
    :param output_name: the files' name without suffix; ``{provider}-{job_id}`` if None.
    :param consent_reference: free text kept beside each file.
    :param task: what is kept beside each file of the task that stored it, such as ``dag_id``.
    :param place: the folder, where it is opened already, once for all files of a batch; threads may share it.
    """

    output_path: str | None
    kind: Kind
    operation: str
    output_name: str | None = None
    consent_reference: str | None = None
    task: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, repr=False, compare=False)

    def listing(self) -> Listing:
        """
        List the folder: once for all files of a batch.

        :raises InputError: if it cannot be listed.
        :raises NotSentError: if the store fails in a way that may pass.
        """
        folder = check_folder(self._folder())
        try:
            place = self.place or open_output(folder)
            return Listing(folder, place.sizes())
        except FaceSwapError:
            raise
        except Exception as error:  # each store has errors of its own
            raise blame(error, folder, "listed") from None

    def check(
        self,
        *,
        replaces: Collection[str] = (),
        made_from: Mapping[str, Any] | None = None,
        listing: Listing | None = None,
    ) -> None:
        """
        Find what would keep the files from being stored, before anything is paid.

        :param replaces: ids of the jobs whose files may be there.
        :param made_from: media of which a job's files may be there; None for none.
        :param listing: of the folder, which is not asked then for names that are free.
        :raises InputError: naming the argument and the remedy.
        :raises NotSentError: if the store fails in a way that may pass.
        """
        if self.output_name is not None:
            check_name(self.output_name)
        check_consent(self.consent_reference)
        if self.output_path is None:
            return
        place = self.place or check_writable(check_folder(self.output_path))
        if self.output_name is not None:
            check_names_free(place, self.output_name, replaces, made_from, listing)

    def save(
        self, urls: Sequence[str], settings: Settings, owner: Owner, *, seconds: float
    ) -> list[StoredFile]:
        """
        Download a finished job's files and store each with its provenance.

        :param urls: the vendor's links.
        :param settings: of the connection that the job was bought with.
        :param owner: the job.
        :param seconds: that all the files may take.
        :raises ResultError: if a file cannot be fetched or stored.
        """
        if self.output_path is None:
            return []
        budget, stored = Budget(seconds=seconds), []
        with repeatable():
            place = self._opened(owner)
            for number, url in enumerate(urls, start=1):
                with place.scratch() as scratch:
                    local = scratch / "result"
                    fetched = download(url, local, self.kind, settings, budget)
                    stored.append(self._store(local, fetched, place, owner, _numbered(number, len(urls))))
        return stored

    def save_content(self, content: bytes, owner: Owner) -> StoredFile:
        """
        Store a picture that came with the vendor's answer.

        :raises ResultError: if it is not a picture, or cannot be stored.
        """
        with repeatable():
            place = self._opened(owner)
            source = io.BytesIO(content)
            return self._store(source, measure(source, self.kind), place, owner)

    def save_spooled(self, spooled_at: str, owner: Owner) -> StoredFile:
        """
        Store a picture that :func:`spool.write` kept.

        :param spooled_at: where.
        :raises ResultError: if it cannot be read or stored.
        """
        with repeatable(), tempfile.TemporaryDirectory(prefix="faceswap-") as scratch:
            local = Path(scratch, "result")
            spool.read_to(spooled_at, local)
            place = self._opened(owner)
            with local.open("rb") as source:
                return self._store(source, measure(source, self.kind), place, owner)

    def copy(self, files: Sequence[StoredFile], owner: Owner) -> list[StoredFile]:
        """
        Store files of this job again that are stored elsewhere.

        :param files: what was stored.
        :raises ResultError: if one has changed, cannot be read or cannot be stored.
        """
        copies = []
        with repeatable():
            place = self._opened(owner)
            for number, file in enumerate(files, start=1):
                with tempfile.TemporaryFile(prefix="faceswap-") as local:
                    fetched = fetch_stored(file.url, (file.bytes, file.sha256), local, self.kind)
                    number_of = _numbered(number, len(files))
                    copies.append(self._store(local, fetched, place, owner, number_of))
        return copies

    def holds(self, files: Sequence[StoredFile], owner: Owner) -> bool:
        """
        Whether files are where this store puts that job's: same folder, same name.

        :param files: what was stored.
        """
        if self.output_path is None:
            return False
        folder = check_folder(self.output_path)
        return all(
            file.url in self._urls(folder, owner, f"{_numbered(number, len(files))}.{file.format}")
            for number, file in enumerate(files, start=1)
        )

    def _urls(self, folder: str, owner: Owner, end: str) -> set[str]:
        return {f"{folder}/{stem}{end}" for stem in islice(owner.stems(self.output_name), MAX_NAMES)}

    def _opened(self, owner: Owner) -> Place:
        owner.check()
        if self.output_name is not None:
            check_name(self.output_name)  # a sensor pays nothing, and has not asked before
        if self.place:
            return self.place
        place = open_place(
            check_folder(self._folder()), lambda problem: ResultError(f"output_path {problem}")
        )
        with blamed("the folder"):
            place.prepare()
        return place

    def _folder(self) -> str:
        if self.output_path is None:
            raise ResultError(
                "the vendor gave the picture itself and no link: set output_path to a folder to store it in"
            )
        return self.output_path

    def _store(
        self, source: BinaryIO | Path, fetched: Fetched, place: Place, owner: Owner, number: str = ""
    ) -> StoredFile:
        size, digest, suffix = fetched
        facts = {"bytes": size, "sha256": digest, "format": suffix}
        for stem in islice(owner.stems(self.output_name), MAX_NAMES):
            name = f"{stem}{number}.{suffix}"
            url = f"{check_folder(self._folder())}/{name}"
            about = {"operation": self.operation, "file": name, "url": url, **facts, **self.task}
            line = owner.line(self.consent_reference, about)
            with blamed(name):
                if not claim(place, name, owner, line):
                    log.warning("%s belongs to another job; it is left alone", name)
                    continue
                put_claimed(place, name, source, size)
            log.info("Stored job %s as %s, %s bytes", owner.id, url, size)
            return StoredFile(url, size, digest, suffix)
        raise ResultError(f"{MAX_NAMES} names in output_path belong to other jobs already")


def _numbered(number: int, total: int) -> str:
    return "" if total == 1 else f"-{number}"
