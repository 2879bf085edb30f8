"""How a job is bought: intent before submission, id after, and never twice in silence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    InputError,
    NotSentError,
    RefusedError,
    ResultError,
    SettingsError,
    loggable,
)
from airflow_provider_faceswap.execution.clock import Clock, utc
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.execution.inputs import Inputs
from airflow_provider_faceswap.execution.results import Results
from airflow_provider_faceswap.execution.terms import Terms
from airflow_provider_faceswap.journal.decisions import Situation
from airflow_provider_faceswap.journal.entry import Entry, State, readable_route
from airflow_provider_faceswap.journal.store import Journal
from airflow_provider_faceswap.storage.storing import FREE_AGAIN

log = logging.getLogger(__name__)

IN_DOUBT = "submission in doubt"
"""Stands in every log line and error about a submission that may have been taken."""
MAX_DOUBTS = 3
"""Doubts about one job after which the vendor is broken, and paying once more does not help."""


@dataclass(frozen=True)
class Purchase:
    """
    What a task buys.

    :param completion: how the vendor brings the result.
    :param inputs: of the job; files are read only when a submission is due, as they may be gone by the time
        that a result is collected.
    :param journal: where the purchase is noted.
    :param results: where the result goes.
    :param terms: of the purchase.
    :param clock: the time.
    """

    completion: Completion
    inputs: Inputs
    journal: Journal
    results: Results
    terms: Terms
    clock: Clock

    @property
    def provider(self) -> str:
        """The vendor's connection type."""
        return self.completion.provider

    @property
    def label(self) -> str:
        """What begins the log line of a job that was taken."""
        return ""

    @property
    def request_class(self) -> type[Submission]:
        """What is submitted."""
        return self.inputs.request_class

    def situation(self, *, look_at_files: bool = False) -> Situation:
        """
        Return what is known now.

        :param look_at_files: whether the versions of the inputs' files are found out.
        """
        hook, terms = self.completion.hook, self.terms
        return Situation(
            now=self.clock.time(),
            inputs=self.inputs.digests,
            versions=self.inputs.versions if look_at_files else {},
            identity=self._identity() if look_at_files else "",
            base_url=hook.settings.base_url,
            max_tries=terms.max_tries,
            clear_number=terms.clear_number,
            tries_after_clear=terms.tries_after_clear,
            timeout=terms.timeout,
            http_timeout=hook.call_timeout(self.request_class),
            buy_again=terms.buy_again,
        )

    def _identity(self) -> str:
        try:
            return self.inputs.identity()
        except NotSentError:  # a paid job is collected although its inputs cannot be read now
            return ""

    def accept_doubt(self, entry: Entry, reason: str) -> Entry:
        """
        Return the entry to submit again with, if the user accepts to pay twice.

        :param entry: of a submission that may have been taken.
        :param reason: why that is not known.
        :raises InDoubtError: if not.
        """
        expired = 0 < entry.deadline <= self.clock.time()
        if self.terms.on_in_doubt != "resubmit" or entry.doubts >= MAX_DOUBTS or expired:
            raise InDoubtError(
                f"{IN_DOUBT}: {reason}. Look at {self.provider} whether it accepted "
                f"{self.request_class.operation} at {utc(entry.attempted_at)}; {self.journal.how_to()}"
            )
        log.warning("%s: %s; submitting again, which may be paid twice", IN_DOUBT, reason)
        return entry.moved_to(State.IN_DOUBT, doubts=entry.doubts + 1)

    def not_stored(self, error: ResultError) -> str:
        """Say why a paid result was not stored; another try is free only where the journal lasts."""
        if self.journal.durable:
            return str(error)
        return f"{str(error).removesuffix(FREE_AGAIN)}; a retry or clear pays again"

    def may_replace(self, entry: Entry) -> bool:
        """Return whether a job that the vendor dropped may be submitted again."""
        return entry.resubmissions < self.terms.max_resubmits and self.clock.time() < entry.deadline

    def replacement(self, entry: Entry) -> Entry:
        """Return the entry to submit again with, after the vendor dropped the job."""
        return entry.moved_to(State.REFUSED, job_id="", resubmissions=entry.resubmissions + 1)

    def check(self, before: Entry | None) -> Submission:
        """
        Find everything that is wrong before anything is noted or paid.

        :param before: the entry so far.
        :return: what is to be submitted.
        :raises InputError: naming the field.
        :raises SettingsError: naming the option, or the connection's field.
        :raises NotSentError: if something does not answer now.
        """
        request = self.inputs.request()
        self._check_price(request)
        self.completion.hook.check()
        former = {left.job_id or left.name for left in before.left} if before else set()
        # With reuse_stored, what was made from an older version of the same media keeps its name.
        made_from = self.inputs.described if self.terms.reuse_stored else None
        self.results.outputs.check(replaces=former, made_from=made_from)
        self.completion.check()
        return request

    def _check_price(self, request: Submission) -> None:
        price, allowed = request.price(), self.terms.max_cost
        if allowed is not None and price is not None and price.amount > allowed:
            costs = f"the call costs {price.amount:g} {price.unit} by the price list"
            raise InputError("max_cost", f"{costs}, and {allowed:g} are allowed")

    def reusable(self) -> dict[str, Any] | None:
        """
        Return what another task made from the same inputs, if the user allows that.

        :raises NotSentError: if the folder cannot be read now.
        """
        terms = self.terms
        if not terms.reuse_stored or (terms.cleared and terms.buy_again):
            return None
        identity = self.inputs.identity()
        found = self.results.find(identity) if identity else None
        if found is None:
            return None
        if self.inputs.idempotency_key and found["inputs"] != self.inputs.described:
            log.warning("Job %s has the same idempotency_key and other inputs: not reused", found["job_id"])
            return None
        # The same media may have other names here: another connection's, or another operator's.
        return {**found, "inputs": self.inputs.described}

    def submit(self, before: Entry | None, leaves: Entry | None = None) -> tuple[Entry, Job | None]:
        """
        Submit once.

        :param before: the entry so far; its counts and its deadline go on.
        :param leaves: the entry of a job that this purchase leaves behind; it stays if nothing is taken.
        :return: the entry, and what the vendor said of the job; None where that is in doubt.
        :raises SubmissionError: certainly not taken.
        :raises InputError: nothing was sent.
        :raises SettingsError: nothing was sent.
        """
        checked = self.check(before)
        intent = self._intent(before or Entry(state=State.REFUSED), checked)
        request, nonce = self.completion.addressed(checked, intent.deadline)
        save = self.journal.save if before else self.journal.save_first
        intent = save(intent.moved_to(State.INTENT, nonce=nonce))
        try:
            job = self.completion.hook.send(request)
        except InDoubtError as error:
            return self.journal.save_with_retries(intent.moved_to(State.IN_DOUBT, problem=str(error))), None
        except (RefusedError, NotSentError, SettingsError) as error:
            self._not_taken(intent, before, leaves, error)
            raise
        if (price := checked.price()) and job.cost and price != job.cost:
            log.warning("The price list says %s, the vendor took %s", price, job.cost)
        return self._taken(intent, job), job

    def _intent(self, before: Entry, request: Submission) -> Entry:
        now = self.clock.time()
        return Entry(
            state=State.INTENT,
            provider=self.provider,
            operation=request.operation,
            inputs=self.inputs.digests,
            identity=self.inputs.identity(),
            versions=self.inputs.versions,
            made_from=self.inputs.described,
            base_url=self.completion.hook.settings.base_url,
            name=uuid4().hex,
            attempted_at=now,
            submitted_at=before.submitted_at or now,
            deadline=before.deadline or now + self.terms.timeout,
            max_tries=self.terms.max_tries,
            clear_number=self.terms.clear_number,
            resubmissions=before.resubmissions,
            doubts=before.doubts,
            obeyed=before.obeyed,
            left=before.left,
        )

    def _not_taken(
        self, intent: Entry, before: Entry | None, leaves: Entry | None, error: FaceSwapError
    ) -> None:
        # The clock of a first submission has not started.
        first, deadline = (before.submitted_at, before.deadline) if before else (0.0, 0.0)
        refused = intent.moved_to(
            State.REFUSED, nonce="", submitted_at=first, deadline=deadline, problem=str(error)
        )
        self.journal.save_with_retries(leaves or refused)

    def _taken(self, intent: Entry, job: Job) -> Entry:
        """Write down what the vendor answered, before anything else can fail."""
        hook = self.completion.hook
        log.info(
            "%s%s took %s as job %s%s",
            self.label,
            self.provider,
            intent.operation,
            job.job_id or "(no id)",
            "" if job.eta is None else f", ready in about {job.eta:.0f} s",
        )
        now = self.clock.time()
        late = now >= intent.deadline
        entry = intent.moved_to(
            State.RUNNING,
            job_id=job.job_id,
            eta=job.eta,
            route=readable_route({**hook.settings.route, **hook.route_to(job)}),
            cost=job.cost.model_dump() if job.cost else None,
            deadline=now + self.terms.timeout if late else intent.deadline,
            problem="",
        )
        if job.content is not None:
            return self._taken_with_content(entry, job)
        if job.state.settled and not job.job_id:  # no later poll brings this again
            recorded = self.results.record(self.results.describe(entry, job))
            entry = entry.moved_to(State.RUNNING if job.faces is None else State.FINISHED, result=recorded)
        return self.journal.save_with_retries(entry)

    def _taken_with_content(self, entry: Entry, job: Job) -> Entry:
        """Store a picture that came with the answer, before anything else can fail."""
        try:
            result = self.results.keep(entry, job)
        except BaseException as failure:  # a timeout of Airflow as well: the picture is paid, and comes once
            described = self.results.record(self.results.describe(entry, job))
            try:
                spooled = {"spooled_at": self.results.spool(job.content or b"")}
            except ResultError as error:  # it is lost, and not in doubt
                spooled = {"problem": str(error)}
            self.journal.save_with_retries(entry.moved_to(State.RUNNING, result=described, **spooled))
            if isinstance(failure, ResultError) and not self.journal.durable:
                place = spooled.get("spooled_at", "nowhere")
                raise ResultError(f"{self.not_stored(failure)}; the paid picture is kept: {place}") from None
            raise
        kept = entry.moved_to(State.FINISHED, result=result)
        clean_up(lambda: self.journal.save_with_retries(kept))  # the picture is where it belongs
        return kept


def clean_up(act: Callable[[], object]) -> bool:
    """
    Do what may fail without harm, as the job is paid and its result is kept; say so in the log.

    :return: whether it was done.
    """
    try:
        act()
    except Exception as error:
        log.warning("Left as it is, and nothing is lost: %s", loggable(error))
        return False
    return True
