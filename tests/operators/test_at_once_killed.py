"""Vendors that answer with the result itself: a picture that is stored is no doubt."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.exceptions import InDoubtError, NotSentError
from airflow_provider_faceswap.storage.records import Records
from tests.fakes import Killed
from tests.operators.till import Till


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
@pytest.mark.parametrize("cleared", [True, False])
def test_a_picture_that_was_stored_right_before_the_worker_died_is_no_doubt(
    till: Till, on_in_doubt: str, cleared: bool
) -> None:
    """Killed between the folder and the journal, the entry still says that nobody knows."""
    real = till.store.set

    def dying(key: str, value: Any, *, retention: Any = None) -> None:
        if key == "faceswap" and value["state"] == "finished":
            raise Killed
        real(key, value, retention=retention)

    till.store.set = dying  # type: ignore[method-assign]
    with pytest.raises(Killed):
        till.start()
    till.store.set = real  # type: ignore[method-assign]
    if cleared:
        till.clear()
    result = till.start(on_in_doubt=on_in_doubt)
    assert result["stored"] == [f"file://{till.folder}/segmind-r-1.jpg"] and till.paid == 1
    assert (till.entry["state"], till.entry["job_id"]) == ("finished", "r-1")
    assert till.start() == result


def test_a_picture_of_another_submission_does_not_settle_a_doubt(till: Till) -> None:
    till.start()
    till.store.delete("faceswap")
    till.clock.seconds += 1
    till.answer = InDoubtError("cut")
    with pytest.raises(AirflowFailException, match="in doubt"):
        till.start()
    assert till.paid == 2


def test_a_doubt_ends_the_task_without_a_store_although_the_folder_cannot_be_read(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise NotSentError("output_path cannot be read now")

    till.store = None  # type: ignore[assignment]
    till.answer = InDoubtError("cut")
    monkeypatch.setattr(Records, "find", broken)
    with pytest.raises(AirflowFailException, match="in doubt"):
        till.start()
    assert till.paid == 1
