"""Whether the target is a picture or a clip, where its name does not say it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.media import clip
from tests.fakes import JPEG, MP4
from tests.operators.shop import CLIP, Shop

SUFFIXLESS = "https://a.example/media/17"


class _Reader:
    """Stands in for the network where first bytes are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        monkeypatch.setattr(clip, "first_bytes", self, raising=False)

    def __call__(self, name: str, media: str, settings: Any) -> bytes:
        self.asked.append(media)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, bytes)
        return answer


@pytest.mark.parametrize(("head", "operation"), [(JPEG, "multiple_face_swap"), (MP4, "single_video_swap")])
def test_media_without_a_suffix_are_looked_at(modelslab: Shop, head: bytes, operation: str) -> None:
    reader = _Reader(modelslab.monkeypatch, head)
    modelslab.start(SUFFIXLESS)
    assert (modelslab.bought[0], reader.asked) == (operation, [SUFFIXLESS])


@pytest.mark.parametrize("given", [{"kind": "video"}, {"target": CLIP}])
def test_nothing_is_read_where_the_kind_is_said(modelslab: Shop, given: dict[str, str]) -> None:
    reader = _Reader(modelslab.monkeypatch)
    modelslab.start(**{"target": SUFFIXLESS, **given})
    assert (modelslab.bought[0], reader.asked) == ("single_video_swap", [])


def test_media_that_are_neither_are_one_sentence(modelslab: Shop) -> None:
    _Reader(modelslab.monkeypatch, b"%PDF-1.7")
    with pytest.raises(
        AirflowFailException, match=r"target: is neither a picture nor a clip by .*, or give kind='image' or"
    ):
        modelslab.start(SUFFIXLESS)


@pytest.mark.parametrize("gone", [InputError("kind", "cannot be read"), NotSentError("no connection")])
def test_media_that_are_gone_do_not_keep_a_paid_result_from_being_collected(
    modelslab: Shop, gone: Exception
) -> None:
    reader = _Reader(modelslab.monkeypatch, MP4, gone)
    modelslab.die(media=SUFFIXLESS)
    assert modelslab.start(SUFFIXLESS)["status"] == "success"
    modelslab.clear()
    modelslab.start(SUFFIXLESS)
    assert (modelslab.vendor.accepted, len(reader.asked)) == (1, 1), "the journal knows what was bought"


def test_media_that_cannot_be_read_before_the_purchase_end_the_task(modelslab: Shop) -> None:
    _Reader(modelslab.monkeypatch, InputError("kind", "cannot be read"))
    with pytest.raises(AirflowFailException, match="kind: cannot be read"):
        modelslab.start(SUFFIXLESS)
