"""What holds for the vendors together: recorded replies, controls, the front page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .aifaceswap.client import OPERATIONS, AIFaceSwapClient
from .aifaceswap.client import RECORDED as AIFACESWAP
from .modelslab.client import RECORDED as MODELSLAB
from .modelslab.client import ModelsLabClient
from .segmind.client import DOCUMENTED, SHORT, SegmindClient
from .segmind.client import RECORDED as SEGMIND

CALLS = {
    "modelslab": ("submit", "fetch"),
    "segmind": ("v1", "v2-submit", "v2-status", "v2-result", "credits"),
    "aifaceswap": ("submit", "extract_face", "extract_base64_face", "callback"),
}
CASES = [folder for vendor in (MODELSLAB, SEGMIND, AIFACESWAP) for folder in sorted(vendor.folder.iterdir())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_reply_is_complete(case: Path) -> None:
    assert {file.name for file in case.iterdir()} == {"status", "headers.json", "body", "origin"}
    call, _, source = (case / "origin").read_text().partition(": ")
    assert call in CALLS[case.parent.name]
    assert case.name.startswith(call.replace("-", "_"))
    assert source.strip()
    assert "content-type" in json.loads((case / "headers.json").read_text())
    assert 200 <= int((case / "status").read_text()) < 600


def test_every_call_has_recorded_replies() -> None:
    found = {(case.parent.name, (case / "origin").read_text().partition(": ")[0]) for case in CASES}
    assert found == {(vendor, call) for vendor, calls in CALLS.items() for call in calls}


def test_the_printed_sample_that_is_not_json_was_repaired_and_nothing_else() -> None:
    with pytest.raises(json.JSONDecodeError):
        AIFACESWAP.body("extract_base64_face_as_printed")
    printed = (AIFACESWAP.folder / "extract_base64_face_as_printed" / "body").read_text()
    repaired = (AIFACESWAP.folder / "extract_base64_face" / "body").read_text()
    assert printed.replace("],\n]", "]\n]") == repaired


def test_the_page_lists_the_endpoints_of_all_vendors(client: ModelsLabClient) -> None:
    page = client.http.get(f"{client.url}/").text
    paths = [DOCUMENTED, SHORT, "/v2/faceswap-v2", "/api/v6/deepfake/fetch/{id}"]
    paths += [f"/api/aifaceswap/v1/{operation}" for operation in OPERATIONS]
    assert [path for path in paths if f"<code>POST {path}</code>" not in page] == []
    for path in ("/v2/requests/{id}/status", "/v2/requests/{id}", "/v1/get-user-credits"):
        assert f"<code>GET {path}</code>" in page


def test_the_page_shows_the_results_of_all_vendors(
    client: ModelsLabClient, segmind: SegmindClient, aifaceswap: AIFaceSwapClient
) -> None:
    client.submit("multiple_face_swap")
    segmind.swap()
    segmind.ended()
    aifaceswap.call("extract_face")
    jobs = client.control("jobs")["jobs"]
    assert [job["vendor"] for job in jobs] == ["modelslab", "segmind", "segmind", "aifaceswap"]
    page = client.http.get(f"{client.url}/").text
    for job in jobs:
        assert f'{job["id"]} {job["operation"]}: success  <a href="/generations/{job["file"]}">' in page
        assert client.http.get(f"{client.url}/generations/{job['file']}").status_code == 200


def test_a_reset_fills_the_accounts_and_forgets_the_choices(
    client: ModelsLabClient, segmind: SegmindClient
) -> None:
    full = client.control("credits")
    chosen = client.control("segmind")
    for vendor in ("segmind", "aifaceswap"):
        client.control("credits", {"vendor": vendor, "credits": 1.5})
    assert client.control("credits") == {"credits": {"segmind": 1.5, "aifaceswap": 1.5}}
    client.control("segmind", {"v1_paths": [SHORT]})
    assert client.control("segmind", {"cost": 0.5})["segmind"] == chosen["segmind"] | {
        "v1_paths": [SHORT],
        "cost": 0.5,
    }
    client.control("reset", {})
    assert (client.control("credits"), client.control("segmind")) == (full, chosen)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("credits", {"vendor": "modelslab", "credits": 1}),
        ("credits", {"vendor": "segmind", "credits": -1}),
        ("segmind", {"v1_paths": ["/v3/faceswap"]}),
        ("segmind", {"image_format": "gif"}),
        ("segmind", {"unknown": 1}),
        ("callbacks", {"deliveries": -1}),
        ("callbacks", {"encoding": "xml"}),
        ("callbacks", {"unknown": 1}),
        ("faults", {"kind": "error", "code": 200}),
        ("faults", {"kind": "error", "on": "media"}),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(
    client: ModelsLabClient, path: str, body: dict[str, Any]
) -> None:
    before = client.control(path)
    response = client.http.post(f"{client.url}/_sandbox/{path}", json=body)
    assert (response.status_code, list(response.json())) == (400, ["error"])
    assert client.control(path) == before


def test_the_manual_names_every_operation_and_choice(client: ModelsLabClient) -> None:
    from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
    from airflow_provider_faceswap.sandbox.faults.fault import Fault
    from airflow_provider_faceswap.sandbox.jobs.progress import Progress
    from airflow_provider_faceswap.sandbox.settings import SegmindOptions

    manual = client.http.get(f"{client.url}/_sandbox/").text
    names = {"faceswap-v2", "faceswap-v2-async", "get-user-credits", *OPERATIONS}
    for model in (CallbackPolicy, Fault, Progress, SegmindOptions):
        names |= model.model_fields.keys() - {"kind"}
    assert [name for name in sorted(names) if f"``{name}``" not in manual] == []


def test_errors_of_a_chosen_code_at_modelslab(client: ModelsLabClient) -> None:
    client.control("faults", {"kind": "error", "code": 403, "message": "No.", "times": 1})
    client.control("faults", {"kind": "error_200", "message": {"init_image": ["No."]}})
    first, second = client.submit("multiple_face_swap"), client.submit("multiple_face_swap")
    assert (first.status_code, first.json()) == (403, {"status": "error", "message": "No."})
    assert second.status_code == 200
    assert second.json() == {"status": "error", "message": {"init_image": ["No."]}}
