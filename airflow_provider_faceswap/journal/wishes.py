"""What a person decided about one submission, as the "Face swap" tab writes it beside the journal's entry."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Annotated, Literal
from uuid import NAMESPACE_OID, uuid5

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from typing_extensions import Self

from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.journal.decisions import DOUBTS, Decision, Situation, Step, buy_again, decide
from airflow_provider_faceswap.journal.entry import Entry, Moment, State

log = logging.getLogger(__name__)

_ENDED = (State.FINISHED, State.FAILED)


class Wish(BaseModel):
    """
    A decision that a page wrote. It counts once, and for what the page showed.

    :param id: of this decision; what was obeyed is not obeyed again. Without one, two decisions for the same
        action about the same attempt are one.
    :param attempt: when the submission that it is about was made, as the page showed it: the entry's
        ``attempted_at``, or the ``submitted_at`` of a row.
    :param action: ``adopt``: the submission was accepted, as ``job_id``; ``resubmit``: it was not accepted,
        buy it again; ``buy_another``: the job has ended, and is bought once more.
    :param job_id: of the job to adopt.
    :param key: of the row of a batch, as its manifest names it: a clear may list the rows in other places.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,128}$")] = ""
    attempt: Moment | Annotated[str, StringConstraints(max_length=64)]
    action: Literal["adopt", "resubmit", "buy_another"]
    job_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,128}$", strip_whitespace=True)] = ""
    key: Annotated[str, StringConstraints(max_length=128)] = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.action == "adopt") != bool(self.job_id):
            raise ValueError("a job_id belongs to adopt alone")
        return self

    @classmethod
    def from_store(cls, value: object) -> Wish | None:
        """
        Read what a page wrote; people can write there as well.

        :param value: a JSON value.
        :return: None if there is none, or if it cannot be understood.
        """
        if value is None:
            return None
        try:
            return cls.model_validate(value)
        except ValidationError:
            log.warning("A decision about this task's job cannot be read and is ignored")
            return None

    @property
    def name(self) -> str:
        """What tells it from other decisions."""
        return self.id or uuid5(NAMESPACE_OID, f"{self.action} {self.attempt}").hex

    def fits(self, entry: Entry) -> bool:
        """Return whether this is about the entry's submission, and about what has become of it since."""
        if self.name == entry.obeyed or self.attempt not in (entry.attempted_at, iso(entry.attempted_at)):
            return False
        if self.action == "buy_another":
            return entry.state in _ENDED
        return entry.state in DOUBTS and not entry.job_id

    def adopted(self, entry: Entry, situation: Situation) -> Entry | None:
        """
        Return the entry with the job that a person names, or None if this adopts nothing.

        Its inputs stay those of the submission. The clear that a page makes does not count: it is there to
        collect the job, and must not buy other inputs.
        """
        if self.action != "adopt" or not self.fits(entry):
            return None
        known = {
            "max_tries": situation.max_tries,
            "clear_number": situation.clear_number,
            "obeyed": self.name,
        }
        return entry.moved_to(State.RUNNING, job_id=self.job_id, deadline=0.0, problem="", **known)


def decide_with(wish: Wish | None, entry: Entry | None, situation: Situation) -> Decision:
    """
    Return what a start of the task does, as :func:`decide` does; a wish to buy that fits comes first.

    :param wish: what a person decided.
    :param entry: the journal's, or None.
    :param situation: what is known now.
    """
    decision = decide(entry, situation)
    if wish is None or entry is None or wish.action == "adopt" or decision.step is Step.WAIT_OUT:
        return decision
    if not wish.fits(entry) or (entry.base_url and entry.base_url != situation.base_url):
        return decision
    if wish.action == "buy_another":
        bought = buy_again(entry.moved_to(entry.state, obeyed=wish.name), "a person decided: buy another")
    else:  # it is not left behind: what was not accepted is nothing to come back to
        refused = entry.moved_to(State.REFUSED, obeyed=wish.name)
        bought = buy_again(refused, "a person decided: it was not accepted")
    return replace(bought, leaves=entry, again=True)  # if nothing is taken now, the entry and the wish stay
