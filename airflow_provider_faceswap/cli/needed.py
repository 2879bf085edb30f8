"""What jobs still need of the folders that they share: a sweep leaves that alone, however old it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from airflow_provider_faceswap.batch.manifest import task_digest
from airflow_provider_faceswap.cli.batches import read_batch, settled_counts
from airflow_provider_faceswap.cli.purchases import heads, is_batch, name_of, purchase_of
from airflow_provider_faceswap.cli.state_store import ESCAPE, Kept, Which, find
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.journal.entry import Entry, State
from airflow_provider_faceswap.journal.store import CALLBACK_KEY
from airflow_provider_faceswap.pages.database import look_up

_OPEN = (State.INTENT, State.IN_DOUBT, State.RUNNING)


@dataclass
class Needed:
    """
    What is needed.

    :ivar nonces: of callbacks that a job waits for, or that are the only copy of a result.
    :ivar job_ids: of these jobs.
    :ivar spooled: pictures that are not stored yet.
    :ivar batches: digests of batches whose lists may be read again.
    :ivar folders: that batches store into.
    :ivar problems: journals that cannot be understood: what they need is not known.
    """

    nonces: set[str] = field(default_factory=set)
    job_ids: set[str] = field(default_factory=set)
    spooled: set[str] = field(default_factory=set)
    batches: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def add(self, entry: Entry, nonce: object = "") -> None:
        """Note what an entry needs; what a clear may return to, it needs as well."""
        if entry.spooled_at:
            self.spooled.add(entry.spooled_at)
        stored = bool((entry.result or {}).get("files"))
        if entry.state in _OPEN or (entry.state is State.FINISHED and not entry.erased and not stored):
            self.nonces |= {entry.nonce, nonce if isinstance(nonce, str) else ""} - {""}
            self.job_ids |= {entry.job_id} - {""}
        for left in entry.left:
            if left.nonce and left.state is not State.FAILED and not left.erased:
                self.nonces.add(left.nonce)
                self.job_ids.add(left.job_id)


def find_needed(session: Session) -> Needed:
    """
    Ask all journals what is needed.

    :param session: of the metadata database.
    """
    needed = Needed()
    pattern = CALLBACK_KEY.replace("_", f"{ESCAPE}_")
    nonces = {kept.task: kept.value for kept in find(session, Which(), pattern)}
    for kept in list(heads(session, Which())):
        if is_batch(kept):
            _add_batch(needed, session, kept)
        elif purchase := purchase_of(kept):
            needed.add(purchase.entry, nonces.get(kept.task))
        else:
            _note_unread(needed, kept)
    return needed


def _note_unread(needed: Needed, kept: Kept) -> None:
    needed.problems.append(f"inbox and spool, as the journal of {name_of(kept.task)} cannot be understood")


def _add_batch(needed: Needed, session: Session, kept: Kept) -> None:
    digest = task_digest(kept.task)
    if kept.active:
        needed.batches.add(digest)
    path = look_up(kept.task).output_path
    if path.whole and path.text:
        needed.folders.add(path.text)
    if settled_counts(kept) is not None:
        return
    try:
        batch = read_batch(session, kept)
    except FaceSwapError:
        _note_unread(needed, kept)
        needed.batches.add(digest)
        return
    if batch.folder:
        needed.folders.add(batch.folder)
    for record in batch.records.values():
        needed.add(record.entry.model_copy(update={"result": dict(record.result or {}) or None}))
        if record.entry.state in _OPEN:
            needed.batches.add(digest)
