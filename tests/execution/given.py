"""The inputs of a purchase, as an operator makes them."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.execution.inputs import Inputs
from tests.storage.settings import settings

LINK = "https://example.com/face.jpg?X-Amz-Signature=s1gnature"


def inputs(provider: str, endpoint: str, fields: dict[str, Any], **more: Any) -> Inputs:
    known = {
        "check_limits": False,
        "presign_seconds": 600.0,
        "settings": settings("https://vendor.example.com"),
    }
    return Inputs(
        provider=provider,
        endpoint=endpoint,
        request_class=vendor(provider).submission(endpoint),
        fields=fields,
        **{**known, **more},
    )
