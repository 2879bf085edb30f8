"""Which purchases an erasure request is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from airflow_provider_faceswap.cli.batches import Batch, read_batch
from airflow_provider_faceswap.cli.errors import CommandError
from airflow_provider_faceswap.cli.purchases import Purchase, heads, is_batch, name_of, purchase_of
from airflow_provider_faceswap.cli.selecting import nothing
from airflow_provider_faceswap.cli.state_store import Kept, Which, find
from airflow_provider_faceswap.cli.traces import job_of
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.journal.entry import Entry, Left
from airflow_provider_faceswap.journal.store import KEY
from airflow_provider_faceswap.pages.database import Task
from airflow_provider_faceswap.storage.places import open_place, said
from airflow_provider_faceswap.storage.provenance import read_line


@dataclass(frozen=True)
class Request:
    """
    An erasure request.

    :param which: task instances that it is limited to.
    :param rows: of a batch.
    :param provider: of the job.
    :param job_id: the vendor's id.
    :param consent: the consent_reference of all that is to be forgotten.
    """

    which: Which
    rows: Sequence[int] = ()
    provider: str = ""
    job_id: str = ""
    consent: str = ""
    problems: list[str] = field(default_factory=list)
    """What could not be looked at."""

    def check(self) -> None:
        """
        Check that it says what is to be forgotten.

        :raises CommandError: if not.
        """
        if self.job_id and self.consent:
            raise CommandError("Give --job-id or --consent-reference, not both.")
        if bool(self.job_id) != bool(self.provider):
            raise CommandError("A job is named by --provider and --job-id: two vendors may give the same id.")
        if not (self.job_id or self.consent or self.which.names_a_task):
            raise CommandError(
                "Say what is to be forgotten: --dag-id, --run-id and --task-id; or --provider and --job-id; "
                "or --consent-reference."
            )


@dataclass(frozen=True)
class Found:
    """
    What of a task is to be forgotten.

    :param kept: the head of its journal.
    :param purchases: its only purchase, or rows of its batch.
    :param ids: of jobs, where a single task has others that stay; None for all of them.
    :param batch: if it is one.
    """

    kept: Kept
    purchases: Sequence[Purchase] = field(default_factory=list)
    ids: Collection[str] | None = None
    batch: Batch | None = None


def select_purchases(session: Session, request: Request) -> list[Found]:
    """
    Return what an erasure request is about.

    :param session: of the metadata database.
    :param request: of a person.
    :raises CommandError: if nothing was bought there, or a row must be named.
    """
    if request.job_id:
        # A batch keeps its items in further keys.
        noted = find(session, request.which, f"{KEY}%", [f'"{request.job_id}"'])
        found = list(_by_job(session, noted, request))
        if not found:  # of a doubt that a callback settled, the manifest alone has the id
            batches = (kept for kept in heads(session, request.which) if is_batch(kept))
            found = list(_by_job(session, batches, request))
        _check_one_host(found, request)
        return found
    if request.consent:
        return list(_by_consent(session, request))
    found = [_by_task(session, kept, request) for kept in list(heads(session, request.which))]
    if not found:
        raise nothing(session, request.which)
    return found


def _by_task(session: Session, kept: Kept, request: Request) -> Found:
    if not is_batch(kept):
        purchase = purchase_of(kept)
        if purchase is None:
            raise CommandError(f"The journal of {name_of(kept.task)} cannot be understood.")
        return Found(kept, [purchase])
    rows = request.rows
    if not rows:
        raise CommandError(f"The {name_of(kept.task)} is a batch: name rows with --row.")
    batch = _read(session, kept, request)
    purchases = [item for item in _rows(batch) if item.row in rows]
    if missing := sorted(set(rows) - {item.row for item in purchases}):
        raise CommandError(
            f"Row {missing[0]} was not bought by {name_of(kept.task)}, or another task bought it again. "
            f"{batch.problem} Name the job with --provider and --job-id, and its folder with "
            "--output-path.".replace("  ", " ")
        )
    return Found(kept, purchases, batch=batch)


def _rows(batch: Batch) -> list[Purchase]:
    """Return what a batch bought, unless the row's line tells of what another task bought later."""
    return [item for item in batch.purchases() if item.key not in batch.theirs]


def _by_job(session: Session, keys: Iterable[Kept], request: Request) -> Iterator[Found]:
    for task in dict.fromkeys(kept.task for kept in keys):
        for kept in list(heads(session, Which(**vars(task)))):
            if is_batch(kept):
                batch = _read(session, kept, request)
                rows = [item for item in _rows(batch) if _named(item, request)]
                if rows:
                    yield Found(kept, rows, batch=batch)
            elif (purchase := purchase_of(kept)) and _named(purchase, request):
                yield Found(kept, [purchase], {request.job_id})


def _read(session: Session, kept: Kept, request: Request) -> Batch:
    batch = read_batch(session, kept)
    problem = f"the folder of {name_of(kept.task)} cannot be read: {batch.problem}"
    if batch.problem and problem not in request.problems:
        request.problems.append(problem)
    return batch


def _check_one_host(found: Sequence[Found], request: Request) -> None:
    """Refuse an id that two hosts of a vendor have given, or two of its sandboxes."""
    jobs = [
        (job.base_url, item.name)
        for each in found
        for item in each.purchases
        for job in _named(item, request)
    ]
    if len({host for host, _ in jobs}) > 1:
        names = "\n".join(f"  {name}: {host or 'not known'}" for host, name in jobs)
        raise CommandError(
            f"Job {request.job_id} was bought at several hosts. Name one with --dag-id, --run-id or "
            f"--task-id as well:\n{names}"
        )


def _named(purchase: Purchase, request: Request) -> list[Entry | Left]:
    """Return the job that a request names, if the purchase is of it or has left it behind."""
    jobs: list[Entry | Left] = [purchase.entry, *purchase.entry.left]
    return [job for job in jobs if (job.provider, job.job_id) == (request.provider, request.job_id)]


def _by_consent(session: Session, request: Request) -> Iterator[Found]:
    for kept in list(heads(session, request.which)):
        if is_batch(kept):
            batch = _read(session, kept, request)
            rows = [item for item in _rows(batch) if batch.consents.get(item.key) == request.consent]
            if rows:
                yield Found(kept, rows, batch=batch)
        elif (purchase := purchase_of(kept)) and request.consent in _consents(session, purchase, request):
            yield Found(kept, [purchase])


def _consents(session: Session, purchase: Purchase, request: Request) -> Iterator[object]:
    """Yield the consent_reference that a task rendered, and those beside its files."""
    yield rendered(session, purchase.task).get("consent_reference")
    for url in job_of(purchase.task, purchase.entry).stored:
        folder, _, name = url.rpartition("/")
        try:
            record = read_line(open_place(folder, ResultError), name, denied=True)
        except Exception as error:  # each store has errors of its own
            request.problems.append(f"{url} of {purchase.name} cannot be read: {said(error)}")
            continue
        yield record.get("consent_reference")


def rendered(session: Session, task: Task) -> Mapping[str, object]:
    """Return what a task rendered, while Airflow keeps it."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered

    query = select(Rendered.rendered_fields).where(*Which(**vars(task)).conditions(Rendered))
    fields = session.execute(query).scalar()
    return fields if isinstance(fields, dict) else {}


def folders_of_run(session: Session, task: Task) -> set[str]:
    """Return the output_paths of a run's tasks: a sensor stores what an operator has bought."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields as Rendered

    query = select(Rendered.rendered_fields).where(*Which(task.dag_id, task.run_id).conditions(Rendered))
    found = {fields.get("output_path") for fields in session.scalars(query) if isinstance(fields, dict)}
    return {path.strip().rstrip("/") for path in found if isinstance(path, str) and path.strip()}
