"""What a sensor stores of a job, and what its next start finds of that."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.exceptions import NotSentError, ResultError
from airflow_provider_faceswap.execution.collector import about
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.execution.purchase import clean_up
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.journal.entry import Entry
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.records import Records

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keeping:
    """
    Stores the result of a sensor's job, once.

    :param ticket: of the job.
    :param completion: how the vendor brings the result.
    :param outputs: where the files go.
    :param seconds: that storing them may take.
    """

    ticket: Ticket
    completion: Completion
    outputs: OutputStore
    seconds: float

    def find(self) -> dict[str, Any] | None:
        """
        Return the result as an earlier start stored it: links expire, and a callback is deleted.

        :raises NotSentError: if the folder cannot be read now, and nothing else would bring the result.
        """
        try:
            found = self._records.find(self._name) if self._records else None
        except NotSentError as error:
            if not self.completion.repeatable and not self.completion.poll(self.ticket).state.settled:
                raise
            log.warning("%s; asking for the job meanwhile", error)
            return None
        if found:
            log.info("Job %s is stored already: %s", self.ticket.job_id, ", ".join(found["stored"]))
        return found

    def keep(self, entry: Entry, job: Job) -> dict[str, Any]:
        """
        Store a finished job's files, if a folder is named, and describe the job.

        :param entry: what is known of the job.
        :param job: as the vendor described it.
        :raises ResultError: if a file cannot be stored.
        """
        results, records = Results(self.outputs, self.completion, self.seconds), self._records
        try:
            result = results.keep(entry, job)
        except ResultError as error:
            raise about(entry, error) from None
        if records and clean_up(lambda: records.write(self._name, results.record(result))):
            # Only now: a retry or a clear finds the result nowhere else.
            clean_up(lambda: self.completion.forget(self.ticket))
        return result

    @property
    def _records(self) -> Records | None:
        return Records(self.outputs.output_path) if self.outputs.output_path else None

    @property
    def _name(self) -> str:
        job = f"{self.ticket.base_url} {self.completion.provider} {self.ticket.job_id}"
        return f"job-{sha256(job.encode()).hexdigest()}"
