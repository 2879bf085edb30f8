"""What requests to ModelsLab may say, and what they ask for."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.sandbox.http.addresses import is_http_url
from airflow_provider_faceswap.sandbox.pictures.inputs import decode_base64
from airflow_provider_faceswap.sandbox.pictures.work import Replacement, Source, Swap

# The media fields of each operation; all are required.
MEDIA_FIELDS = {
    "single_face_swap": ("init_image", "target_image", "reference_image"),
    "multiple_face_swap": ("init_image", "target_image"),
    "single_video_swap": ("init_image", "init_video"),
    "specific_video_swap": ("init_image", "init_video", "reference_image"),
}
VIDEO_OPERATIONS = ("single_video_swap", "specific_video_swap")


def field_errors(operation: str, body: dict[str, Any]) -> dict[str, list[str]]:
    """
    Return what is wrong with the fields of a submission, in the vendor's form.

    :param operation: the operation.
    :param body: the request.
    """
    errors = {}
    for name in MEDIA_FIELDS[operation]:
        problem = _media_problem(body.get(name), _is_base64(operation, body))
        if problem:
            errors[name] = [f"The {name.replace('_', ' ')} {problem}"]
    for name in ("watermark", "base64"):
        if not isinstance(body.get(name, True), bool):
            errors[name] = [f"The {name} field must be true or false."]
    webhook = body.get("webhook")
    if webhook is not None and not (isinstance(webhook, str) and is_http_url(webhook.strip())):
        errors["webhook"] = ["The webhook must be a valid URL."]
    track_id = body.get("track_id")
    if track_id is not None and (isinstance(track_id, bool) or not isinstance(track_id, int | str)):
        errors["track_id"] = ["The track id must be an integer."]
    if operation in VIDEO_OPERATIONS and body.get("output_format", "mp4") != "mp4":
        errors["output_format"] = ["The selected output format is invalid."]
    return errors


def _is_base64(operation: str, body: dict[str, Any]) -> bool:
    return operation not in VIDEO_OPERATIONS and body.get("base64") is True


def _media_problem(value: object, is_base64: bool) -> str:
    if value is None or value == "":
        return "field is required."
    if not isinstance(value, str):
        return "must be a string."
    if is_base64:
        return "" if decode_base64(value) else "must be a valid base64 image."
    return "" if is_http_url(value.strip()) else "must be a valid URL."


def inputs_of(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """
    Return what the result depends on, as it was sent.

    :param operation: the operation.
    :param body: the request, whose fields are valid.
    """
    media = {name: body[name].strip() for name in MEDIA_FIELDS[operation]}
    return media | {"watermark": body.get("watermark", True)}


def swap_of(operation: str, body: dict[str, Any]) -> Swap:
    """
    Return the swap that a request asks for.

    :param operation: the operation.
    :param body: the request, whose fields are valid.
    """
    is_video = operation in VIDEO_OPERATIONS
    sources = {name: _source(name, body[name], operation, body) for name in MEDIA_FIELDS[operation]}
    face = sources["init_image" if is_video else "target_image"]
    return Swap(
        scene=sources["init_video" if is_video else "init_image"],
        replacements=(Replacement(face, reference=sources.get("reference_image")),),
        is_video=is_video,
        watermark=body.get("watermark", True),
    )


def _source(name: str, value: str, operation: str, body: dict[str, Any]) -> Source:
    if _is_base64(operation, body):
        return Source(name, content=decode_base64(value))
    return Source(name, url=value.strip())
