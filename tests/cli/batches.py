"""A batch whose folder and journal hold what its workers have left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_faceswap.batch.items.frozen import freeze
from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.batch.journal import BatchJournal, Head
from airflow_provider_faceswap.batch.manifest import Ledger, task_digest
from airflow_provider_faceswap.batch.record import Record, Status, read_line
from airflow_provider_faceswap.cli.state_store import state_of
from airflow_provider_faceswap.execution.outcome import described_task
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.places import LocalPlace, open_place
from airflow_provider_faceswap.storage.provenance import Owner
from tests.cli.scene import SUBMITTED, Scene, entry
from tests.pages.scene import JPEG, as_ti

_STATES = {
    Status.SUCCESS: State.FINISHED,
    Status.UNFINISHED: State.RUNNING,
    Status.FAILED: State.FAILED,
    Status.IN_DOUBT: State.IN_DOUBT,
}


class Batch:
    """
    A batch.

    :param scene: that it lives in.
    :param statuses: of its rows.
    :param state: of its task.
    :param after: a batch that had bought the same rows; its jobs are left behind.
    """

    def __init__(
        self,
        scene: Scene,
        *statuses: Status,
        state: str = "failed",
        run_id: str = "run1",
        folder: str = "",
        after: Batch | None = None,
    ) -> None:
        self.scene = scene
        self.former = after.lines() if after else {}
        self.task = scene.run(run_id=run_id, state=state)
        self.folder = folder or scene.folder
        self.digest = task_digest(self.task)
        if after is None or after.task != self.task:
            scene.renders(self.task, output_path=self.folder)
        journal = BatchJournal(state_of(scene.session, self.task), self.task)
        journal.save_head(Head(started_at=SUBMITTED, max_tries=1))
        rows = [self._row(index) for index in range(len(statuses))]
        records = [self._record(index, status) for index, status in enumerate(statuses)]
        journal.write({record.key: record for record in records}, retry=True)
        scene.session.commit()
        lines = [
            record.line(row, row.own_names, row.own_names) | {"journal": record.as_entry() | {"version": ""}}
            for record, row in zip(records, rows, strict=True)
        ]
        ledger = Ledger(self.folder)
        open_place(self.folder, ValueError).prepare()
        ledger.merge({line["key"]: line for line in lines})
        self.own = LocalPlace(scene.root / "swaps/_faceswap/batches" / self.digest)
        freeze(self.own, "items-0.jsonl", rows)
        self.own.write("jobs.jsonl", b"{}\n")

    def _row(self, index: int) -> Row:
        media = {"target": f"https://example.com/clip-{index}.mp4"}
        return Row(
            index, f"key{index}", "single_video_swap", media, media, consent_reference=f"release-{index}"
        )

    def _record(self, index: int, status: Status) -> Record:
        state = _STATES[status]
        former = self.former.get(index)
        number = index + (100 if former else 0)
        known = entry(
            state,
            job_id="" if status is Status.IN_DOUBT else str(300 + number),
            attempted_at=SUBMITTED + number,
            operation="single_video_swap",
            left=read_line(former).entry.left_behind().left if former else (),
        )
        made = Record.of_entry(f"key{index}", "single_video_swap", known, f"{self.digest}.0")
        return made.moved_to(status, result=self._result(index, known) if state is State.FINISHED else None)

    def _result(self, index: int, known: Entry) -> Mapping[str, Any]:
        outputs = OutputStore(self.folder, "any", "swap", task=described_task(as_ti(self.task)))
        file = outputs.save_content(JPEG, Owner("modelslab", known.job_id, "", known.attempted_at))
        return {"output": [], "files": [file.as_dict()], "meta": {}, "cost": None, "seconds": 1.0}

    def lines(self) -> dict[int, dict[str, Any]]:
        """Return the lines of the manifest."""
        ledger = Ledger(self.folder)
        ledger.load()
        return {line["index"]: line for line in ledger.lines.values()}

    def journal_of(self, key: str) -> Record:
        """Return what the journal holds of an item."""
        return {record.key: record for record in self._journal().records()}[key]

    def settled_by_callback(self, key: str) -> None:
        """Let the journal not know what a callback has told the manifest: the id of an item's job."""
        entry = self.journal_of(key).entry.moved_to(State.IN_DOUBT, job_id="")
        doubt = Record.of_entry(key, "single_video_swap", entry, f"{self.digest}.0")
        self._journal().write({key: doubt}, retry=True)
        self.scene.session.commit()

    def _journal(self) -> BatchJournal:
        self.scene.session.expire_all()
        journal = BatchJournal(state_of(self.scene.session, self.task), self.task)
        journal.load_head()
        return journal
