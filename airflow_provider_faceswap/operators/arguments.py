"""Arguments as Airflow people pass them, and signatures that show all of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from datetime import timedelta
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.media import MAX_PRESIGN
from airflow_provider_faceswap.exceptions import InputError

if TYPE_CHECKING:
    from airflow_provider_faceswap.operators.base import SwapOperator
    from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator

_MAX = 10**9
_OPTIONAL = ("poll_interval", "presign_seconds", "max_cost", "max_active_jobs")
_BOUNDS = (
    ("timeout", 0.1, _MAX),
    ("poll_interval", 0.1, _MAX),
    ("presign_seconds", 1, MAX_PRESIGN),
    ("short_wait", 0, _MAX),
    ("in_doubt_wait", 0, _MAX),
    ("max_resubmits", 0, _MAX),
    ("max_cost", 0, _MAX),
)


def as_seconds(value: float | timedelta) -> float:
    """Return a time in seconds; anything else is left for the check at run time."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def as_text(path: Any) -> Any:
    """
    Return a path as the text that templates render.

    :param path: an ``ObjectStoragePath`` gives its URL, a local path a ``file://`` URL, also within lists and
        dicts. Anything else stays as it is.
    """
    if isinstance(path, dict):
        return {name: as_text(item) for name, item in path.items()}
    if isinstance(path, (list, tuple)):
        return [as_text(item) for item in path]
    if hasattr(path, "protocol"):
        return str(path)
    return f"file://{fspath(path)}" if isinstance(path, PathLike) else path


def check_output_path(output_path: str | None) -> None:
    """
    Find what is wrong with a folder's URL, or with the Airflow connection that it names.

    :raises InputError: naming the remedy.
    :raises NotSentError: if Airflow cannot look the connection up now.
    """
    if output_path is not None:
        from airflow_provider_faceswap.storage.folders import check_folder
        from airflow_provider_faceswap.storage.places import open_output

        open_output(check_folder(output_path))


def check_choice(name: str, value: Any, choices: Sequence[str]) -> Any:
    """
    Return an argument that must be one of some words.

    :param name: of the argument.
    :param value: as it was given.
    :param choices: the words.
    :raises InputError: if it is none of them; in a constructor that is a Dag import error.
    """
    if value not in choices:
        from airflow.sdk.exceptions import AirflowFailException

        from airflow_provider_faceswap.execution.airflow_errors import as_airflow

        error = InputError(name, f"must be {' or '.join(map(repr, choices))}, not {str(value)[:40]!r}")
        raise as_airflow(error, AirflowFailException)
    return value


def check_terms(operator: SwapOperator) -> None:
    """
    Check the arguments that say on which terms an operator buys and waits.

    :param operator: with its templates rendered.
    :raises InputError: naming the argument and the remedy.
    """
    check_choice("on_in_doubt", operator.on_in_doubt, ("fail", "resubmit"))
    check_choice("on_clear", operator.on_clear, ("collect", "resubmit"))
    _check_numbers(operator, _BOUNDS)
    for name in ("wait_for_completion", "deferrable", "check_inputs", "reuse_stored", "use_callback"):
        if not isinstance(getattr(operator, name), bool):
            raise InputError(name, "must be True or False")
    if operator.reuse_stored and not operator.output_path:
        raise InputError("reuse_stored", "needs output_path, where it looks for the result")
    if operator.reuse_stored and not operator.wait_for_completion:
        raise InputError("reuse_stored", "needs wait_for_completion=True: a sensor writes no record")


def _check_numbers(operator: Any, bounds: Iterable[tuple[str, float, float]]) -> None:
    for name, least, most in bounds:
        value = getattr(operator, name)
        if value is None and name in _OPTIONAL:
            continue
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not least <= value <= most:
            raise InputError(name, f"must be a number from {least} to {most}")


_BATCH_BOUNDS = (
    *(bound for bound in _BOUNDS if bound[0] != "short_wait"),
    ("max_active_jobs", 1, 10_000),
    ("max_failed", 0, _MAX),
)


def check_batch(operator: FaceSwapBatchOperator) -> None:
    """
    Check the arguments that say on which terms a batch buys and waits.

    :param operator: with its templates rendered.
    :raises InputError: naming the argument and the remedy.
    """
    _check_numbers(operator, _BATCH_BOUNDS)
    for name in (
        "overwrite", "validate_only", "deferrable", "adopt_from_callback", "check_inputs", "use_callback"
    ):  # fmt: skip
        if not isinstance(getattr(operator, name), bool):
            raise InputError(name, "must be True or False")
    share = operator.max_failed
    if isinstance(share, float) and share > 1.0 and not share.is_integer():
        raise InputError("max_failed", "must be a number of items, or a share below 1.0; 1.0 is for any")
    if not isinstance(operator.output_path, str) or is_blank(operator.output_path):
        raise InputError("output_path", "is required: the results and the manifest are stored there")
    if operator.common is not None and not isinstance(operator.common, dict):
        raise InputError(
            "common", f"must be a dict of what all items share, not {type(operator.common).__name__}"
        )


class WithFullSignature:
    """
    Shows in the ``__init__`` of each subclass what its bases of this provider take too.

    ``help()``, notebooks and Airflow's ``default_args`` read it; nothing has to be written twice.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        init = cls.__dict__.get("__init__")
        parent = next(base for base in cls.__mro__[1:] if "__init__" in base.__dict__)
        # Airflow reads the defaults of what stands here: its own arguments stay with its own classes.
        if init is None or not issubclass(parent, WithFullSignature):
            return
        own = inspect.signature(init).parameters.values()
        names = {item.name for item in own}
        inherited = [
            item
            for item in inspect.signature(parent.__init__).parameters.values()
            if item.kind is item.KEYWORD_ONLY and item.name not in names
        ]
        first = [item for item in own if item.kind is not item.VAR_KEYWORD]
        rest = [item for item in own if item.kind is item.VAR_KEYWORD]
        init.__signature__ = inspect.Signature([*first, *inherited, *rest])
