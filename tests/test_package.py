from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest

import airflow_provider_faceswap
from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.exceptions import VendorError
from airflow_provider_faceswap.get_provider_info import get_provider_info
from airflow_provider_faceswap.hooks import hook_for

INFO = get_provider_info()
ROOT = Path(airflow_provider_faceswap.__file__).parent
SWAP = (
    "conn_id", "wait_for_completion", "deferrable", "timeout", "poll_interval", "output_path", "on_in_doubt",
    "max_resubmits", "short_wait", "idempotency_key", "consent_reference",
)  # fmt: skip
MODELSLAB = (*SWAP, "watermark", "webhook", "track_id")
AIFACESWAP = (*SWAP, "in_doubt_wait", "max_cost")
SENSOR = (
    "job_id", "conn_id", "deferrable", "timeout", "poke_interval", "output_path", "end_from_trigger",
    "submitted_at", "eta",
)  # fmt: skip
VIDEO = ("source_video", "duration", "enhance")
PUBLIC = {
    "operators.modelslab.ModelsLabSpecificFaceSwapOperator": (
        *MODELSLAB, "init_image", "target_image", "reference_image", "base64",
    ),
    "operators.modelslab.ModelsLabMultipleFaceSwapOperator": (
        *MODELSLAB, "init_image", "target_image", "base64",
    ),
    "operators.modelslab.ModelsLabSingleVideoSwapOperator": (
        *MODELSLAB, "init_image", "init_video", "output_format",
    ),
    "operators.modelslab.ModelsLabSpecificVideoSwapOperator": (
        *MODELSLAB, "init_image", "init_video", "reference_image", "output_format",
    ),
    "operators.segmind.SegmindFaceSwapOperator": (
        *SWAP, "source_img", "target_img", "input_faces_index", "source_faces_index", "face_restore",
        "base64", "api_version",
    ),
    "operators.aifaceswap.AIFaceSwapImageOperator": (*AIFACESWAP, "source_image", "face_image"),
    "operators.aifaceswap.AIFaceSwapMultiImageOperator": (*AIFACESWAP, "source_image", "face_image", "index"),
    "operators.aifaceswap.AIFaceSwapVideoOperator": (*AIFACESWAP, *VIDEO, "face_image"),
    "operators.aifaceswap.AIFaceSwapMultiVideoOperator": (*AIFACESWAP, *VIDEO, "ref_info"),
    "operators.aifaceswap.AIFaceSwapExtractFacesOperator": (*AIFACESWAP, "img"),
    "operators.aifaceswap.AIFaceSwapExtractFrameFacesOperator": (*AIFACESWAP, "base64_img"),
    "operators.faceswap.FaceSwapOperator": (
        *AIFACESWAP, "face", "target", "reference", "kind", "options",
    ),
    "sensors.modelslab.ModelsLabFetchSensor": (*SENSOR, "namespace"),
    "sensors.segmind.SegmindRequestSensor": SENSOR,
    "sensors.aifaceswap.AIFaceSwapCallbackSensor": (*SENSOR, "callback"),
    "operators.batch.FaceSwapBatchOperator": (
        "conn_id", "items", "output_path", "operation", "common", "max_active_jobs", "max_failed", "max_cost",
        "overwrite", "validate_only", "deferrable", "timeout", "on_in_doubt", "on_clear",
    ),
    "hooks.modelslab.ModelsLabHook": ("conn_id",),
    "hooks.segmind.SegmindHook": ("conn_id",),
    "hooks.aifaceswap.AIFaceSwapHook": ("conn_id",),
    "triggers.jobs.SwapJobsTrigger": ("conn_id", "jobs", "deadline", "poll_interval"),
    "triggers.callbacks.SwapCallbackTrigger": ("jobs", "deadline"),
}  # fmt: skip


def load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def arguments(cls: type) -> dict[str, inspect.Parameter]:
    found: dict[str, inspect.Parameter] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("airflow_provider_faceswap"):
            found |= inspect.signature(base.__init__).parameters
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_and_arguments(name: str) -> None:
    found = arguments(load(f"airflow_provider_faceswap.{name}"))
    assert set(PUBLIC[name]) <= set(found)
    if "hooks" not in name:
        named = [found[argument] for argument in PUBLIC[name]]
        assert {parameter.kind for parameter in named} == {inspect.Parameter.KEYWORD_ONLY}


def test_provider_info_fits_airflows_schema() -> None:
    schema = json.loads(Path(airflow.__file__).with_name("provider_info.schema.json").read_text())
    jsonschema.validate(INFO, schema)
    assert INFO["package-name"] == "airflow-provider-faceswap"


def test_provider_info_names_every_module_and_class_there_is() -> None:
    integrations = {item["integration-name"] for item in INFO["integrations"]}
    for kind in ("operators", "sensors", "hooks", "triggers"):
        named = set()
        for entry in INFO[kind]:
            assert entry["integration-name"] in integrations
            named |= set(entry["python-modules"])
        there = {
            f"airflow_provider_faceswap.{kind}.{path.stem}"
            for path in (ROOT / kind).glob("*.py")
            if path.stem in (*VENDORS, "faceswap", "jobs", "callbacks", "batch")
        }
        assert named == there
        for module in named:
            importlib.import_module(module)


def test_every_vendor_has_a_connection_type_whose_form_is_what_the_hook_reads() -> None:
    types = {entry["connection-type"]: entry for entry in INFO["connection-types"]}
    assert set(types) == set(VENDORS)
    for name, entry in types.items():
        hook = load(entry["hook-class-name"])
        assert isinstance(hook_for(name, "c"), hook)
        assert (hook.conn_type, hook.hook_name) == (name, entry["hook-name"])
        assert set(entry["conn-fields"]) == set(hook.settings_class.extras())
        assert entry["ui-field-behaviour"]["relabeling"]["password"] == "API key"
        assert hook.default_url in entry["ui-field-behaviour"]["placeholders"]["host"]
        for field in entry["conn-fields"].values():
            assert "null" in field["schema"]["type"], "an optional field without null gets a red asterisk"
            assert field["label"] and field["description"]


def test_every_operation_of_a_vendor_has_an_operator() -> None:
    for name in VENDORS:
        module = importlib.import_module(f"airflow_provider_faceswap.operators.{name}")
        classes = [
            cls for _, cls in inspect.getmembers(module, inspect.isclass)
            if cls.__module__ == module.__name__ and hasattr(cls, "operation")
        ]  # fmt: skip
        known = vendor(name).operations
        assert {cls.operation for cls in classes} == {call.operation for call in known.values()}
        for cls in classes:
            assert set(cls.inputs) == set(known[cls.operation].model_fields) - {"webhook"} | (
                {"webhook"} & set(cls.inputs)
            )
            assert set(cls.inputs) <= set(cls.template_fields)


def test_an_unknown_vendor_is_named() -> None:
    with pytest.raises(VendorError, match="'elsewhere' is not a known vendor"):
        vendor("elsewhere")


def test_the_secret_option_is_marked() -> None:
    options = INFO["config"]["faceswap"]["options"]
    assert options["callback_secret"]["sensitive"] is True


def test_airflow_finds_the_provider() -> None:
    (entry,) = [
        found for found in metadata.entry_points(group="apache_airflow_provider")
        if found.dist and found.dist.name == "airflow-provider-faceswap"
    ]  # fmt: skip
    assert entry.load()() == INFO


def test_the_metadata_is_read_without_the_vendors_and_their_models() -> None:
    code = f"import sys, {get_provider_info.__module__}; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"pydantic", "httpx", "airflow"} & set(output.split())


def imported_by(module: str) -> set[str]:
    before = "import sys, airflow.sdk; before = {*sys.modules}"
    code = f"{before}; import {module}; print(*{{*sys.modules}} - before)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.splitlines()[-1].split())


@pytest.mark.parametrize(
    "module", ["operators.modelslab", "operators.faceswap", "sensors.modelslab", "get_provider_info"]
)
def test_reading_a_dag_imports_no_http_client_and_no_media_library(module: str) -> None:
    heavy = {"aiohttp", "httpx_aiohttp", "aiolimiter", "tenacity", "fastapi", "cv2", "av", "numpy"}
    assert not heavy & imported_by(f"airflow_provider_faceswap.{module}")


@pytest.mark.parametrize(
    ("room", "may_not"),
    [
        ("apis", ("airflow.", "airflow ", "httpx", "aiohttp", "airflow_provider_faceswap.hooks")),
        ("exceptions.py", ("airflow.", "airflow ", "airflow_provider_faceswap.")),
        (
            "hooks",
            tuple(f"airflow_provider_faceswap.{room}" for room in ("storage", "triggers", "operators")),
        ),
        (
            "storage",
            tuple(f"airflow_provider_faceswap.{room}" for room in ("triggers", "operators", "sensors")),
        ),
        (
            "triggers",
            tuple(f"airflow_provider_faceswap.{room}" for room in ("operators", "sensors")),
        ),
        (
            "callbacks",
            tuple(f"airflow_provider_faceswap.{room}" for room in ("triggers", "operators", "hooks")),
        ),
        ("plugins", ("fastapi", "airflow_provider_faceswap.hooks", "airflow_provider_faceswap.operators")),
        ("", ("airflow_provider_faceswap.sandbox",)),
        (
            "sandbox",
            ("airflow.", "airflow ", "airflow_provider_faceswap.apis", "airflow_provider_faceswap.hooks"),
        ),
    ],
)
def test_imports_run_one_way(room: str, may_not: tuple[str, ...]) -> None:
    path = ROOT / room
    files = [path] if path.is_file() else path.rglob("*.py")
    for file in files:
        if not room and {"sandbox", "testing"} & {*file.relative_to(ROOT).parts}:
            continue
        for line in file.read_text().splitlines():
            words = line.split()
            if words[:1] in (["from"], ["import"]):
                assert not f"{words[1]} ".startswith(may_not), f"{file.relative_to(ROOT)}: {line.strip()}"
