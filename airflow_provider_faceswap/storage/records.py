"""Records of what is stored, below the folder of the results: for tasks of other runs, and later starts."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.results import check_result
from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage.folders import check_folder
from airflow_provider_faceswap.storage.outputs import StoredFile
from airflow_provider_faceswap.storage.places import Place, open_place, said
from airflow_provider_faceswap.storage.provenance import named_id, read_line

log = logging.getLogger(__name__)

FOLDER = "_faceswap/records"
SCHEMA_VERSION = 1
_MAX_RECORD = 128 * 1024


@dataclass(frozen=True)
class Records:
    """
    The records of a folder. Each is one small file, written whole; of two writers the later one stays.

    :param output_path: the folder's URL.
    """

    output_path: str

    def find(self, identity: str) -> dict[str, Any] | None:
        """
        Return the result of the same inputs whose files are still in the folder.

        :param identity: one text for the operation, its inputs and the versions of their files; a sensor's is
            of the job.
        :return: as the task returned it; None where there is none.
        :raises NotSentError: if the folder cannot be read now.
        """
        try:
            place = self._place(FOLDER)
            try:
                content = place.read(f"{identity}.json", _MAX_RECORD)
            except FileNotFoundError:
                return None
            return self._checked(json.loads(content), self._place(""))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            log.warning("A record of stored files is not used, it cannot be understood: %s", said(error))
            return None
        except Exception as error:  # each store has errors of its own
            problem = said(error)
        raise NotSentError(f"output_path cannot be read now: {problem}; a retry looks again")

    def write(self, identity: str, result: Mapping[str, Any]) -> None:
        """
        Note a result.

        :param identity: as above.
        :param result: as the journal may hold it, with the files that were stored.
        """
        place = self._place(FOLDER)
        place.prepare()
        record = {"schema_version": SCHEMA_VERSION, "result": {**result, "output": []}}
        place.write(
            f"{identity}.json", (json.dumps(record, ensure_ascii=False) + "\n").encode(errors="replace")
        )

    def _place(self, below: str) -> Place:
        folder = check_folder(self.output_path)
        return open_place(f"{folder}/{below}" if below else folder, ValueError)

    def _checked(self, record: dict[str, Any], place: Place) -> dict[str, Any] | None:
        result: dict[str, Any] = check_result(dict(record["result"]))
        if record["schema_version"] != SCHEMA_VERSION or result["status"] != "success":
            raise ValueError("another version, or not a success")
        files = []
        for file in map(StoredFile.from_dict, result["files"]):
            name = file.url.rpartition("/")[2]  # in this folder, whatever a record says
            line = read_line(place, name)
            beside = (line.get("provider"), named_id(line), line.get("sha256"), line.get("inputs"))
            stated = (result["provider"], result["job_id"] or named_id(line), file.sha256, result["inputs"])
            if place.size(name) != file.bytes or beside != stated:
                log.info("%s is on record, and is gone or another file now", name)
                return None
            files.append({**file.as_dict(), "url": f"{check_folder(self.output_path)}/{name}"})
        if not files:
            return None
        return {**result, "files": files, "stored": [file["url"] for file in files], "output": []}
