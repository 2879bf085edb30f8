"""
One folder, one writer: the claim that a batch lays down before it pays.

``claim.json`` names the holder and a random nonce. It is created exclusively, so of two tasks one gets it.
The claim of a task that has ended is followed, not overwritten: the follower creates
``claim-after-<its nonce>.json`` exclusively, with a claim of its own. Who holds the folder is therefore the
end of the chain that starts at ``claim.json``. The new holder then shortens the chain: it writes its claim to
``claim.json``, and removes the links after that.

Why no two tasks hold it:

- A nonce has one follower, since a link is created exclusively and is removed only after ``claim.json`` has
  moved on. ``claim.json`` never goes back to an earlier nonce.
- Who was slow may create a link that was removed already. It leads nowhere: each taker reads the chain again
  and holds the folder only if its own claim is at the end. Otherwise it removes its link and starts over.
- A taker that dies between any two steps leaves a claim like any other, which is followed once Airflow calls
  its task finished.
- A task that Airflow calls finished while its process still runs sees at :meth:`Claim.confirm` that it has
  been followed. It asks after its intents lie in the folder and before it sends them: so either it stops, or
  its follower, who reads the folder after it took it, finds the intents, and treats them as submissions in
  doubt. That holds however long the process was frozen, and wherever.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import FaceSwapError, NotSentError
from airflow_provider_faceswap.storage.checks import blame
from airflow_provider_faceswap.storage.places import Place, said

log = logging.getLogger(__name__)

CLAIM = "claim.json"
FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""States of a task instance that its claim does not outlive."""
NO_STATUS = "no_status"
"""What Airflow's pages call a task instance without a state, such as one that was just cleared."""

_IDENTITY = ("dag_id", "run_id", "task_id", "map_index")
_NONCE = re.compile(r"[0-9a-f]{32}\Z")
_MAX_CLAIM = 16 * 1024
_MAX_TURNS = 20
_UNPAID = "nothing was sent to the vendor"

StateOf = Callable[[Mapping[str, Any]], "str | None"]


@dataclass(frozen=True)
class Claim:
    """
    A folder that this task holds.

    :param place: where the claim lies.
    :param nonce: of the claim.
    """

    place: Place
    nonce: str

    def confirm(self) -> None:
        """
        Check that nobody has followed this claim; a batch asks before it sends a block, and before it merges.

        :raises NotSentError: naming who has.
        """
        with _readable(self.place):
            found = _read(self.place, CLAIM)
        if not found or found["nonce"] != self.nonce:
            by = f"taken over by {_named(found)}" if found else "deleted"
            raise NotSentError(
                f"output_path is no longer this task's: its claim was {by}; {_UNPAID} since. "
                "Run the task again when no other task writes there"
            )

    def release(self) -> None:
        """Give the folder up; a failure is only logged, since the claim of a finished task is followed."""
        try:
            chain = _chain(self.place)
            if chain and chain[-1]["nonce"] == self.nonce:
                self.place.remove(CLAIM)
        except Exception as error:  # each store has errors of its own
            log.warning("%s/%s could not be deleted: %s", self.place.url, CLAIM, said(error))


def take_claim(place: Place, owner: Mapping[str, Any], state_of: StateOf) -> Claim:
    """
    Hold a folder for a task, before anything is paid.

    :param place: the folder ``_faceswap`` below ``output_path``.
    :param owner: the task instance: ``dag_id``, ``run_id``, ``task_id``, ``map_index`` and ``try_number``.
    :param state_of: returns the state of the task instance that holds the folder, :data:`NO_STATUS` if it has
        none, and None if this Airflow does not know it.
    :raises NotSentError: if another task holds the folder, or the claim cannot be read.
    :raises InputError: if the folder cannot be written.
    """
    mine = {
        **owner,
        "provider_version": __version__,
        "claimed_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "nonce": uuid4().hex,
    }
    with _readable(place):
        place.prepare()
        for _ in range(_MAX_TURNS):
            chain = _chain(place)
            if chain and _is_of(chain[-1], owner) and chain[-1].get("try_number") == owner.get("try_number"):
                _shorten(place, chain)
                return Claim(place, chain[-1]["nonce"])  # a resume of the same try
            if chain and not _is_of(chain[-1], owner):
                _check_finished(place, chain[-1], state_of)
            name = _link(chain[-1]) if chain else CLAIM
            place.create(name, _as_bytes(mine))
            now = _chain(place)
            if now and now[-1]["nonce"] == mine["nonce"]:
                _shorten(place, now)
                return Claim(place, mine["nonce"])
            if not any(claim["nonce"] == mine["nonce"] for claim in now):
                _withdraw(place, name, mine["nonce"])
    raise NotSentError(
        f"output_path: other tasks keep taking {place.url} over; {_UNPAID}: run the task again"
    )


def owner_of(ti: Any) -> dict[str, Any]:
    """Return a task instance as a claim names it."""
    return {name: getattr(ti, name) for name in (*_IDENTITY, "try_number")}


def airflow_state_of(ti: Any) -> StateOf:
    """
    Return what looks a claim's owner up in this Airflow.

    :param ti: the running task instance, ``context["ti"]``.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError

    def state_of(owner: Mapping[str, Any]) -> str | None:
        dag_id, run_id, task_id, map_index = (owner[name] for name in _IDENTITY)
        mapped = map_index >= 0
        try:
            states = ti.get_task_states(
                dag_id=dag_id, run_ids=[run_id], task_ids=[task_id], map_index=map_index if mapped else None
            )
        except AirflowRuntimeError as error:
            problem = said(error)
        else:
            run, key = states.get(run_id, {}), f"{task_id}_{map_index}" if mapped else task_id
            return str(run[key] or NO_STATUS) if key in run else None
        raise NotSentError(
            f"the state of {_named(owner)}, which holds output_path, cannot be looked up now: {problem}; "
            f"{_UNPAID}"
        )

    return state_of


def _chain(place: Place) -> list[dict[str, Any]]:
    """Return the claims from ``claim.json`` to that of the holder; none if nobody has claimed the folder."""
    claims: list[dict[str, Any]] = []
    name = CLAIM
    while (claim := _read(place, name)) is not None:
        if claim in claims:
            raise _unreadable(place, name)
        claims.append(claim)
        name = _link(claim)
    return claims


def _read(place: Place, name: str) -> dict[str, Any] | None:
    try:
        content = place.read(name, _MAX_CLAIM)
    except FileNotFoundError:
        return None
    try:
        claim = json.loads(content)
        names = all(isinstance(claim[part], str) for part in _IDENTITY[:3])
        if names and isinstance(claim["map_index"], int) and _NONCE.match(claim["nonce"]):
            return dict(claim)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise _unreadable(place, name)


def _unreadable(place: Place, name: str) -> NotSentError:
    return NotSentError(
        f"output_path: {place.url}/{name} is not a claim that can be read: if no batch writes there, "
        f"delete {place.url}/{CLAIM}; {_UNPAID}"
    )


def _link(claim: Mapping[str, Any]) -> str:
    return f"claim-after-{claim['nonce']}.json"


def _is_of(claim: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    return all(claim[part] == owner[part] for part in _IDENTITY)


def _check_finished(place: Place, claim: Mapping[str, Any], state_of: StateOf) -> None:
    state = state_of(claim)
    if state in FINISHED:
        log.info("The claim of %s, which is %s, is taken over", _named(claim), state)
        return
    how = (
        f"which is {one_line(state)}. Wait until it has finished"
        if state
        else "which this Airflow does not know: another Airflow may write there. Wait until it has finished"
    )
    raise NotSentError(
        f"output_path is in use by {_named(claim)}, {how}, give another output_path, such as one with "
        f"{{{{ run_id }}}} in it, or delete {place.url}/{CLAIM} if no batch writes there any more; {_UNPAID}"
    )


def _named(claim: Mapping[str, Any]) -> str:
    dag_id, run_id, task_id = (one_line(claim[part], most=250) for part in _IDENTITY[:3])
    index = f", map index {claim['map_index']}" if claim["map_index"] >= 0 else ""
    return f"task {task_id!r} of Dag {dag_id!r}, run {run_id!r}{index}"


def _as_bytes(claim: Mapping[str, Any]) -> bytes:
    return (json.dumps(claim) + "\n").encode()


def _shorten(place: Place, chain: list[dict[str, Any]]) -> None:
    if len(chain) > 1:
        place.write(CLAIM, _as_bytes(chain[-1]))
        for claim in chain[:-1]:
            place.remove(_link(claim))


def _withdraw(place: Place, name: str, nonce: str) -> None:
    """Remove a link that leads nowhere; a link of another taker stays."""
    left = _read(place, name)
    if left and left["nonce"] == nonce:
        place.remove(name)


@contextmanager
def _readable(place: Place) -> Iterator[None]:
    """Turn what a store raises into the family's errors."""
    try:
        yield
    except FaceSwapError:
        raise
    except Exception as error:  # each store has errors of its own
        raise blame(error, f"{place.url}/{CLAIM}", "written") from None
