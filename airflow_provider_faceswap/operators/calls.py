"""The call that an operator would make, in words; slow to import, so only a dry run does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.job import Cost
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.vocabulary import kind_by_name
from airflow_provider_faceswap.exceptions import InputError, SettingsError
from airflow_provider_faceswap.execution.completion import Completion, completion_for
from airflow_provider_faceswap.execution.inputs import Inputs
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.journal.store import Journal
from airflow_provider_faceswap.operators.arguments import as_text, check_batch, check_output_path
from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.batches import check_offer, read_rows
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.storage.checks import check_consent, check_name
from airflow_provider_faceswap.storage.files import File, LocalFile, Source
from airflow_provider_faceswap.storage.sources import Link, source_of

_KEY = "***"
_MAX_SHOWN = 200
_STAND_IN = "https://stands-in.example/"
_PICTURE = b"\xff\xd8\xff\xe0"
_UNMEASURED = 1.0


class _StandIn(File):
    """
    A file that is neither signed nor read.

    :param file: it stands for.
    :param shown: gets what is shown instead of what would be sent.
    """

    version = ""

    def __init__(self, file: File, shown: dict[Any, str]) -> None:
        super().__init__(file.name)
        self._file = file
        self._shown = shown
        self._content = _PICTURE + file.name.encode()

    @property
    def described(self) -> str:
        """The file's URL."""
        return self._file.described

    @property
    def size(self) -> int:
        """Of the content that stands for the file's."""
        return len(self._content)

    def open(self) -> BinaryIO:
        """Open what stands for the file's content."""
        self._shown[self._content] = f"(the content of {self.described})"
        self._shown[base64.b64encode(self._content).decode()] = self._shown[self._content]
        return BytesIO(self._content)

    def head(self) -> bytes:
        """Return the first bytes of a picture."""
        return _PICTURE

    def check(self, kind: Kind) -> None:
        """Nothing: whether the file is there is not looked at."""

    def signed(self, seconds: int) -> str:
        """Return what stands for a signed URL; a local file has none here either."""
        if isinstance(self._file, LocalFile):
            return self._file.signed(seconds)
        url = f"{_STAND_IN}{self.name}{PurePosixPath(self.described).suffix}"
        self._shown[url] = f"(a signed URL of {self.described})"
        return url


@dataclass
class Call:
    """
    One submission, as far as it is known without asking anybody.

    :param hook: of the connection.
    :param provider: the vendor's name.
    :param request_class: what is submitted.
    :param fields: by the vendor's names.
    :param use_callback: whether a callback of ours is asked for although the vendor is polled.
    """

    hook: SwapHook
    provider: str
    request_class: type[Submission]
    fields: Mapping[str, Any]
    use_callback: bool = False
    _shown: dict[Any, str] = field(default_factory=dict)

    @cached_property
    def request(self) -> Submission:
        """
        The submission, with media that stand in for those that would be signed or read.

        :raises InputError: naming the field and the remedy.
        """
        fields = dict(self.fields)
        if self._is_measured:
            fields[self.request_class.clip_length] = _UNMEASURED
            self._shown[_UNMEASURED] = "(the clip's length in seconds)"
        return Inputs(
            provider=self.provider,
            endpoint=self.request_class.operation,
            request_class=self.request_class,
            fields=fields,
            settings=self.hook.settings,
            check_limits=False,
            find_source=self._find_source,
        ).request()

    def price(self) -> Cost | str:
        """
        Return what it costs by the vendor's price list, or why that is not known now.

        :raises InputError: naming the field and the remedy.
        """
        if self.templates:
            return "templates are not rendered"
        price = self.request.price()
        if self._is_measured:
            return "it follows from the clip's length, which is measured later"
        return price or "the vendor publishes none"

    @property
    def templates(self) -> list[str]:
        """The fields that are not rendered."""
        return sorted(name for name, value in self.fields.items() if _is_template(value))

    def lines(self) -> Iterator[str]:
        """Yield the call for people."""
        if self.templates:
            yield f"Not checked, as they are templates: {', '.join(self.templates)}"
            body, path = dict(self.fields), f"/{self.request_class.operation}"
        else:
            body = {**self.request.body(), **self.request.files()}
            path = self.request.path(self.hook.settings.route)
            if self.request.webhook_is_ours or self.use_callback:
                body["webhook"] = "(a signed URL of our receiver)"
        body, headers = self.hook.authorize(body, _KEY)
        yield f"{self.request_class.method} {self.hook.settings.base_url}{path}"
        yield from (f"{name}: {value}" for name, value in headers.items())
        yield json.dumps(self._readable(body), ensure_ascii=False, indent=2)

    @property
    def _is_measured(self) -> bool:
        length = self.request_class.clip_length
        return bool(length) and is_blank(self.fields.get(length))

    def _find_source(self, name: str, value: Any) -> Source | None:
        source = source_of(name, value)
        return _StandIn(source, self._shown) if isinstance(source, File) else source

    def _readable(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._readable(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._readable(item) for item in value]
        if not isinstance(value, bool) and isinstance(value, (str, bytes, float)) and value in self._shown:
            return self._shown[value]
        if isinstance(value, bytes):
            return f"({len(value)} bytes)"
        if isinstance(value, str) and value[:8].lower().startswith(("http://", "https://")):
            link = source_of("", value)
            return f"{link.described}?…" if isinstance(link, Link) and "?" in value else value
        if isinstance(value, str) and len(value) > _MAX_SHOWN:
            return f"({len(value)} characters)"
        return value


def describe(operator: Any) -> Iterator[str]:
    """
    Yield what an operator would send, and what that costs.

    :param operator: whose templates may be rendered.
    :raises FaceSwapError: if it would send nothing.
    """
    yield "Dry run: nothing is sent, signed or spent"
    yield from _batch(operator) if isinstance(operator, FaceSwapBatchOperator) else _swap(operator)


def _swap(operator: SwapOperator) -> Iterator[str]:
    if _is_template(operator.conn_id):
        raise InputError("conn_id", "is a template that is not rendered: call render_template_fields first")
    output_path = operator.output_path
    if _is_template(output_path):
        operator.output_path = None  # it cannot be checked before it is rendered
    try:
        if isinstance(operator, FaceSwapOperator):
            _choose(operator)
        operator._check()
    finally:
        operator.output_path = output_path
    if isinstance(operator.output_name, str) and not _is_template(operator.output_name):
        check_name(operator.output_name)
    if isinstance(operator.consent_reference, str):
        check_consent(operator.consent_reference)
    operator.hook.check()
    yield from _callbacks(operator.completion)
    call = Call(
        operator.hook,
        operator.provider,
        operator.request_class,
        operator.fields(),
        use_callback=operator.use_callback,
    )
    try:
        lines, price = list(call.lines()), call.price()
    except InputError as error:
        raise (operator._by_part(error) if isinstance(operator, FaceSwapOperator) else error) from None
    yield from lines
    if isinstance(price, str):
        yield f"Price: not known, {price}"
        return
    if operator.max_cost is not None and price.amount > operator.max_cost:
        raise InputError(
            "max_cost",
            f"the call costs {_said(price)} by the price list, and {operator.max_cost:g} are allowed",
        )
    yield f"Price: {_said(price)}"


def _callbacks(completion: Completion) -> Iterator[str]:
    try:
        completion.check_settings()
    except SettingsError as error:  # a dry run is for machines, too, that are not those of the workers
        yield f"Callbacks: {error}"


def _choose(operator: FaceSwapOperator) -> None:
    if is_blank(operator.kind) and isinstance(operator.target, str) and not kind_by_name(operator.target):
        raise InputError("kind", "is not known without reading target: give kind='image' or 'video'")
    operator._choose(Journal({"ti": None}))  # type: ignore[typeddict-item]


def _batch(operator: FaceSwapBatchOperator) -> Iterator[str]:
    check_batch(operator)
    if not _is_template(operator.output_path):
        check_output_path(as_text(operator.output_path))
    if not isinstance(operator.items, (str, list, tuple)) or _is_template(operator.items):
        yield "Items: they come from a template or another task, and are not known before that"
        return
    rows = read_rows(operator)
    check_offer(operator, rows)
    operator.hook.check()
    yield f"Rows: {len(rows)}"
    chosen, asks = vendor(operator.hook.conn_type), operator.use_callback
    requests = [chosen.submission(row.endpoint) for row in rows]
    yield from _callbacks(completion_for(chosen.name, operator.hook, *requests[:1], use_callback=asks))
    calls = [
        Call(operator.hook, chosen.name, request, row.fields, use_callback=asks)
        for row, request in zip(rows, requests, strict=True)
    ]
    if calls:
        yield "The first row's call:"
        yield from calls[0].lines()
    yield _total([call.price() for call in calls])


def _total(prices: list[Cost | str]) -> str:
    known = [price for price in prices if isinstance(price, Cost)]
    reasons = [price for price in prices if isinstance(price, str)]
    if not known:
        return f"Price of all rows: not known, {reasons[0]}" if reasons else "Price: nothing"
    total = Cost(amount=sum(price.amount for price in known), unit=known[0].unit)
    more = f", and {len(reasons)} rows: {reasons[0]}" if reasons else ""
    return f"Price of all rows: {_said(total)}{more}"


def _said(cost: Cost) -> str:
    return f"{cost.amount:g} {cost.unit}"


def _is_template(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_is_template, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)
