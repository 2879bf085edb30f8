"""Media that the vendor's own host cannot reach are refused before anything is paid."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import InputError
from tests.execution.given import LINK, inputs
from tests.storage.settings import settings


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost:8765", True), ("127.0.0.1", True), ("10.1.2.3", True), ("[::1]:80", True),
        ("169.254.169.254", True), ("LOCALHOST", True), ("example.com", False), ("8.8.8.8", False),
        ("localhost.example.com", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("vendors_own", [True, False])
def test_a_url_that_the_vendor_cannot_reach_is_refused(host: str, private: bool, vendors_own: bool) -> None:
    """A gateway, or the sandbox, may reach what the vendor's own host does not."""
    where = settings("https://modelslab.com", vendors_own=vendors_own)
    given = {"init_image": LINK, "target_image": f"http://{host}/a.jpg"}
    found = inputs("modelslab", "multiple_face_swap", given, settings=where)
    if private and vendors_own:
        with pytest.raises(InputError, match=r"target_image: leads to \S+, which the vendor cannot reach"):
            found.request()
    else:
        assert found.request().body()["target_image"] == given["target_image"]


def test_a_file_in_a_store_of_this_machine_is_refused(bucket: dict[str, str]) -> None:
    where = settings("https://modelslab.com", vendors_own=True)
    given = {"init_image": LINK, "target_image": bucket["picture"]}
    with pytest.raises(InputError, match=r"target_image: leads to 127\.0\.0\.1") as caught:
        inputs("modelslab", "multiple_face_swap", given, settings=where).request()
    assert "Signature" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [{"base_url": "http://10.0.0.5:8000"}, {"base_url": "https://swap.example", "allow_private_hosts": True}],
)
def test_a_vendor_in_this_network_reaches_what_lies_there(given: dict[str, Any]) -> None:
    where = settings(**{"vendors_own": True, **given})
    media = {"init_image": LINK, "target_image": "http://10.0.0.7/a.jpg"}
    assert inputs("modelslab", "multiple_face_swap", media, settings=where).request()


@pytest.mark.parametrize("url", ["http://[::1/a.jpg", "http://ex\u2100mple.com/a"])
def test_what_is_no_url_is_an_error_of_its_field(url: str) -> None:
    where = settings("https://modelslab.com", vendors_own=True)
    media = {"init_image": LINK, "target_image": url}
    with pytest.raises(InputError, match="target_image"):
        inputs("modelslab", "multiple_face_swap", media, settings=where).request()
