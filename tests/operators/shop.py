"""A task that any vendor may serve: its connection can be edited between its tries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from tests.fakes import FakeCompletion
from tests.operators.world import World

FACE, PICTURE, CLIP = (f"https://a.example/{name}" for name in ("face.jpg", "photo.jpg", "clip.mp4"))


class Shop(World):
    """A task whose connection, ``account``, may lead to any vendor."""

    def __init__(self, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(provider, monkeypatch)
        self.monkeypatch = monkeypatch
        self.connect(provider)

    def connect(self, provider: str, host: str = "") -> None:
        """Edit the connection; a host that two vendors share is a gateway's."""
        connection = {"conn_type": provider, "password": "k" * 8}
        self.monkeypatch.setenv("AIRFLOW_CONN_ACCOUNT", json.dumps(connection))
        if provider != self.provider:
            self.provider = provider
            sent, accepted = self.vendor.sent, self.vendor.accepted
            self.vendor = FakeCompletion(provider, self.vendor.nonce)
            self.vendor.sent, self.vendor.accepted = sent, accepted
            self.monkeypatch.setattr(SwapOperator, "hook", self.vendor.hook)
            self.monkeypatch.setattr(SwapOperator, "completion", self.vendor)
        if host:
            self.vendor.moves_to(host)

    def make(self, media: Any = PICTURE, **kwargs: Any) -> Any:
        known = {"task_id": "swap", "conn_id": "account", "deferrable": False, "retries": self.retries}
        return FaceSwapOperator(**{**known, "face": FACE, "target": media, **kwargs})

    def start(self, media: Any = PICTURE, **kwargs: Any) -> Any:
        return super().start(media, **kwargs)

    @property
    def bought(self) -> tuple[str, dict[str, Any]]:
        (request,) = self.vendor.sent
        return request.operation, request.model_dump(exclude_unset=True)
