"""A finished job's result: stored, described, and found again by a later try without asking the vendor."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.results import as_faces, as_result, without_signatures
from airflow_provider_faceswap.exceptions import JournalError, ResultError
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.hooks.redaction import redact
from airflow_provider_faceswap.journal.entry import Entry
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.outputs import OutputStore, StoredFile, still_there
from airflow_provider_faceswap.storage.places import said
from airflow_provider_faceswap.storage.provenance import Owner
from airflow_provider_faceswap.storage.records import Records

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Results:
    """
    The results of one task.

    :param outputs: where files are stored.
    :param completion: of the vendor.
    :param records: of the folder, for tasks of other runs; None to write none.
    :param made_from: the task's media, where an entry does not name those that were bought.
    :param seconds: that storing a job's files may take.
    """

    outputs: OutputStore
    completion: Completion
    seconds: float
    records: Records | None = None
    made_from: Mapping[str, Any] = field(default_factory=dict)

    def keep(self, entry: Entry, job: Job) -> dict[str, Any]:
        """
        Store a finished job's files, if a folder is named, and describe the job.

        :param entry: the job's.
        :param job: as the last poll, or the answer to the submission, describes it.
        :return: what the task returns.
        :raises ResultError: if a file cannot be stored.
        """
        files: list[StoredFile] = []
        if job.content is not None:
            if not self.outputs.output_path:
                raise ResultError(
                    "the vendor gave the picture itself and no link; set output_path to store it"
                )
            files = [self.outputs.save_content(job.content, self._owner(entry))]
        elif self.outputs.output_path:
            settings = self.completion.hook.settings
            files = self.outputs.save(job.output, settings, self._owner(entry), seconds=self.seconds)
        return self._noted(entry, self.describe(entry, job, files))

    def keep_spooled(self, entry: Entry) -> dict[str, Any]:
        """
        Store a picture that an earlier try spooled.

        :param entry: says where it lies.
        :raises ResultError: if it cannot be read or stored.
        """
        file = self.outputs.save_spooled(entry.spooled_at, self._owner(entry))
        log.info("Stored %s", file.url)
        if entry.result is None:
            job = Job(job_id=entry.job_id, state=JobState.SUCCESS)
            return self._noted(entry, self.describe(entry, job, [file]))
        return self._noted(entry, {**entry.result, "stored": [file.url], "files": [file.as_dict()]})

    def find(self, identity: str) -> dict[str, Any] | None:
        """
        Return what another task made from the same inputs, if its files are still in the folder.

        :param identity: of the inputs and their files' versions.
        :raises NotSentError: if the folder cannot be read now.
        """
        found = self.records.find(identity) if self.records else None
        if found is None:
            return None
        log.info("Job %s was made from the same inputs, and is used again", found["job_id"] or "(no id)")
        return {**found, "cost": None, "reused": True}

    def spool(self, content: bytes) -> str:
        """Keep a paid picture that could not be stored where another worker can reach it."""
        place = spool.write(content)
        log.warning("The paid picture is kept at %s until a retry stores it", place)
        return place

    def recall(self, entry: Entry) -> dict[str, Any] | None:
        """
        Return the recorded result of a finished job, if what it names is still there.

        :param entry: of a finished job; its files are copied if the task now wants them elsewhere.
        :return: what the task returns, or None if the vendor must be asked.
        :raises ResultError: if the store cannot be read now.
        """
        result = entry.result
        if result is None or "faces" in result:
            return result
        try:
            files = [StoredFile.from_dict(file) for file in result.get("files") or ()]
        except ValueError as error:
            raise JournalError(f"the journal's entry cannot be read: {error}") from None
        if not files:
            return result if result.get("output") and not self.outputs.output_path else None
        if not still_there(files):
            log.warning("Stored files of job %s are gone or have another size", entry.job_id or "(no id)")
            return None
        if not self.outputs.output_path or self.outputs.holds(files, self._owner(entry)):
            return result
        files = self.outputs.copy(files, self._owner(entry))
        stored = [file.url for file in files]
        log.info("Copied the stored files to %s", ", ".join(stored))
        return self._noted(entry, {**result, "stored": stored, "files": [file.as_dict() for file in files]})

    def recorded_job(self, entry: Entry) -> Job | None:
        """Return the finished job as its entry recorded it, if its links were recorded."""
        links = (entry.result or {}).get("output")
        return Job(job_id=entry.job_id, state=JobState.SUCCESS, output=tuple(links)) if links else None

    def record(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result as the journal may hold it."""
        key = self.completion.hook.settings.api_key.get_secret_value()
        if any(redact(link, key) != link for link in result.get("output") or ()):
            return {**result, "output": []}
        return without_signatures(result)

    def describe_submitted(self, entry: Entry) -> dict[str, Any]:
        """Describe a job that was submitted and is not waited for."""
        return self.describe(entry, Job(job_id=entry.job_id, state=JobState.PROCESSING))

    def describe(self, entry: Entry, job: Job, files: Sequence[StoredFile] = ()) -> dict[str, Any]:
        """
        Describe a job for the next task.

        :param entry: the job's.
        :param job: as the vendor described it.
        :param files: that were stored.
        """
        if job.faces is not None:
            return as_faces(self.completion.provider, self.outputs.operation, job)
        return as_result(
            self.completion.provider,
            self.outputs.operation,
            job,
            submitted_at=entry.attempted_at or entry.submitted_at or None,
            eta=entry.eta,
            files=[file.as_dict() for file in files],
            cost=entry.cost,
            inputs=entry.made_from or self.made_from,
        )

    def _noted(self, entry: Entry, result: dict[str, Any]) -> dict[str, Any]:
        if self.records and entry.identity and result.get("files"):
            try:
                self.records.write(entry.identity, self.record(result))
            except Exception as error:  # the job is paid and its files are stored
                log.warning("No record for reuse_stored could be written: %s", said(error))
        return result

    def _owner(self, entry: Entry) -> Owner:
        return Owner(
            provider=self.completion.provider,
            job_id=entry.job_id,
            fallback_name=entry.name,
            submitted_at=entry.attempted_at or None,
            inputs=entry.made_from or self.made_from,
        )
